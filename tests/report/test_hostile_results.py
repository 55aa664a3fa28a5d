"""Folders of others are passed over; a damaged result is one clear line, never a trace."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalm_oumi.benchmarks.registry import find_benchmark
from coalm_oumi.errors import CoalmError, DataFormatError
from coalm_oumi.evaluation.report import build_report, read_results, without_results
from coalm_oumi.evaluation.report.markdown import to_markdown
from tests.cli.conftest import Command, coalm  # noqa: F401 - a fixture

CASE = {
    "id": "c1",
    "right": False,
    "group": "intent=A",
    "error": "wrong value",
    "scores": {"slot_f1": [1, 2, 2], "exact": 0.0},
    "expected": "x",
    "prediction": "y",
}
DIALOGUE = {
    "id": "d1",
    "right": False,
    "error": "no fitting offer: hotel",
    "turns": [
        {
            "user": "hello",
            "calls": [{"call": "f", "result": "done"}],
            "problems": ["no_response"],
            "response": "yes",
            "gives": ["NAME"],
            "about": ["hotel"],
            "state": {"hotel": {"area": "east"}},
            "expected_state": {},
        }
    ],
    "state_errors": [{"turn": 0, "missed": {"area": {"expected": "a", "found": "b"}}}],
    "inform": {"hotel": False},
    "not_given": {"hotel": ["phone"]},
    "judge": {"verdict": "met", "explanation": ""},
}
CONTENT: dict[str, Any] = {
    "schema_version": 1,
    "task": "multiwoz24",
    "metrics": {"success": {"value": 48.5, "n": 2, "interval": [45.7, 51.1]}},
    "groups": {"domain=a": {"success": {"value": 1, "n": 1, "interval": [0, 2]}}},
    "floors": {"success": {"value": 2.5, "reply": "ok"}},
    "provenance": {"model": "out/8b", "tokens": {"prompt": 1}, "protocol": "p"},
    "cases": [CASE, DIALOGUE],
    "notes": ["note"],
}


def stored(folder: Path, content: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "results.json").write_text(text)
    return folder


def changed(**change: Any) -> dict[str, Any]:
    return {**copy.deepcopy(CONTENT), **change}


def folders_of_oumi(root: Path) -> list[Path]:
    """What lies in an evaluation's folder beside our results."""
    own = stored(root / "multiwoz24", CONTENT)
    logs, oumi, other = root / "logs", root / "custom_20261129_001122", root / "lm"
    logs.mkdir()
    (logs / "rank_0000.log").write_text("a line")
    oumi.mkdir()
    (oumi / "task_result.json").write_text('{"results": {}}')
    stored(other, {"results": {"mmlu": {"acc": 0.5}}, "versions": {}})
    (root / "report.html").write_text("<html>")
    return [own, logs, oumi, other, root / "report.html"]


def test_all_that_lies_in_an_evaluations_folder(
    coalm: Command,  # noqa: F811
    tmp_path: Path,
) -> None:
    own, *others = folders_of_oumi(tmp_path)
    ended = coalm("report", own, *others)
    assert ended.code == 0
    (told,) = [x for x in ended.text.splitlines() if x.startswith("Warning:")]
    for each in others:
        assert str(each) in told
    assert str(own) not in told
    assert without_results([own, *others]) == others
    assert len(read_results([tmp_path], find_benchmark)) == 1


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_one_without_any_result_is_one_line(
    coalm: Command,  # noqa: F811
    tmp_path: Path,
    number: int,
) -> None:
    given_ = folders_of_oumi(tmp_path)[number]
    ended = coalm("report", given_)
    assert ended.code == 1
    assert ended.text.startswith(f"Error: {given_}: there is no results.json in it")
    assert ended.text.count("\n") == 1


def test_several_without_any_result_are_one_line(
    coalm: Command,  # noqa: F811
    tmp_path: Path,
) -> None:
    ended = coalm("report", *folders_of_oumi(tmp_path)[1:], tmp_path / "nowhere")
    assert ended.code == 1
    assert ended.text.startswith("Error: ")
    assert "in any of them" in ended.text
    assert ended.text.count("\n") == 1


def test_a_result_named_twice_counts_once(tmp_path: Path) -> None:
    own = folders_of_oumi(tmp_path)[0]
    assert len(read_results([own, tmp_path, own / "results.json"], find_benchmark)) == 1


