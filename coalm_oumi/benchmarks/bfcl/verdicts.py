"""What upstream's checker says of a prediction, and what kind of failure it is.

The kinds follow the error analysis of the paper's Figure 3, in words of our own:

| kind | the reply |
|---|---|
| no call | has no call at all where one is wanted |
| syntax | has something like a call that cannot be read |
| calls over several lines | has a list of calls that V3 cannot read for its white space |
| missing call, extra call | has too few or too many |
| wrong function | calls another function |
| missing parameter, unexpected parameter | leaves one out, or makes one up |
| wrong type, wrong value | gives an argument of another type, or another value |
| called when irrelevant, not called when relevant | (ir)relevance cases |
| no call in a turn | multi-turn: a turn that wants calls has none |
| wrong state | multi-turn: leaves an API in another state |
| missing result | multi-turn: did not get a result that is wanted |
| stopped early | multi-turn: was ended before the last turn |
| not checkable | makes upstream's checker itself raise an error |
| code as an argument | gives code, which is not run, where a value is wanted |
| scorer error | makes this scorer itself raise an error |
| beyond the limits | uses up the checker's time or memory, or ends its process |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from coalm_oumi.benchmarks.bfcl.categories import IRRELEVANCE, RELEVANCE
from coalm_oumi.benchmarks.bfcl.checker_process import (
    CODE,
    LIMITS,
    Answer,
    Broken,
    Checker,
)
from coalm_oumi.benchmarks.bfcl.dialogue import LONGEST_REPLY
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.calls import without_reasoning
from coalm_oumi.case_errors import SCORER_ERROR, guarded

BEYOND_LIMITS = "beyond the limits"
CODE_GIVEN = "code as an argument"
NOT_CHECKABLE = "not checkable"
OVER_LINES = "calls over several lines"

_BROKEN = {CODE: CODE_GIVEN, LIMITS: BEYOND_LIMITS}

_STEPS = (
    ("value_error", "wrong value"),
    ("dict_checker", "wrong value"),
    ("list_dict_checker", "wrong value"),
    ("type_error", "wrong type"),
    ("simple_function_checker:missing", "missing parameter"),
    ("simple_function_checker:unexpected", "unexpected parameter"),
    ("simple_function_checker:wrong_func", "wrong function"),
)
"""Beginnings of upstream's error types, from the most nearly right reply on."""

_OTHERS = {
    "irrelevance_error:decoder_success": "called when irrelevant",
    "relevance_error:decoder_failed": "not called when relevant",
    "multi_turn:empty_turn_model_response": "no call in a turn",
    "multi_turn:instance_state_mismatch": "wrong state",
    "multi_turn:execution_response_mismatch": "missing result",
    "checker:raised": NOT_CHECKABLE,
}


@dataclass(frozen=True)
class Verdict:
    """What became of a prediction.

    Attributes:
        right: Whether it passes.
        kind: The kind of failure; None if it passes.
        detail: Upstream's own words on it.
        found: The calls that upstream read in it, as text; None if none.
        over_lines: Whether it passes where a list of calls may stand on several lines,
            as bfcl-eval 2026.3.23 reads it; None where that makes no difference.
    """

    right: bool
    kind: str | None = None
    detail: str = ""
    found: str | None = None
    over_lines: bool | None = None

    @property
    def right_over_lines(self) -> bool:
        """Whether it passes if calls may stand on several lines."""
        return self.right if self.over_lines is None else self.over_lines


def judge(
    cases: Sequence[BfclCase],
    predictions: Mapping[str, Any],
    checker: Checker,
    tell: Callable[[int], None] | None = None,
) -> list[Verdict]:
    """Returns the verdict on each case's prediction.

    Args:
        cases: The cases.
        predictions: Text, or a list of turns, by the case's id.
        checker: Upstream's checker.
        tell: Is told how many of the checks are done.

    Raises:
        CoalmError: The checker is out of order.
        KeyError: A case has no prediction.
    """
    early = [
        guarded(partial(_without_checker, case, predictions[case.id]), _unjudged)
        for case in cases
    ]
    left = [case for case, verdict in zip(cases, early, strict=True) if verdict is None]
    asked = (_check_of(case, predictions[case.id]) for case in left)
    answers = iter(checker.map(asked, tell))
    return [
        verdict
        or guarded(
            partial(_verdict, case, predictions[case.id], next(answers)), _unjudged
        )
        for case, verdict in zip(cases, early, strict=True)
    ]


def without_calls(cases: Sequence[BfclCase]) -> list[Verdict]:
    """Returns the verdict on a reply that calls nothing, for each case."""
    return [Verdict(case.category in IRRELEVANCE) for case in cases]


def _unjudged(told: str) -> Verdict:
    return Verdict(False, SCORER_ERROR, told)


def _without_checker(case: BfclCase, prediction: Any) -> Verdict | None:
    """Returns the verdict that needs no checker, if there is one."""
    texts = _texts(prediction)
    if any(len(text) > LONGEST_REPLY for text in texts):
        longest = f"a reply is longer than {LONGEST_REPLY:,} characters"
        return Verdict(False, BEYOND_LIMITS, longest)
    if not case.multi_turn:
        if isinstance(prediction, str):
            return None
        return Verdict(False, "syntax", "a list of turns where one reply is wanted")
    if isinstance(prediction, list) and len(prediction) == len(case.answer):
        return None
    turns = len(prediction) if isinstance(prediction, list) else 0
    ended = f"{turns} of {len(case.answer)} turns"
    return Verdict(False, "stopped early", ended)


def _check_of(case: BfclCase, prediction: Any) -> dict[str, Any]:
    if case.multi_turn:
        return {
            "op": "check_dialogue",
            "stage": case.stage,
            "turns": [
                [without_reasoning(text) for text in turn] for turn in prediction
            ],
            "answer": case.answer,
        }
    if case.category in (*IRRELEVANCE, *RELEVANCE):
        return {
            "op": "check_presence",
            "category": case.category,
            "text": without_reasoning(prediction),
        }
    return {
        "op": "check_calls",
        "category": case.category,
        "text": without_reasoning(prediction),
        "functions": case.functions,
        "answer": case.answer,
    }


def _verdict(case: BfclCase, prediction: Any, answer: Answer | Broken) -> Verdict:
    if isinstance(answer, Broken):
        return Verdict(False, _BROKEN[answer.kind], answer.reason)
    over_lines = answer["over_lines"]
    if answer["valid"]:
        return Verdict(True, found=answer["found"], over_lines=over_lines)
    return Verdict(
        False,
        _kind(case, prediction, answer),
        "; ".join(answer["errors"]),
        answer["found"],
        over_lines,
    )


def _kind(case: BfclCase, prediction: Any, answer: Answer) -> str:
    error: str = answer["error_type"]
    if answer["over_lines"] is not None:
        return OVER_LINES
    if error.startswith("ast_decoder"):
        called = any("(" in without_reasoning(text) for text in _texts(prediction))
        return "syntax" if called else "no call"
    if error.endswith("wrong_count"):
        return "missing call" if answer["count"] < len(case.answer) else "extra call"
    if error.endswith("cannot_find_match"):
        told = answer["sub_errors"]
        for beginning, kind in _STEPS:
            if any(each.startswith(beginning) for each in told):
                return kind
    for beginning, kind in _STEPS:
        if error.startswith(beginning):
            return kind
    return _OTHERS.get(error, error)


def _texts(prediction: Any) -> list[str]:
    if isinstance(prediction, str):
        return [prediction]
    return [text for turn in prediction for text in turn]
