"""Function masking."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall, FunctionSchema, ParameterSchema
from coalm_oumi.datasets.masking import FunctionTask, mask_functions
from coalm_oumi.sources import read_xlam
from tests.datasets.masked import check_masked, check_names, same
from tests.datasets.tasks import task as any_task


def tool(name: str, /, **parameters: Any) -> FunctionSchema:
    """A tool whose parameters have these defaults; `...` stands for none."""
    return FunctionSchema(
        name,
        f"Does {name}.",
        tuple(
            ParameterSchema(p, {"type": "any"} | ({} if d is ... else {"default": d}))
            for p, d in parameters.items()
        ),
    )


def masked(
    query: str, tools: list[FunctionSchema], calls: list[FunctionCall], seed: int = 0
) -> FunctionTask:
    task = FunctionTask(query, tuple(tools), tuple(calls))
    return mask_functions(task, random.Random(seed))  # noqa: S311


def relying(query: str, default: Any, description: str = "") -> tuple[str, Any, str]:
    """Masks a call that relies on a default; gives the query, value, description."""
    parameter = ParameterSchema("p", {"description": description, "default": default})
    found = masked(
        query,
        [FunctionSchema("f", "", (parameter,))],
        [FunctionCall("f", {"p": default})],
    )
    (value,) = found.calls[0].arguments.values()
    (schema,) = found.tools[0].parameters
    assert same(schema.default, value)
    return found.query, value, schema.description


def test_masking_is_right_on_all_real_rows(real_data: Path) -> None:
    path = real_data / "xlam" / "xlam_function_calling_60k.sample700.json"
    rows = list(read_xlam(path))
    assert len(rows) == 700
    renewed = 0
    for row in rows:
        task = FunctionTask(row.query, row.tools, row.calls)
        for copy in range(3):
            rng = random.Random(f"{row.digest} {copy}")  # noqa: S311
            renewed += check_masked(task, mask_functions(task, rng))
    # Of the 3 x 1,140 calls, about one in eight relies on a default.
    assert 350 <= renewed <= 450


def test_masking_is_right_on_10_000_made_up_tasks() -> None:
    renewed = calls = shared = 0
    for seed in range(10_000):
        rng = random.Random(seed)  # noqa: S311
        task = any_task(rng)
        names = [t.name for t in task.tools]
        shared += len(set(names)) < len(names)
        calls += len(task.calls)
        try:
            renewed += check_masked(task, mask_functions(task, rng))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {task}") from error
    assert renewed > 2_000
    assert calls > 10_000
    assert shared > 3_000


def test_names_have_the_lengths_and_characters_of_the_rule() -> None:
    parameters = dict.fromkeys(map(str, range(300)), ...)
    tools = [tool(str(n), **(parameters if n == 0 else {})) for n in range(300)]
    found = masked("", tools, [])
    check_names(found)
    assert {len(t.name) for t in found.tools} == set(range(5, 16))
    (large,) = (t for t in found.tools if t.parameters)
    assert {len(p.name) for p in large.parameters} == set(range(4, 11))
    characters = {c for t in found.tools for c in t.name}
    assert len(characters) == 26 + 26 + 10 + 2


def test_tools_are_shuffled() -> None:
    orders = set()
    for seed in range(50):
        found = masked("", [tool("f"), tool("g"), tool("h")], [], seed)
        orders.add(tuple(t.description for t in found.tools))
    assert len(orders) == 6


def test_of_tools_with_one_name_one_stays() -> None:
    twice = [tool("f", a=...), tool("g"), tool("f", a=...), tool("f", b=...)]
    found = masked("", twice, [FunctionCall("f", {"a": 1})])
    assert sorted(t.description for t in found.tools) == ["Does f.", "Does g."]


def test_the_tool_that_the_calls_need_stays() -> None:
    call = FunctionCall("f", {"b": 1})
    found = masked("", [tool("f", a=...), tool("f", b=..., c=...)], [call])
    (kept,) = found.tools
    assert len(kept.parameters) == 2


def test_calls_that_need_different_tools_of_one_name_keep_both() -> None:
    calls = [FunctionCall("f", {"b": 1}), FunctionCall("f", {"a": 1})]
    found = masked("", [tool("f", a=...), tool("f", b=..., c=...)], calls)
    assert len(found.tools) == 2
    assert found.calls[0].name != found.calls[1].name


def test_a_list_of_required_parameters_is_renamed_too() -> None:
    required = FunctionSchema(
        "f", "", (ParameterSchema("a", {}),), {"required": ["a"], "strict": True}
    )
    (found,) = masked("", [required], []).tools
    assert found.extra == {"required": [found.parameters[0].name], "strict": True}


def test_a_call_to_a_tool_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="'f' resolves to no listed tool"):
        masked("", [tool("f", a=...)], [FunctionCall("f", {"b": 1})])


@pytest.mark.parametrize("default", [5, -3, 0, 10**30])
def test_a_whole_number_grows_by_1_to_4(default: int) -> None:
    assert relying("", default)[1] - default in (1, 2, 3, 4)


@pytest.mark.parametrize("default", [0.5, -2.25])
def test_a_fraction_grows_by_a_fraction(default: float) -> None:
    assert 0 < relying("", default)[1] - default < 1


@pytest.mark.parametrize("default", ["Ely", "a", "2024-01-10", "x" * 50])
def test_a_text_becomes_five_random_characters(default: str) -> None:
    value = relying("", default)[1]
    assert len(value) == 5 != default
    assert value.replace("_", "").replace(".", "").isalnum()


@pytest.mark.parametrize(
    "default", [None, True, False, "", " ", ",", "/", [], [5], {}, {"a": 5}, ["Ely"]]
)
def test_empty_lists_booleans_and_the_like_are_left_alone(default: Any) -> None:
    assert same(relying(f"q {default}", default)[1], default)


def test_a_default_that_no_call_relies_on_is_left_alone() -> None:
    call = FunctionCall("f", {"a": "Rye", "b": True, "c": 5, "d": 1})
    found = masked("", [tool("f", a="Ely", b=1, c="5", d=1.0)], [call])
    (kept,) = found.tools
    defaults = [p.default for p in kept.parameters]
    assert same(defaults, ["Ely", 1, "5", 1.0])
    assert same(list(found.calls[0].arguments.values()), ["Rye", True, 5, 1])


def test_a_new_default_is_the_same_in_query_call_and_definition() -> None:
    query, value, description = relying("To ELY or Elysium", "Ely", "E.g. Ely or ely.")
    assert query == f"To {value} or Elysium"
    assert description == f"E.g. {value} or ely."


def test_a_default_that_the_type_tells_is_new_there_too() -> None:
    definition = {"type": "str, optional, default 'str'", "default": "str"}
    found = masked(
        "",
        [FunctionSchema("f", "", (ParameterSchema("p", definition),))],
        [FunctionCall("f", {"p": "str"})],
    )
    (value,) = found.calls[0].arguments.values()
    (schema,) = found.tools[0].parameters
    assert schema.type == f"str, optional, default '{value}'"


def test_a_default_among_the_choices_is_new_there_too() -> None:
    definition = {"enum": ["km", "mi"], "default": "km"}
    found = masked(
        "",
        [FunctionSchema("f", "", (ParameterSchema("p", definition),))],
        [FunctionCall("f", {"p": "km"})],
    )
    (value,) = found.calls[0].arguments.values()
    (schema,) = found.tools[0].parameters
    assert schema.definition["enum"] == [value, "mi"]


@pytest.mark.parametrize(
    "query",
    [
        "five seats",
        "seats for 5 or five",
        "within 5km",
        "the 5th",
        "the fifth",
        "at 10:05",
        "on 2024-05-01",
        "5.0 or so",
        "$5,5",
    ],
)
def test_a_number_that_the_query_spells_otherwise_is_left_alone(query: str) -> None:
    assert relying(query, 5)[:2] == (query, 5)


@pytest.mark.parametrize("query", ["in 2025", "1.5 or 15", "page5x", ""])
def test_a_number_that_the_query_does_not_name_is_renewed(query: str) -> None:
    found, value, _ = relying(query, 25)
    assert found == query
    assert value != 25


def test_a_number_that_the_description_spells_otherwise_is_left_alone() -> None:
    assert relying("", 10, "Up to 10.0")[1:] == (10, "Up to 10.0")


@pytest.mark.parametrize(
    ("query", "default", "other"),
    [
        ("5 and 5", 5, 5),
        ("5 and 5", 5, 5.0),
        ("5 and 5", "5", 5),
        ("limit 10, on May 10", 10, "2024-05-10"),
        ("New York", "New York", "York"),
        ("Ely to Rye", "Ely", "Ely to Rye"),
        ("Ely, Rye", "Ely", ["Rye", {"to": "ely"}]),
        ("Ely, Rye", "Ely", {"Ely": 1}),
    ],
)
def test_a_default_is_left_alone_where_another_argument_would_lose_its_ground(
    query: str, default: Any, other: Any
) -> None:
    call = FunctionCall("f", {"p": default, "q": other})
    found = masked(query, [tool("f", p=default, q=...)], [call])
    assert found.query == query
    assert same(list(found.calls[0].arguments.values()), [default, other])


def test_every_call_that_relies_on_the_default_gets_the_new_one() -> None:
    calls = [FunctionCall("f", {"a": n}) for n in (5, 6, 5)]
    found = masked("", [tool("f", a=5)], calls)
    first, second, third = (next(iter(c.arguments.values())) for c in found.calls)
    assert first == third != 5
    assert second == 6
