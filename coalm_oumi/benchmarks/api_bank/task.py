"""The api_bank benchmark as a task of `oumi evaluate`.

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: api_bank
        eval_kwargs: {level: [1, 2]}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast, get_args

from coalm_oumi.benchmarks.api_bank.load import (
    LEVELS,
    PROTOCOL,
    ApiBankData,
    load_api_bank,
)
from coalm_oumi.benchmarks.api_bank.prompt import (
    PROMPT_STYLES,
    OriginalTurns,
    published_request,
)
from coalm_oumi.benchmarks.api_bank.score import score
from coalm_oumi.benchmarks.api_bank.text_overlap import PACKAGES
from coalm_oumi.benchmarks.oumi_run import Dialogues
from coalm_oumi.benchmarks.oumi_task import BenchmarkTask
from coalm_oumi.conductor import Request, single_step
from coalm_oumi.datasets.options import check_options, one_of, text
from coalm_oumi.errors import shorten
from coalm_oumi.sources.locate import OnMissing


def _levels(value: Any) -> str:
    given = value if _is_list(value) else [value]
    if given and all(type(v) is int and v in LEVELS for v in given):
        return ""
    return f"expected 1, 2 or [1, 2], found {shorten(repr(value))}."


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


_CHECKS = {
    "level": _levels,
    "prompt_style": one_of(PROMPT_STYLES),
    "data": text(optional=True),
    "on_missing": one_of(get_args(OnMissing)),
}


@dataclass(frozen=True)
class ApiBankOptions:
    """Options of the task (`eval_kwargs`).

    Attributes:
        level: 1, 2, or [1, 2].
        prompt_style: `hammer`, the published prompt as one message, as CoALM was scored;
            `original`, the dialogue as real turns.
        data: A folder to test on instead of the source's own place.
        on_missing: What to do when the data is nowhere: `download`, `embedded`, `error`.
    """

    level: Any = LEVELS
    prompt_style: str = "hammer"
    data: str | None = None
    on_missing: str = "download"


def check(options: ApiBankOptions) -> None:
    """Checks the options, without data or a model.

    Raises:
        OptionError: One of them cannot be used.
    """
    check_options(_CHECKS, vars(options))


def prepare(options: ApiBankOptions, limit: int | None) -> Dialogues:
    """Makes the dialogues.

    Args:
        options: The task's options.
        limit: How many cases to take from the start; None for all.

    Raises:
        CoalmError: An option cannot be used; the data is missing or malformed.
    """
    check(options)
    levels = sorted(set(options.level if _is_list(options.level) else [options.level]))
    data = load_api_bank(
        levels=levels,
        data=options.data,
        on_missing=cast(OnMissing, options.on_missing),
    )
    cases = data.cases[:limit]
    requests = _requests(data, options.prompt_style)
    provenance = {
        "benchmark": "api_bank",
        "protocol": PROTOCOL,
        "data": data.origin,
        "data_sha256": data.digest,
        "levels": levels,
        "n": len(cases),
        "limit": limit,
        "prompt": f"api_bank_{options.prompt_style}",
    }
    return Dialogues(
        start={case.id: partial(single_step, requests[case.id]) for case in cases},
        score=partial(score, cases),
        provenance=provenance,
        packages=PACKAGES,
    )


def _requests(data: ApiBankData, style: str) -> dict[str, Request]:
    if style == "hammer":
        return {case.id: published_request(case) for case in data.cases}
    turns = {
        level: OriginalTurns(data.folder, level)
        for level in {c.level for c in data.cases}
    }
    return {case.id: turns[case.level].request(case) for case in data.cases}


API_BANK = BenchmarkTask("api_bank", ApiBankOptions, prepare, check)
