"""The bfcl_v3 benchmark as a task of `oumi evaluate`.

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: bfcl_v3
        eval_kwargs: {categories: [ast, multi_turn_base], prompt_style: coalm}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast, get_args

from coalm_oumi.benchmarks.bfcl.categories import chosen_categories
from coalm_oumi.benchmarks.bfcl.dialogue import multi_turn, single_turn
from coalm_oumi.benchmarks.bfcl.environment import NoCheckerError
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.benchmarks.bfcl.prompt import PromptStyle
from coalm_oumi.benchmarks.bfcl.run import BfclRun, prepare_run
from coalm_oumi.benchmarks.bfcl.score import check_executable
from coalm_oumi.benchmarks.oumi_run import Dialogues
from coalm_oumi.benchmarks.oumi_task import BenchmarkTask, Skipped
from coalm_oumi.conductor import StartDialogue
from coalm_oumi.datasets.options import check_options, one_of, text, whole
from coalm_oumi.errors import shorten
from coalm_oumi.prompts import bfcl_template
from coalm_oumi.sources.locate import OnMissing

_WithoutChecker = Literal["error", "skip"]


def _names(value: Any) -> str:
    if isinstance(value, str) or _is_list_of_text(value):
        return ""
    return f"expected a name or a list of names, found {shorten(repr(value))}."


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, Sequence) and all(isinstance(v, str) for v in value)


def _numbers(value: Any) -> str:
    if value is None or isinstance(value, Mapping):
        return ""
    return f"expected per cent by category, found {shorten(repr(value))}."


_CHECKS = {
    "categories": _names,
    "per_category": whole(1, optional=True),
    "prompt_style": one_of(get_args(PromptStyle)),
    "executable_scores": _numbers,
    "data": text(optional=True),
    "on_missing": one_of(get_args(OnMissing)),
    "without_checker": one_of(get_args(_WithoutChecker)),
}


@dataclass(frozen=True)
class BfclOptions:
    """Options of the task (`eval_kwargs`).

    Attributes:
        categories: A name or a list of names, of categories or of groups of them: `all`,
            `non_live`, `live`, `ast`, `single_turn`, `multi_turn`.
        per_category: How many cases of each category to take from its start.
        prompt_style: `coalm`, as CoALM was scored, for the chat template
            `llama3-instruct`; `chat` for chat templates without a role for results.
        executable_scores: Accuracies of the five categories that can no longer be run, in
            per cent by name; the totals with them are then given too.
        data: A folder to test on instead of the source's own place; `checker` for the
            data that bfcl-eval itself brings.
        on_missing: What to do when the data is nowhere: `download`, `embedded`, `error`.
        without_checker: What to do when the checker's environment is not there and cannot
            be made: `error`, or `skip` this task with a warning and go on with the others.
    """

    categories: Any = "all"
    per_category: int | None = None
    prompt_style: str = "coalm"
    executable_scores: Any = None
    data: str | None = None
    on_missing: str = "download"
    without_checker: str = "error"


def check(options: BfclOptions) -> None:
    """Checks the options, without data or a model.

    Raises:
        OptionError: One of them cannot be used.
    """
    check_options(_CHECKS, vars(options))
    _categories(options)
    check_executable(dict(options.executable_scores or {}))


def _categories(options: BfclOptions) -> tuple[str, ...]:
    names = options.categories
    return chosen_categories([names] if isinstance(names, str) else names)


def prepare(options: BfclOptions, limit: int | None) -> Dialogues | Skipped:
    """Makes the dialogues, and the checker's environment if there is none yet.

    Args:
        options: The task's options.
        limit: How many cases to take from the start; None for all.

    Raises:
        CoalmError: An option cannot be used; the data is missing or malformed; the
            checker's environment cannot be made.
    """
    check(options)
    categories = _categories(options)
    executable = dict(options.executable_scores or {})
    try:
        run = prepare_run(
            categories,
            options.data,
            on_missing=cast(OnMissing, options.on_missing),
            per_category=options.per_category,
        )
    except NoCheckerError as error:
        if options.without_checker == "skip":
            return Skipped(str(error))
        raise
    cases = run.data.cases[:limit]
    style = cast(PromptStyle, options.prompt_style)
    return Dialogues(
        start={case.id: _started(case, run, style) for case in cases},
        score=partial(run.score, executable=executable),
        provenance={
            **run.provenance(),
            "categories": list(categories),
            "per_category": options.per_category,
            "n": len(cases),
            "limit": limit,
            "prompt": f"{bfcl_template().id}, {style}",
            "executable_scores": executable or None,
        },
        threads=run.checker.workers,
        early=frozenset(case.id for case in cases if case.multi_turn),
    )


def _started(case: BfclCase, run: BfclRun, style: PromptStyle) -> StartDialogue:
    if case.multi_turn:
        return partial(multi_turn, case, run.checker, style)
    return partial(single_turn, case)


BFCL_V3 = BenchmarkTask("bfcl_v3", BfclOptions, prepare, check)
