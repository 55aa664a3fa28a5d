"""`coalm/hammer_masked`: xLAM function calling with masked names (Hammer).

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/hammer_masked
            dataset_kwargs: {mask_ratio: 0.667, copies: 3, sample_seed: 42}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from oumi.utils.logging import logger
from typing_extensions import override

from coalm_oumi.datasets.options import flag, one_of, share, text, whole
from coalm_oumi.datasets.sample_dataset import SampleDataset
from coalm_oumi.errors import OptionError
from coalm_oumi.samples import MaskingOptions, Sample, function_calling_samples
from coalm_oumi.samples.function_calling import COPIES, MASK_RATIO
from coalm_oumi.sources import FunctionCallingRow, Ledger, read_xlam
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.rows import OnBadRow


class _Place(NamedTuple):
    source: str
    paths: tuple[Path, ...]
    where: str  # in words
    embedded: bool


class HammerMaskedDataset(SampleDataset):
    """Queries with tools and the calls that answer them, masked in part.

    With the defaults, the 60,000 rows of xLAM and 7,500 irrelevance rows give the
    202,500 samples of CoALM-IT.
    """

    default_dataset = "coalm/hammer_masked"
    checks = {  # noqa: RUF012 - a constant of the class
        "mask_ratio": share(),
        "copies": whole(1),
        "sample_seed": whole(),
        "irrelevance": flag(),
        "irrelevance_path": text(optional=True),
        "on_bad_row": one_of(get_args(OnBadRow)),
        "on_missing": one_of(get_args(OnMissing)),
    }

    def __init__(
        self,
        *,
        mask_ratio: float = MASK_RATIO,
        copies: int = COPIES,
        sample_seed: int = 42,
        irrelevance: bool = True,
        irrelevance_path: str | None = None,
        on_bad_row: str = "reject",
        on_missing: str = "download",
        **kwargs: Any,
    ) -> None:
        """Loads the set.

        Args:
            mask_ratio: Probability that a copy of a row is masked, 0 to 1.
            copies: Copies of each row.
            sample_seed: Fixes every draw and the order of the samples.
            irrelevance: Whether irrelevance rows belong to the set. With
                `dataset_path` they do only if `irrelevance_path` is given too.
            irrelevance_path: File or folder of irrelevance rows.
            on_bad_row: A row that cannot be used is left out and counted (`reject`), or
                is an `error`.
            on_missing: What to do when the data is neither in COALM_DATA_DIR nor in the
                cache: `download` it, take the `embedded` corpus, or stop with an
                `error`.
            **kwargs: `dataset_path` (a file or folder of rows), and what
                `SampleDataset` takes.
        """
        self.mask_ratio = mask_ratio
        self.copies = copies
        self.sample_seed = sample_seed
        self.irrelevance = irrelevance
        self.irrelevance_path = irrelevance_path
        self.on_bad_row = on_bad_row
        self.on_missing = on_missing
        super().__init__(**kwargs)

    @override
    def inputs(self) -> Iterable[Path]:
        return [path for place in self._places() for path in place.paths]

    @override
    def samples(self) -> Iterator[Sample]:
        options = MaskingOptions(self.mask_ratio, self.copies, self.sample_seed)
        if self.split not in (None, "train"):
            raise OptionError(
                f"there is no part '{self.split}', only 'train'.", field="split"
            )
        places = list(self._places())
        self.data_origin = " and ".join(place.where for place in places)
        if len({place.embedded for place in places}) > 1:
            told = "; ".join(f"{place.source} from {place.where}" for place in places)
            logger.warning(
                f"{self.dataset_name}: invented rows of the embedded corpus are mixed "
                f"with other data: {told}. Get what is missing with `coalm download`, "
                "or set on_missing: error."
            )
        return function_calling_samples(self._rows(places), options)

    def _rows(self, places: list[_Place]) -> Iterator[FunctionCallingRow]:
        on_bad_row = cast(OnBadRow, self.on_bad_row)
        for source, paths, _, _ in places:
            ledger = Ledger(source)
            self.ledgers.append(ledger)
            for path in paths:
                yield from read_xlam(
                    path, on_bad_row=on_bad_row, ledger=ledger, source=source
                )

    def _places(self) -> Iterator[_Place]:
        """Yields each source with its files and where they were found."""
        given = {"xlam": self.dataset_path, "xlam_irrelevance": self.irrelevance_path}
        if not self.irrelevance or (self.dataset_path and not self.irrelevance_path):
            del given["xlam_irrelevance"]
        for source, path in given.items():
            if path:
                yield _Place(source, (Path(path),), path, embedded=False)
                continue
            found = locate(source, on_missing=cast(OnMissing, self.on_missing))
            names = ", ".join(file.name for file in found.files)
            where = f"{found.folder}/{names} ({found.origin})"
            yield _Place(source, found.files, where, found.origin == "embedded")
