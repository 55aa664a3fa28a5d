"""The scores of api_bank: known replies get known scores, on the real rows too."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalm_oumi.benchmarks.api_bank import (
    ApiBankCase,
    load_api_bank,
    parse_calls,
    score,
)
from coalm_oumi.benchmarks.api_bank.reply import error_kind
from coalm_oumi.benchmarks.api_bank.text_overlap import overlap
from coalm_oumi.calls import FunctionCall, fenced, unfenced
from coalm_oumi.evaluation.results import Scores

TEXT_METRICS = ("rouge_l", "rouge_1", "rouge_2", "bleu_4")
CALL_METRICS = ("exact_call_match", "api_f1", "param_f1", "unparsable")
ALARM = FunctionCall("AddAlarm", {"time": "07:00", "label": "swim"})


def reply(name: str = "AddAlarm", **arguments: object) -> str:
    return fenced(json.dumps([{"name": name, "arguments": arguments}]))


GOLD = reply(time="07:00", label="swim")
TODAY = FunctionCall("GetToday", {})
CASES = (
    ApiBankCase("l1-0", 1, "...", GOLD, ALARM),
    ApiBankCase("l2-0", 2, "...", reply("GetToday"), TODAY),
)


def scored(first: str) -> dict[str, float]:
    """The first case's own scores."""
    found = score(CASES, {"l1-0": first, "l2-0": ""}).metrics
    return {name: round(found[f"l1_{name}"].value, 2) for name in CALL_METRICS}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOLD, (100, 100, 100, 0)),
        (unfenced(GOLD), (100, 100, 100, 0)),
        (f"```json\n{unfenced(GOLD)}\n```", (100, 100, 100, 0)),
        (f'{{"tool_calls": {unfenced(GOLD)}}}', (100, 100, 100, 0)),
        (reply(label="swim", time="07:00"), (100, 100, 100, 0)),
        (reply(time="07:00", label="swim", note=""), (100, 100, 100, 0)),
        (reply(time="07:00", label="run"), (0, 100, 50, 0)),
        (reply(time="07:00"), (0, 100, 66.67, 0)),
        (reply(time="07:00", label="swim", x=1), (0, 100, 80, 0)),
        (reply("SetAlarm", time="07:00", label="swim"), (0, 0, 0, 0)),
        ("[]", (0, 0, 0, 0)),
        ("", (0, 0, 0, 100)),
        ("I cannot do that.", (0, 0, 0, 100)),
    ],
    ids=[
        "gold",
        "no fence",
        "fence with a language",
        "as tool_calls",
        "another order",
        "an empty argument",
        "one wrong value",
        "one missing",
        "one too many",
        "wrong API",
        "no call",
        "empty",
        "prose",
    ],
)
def test_call_metrics(text: str, expected: tuple[float, ...]) -> None:
    assert tuple(scored(text).values()) == expected


def test_a_call_made_three_times_does_not_score_more_than_once() -> None:
    thrice = fenced(json.dumps(json.loads(unfenced(GOLD)) * 3))
    assert scored(thrice) == {
        "exact_call_match": 0.0,
        "api_f1": 50.0,
        "param_f1": 50.0,
        "unparsable": 0.0,
    }


@pytest.mark.parametrize(
    ("found", "gold", "same"),
    [
        ({"at": {"zip": 7, "city": "Ely"}}, {"at": {"city": "Ely", "zip": 7}}, True),
        ({"n": 1.0}, {"n": 1}, True),
        ({"n": "1"}, {"n": 1}, True),
        ({"ids": [1.0, 2]}, {"ids": [1, 2.0]}, True),
        ({"on": True}, {"on": 1}, False),
        ({"ids": [2, 1]}, {"ids": [1, 2]}, False),
    ],
)
def test_arguments_are_compared_as_text_and_as_json_values(
    found: dict[str, Any], gold: dict[str, Any], same: bool
) -> None:
    case = ApiBankCase("l1-0", 1, "...", "", FunctionCall("AddAlarm", gold))
    metrics = score([case], {"l1-0": reply(**found)}).metrics
    for name in ("exact_call_match", "param_f1"):
        assert metrics[name].value == (100 if same else 0)


