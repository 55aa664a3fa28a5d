"""Building the mixture: samples of all parts, interleaved, with every row accounted for.

The parts and their list are in `coalm_oumi.datasets`. `run.py` makes the shards
(`shard.py`), puts their rows in order (`order.py`), writes the files (`output_files.py`),
and ends with ledger and overlaps (`accounts.py`), the dataset card (`card.py`) and the
manifest (`manifest.py`).
"""

from coalm_oumi.mixture.options import BuildOptions
from coalm_oumi.mixture.run import Built, build

__all__ = ["BuildOptions", "Built", "build"]
