"""Building the mixture: samples of all parts, interleaved, with every row accounted for.

A part (`part.py`) makes samples; `mixture.py` is the table of parts. `run.py` makes the
shards (`shard.py`), puts their rows in order (`order.py`), writes the files
(`output_files.py`), and ends with ledger and overlaps (`accounts.py`), the dataset card
(`card.py`) and the manifest (`manifest.py`).
"""

from coalm_oumi.build.options import BuildOptions
from coalm_oumi.build.part import MixturePart, PartRequest
from coalm_oumi.build.run import Built, build

__all__ = ["BuildOptions", "Built", "MixturePart", "PartRequest", "build"]
