"""The bfcl_v3 benchmark (README.md in this folder).

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: bfcl_v3
        eval_kwargs: {categories: [ast, multi_turn_base], prompt_style: coalm}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from coalm_oumi.benchmarks.bfcl.case_ids import canonical_id, category_of
from coalm_oumi.benchmarks.bfcl.categories import (
    CATEGORIES,
    chosen_categories,
    shortest_name,
)
from coalm_oumi.benchmarks.bfcl.dialogue import (
    multi_turn,
    prediction_problem,
    single_turn,
)
from coalm_oumi.benchmarks.bfcl.environment import NoCheckerError
from coalm_oumi.benchmarks.bfcl.gold import gold_prediction
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.benchmarks.bfcl.paper import TABLE
from coalm_oumi.benchmarks.bfcl.prompt import PromptStyle, bfcl_template
from coalm_oumi.benchmarks.bfcl.run import BfclRun, prepare_run
from coalm_oumi.benchmarks.bfcl.score import check_executable
from coalm_oumi.errors import OptionError, shorten
from coalm_oumi.evaluation.benchmark import Benchmark, Dialogues, NotRunError
from coalm_oumi.evaluation.conductor import StartDialogue
from coalm_oumi.evaluation.options import BenchmarkOptions
from coalm_oumi.evaluation.results import Scores, read_predictions, stored_ids


@dataclass(frozen=True, kw_only=True)
class BfclOptions(BenchmarkOptions):
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
        without_checker: What to do when the checker's environment is not there and cannot
            be made: `error`, or `skip` this task with a warning and go on with the others.
    """

    categories: Any = CATEGORIES
    per_category: int | None = field(default=None, metadata={"ge": 1})
    prompt_style: PromptStyle = "coalm"
    executable_scores: Any = None
    without_checker: Literal["error", "skip"] = "error"

    def __post_init__(self) -> None:
        super().__post_init__()
        given, scores = self.categories, self.executable_scores
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, (list, tuple)) or not all(
            isinstance(name, str) for name in names
        ):
            raise OptionError(
                f"expected a name or a list of names, found {shorten(repr(given))}.",
                field="categories",
            )
        object.__setattr__(self, "categories", chosen_categories(names))
        if scores is not None and not isinstance(scores, Mapping):
            raise OptionError(
                "expected per cent by category, such as {exec_simple: 91.5, ...}, found "
                f"{shorten(repr(scores))}.",
                field="executable_scores",
            )
        check_executable(dict(scores or {}))


