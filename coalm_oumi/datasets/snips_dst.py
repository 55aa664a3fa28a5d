"""`coalm/snips_dst`: SNIPS as single-turn dialogue state tracking.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/snips_dst
            split: train
            dataset_kwargs: {layout: split}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, cast, get_args

from typing_extensions import override

from coalm_oumi.datasets.options import one_of, whole
from coalm_oumi.datasets.sample_dataset import SampleDataset
from coalm_oumi.samples import Sample, state_tracking_samples
from coalm_oumi.sources import Ledger, read_snips
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.snips import SnipsPart

Layout = Literal["split", "raw"]
_SOURCES = {"split": "snips_split", "raw": "snips"}


class SnipsDstDataset(SampleDataset):
    """Utterances with the intent and slot values to find in them."""

    default_dataset = "coalm/snips_dst"
    splits = get_args(SnipsPart)
    checks = {  # noqa: RUF012 - a constant of the class
        "layout": one_of(tuple(_SOURCES)),
        "sample_seed": whole(),
        "on_missing": one_of(get_args(OnMissing)),
    }

    def __init__(
        self,
        *,
        layout: str = "split",
        sample_seed: int = 42,
        on_missing: str = "download",
        **kwargs: Any,
    ) -> None:
        """Loads the set.

        Args:
            layout: The common `split` (13,084 / 700 / 700), or the `raw` files (13,784
                for training, 700 for validation). All 700 test utterances of the split
                stand in the raw training files: whoever trains on those cannot test on
                these.
            sample_seed: Fixes the order of the samples.
            on_missing: What to do when the data is neither in COALM_DATA_DIR nor in the
                cache: `download` it, take the `embedded` corpus, or stop with an
                `error`.
            **kwargs: `dataset_path` (a folder of either layout, or one file), `split`
                (`train`, `validation` or `test`), and what `SampleDataset` takes.
        """
        self.layout = layout
        self.sample_seed = sample_seed
        self.on_missing = on_missing
        super().__init__(**kwargs)

    @override
    def inputs(self) -> Iterable[Path]:
        return [self._path()]

    @override
    def samples(self) -> Iterator[Sample]:
        path = self._path()
        part = cast(SnipsPart, self.split or "train")
        ledger = Ledger(f"snips {part}")
        self.ledgers.append(ledger)
        utterances = read_snips(path, part, ledger=ledger, on_bad_row="reject")
        return state_tracking_samples(utterances, seed=self.sample_seed)

    def _path(self) -> Path:
        if self.dataset_path:
            self.data_origin = self.dataset_path
            return Path(self.dataset_path)
        found = locate(
            _SOURCES[self.layout], on_missing=cast(OnMissing, self.on_missing)
        )
        self.data_origin = f"{found.folder} ({found.origin})"
        return found.folder
