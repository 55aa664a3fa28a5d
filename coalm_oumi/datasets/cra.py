"""`coalm/cra`: conversational ReAct API calling, from SGD's dialogues.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/cra
            split: train
            dataset_kwargs: {mode: grounded, sample_seed: 42}
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast, get_args

from typing_extensions import override

from coalm_oumi.cra.functions import function_catalogue
from coalm_oumi.cra.grounded import grounded_dialogues
from coalm_oumi.cra.samples import cra_samples, in_seeded_order
from coalm_oumi.datasets.options import one_of, whole
from coalm_oumi.datasets.sample_dataset import SampleDataset
from coalm_oumi.errors import OptionError, expected_one_of
from coalm_oumi.samples import Origin, Sample
from coalm_oumi.sources import Ledger, Sgd
from coalm_oumi.sources.coalm_it import read_coalm_it
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.sgd import SgdPart

Mode = Literal["grounded", "generated"]
_PARTS: dict[str, SgdPart] = {
    "train": "train",
    "validation": "dev",
    "dev": "dev",
    "test": "test",
}


class CraDataset(SampleDataset):
    """Dialogues with thoughts, calls and observations: what to call, what to answer."""

    default_dataset = "coalm/cra"
    checks = {  # noqa: RUF012 - a constant of the class
        "mode": one_of(get_args(Mode)),
        "sample_seed": whole(),
        "on_missing": one_of(get_args(OnMissing)),
    }

    def __init__(
        self,
        *,
        mode: str = "grounded",
        sample_seed: int = 42,
        on_missing: str = "download",
        **kwargs: Any,
    ) -> None:
        """Loads the set.

        Args:
            mode: How the dialogues are made. `grounded`: calls and results are SGD's
                own, thoughts are written by rules. `generated`: a model has written
                them, and `dataset_path` is what `coalm generate-cra` left.
            sample_seed: Fixes the thoughts' wording and the order of the dialogues.
            on_missing: What to do when the data is neither in COALM_DATA_DIR nor in the
                cache: `download` it, take the `embedded` corpus, or stop with an
                `error`.
            **kwargs: `dataset_path` (a folder of SGD's layout, or `sgd_train.tar.xz`),
                `split` (`train`, `validation` or `dev`, and `test` where the data given
                has it), and what `SampleDataset` takes.
        """
        self.mode = mode
        self.sample_seed = sample_seed
        self.on_missing = on_missing
        super().__init__(**kwargs)

    @override
    def samples(self) -> Iterator[Sample]:
        split = self.split or "train"
        if split not in _PARTS:
            raise OptionError(expected_one_of(split, tuple(_PARTS)), field="split")
        if self.mode == "generated":
            yield from self._generated()
            return
        path, where = self._path()
        sgd = Sgd(path, _PARTS[split])
        self.data_origin = f"{where}, {sgd.file_count} file(s) of {sgd.part}"
        ledger = Ledger(f"sgd {sgd.part}")
        self.ledgers.append(ledger)
        catalogue = function_catalogue(sgd.schemas)
        made = grounded_dialogues(
            sgd.dialogues(ledger),
            sgd.schemas,
            catalogue,
            seed=self.sample_seed,
            ledger=ledger,
        )
        for dialogue in in_seeded_order(made, seed=self.sample_seed):
            yield from cra_samples(dialogue, catalogue, seed=self.sample_seed)

    def _path(self) -> tuple[Path, str]:
        if self.dataset_path:
            return Path(self.dataset_path), self.dataset_path
        found = locate("sgd", on_missing=cast(OnMissing, self.on_missing))
        return found.folder, f"{found.folder} ({found.origin})"

    def _generated(self) -> Iterator[Sample]:
        """Yields the samples that `coalm generate-cra` wrote, in their order."""
        if not self.dataset_path:
            raise OptionError(
                "name the folder that coalm generate-cra has written to.",
                field="dataset_path",
            )
        self.data_origin = self.dataset_path
        ledger = Ledger("generated cra")
        self.ledgers.append(ledger)
        for row in read_coalm_it(Path(self.dataset_path), ledger=ledger):
            known = row.origin
            origin = Origin(
                str(known.get("source") or "generated"),
                str(known.get("record_id") or row.record_id),
                str(known.get("prompt") or ""),
                str(known.get("transformation") or ""),
                known.get("seed"),
            )
            yield Sample(row.instruction, row.input, row.output, origin)