class Bfcl(Benchmark[BfclOptions, BfclRun]):
    """BFCL V3, checked by upstream's own code in a process apart."""

    name = "bfcl_v3"
    source = "bfcl_v3"
    options = BfclOptions
    size_option = "per_category"
    published = {  # all, non_live, live, ast, single_turn, multi_turn
        "0b3946b1cdca02e6bf75c3432977926f3974d16c0a6f0a6393dfeb003c4ec4f5": 4441,
        "9f02781e79d42ff36066977b99f437fc5a9e491ffc89af49844856a65304821c": 1390,
        "9da2ea695d444cb92061531d6052f21d1811c655956d7bbc7abb4d255fc28fde": 2251,
        "909596802f350a9d12030a875876528d3cfcd2d0f40000cb2d67bedf87684bc3": 2501,
        "b51bcb34c89c308ea7a560b3f1e0cc4d5770068188b1e108634e94352013e3f8": 3641,
        "aeecfa76ecaf862af3973bf48a73e54071708f5239c82a8184c30e66b99b87f5": 800,
    }
    paper = TABLE
    main_metrics = ("non_live_ast", "accuracy")
    metric_names = {
        "overall": "overall accuracy",
        "overall_with_executable": "overall accuracy with executable categories",
        "non_live": "non-live accuracy",
        "non_live_with_executable": "non-live accuracy with executable categories",
        "non_live_ast": "AST accuracy (non-live)",
        "non_live_exec": "executable accuracy (non-live)",
        "non_live_simple_ast": "simple AST accuracy (non-live)",
        "live": "live accuracy",
        "live_ast": "AST accuracy (live)",
        "multi_turn": "multi-turn accuracy",
        "relevance": "calls where one is wanted",
        "irrelevance": "no call where none fits",
        "accuracy": "accuracy over all cases",
        "accuracy_multiline": "accuracy, calls over several lines read",
    }
    ceiling = {"accuracy": 100, "non_live_ast": 100, "multi_turn": 100}
    # Who never calls is right where no function fits.
    floor = {"non_live_ast": 0, "multi_turn": 0, "relevance": 0, "irrelevance": 100}

    def load(self, options: BfclOptions) -> BfclRun:
        """Loads the cases, and makes the checker's environment if there is none yet."""
        return prepare_run(
            options.categories,
            options.data,
            on_missing=options.on_missing,
            per_category=options.per_category,
        )

    def ids(self, data: BfclRun) -> tuple[str, ...]:
        return tuple(case.id for case in data.data.cases)

    def provenance(self, data: BfclRun, options: BfclOptions) -> dict[str, Any]:
        return {
            **data.provenance(),
            "categories": list(options.categories),
            "per_category": options.per_category,
        }

    def dialogues(self, options: BfclOptions, limit: int | None) -> Dialogues:
        try:
            run = self.load(options)
        except NoCheckerError as error:
            if options.without_checker == "skip":
                raise NotRunError(str(error)) from error
            raise
        cases, style = run.data.cases[:limit], options.prompt_style
        return Dialogues(
            start={case.id: _started(case, run, style) for case in cases},
            score=lambda found: self.score_with_floors(run, found, options),
            provenance={
                **self.provenance(run, options),
                "n": len(cases),
                "cases_in_data": len(run.data.cases),
                "limit": limit,
                "prompt": f"{bfcl_template().id}, {style}",
                "executable_scores": options.executable_scores or None,
            },
            threads=run.checker.workers,
            early=frozenset(case.id for case in cases if case.multi_turn),
        )

    def score(
        self, data: BfclRun, predictions: Mapping[str, Any], options: BfclOptions
    ) -> Scores:
        return data.score(predictions, executable=options.executable_scores)

    def constants(self, data: BfclRun, ids: Collection[str]) -> tuple[str, ...]:
        """Returns replies without a call: those need no checker (`score_constant`)."""
        return tuple(self.constant_replies)

    def score_constant(
        self,
        data: BfclRun,
        predictions: Mapping[str, Any],
        reply: str,
        options: BfclOptions,
    ) -> Scores:
        """Scores a reply without a call, which is right where no function fits alone."""
        return data.score_without_calls(predictions, reply)

    def gold(self, data: BfclRun) -> dict[str, Any]:
        return {case.id: gold_prediction(case) for case in data.data.cases}

    def split_of(self, predictions: Path, given: str | None) -> str:
        return _split_of(stored_ids(predictions)) if given is None else given

    def stored_options(self, split: str, data: str | None) -> BfclOptions:
        names, _, number = split.partition(":")
        if number and not number.isdecimal():
            raise OptionError(
                f"expected a whole number behind the colon, found '{split}'. `all:2` is "
                "the first two of each category.",
                field="split",
            )
        return BfclOptions(
            categories=[name.strip() for name in names.split(",")],
            per_category=int(number) if number else None,
            data=data,
            on_missing="embedded",
        )

    def read(self, path: Path, data: BfclRun, ids: tuple[str, ...]) -> dict[str, Any]:
        return read_predictions(path, ids, prediction_problem, canonical_id)


def _started(case: BfclCase, run: BfclRun, style: PromptStyle) -> StartDialogue:
    if case.multi_turn:
        return partial(multi_turn, case, run.checker, style)
    return partial(single_turn, case)


def _split_of(ids: Iterable[str]) -> str:
    """Returns the categories that these ids are of; all of them if they are of none.

    The same number of each of several categories are the first ones (`all:2`), which
    only the short categories have in common by being whole.
    """
    counts = Counter(category_of(key) for key in ids)
    known = {name: n for name, n in counts.items() if name in CATEGORIES}
    numbers = set(known.values())
    first = f":{numbers.pop()}" if len(known) > 1 and len(numbers) == 1 else ""
    return shortest_name(known or CATEGORIES) + first


BFCL_V3 = Bfcl()