METRIC = CONTENT["metrics"]["success"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (json.dumps(CONTENT)[:-40], "the JSON breaks off"),
        ("", "the file is empty"),
        (json.dumps(CONTENT).replace("48.5", "NaN"), "NaN is not JSON"),
        (json.dumps(CONTENT).replace("48.5", "-Infinity"), "Infinity is not JSON"),
        (json.dumps(CONTENT).replace("48.5", "1e999"), "too large a number"),
        (json.dumps(CONTENT).replace("48.5", "9" * 400), "expected metrics with value"),
        (json.dumps(CONTENT).replace("48.5", "9" * 5000), "not JSON that can be used"),
        (
            json.dumps(CONTENT)[:-1] + ', "task": "other"}',
            "the key 'task' stands twice",
        ),
        ('{"schema_version": 1, "task": ' + "[" * 100_000, "not JSON"),
        ([CONTENT], "expected results of schema version 1"),
        (changed(metrics={}), "no case was scored"),
        (changed(metrics={"a": {**METRIC, "n": 0}}, cases=[]), "no case was scored"),
        (changed(metrics={"a": {**METRIC, "n": -1}}), "n (a whole number)"),
        (changed(metrics={"a": {**METRIC, "n": 1.5}}), "n (a whole number)"),
        (changed(metrics={"a": {**METRIC, "n": "12"}}), "n (a whole number)"),
        (changed(metrics={"a": {**METRIC, "n": True}}), "n (a whole number)"),
        (changed(metrics={"a": {**METRIC, "value": "48"}}), "expected metrics with"),
        (changed(metrics={"a": {**METRIC, "value": None}}), "expected metrics with"),
        (changed(metrics={"a": {**METRIC, "interval": [0, 1, 2]}}), "expected metrics"),
        (changed(groups={"g": []}), "field 'groups.g'"),
        (changed(floors=[]), "field 'floors': expected dict"),
        (changed(floors={"success": {"value": "2"}}), "field 'floors.success'"),
        (changed(provenance=[]), "field 'provenance': expected dict"),
        (changed(cases={}), "field 'cases': expected list"),
        (changed(cases=[CASE, CASE]), "'cases[1]': the case 'c1' stands twice"),
        (changed(cases=["c1"]), "'cases[0]': expected a case with an id"),
        (changed(cases=[{**CASE, "id": 7}]), "'cases[0]': expected a case with an id"),
        (changed(cases=[{**CASE, "right": "no"}]), "expected true or false"),
        (changed(cases=[{**CASE, "scores": [1]}]), "'cases[0].scores'"),
        (changed(cases=[{**CASE, "scores": {"a": "1"}}]), "expected a number"),
        (changed(cases=[{**CASE, "scores": {"a": 10**400}}]), "expected a number"),
        (
            changed(cases=[{**DIALOGUE, "turns": [{"calls": 3}]}]),
            "case 'd1' of a resul",
        ),
        (changed(cases=[{**DIALOGUE, "state_errors": [{"turn": []}]}]), "case 'd1' of"),
    ],
)
def test_a_damaged_result_is_one_line(
    coalm: Command,  # noqa: F811
    tmp_path: Path,
    content: Any,
    told: str,
) -> None:
    ended = coalm("report", stored(tmp_path / "run", content))
    assert ended.code == 1
    assert ended.text.startswith("Error: ")
    assert told in ended.text
    assert ended.text.count("\n") == 1


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yields the path to each value in a JSON document."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for name, item in items:
        yield from places(item, (*path, name))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
    ),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(list(places(CONTENT))), JSON)
def test_whatever_stands_in_a_result(
    tmp_path: Path, place: tuple[Any, ...], value: Any
) -> None:
    content = copy.deepcopy(CONTENT)
    inner = content
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    other = stored(tmp_path / "other", changed(provenance={"model": "b"}))
    try:
        results = read_results(
            [stored(tmp_path / "run", content), other], find_benchmark
        )
        to_markdown(build_report(results))
    except CoalmError as error:
        assert "\n" not in str(error)  # noqa: PT017


def test_a_torn_file_beside_good_ones_is_named(tmp_path: Path) -> None:
    good = stored(tmp_path / "good", CONTENT)
    torn = stored(tmp_path / "torn", json.dumps(CONTENT)[:50])
    with pytest.raises(DataFormatError, match=r"torn/results\.json"):
        read_results([good, torn], find_benchmark)
