"""Upstream's checker in its own process: verdicts on replies of all kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl.checker_process import Broken, Checker
from coalm_oumi.benchmarks.bfcl.gold import UNATTAINABLE, gold_prediction
from coalm_oumi.benchmarks.bfcl.load import BfclCase, load_bfcl
from coalm_oumi.benchmarks.bfcl.verdicts import Verdict, judge

Cases = dict[str, BfclCase]


def verdict(checker: Checker, case: BfclCase, prediction: Any) -> Verdict:
    return judge([case], {case.id: prediction}, checker)[0]


def test_the_checker_says_what_it_is(checker: Checker) -> None:
    versions = checker.versions()

    assert versions["bfcl_eval"] == "2025.8.6.2"


@pytest.mark.parametrize(
    ("case_id", "prediction", "kind"),
    [
        ("simple_0", "[divide(a=3, b=4)]", None),
        ("simple_0", "divide(b=4, a=3)", None),
        ("simple_0", "[divide(a=3, b=4, rounded=False)]", None),
        ("simple_0", "The result is 0.75.", "no call"),
        ("simple_0", "[]", "no call"),
        ("simple_0", "", "no call"),
        ("simple_0", "[divide(a=3, b=4)", None),
        ("simple_0", "[divide(a=3, b=]", "syntax"),
        ("simple_0", "[divide(3, 4)]", "missing parameter"),
        ("simple_0", "[divide(a=3)]", "missing parameter"),
        ("simple_1", "[divide(a=6, b=2)]", "missing parameter"),
        ("simple_0", "[divide(a=3, b=4, c=5)]", "unexpected parameter"),
        ("simple_0", "[divide(a=3, b=5)]", "wrong value"),
        ("simple_0", "[divide(a='3', b=4)]", "wrong type"),
        ("simple_0", "[divide(a=3.0, b=4)]", "wrong type"),
        ("simple_0", "[math.divide(a=3, b=4)]", "wrong function"),
        ("simple_0", "[divide(a=3, b=4), divide(a=3, b=4)]", "extra call"),
        ("multiple_0", "[math.add(numbers=[3.0, 4.0], unit='M')]", None),
        ("multiple_0", "[math.add(numbers=[4.0, 3.0], unit='m')]", "wrong value"),
        ("multiple_0", "[math.add(numbers=[3, 4], unit='m')]", "wrong type"),
        ("multiple_0", "[divide(a=3, b=4)]", "wrong function"),
        ("parallel_0", "[divide(a=5, b=6), divide(a=3, b=4)]", None),
        ("parallel_0", "[divide(a=5, b=6)]", "missing call"),
        ("parallel_0", "[divide(a=5, b=6), divide(a=3, b=3)]", "wrong value"),
        ("irrelevance_0", "I cannot sing.", None),
        ("irrelevance_0", "[sing()]", "called when irrelevant"),
        ("live_relevance_0-0-0", "[divide()]", None),
        ("live_relevance_0-0-0", "Which numbers?", "not called when relevant"),
    ],
)
def test_a_reply_is_right_or_fails_in_a_kind_of_way(
    checker: Checker,
    small_cases: Cases,
    case_id: str,
    prediction: str,
    kind: str | None,
) -> None:
    found = verdict(checker, small_cases[case_id], prediction)

    assert (found.right, found.kind) == (kind is None, kind)


@pytest.mark.parametrize(
    ("turns", "kind"),
    [
        ([["[add(a=2, b=3)]", "[post_tweet(content='5')]", "Done."], ["Bye."]], None),
        ([["[add(a=2, b=3), post_tweet(content='5')]"], []], None),
        ([["[add(a=2, b=3)]", "[post_tweet(content='6')]"], [""]], "wrong state"),
        ([["[post_tweet(content='5')]"], [""]], "missing result"),
        ([["Posted."], [""]], "no call in a turn"),
        ([["[add(a=2, b=3), post_tweet(content='5')]"]], "stopped early"),
        ("[add(a=2, b=3), post_tweet(content='5')]", "stopped early"),
    ],
)
def test_a_dialogue_is_right_or_fails_in_a_kind_of_way(
    checker: Checker, small_cases: Cases, turns: Any, kind: str | None
) -> None:
    found = verdict(checker, small_cases["multi_turn_base_0"], turns)

    assert (found.right, found.kind) == (kind is None, kind)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("[f(a=1), g(b=2)]", ["f(a=1)", "g(b=2)"]),
        ("[f(a=1),\n g(b=2)]", []),
        ("[]", []),
        ("", []),
        ("```\n[f(a=1)]\n```", ["f(a=1)"]),
        ("```python\n[f(a=1)]\n```", []),
        ("[f(1,2)]", ["f()"]),
        ("f(a=1)\ng(b=2)", []),
        ("[f(a=1)]<|eot_id|>", []),
        ('[{"name": "f", "arguments": {"a": 1}}]', []),
        ("Let me see.", []),
        ("[Sorry(no)]", ["Sorry()"]),
    ],
)
def test_replies_are_read_as_the_pinned_version_reads_them(
    checker: Checker, small_cases: Cases, text: str, calls: list[str]
) -> None:
    stage = small_cases["multi_turn_base_0"].stage

    answer = checker.ask({"op": "step", "stage": stage, "before": [], "text": text})

    assert not isinstance(answer, Broken)
    assert answer["calls"] == calls


def test_a_step_sees_what_the_ones_before_it_left(
    checker: Checker, small_cases: Cases
) -> None:
    stage = small_cases["multi_turn_base_0"].stage
    before = [["post_tweet(content='one')"], ["post_tweet(content='two')"]]

    answer = checker.ask(
        {
            "op": "step",
            "stage": stage,
            "before": before,
            "text": "[post_tweet(content='three'), add(a=1, b=nine)]",
        }
    )

    assert not isinstance(answer, Broken)
    assert '"id": 2' in answer["results"][0]
    assert answer["results"][1].startswith('{"error"')


@pytest.mark.parametrize(
    "text",
    [
        "[divide(a=" + "(" * 5000,
        "[divide(a=" + "[" * 100_000,
        "[divide(a=" + "-" * 100_000 + "1, b=4)]",
        "[divide(a=" + "1+" * 50_000 + "1, b=4)]",
        "[divide(a=" + "9" * 100_000 + ", b=4)]",
        "[divide(a=[0] * 10**11, b=4)]",
        "[divide(a='" + "x" * 900_000 + "', b=4)]",
        "[divide(a=3, b=4)]" + " " * 10_000_000 + ".",
        "\0[divide(a=\ud800, b=4)]",
    ],
    ids=lambda text: f"{text[:16]!r} {len(text)}",
)
def test_huge_and_deep_replies_fail_where_calls_are_wanted(
    checker: Checker, small_cases: Cases, text: str
) -> None:
    for case in small_cases.values():
        if case.answer is not None:
            prediction = [[text] for _ in case.answer] if case.multi_turn else text
            assert not verdict(checker, case, prediction).right


@pytest.mark.parametrize(
    "per_category", [12, pytest.param(None, marks=pytest.mark.slow)]
)
def test_right_answers_pass_and_no_answer_fails(
    checker: Checker, real_data: Path, per_category: int | None
) -> None:
    """All but the six cases that nothing passes; an empty reply only where it is right."""
    cases = load_bfcl(data=real_data / "bfcl_v3", per_category=per_category).cases
    gold = {case.id: gold_prediction(case) for case in cases}
    empty = {c.id: [[""] for _ in c.answer] if c.multi_turn else "" for c in cases}

    right = judge(cases, gold, checker)
    floor = judge(cases, empty, checker)

    assert {c.id for c, v in zip(cases, right, strict=True) if not v.right} == {
        c.id for c in cases if c.id in UNATTAINABLE
    }
    assert {c.category for c, v in zip(cases, floor, strict=True) if v.right} == {
        "irrelevance",
        "live_irrelevance",
    }
