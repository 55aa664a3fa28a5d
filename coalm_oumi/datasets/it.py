"""CoALM-IT as published, or a mixture that `coalm build` made: `coalm/it`.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/it
            dataset_path: coalm-it          # a build; without it, the published set
            dataset_kwargs: {include: [snips, hammer, toolace]}   # without CRA

Which part a row belongs to is told by the wording of its prompt, so that the paper's
ablations work on either. It is no part of the mixture, but a mixture itself.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from coalm_oumi.datasets.part import DatasetSize, Part, PartRequest
from coalm_oumi.errors import OptionError, expected_one_of, shorten
from coalm_oumi.options import Options
from coalm_oumi.prompts.recognise import PARTS, RULES, Recognised, recognise
from coalm_oumi.sample import Origin, Sample
from coalm_oumi.sources.coalm_it import COALM_IT, InstructionRow, read_coalm_it

_logger = logging.getLogger("oumi")


@dataclass(frozen=True, kw_only=True)
class CoalmItOptions(Options):
    """What `dataset_kwargs` may say.

    Attributes:
        include: The parts to train on: any of snips, hammer, toolace, cra; all when not
            given.
        on_missing: What to do when the published set is neither in COALM_DATA_DIR nor in
            the cache: `download` it, or stop with an `error`.
    """

    recipe_field: ClassVar[str] = "dataset_kwargs"

    include: Any = None
    on_missing: Literal["download", "error"] = "download"

    def __post_init__(self) -> None:
        """Checks the values."""
        super().__post_init__()
        if problem := _problem_of_parts(self.include):
            raise OptionError(problem, field="include")


def _problem_of_parts(value: Any) -> str:
    """Says why this is no list of some parts, none of them twice, nor nothing."""
    if value is None:
        return ""
    found = shorten(repr(value))
    if not isinstance(value, (list, tuple)) or not value:
        return f"expected a list of some of {', '.join(PARTS)}, found {found}."
    if unknown := [name for name in value if name not in PARTS]:
        return expected_one_of(unknown[0], tuple(PARTS))
    return f"a name stands twice: {found}." if len(set(value)) < len(value) else ""


def _samples(request: PartRequest) -> Iterator[Sample]:
    wanted = PARTS if request.options.include is None else request.options.include
    tally = request.tally(COALM_IT.name)
    left_out: Counter[str] = Counter()
    rows = read_coalm_it(request.places[COALM_IT.name].folder, ledger=tally.ledger)
    for row in rows:
        found = recognise(row.instruction)
        request.recognised[found.rule] += 1
        if found.part in wanted:
            yield _sample(row, found)
        else:
            left_out[found.part] += 1
    counts = request.recognised
    told = ", ".join(f"{n:,} by '{rule}'" for rule in RULES if (n := counts[rule]))
    _logger.info(f"coalm_it: the prompts tell the part: {told}")
    for part, n in left_out.items():
        _logger.info(f"coalm_it: {n:,} rows of {part} left out, not in include")


def _sample(row: InstructionRow, found: Recognised) -> Sample:
    known = row.origin
    origin = Origin(
        source=known.get("source") or COALM_IT.name,
        record_id=known.get("record_id") or row.record_id,
        prompt=known.get("prompt") or found.rule,
        transformation=known.get("transformation") or "",
        seed=known.get("seed"),
        copy=known.get("copy") or 0,
    )
    return Sample(row.instruction, row.input, row.output, origin)


IT = Part(
    name="it",
    title="CoALM-IT, or a build of it",
    sources=(COALM_IT,),
    samples=_samples,
    size=DatasetSize(311_639, 678),
    class_name="CoalmItDataset",
    options=CoalmItOptions,
)