def test_hammer_s_own_f1_counts_each_repetition() -> None:
    thrice = json.dumps([{"name": "GetToday", "arguments": {}}] * 3)
    metrics = score(CASES, {"l1-0": GOLD, "l2-0": thrice}).metrics
    # 3 right of 3 found, 1 expected: F1 of precision 1 and recall 3.
    assert metrics["l2_api_f1_hammer"].value == 150
    assert metrics["l2_api_f1"].value == 50
    # Two right parameters of two, and three calls without any beside them.
    assert metrics["param_f1_hammer"].value == 100 * 5 / 2
    prose = score(CASES, {"l1-0": "Which day?", "l2-0": "[]"}).metrics
    assert prose["api_f1_hammer"].value == 0


def test_an_api_without_parameters_has_no_param_f1() -> None:
    groups = score(CASES, {"l1-0": GOLD, "l2-0": reply("GetToday")}).groups
    assert sorted(groups["api=GetToday"]) == [
        "api_f1",
        "api_f1_hammer",
        "exact_call_match",
        "unparsable",
    ]
    assert groups["api=AddAlarm"]["param_f1"].value == 100


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '[{"name": "f", "arguments": ' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}]",
        '[{"name": "f", "arguments": {"a": ' + "9" * 10_000 + "}}]",
        '[{"name": "f", "arguments": {"a": 1, "a": 2}}]',
        '[{"name": 3, "arguments": {}}]',
        '[{"name": "f", "arguments": []}]',
        '{"name": "f", "arguments": {}}',
        "Sure! " + GOLD,
        "[f(a=1)]",
        "__import__('os').system('touch /tmp/x')",
        "x" * 10_000_000,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_not_a_list_of_calls_is_unparsable(text: str) -> None:
    assert parse_calls(text) is None


@pytest.mark.parametrize(
    ("calls", "kind"),
    [
        (None, "unparsable"),
        ((), "no call"),
        ((ALARM, ALARM), "several calls"),
        ((TODAY,), "wrong API"),
        ((FunctionCall("AddAlarm", {"time": "07:00"}),), "missing parameter"),
        (
            (FunctionCall("AddAlarm", {**ALARM.arguments, "x": 1}),),
            "extra parameter",
        ),
        ((FunctionCall("AddAlarm", {"time": "8", "label": "swim"}),), "wrong value"),
        ((ALARM,), None),
    ],
)
def test_error_kinds(calls: tuple[FunctionCall, ...] | None, kind: str | None) -> None:
    assert error_kind(calls, ALARM) == kind


def test_a_reply_of_ten_megabytes_is_scored_on_its_first_part() -> None:
    found = score(CASES, {"l1-0": "swim " * 2_000_000, "l2-0": ""})
    assert found.metrics["l1_unparsable"].value == 100
    assert found.notes == (
        "1 replies are longer than 8000 characters; Rouge and BLEU are of their first "
        "part.",
    )


def test_cases_name_the_error_and_carry_what_the_metrics_are_made_of() -> None:
    first, second = score(CASES, {"l1-0": reply(time="8"), "l2-0": ""}).cases
    assert (first["error"], second["error"]) == ("missing parameter", "unparsable")
    assert first["scores"]["param_f1"] == (0, 1, 2)
    assert second["scores"]["rouge_l"] == 0.0


