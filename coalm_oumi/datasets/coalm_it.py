"""`coalm/it`: CoALM-IT as published, or a mixture that `coalm build` made.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/it
            dataset_path: coalm-it          # a build; without it, the published set
            dataset_kwargs: {include: [snips, hammer, toolace]}   # without CRA

Which part a row belongs to is told by the wording of its prompt, so that the paper's
ablations work on either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from oumi.utils.logging import logger
from typing_extensions import override

from coalm_oumi.datasets.options import one_of, some_of
from coalm_oumi.datasets.sample_dataset import SampleDataset
from coalm_oumi.errors import OptionError
from coalm_oumi.prompts.recognise import PARTS, RULES, Recognised, recognise
from coalm_oumi.samples import Origin, Sample
from coalm_oumi.sources import Ledger
from coalm_oumi.sources.coalm_it import InstructionRow, read_coalm_it
from coalm_oumi.sources.locate import OnMissing, locate


class CoalmItDataset(SampleDataset):
    """The whole mixture, or the parts of it that are asked for.

    Attributes:
        recognised: How many rows each rule of `coalm_oumi.prompts.recognise` told the
            part of, whether they are included or not.
    """

    default_dataset = "coalm/it"
    checks = {  # noqa: RUF012 - a constant of the class
        "include": some_of(PARTS),
        "on_missing": one_of(("download", "error")),
    }

    def __init__(
        self,
        *,
        include: list[str] | None = None,
        on_missing: str = "download",
        **kwargs: Any,
    ) -> None:
        """Loads the set.

        Args:
            include: The parts to train on: any of snips, hammer, toolace, cra; all when
                not given.
            on_missing: What to do when the published set is neither in COALM_DATA_DIR
                nor in the cache: `download` it, or stop with an `error`.
            **kwargs: `dataset_path` (a file or folder of the published set, or a
                folder that `coalm build` wrote), and what `SampleDataset` takes.
        """
        self.include = include
        self.on_missing = on_missing
        self.recognised: Counter[str] = Counter()
        super().__init__(**kwargs)

    @override
    def inputs(self) -> Iterable[Path]:
        return [self._path()]

    @override
    def samples(self) -> Iterator[Sample]:
        if self.split not in (None, "train"):
            raise OptionError(
                f"there is no part '{self.split}', only 'train'.", field="split"
            )
        path = self._path()
        ledger = Ledger("coalm_it")
        self.ledgers.append(ledger)
        return self._included(read_coalm_it(path, ledger=ledger))

    def _included(self, rows: Iterator[InstructionRow]) -> Iterator[Sample]:
        wanted = PARTS if self.include is None else self.include
        left_out: Counter[str] = Counter()
        for row in rows:
            found = recognise(row.instruction)
            self.recognised[found.rule] += 1
            if found.part in wanted:
                yield _sample(row, found)
            else:
                left_out[found.part] += 1
        told = (f"{n:,} by '{rule}'" for rule in RULES if (n := self.recognised[rule]))
        logger.info(f"coalm_it: the prompts tell the part: {', '.join(told)}")
        for part, n in left_out.items():
            logger.info(f"coalm_it: {n:,} rows of {part} left out, not in include")

    def _path(self) -> Path:
        if self.dataset_path:
            self.data_origin = self.dataset_path
            return Path(self.dataset_path)
        found = locate("coalm_it", on_missing=cast(OnMissing, self.on_missing))
        self.data_origin = f"{found.folder} ({found.origin})"
        return found.folder


def _sample(row: InstructionRow, found: Recognised) -> Sample:
    known = row.origin
    origin = Origin(
        source=known.get("source") or "coalm_it",
        record_id=known.get("record_id") or row.record_id,
        prompt=known.get("prompt") or found.rule,
        transformation=known.get("transformation") or "",
        seed=known.get("seed"),
        copy=known.get("copy") or 0,
    )
    return Sample(row.instruction, row.input, row.output, origin)
