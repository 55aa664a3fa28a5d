"""Cases are read as upstream's files have them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.bfcl.case_ids import canonical_id, category_of
from coalm_oumi.benchmarks.bfcl.categories import (
    CATEGORIES,
    NOT_RUN,
    chosen_categories,
    shortest_name,
)
from coalm_oumi.benchmarks.bfcl.load import BfclCase, load_bfcl
from coalm_oumi.errors import DataFormatError, DataNotFoundError, OptionError
from tests.benchmarks.bfcl.small_cases import ADD, DIVIDE, write_small_cases


def test_a_case_has_its_functions_and_its_answer(
    small_cases: dict[str, BfclCase],
) -> None:
    case = small_cases["multiple_0"]

    assert case.category == "multiple"
    assert case.turns == (({"role": "user", "content": "3 and 4 metres?"},),)
    assert case.functions == (DIVIDE, ADD)
    assert case.answer == [
        {"math.add": {"numbers": [[3.0, 4.0]], "unit": ["m", "metre"]}}
    ]
    assert not case.multi_turn


def test_a_dialogue_has_the_documentation_of_its_apis_but_what_is_held_back(
    small_cases: dict[str, BfclCase],
) -> None:
    case = small_cases["multi_turn_miss_func_0"]

    assert [f["name"] for f in case.functions] == ["add"]
    assert {t: [f["name"] for f in fs] for t, fs in case.held_back.items()} == {
        2: ["multiply"]
    }
    assert case.stage == {
        "id": "multi_turn_miss_func_0",
        "initial_config": {},
        "involved_classes": ["MathAPI"],
    }
    assert case.answer == [["add(a=2, b=3)"], [], ["multiply(a=5, b=7)"]]


def test_per_category_takes_cases_from_the_start_of_each(small_data: Path) -> None:
    data = load_bfcl(categories=["simple", "parallel"], data=small_data, per_category=1)

    assert [case.id for case in data.cases] == ["simple_0", "parallel_0"]


def test_ids_that_upstream_corrected_later_are_understood() -> None:
    assert canonical_id("live_multiple_1052-79-0", 0) == "live_multiple_1052-279-0"
    assert canonical_id("live_relevance_3-3-0", 0) == "live_relevance_3-3-0"
    assert canonical_id("live_relevance_3-3-0", 1) == "live_relevance_17-17-0"
    assert category_of("live_parallel_multiple_3-0-1") == "live_parallel_multiple"


def test_groups_of_categories_have_names() -> None:
    assert chosen_categories(["ast", "simple"])[:2] == ("simple", "java")
    assert chosen_categories(["multi_turn_base", "java"]) == ("java", "multi_turn_base")
    assert shortest_name(chosen_categories(["live", "non_live"])) == "single_turn"
    assert shortest_name(["java", "simple"]) == "simple,java"


def test_an_executable_category_is_refused_with_the_reason() -> None:
    assert set(NOT_RUN) == {
        "exec_simple",
        "exec_multiple",
        "exec_parallel",
        "exec_parallel_multiple",
        "rest",
    }
    with pytest.raises(OptionError, match="'rest' cannot be run: calls go to live"):
        chosen_categories(["rest"])


def test_an_unknown_category_suggests_the_nearest() -> None:
    with pytest.raises(OptionError, match="did you mean 'multi_turn_base'"):
        chosen_categories(["multi_turn_bas"])


def test_a_missing_answer_names_file_row_and_case(tmp_path: Path) -> None:
    folder = write_small_cases(tmp_path)
    answers = folder / "possible_answer" / "BFCL_v3_simple.json"
    answers.write_text(answers.read_text().splitlines()[0])

    with pytest.raises(DataFormatError) as caught:
        load_bfcl(categories=["simple"], data=folder)

    assert "BFCL_v3_simple.json: row 1, field 'id'" in str(caught.value)
    assert "no answer to 'simple_1'" in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("question", "What?"),
        ("question", [[{"role": "user"}]]),
        ("function", [{"name": "f"}]),
        ("id", 3),
    ],
)
def test_a_malformed_row_names_its_field(
    tmp_path: Path, field: str, value: object
) -> None:
    folder = write_small_cases(tmp_path)
    path = folder / "BFCL_v3_simple.json"
    row = json.loads(path.read_text().splitlines()[0])
    path.write_text(json.dumps({**row, field: value}))

    with pytest.raises(DataFormatError, match=f"row 0, field '{field}'"):
        load_bfcl(categories=["simple"], data=folder)


def test_data_that_is_nowhere_says_how_to_get_it() -> None:
    with pytest.raises(DataNotFoundError, match="coalm download bfcl_v3"):
        load_bfcl(categories=["simple"])


def test_the_real_files_have_4441_cases(real_data: Path) -> None:
    data = load_bfcl(data=real_data / "bfcl_v3")

    sizes = Counter(case.category for case in data.cases)
    assert len(data.cases) == len({case.id for case in data.cases}) == 4441
    assert list(sizes) == list(CATEGORIES)
    assert sizes["live_multiple"] == 1053
    assert sizes["live_irrelevance"] == 882
    assert data.as_published
    assert sum(len(c.turns) for c in data.cases if c.category == "multi_turn_base") == (
        745
    )