@given(st.text(max_size=60), st.text(min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_overlap_of_any_texts_is_a_share(text: str, label: str) -> None:
    assert all(0 <= value <= 100 for value in overlap(text, label))


def real_scores(real_data: Path, answer: Callable[[ApiBankCase], str]) -> Scores:
    cases = load_api_bank(data=real_data / "api_bank" / "hammer_test").cases
    return score(cases, {case.id: answer(case) for case in cases})


@pytest.mark.parametrize(
    ("answer", "level_1", "level_2"),
    [
        (lambda case: case.label, (100, 100, 100, 100), (100, 100, 100, 100)),
        (
            lambda case: unfenced(case.label),
            (92.64, 97.14, 94.93, 92.0),
            (91.64, 96.85, 94.42, 90.97),
        ),
        (lambda case: "[]", (8.65, 19.85, 0, 0), (9.68, 21.57, 0, 0)),
        (lambda case: "", (0, 0, 0, 0), (0, 0, 0, 0)),
    ],
    ids=["gold", "gold without fences", "[]", "empty"],
)
def test_known_scores_on_the_real_rows(
    real_data: Path,
    answer: Callable[[ApiBankCase], str],
    level_1: tuple[float, ...],
    level_2: tuple[float, ...],
) -> None:
    metrics = real_scores(real_data, answer).metrics
    for level, n, expected in ((1, 399, level_1), (2, 127, level_2)):
        found = [metrics[f"l{level}_{name}"] for name in TEXT_METRICS]
        assert tuple(round(metric.value, 2) for metric in found) == expected
        assert {metric.n for metric in found} == {n}


REPLIES: tuple[Callable[[str], str], ...] = (
    lambda label: "I cannot call an API for that, but I can tell you the time.",
    lambda label: "Which day? Please tell me the date, too! 您好。Dr. Lee's?",
    lambda label: f"Sure, here is the call:\n{label}\nAnything else?",
    lambda label: unfenced(label).replace('"', "'"),
    lambda label: label.replace("2023", "2024").replace("a", "o"),
    lambda label: label[: len(label) // 2],
    lambda label: label * 2,
    lambda label: " \n\t ",
)


def test_replies_score_as_by_the_libraries_alone(real_data: Path) -> None:
    cases = load_api_bank(data=real_data / "api_bank" / "hammer_test").cases
    for row, case in enumerate(cases):
        reply = REPLIES[row % len(REPLIES)](case.label)
        expected = by_the_libraries_alone(reply, case.label)
        assert overlap(reply, case.label) == pytest.approx(expected, abs=1e-4)


def by_the_libraries_alone(reply: str, label: str) -> tuple[float, ...]:
    """The definition in LLaMA-Factory's `train/sft/metric.py`, in per cent."""
    import jieba
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from rouge_chinese import Rouge

    found, wanted = " ".join(jieba.cut(reply)), " ".join(jieba.cut(label))
    rouge = [0.0, 0.0, 0.0]
    if found.split() and wanted.split():
        scores: Any = Rouge().get_scores(found, wanted)[0]
        rouge = [scores[name]["f"] for name in ("rouge-l", "rouge-1", "rouge-2")]
    smoothing: Any = SmoothingFunction().method3
    bleu: Any = sentence_bleu([list(label)], list(reply), smoothing_function=smoothing)
    return tuple(100 * value for value in (*rouge, bleu))


def test_a_constant_answer_has_two_thirds_of_rouge_l_and_hardly_a_right_call(
    real_data: Path,
) -> None:
    constant = real_scores(real_data, lambda _: GOLD).metrics
    assert 55 < constant["l1_rouge_l"].value < 75
    assert constant["l1_exact_call_match"].value == 0


def test_gold_is_100_on_every_call_metric(real_data: Path) -> None:
    gold = real_scores(real_data, lambda case: case.label)
    for prefix in ("", "l1_", "l2_"):
        values = [gold.metrics[prefix + name].value for name in CALL_METRICS]
        assert values == [100, 100, 100, 0]
    assert {case["error"] for case in gold.cases} == {None}
    normalized = [gold.metrics[f"{name}_normalized"].value for name in TEXT_METRICS]
    assert normalized == [100] * 4
    # As upstream's evaluate.py gives them for the gold answers.
    assert round(gold.metrics["l1_param_f1_hammer"].value / 100, 4) == 1.0066
    assert round(gold.metrics["l2_param_f1_hammer"].value / 100, 5) == 1.00398
    assert gold.metrics["api_f1_hammer"].value == 100
