"""Lists of calls over several lines: V3 refuses them, and a figure says what that costs."""

from __future__ import annotations

import pytest

from coalm_oumi.benchmarks.bfcl.checker_process import Checker
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.benchmarks.bfcl.verdicts import OVER_LINES, judge

Cases = dict[str, BfclCase]
KEPT = "[divide(a=3, b=4), divide(a=5, b=6)]"


@pytest.mark.parametrize(
    "text",
    [
        "[divide(a=3, b=4),\ndivide(a=5, b=6)]",
        "[\n    divide(a=3, b=4),\n    divide(a=5, b=6)\n]",
        "[ divide(a=3, b=4), divide(a=5, b=6) ]",
        "[divide(a=3, b=4)\n, divide(a=5, b=6)]",
        "[\r\ndivide(a=3, b=4),\r\ndivide(a=5, b=6)\r\n]",
        "```\n[divide(a=3, b=4),\n divide(a=5, b=6)]\n```",
        "divide(a=3, b=4),\ndivide(a=5, b=6)",
        "<think>Two.</think>\n[divide(a=3, b=4),\n\n# and\ndivide(a=5, b=6),\n]",
    ],
)
def test_the_verdict_is_v3s_and_the_tolerant_one_stands_beside_it(
    checker: Checker, small_cases: Cases, text: str
) -> None:
    case = small_cases["parallel_0"]
    wrong = text.replace("b=6", "b=7")

    found, kept, failed = (
        judge([case], {case.id: reply}, checker)[0] for reply in (text, KEPT, wrong)
    )

    assert (found.right, found.kind, found.over_lines) == (False, OVER_LINES, True)
    assert (kept.right, kept.over_lines, kept.right_over_lines) == (True, None, True)
    assert (failed.kind, failed.right_over_lines) == (OVER_LINES, False)


@pytest.mark.parametrize(
    ("case_id", "right", "tolerant"),
    [("irrelevance_0", True, False), ("live_relevance_0-0-0", False, True)],
)
def test_calls_over_lines_are_calls_for_the_tolerant_figure(
    checker: Checker, small_cases: Cases, case_id: str, right: bool, tolerant: bool
) -> None:
    case = small_cases[case_id]

    found = judge([case], {case.id: "[sing(a=1),\nsing(a=2)]"}, checker)[0]

    assert (found.right, found.right_over_lines) == (right, tolerant)
    assert found.kind == (None if right else OVER_LINES)


@pytest.mark.parametrize(
    "text",
    [
        "divide(a=3, b=4)\ndivide(a=5, b=6)",
        "[divide(a=3, b=4),\ndivide(a=5, b=]",
        "[divide(a=3, b=4),\nand divide(a=5, b=6)]",
        "```python\n[divide(a=3, b=4),\ndivide(a=5, b=6)]\n```",
        "[divide(a=3, b=4),\ndivide(a=exit() + 1, b=6)]",
        "[\n]",
        "[\n1,\n2]",
    ],
)
def test_what_the_later_version_cannot_read_either_is_wrong_for_both(
    checker: Checker, small_cases: Cases, text: str
) -> None:
    case = small_cases["parallel_0"]

    found = judge([case], {case.id: text}, checker)[0]

    assert not found.right
    assert not found.right_over_lines
    assert found.kind in ("syntax", "no call")


def test_arguments_over_several_lines_were_always_read(
    checker: Checker, small_cases: Cases
) -> None:
    case = small_cases["simple_0"]

    found = judge([case], {case.id: "[divide(\n    a=3,\n    b=4,\n)]"}, checker)[0]

    assert (found.right, found.over_lines) == (True, None)
