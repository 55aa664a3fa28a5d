"""The xLAM-like half of the embedded corpus."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalm_oumi.sources.xlam import read_xlam
from tests.corpus.generator import make as corpus
from tests.corpus.generator.function_calling import call_rows, irrelevant_rows
from tests.corpus.generator.functions import all_functions

seeds = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus with its default seed and size."""
    folder = tmp_path_factory.mktemp("corpus")
    corpus.generate(folder)
    return folder


@pytest.fixture(scope="module")
def rows(root: Path) -> list[dict[str, Any]]:
    path = root / "xlam/xlam_function_calling_60k.json"
    return json.loads(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def irrelevant(root: Path) -> list[dict[str, Any]]:
    path = root / "xlam/xlam-7.5k-irrelevancek.json"
    return json.loads(path.read_text("utf-8"))


def tools_of(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {tool["name"]: tool["parameters"] for tool in json.loads(row["tools"])}


def arguments_of(row: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """Each argument of a row's answers, with the entry of its parameter."""
    tools = tools_of(row)
    return [
        (tools[call["name"]][name], value)
        for call in json.loads(row["answers"])
        for name, value in call["arguments"].items()
    ]


def test_there_are_400_rows_and_50_irrelevant_ones(
    rows: list[dict[str, Any]], irrelevant: list[dict[str, Any]]
) -> None:
    assert [row["id"] for row in rows] == list(range(400))
    assert [row["id"] for row in irrelevant] == list(range(50))


def test_rows_have_the_columns_of_the_real_ones(
    rows: list[dict[str, Any]], irrelevant: list[dict[str, Any]]
) -> None:
    columns = {tuple(row) for row in rows + irrelevant}
    assert columns == {("id", "query", "answers", "tools")}


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_every_call_names_a_listed_tool_and_its_parameters(seed: int) -> None:
    for row in call_rows(seed, 20):
        tools = tools_of(row)
        for call in json.loads(row["answers"]):
            assert set(call["arguments"]) <= set(tools[call["name"]])


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_every_required_parameter_is_passed(seed: int) -> None:
    for row in call_rows(seed, 20):
        tools = tools_of(row)
        for call in json.loads(row["answers"]):
            entries = tools[call["name"]]
            required = {name for name, e in entries.items() if "default" not in e}
            assert required <= set(call["arguments"])


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_arguments_that_are_no_default_stand_in_the_query(seed: int) -> None:
    for row in call_rows(seed, 20):
        for entry, value in arguments_of(row):
            if value == entry.get("default") or isinstance(value, bool):
                continue
            for item in value if isinstance(value, list) else [value]:
                assert str(item) in row["query"]


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_arguments_have_their_parameters_type(seed: int) -> None:
    types = {"str": str, "int": int, "float": float, "bool": bool}
    for row in call_rows(seed, 20):
        for entry, value in arguments_of(row):
            name = entry["type"].removesuffix(", optional")
            if name.startswith("List["):
                assert {type(item) for item in value} == {types[name[5:-1]]}
            else:
                assert type(value) is types[name]


def test_irrelevant_rows_have_tools_and_no_calls(
    irrelevant: list[dict[str, Any]],
) -> None:
    assert {row["answers"] for row in irrelevant} == {"[]"}
    assert all(tools_of(row) for row in irrelevant)


def test_an_irrelevant_query_is_not_among_its_tools_domains() -> None:
    functions = all_functions()
    rows = irrelevant_rows(3, len(functions))
    (row,) = [row for row in rows if " prime" in row["query"]]
    domains = {function.name: function.domain for function in functions}
    assert "mathematics" not in {domains[name] for name in tools_of(row)}


def test_rows_list_one_to_five_tools_and_make_one_to_three_calls(
    rows: list[dict[str, Any]],
) -> None:
    assert {len(json.loads(row["tools"])) for row in rows} == {1, 2, 3, 4, 5}
    calls = Counter(len(json.loads(row["answers"])) for row in rows)
    assert set(calls) == {1, 2, 3}
    assert calls[1] > calls[2] > calls[3] >= 20


def test_no_row_makes_the_same_call_twice(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        calls = json.loads(row["answers"])
        assert all(calls.count(call) == 1 for call in calls)


def test_some_rows_list_a_tool_twice(rows: list[dict[str, Any]]) -> None:
    doubled = sum(len(tools_of(row)) < len(json.loads(row["tools"])) for row in rows)
    assert 5 <= doubled <= 40


def test_answers_rely_on_defaults_with_and_without_their_mention(
    rows: list[dict[str, Any]],
) -> None:
    told = Counter(
        str(value) in row["query"]
        for row in rows
        for entry, value in arguments_of(row)
        if value == entry.get("default")
    )
    assert told[True] >= 30
    assert told[False] >= 100


def test_every_function_is_called(rows: list[dict[str, Any]]) -> None:
    called = {c["name"] for row in rows for c in json.loads(row["answers"])}
    assert called == {function.name for function in all_functions()}
    assert len(called) == 45


def test_types_and_defaults_are_as_varied_as_the_real_ones(
    rows: list[dict[str, Any]],
) -> None:
    tools = [tool for row in rows for tool in tools_of(row).values()]
    entries = [entry for tool in tools for entry in tool.values()]
    assert {entry["type"] for entry in entries} == {
        "str",
        "str, optional",
        "int",
        "int, optional",
        "float",
        "float, optional",
        "bool",
        "bool, optional",
        "List[int]",
        "List[float]",
        "List[str]",
    }
    defaults = [entry["default"] for entry in entries if "default" in entry]
    assert "" in defaults
    assert [] in defaults
    assert [6, 6] in defaults
    assert {type(default) for default in defaults} == {str, int, float, bool, list}


def test_some_inner_strings_escape_what_is_not_ascii(
    rows: list[dict[str, Any]],
) -> None:
    assert any("Z\\u00fcrich" in row["tools"] for row in rows)
    assert any("Zürich" in row["tools"] for row in rows)


def test_queries_are_finished_sentences(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert row["query"][0].isupper()
        assert not set("{}<>|") & set(row["query"])
        assert "  " not in row["query"]


def test_the_reader_of_the_real_files_reads_both(root: Path) -> None:
    read = list(read_xlam(root / "xlam/xlam_function_calling_60k.json"))
    assert len(read) == 400
    assert all(row.calls for row in read)
    read = list(read_xlam(root / "xlam/xlam-7.5k-irrelevancek.json"))
    assert len(read) == 50
    assert not any(row.calls for row in read)
