"""Past calls and their results in the chat template, as OpenAI's clients send them."""

from __future__ import annotations

import json
from functools import cache
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionCall, write_action, write_bracket_calls
from coalm_oumi.calls.names import is_name
from coalm_oumi.serving import CHAT_TEMPLATE
from tests.serving.generated_calls import NOTATIONS, tasks, written

EACH_NOTATION = pytest.mark.parametrize("notation", NOTATIONS)
FRAMES = ("<|eot_id|>", "<|im_end|>", "</s>")
EACH_FRAME = pytest.mark.parametrize("frame", FRAMES)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=6,
)


@cache
def template() -> Any:
    from transformers.utils import chat_template_utils

    return chat_template_utils._compile_jinja_template(CHAT_TEMPLATE.read_text())


def rendered(
    messages: list[Any], notation: str = "bracket", frame: str = FRAMES[0]
) -> str:
    return template().render(messages=messages, notation=notation, eos_token=frame)


def calling(*calls: FunctionCall, ids: str = "", as_text: bool = False) -> Any:
    made = []
    for number, call in enumerate(calls):
        arguments: Any = dict(call.arguments)
        if as_text:
            arguments = json.dumps(arguments)
        function = {"name": call.name, "arguments": arguments}
        made.append({"type": "function", "function": function})
        if ids:
            made[-1]["id"] = ids[number]
    return {"role": "assistant", "content": None, "tool_calls": made}


def result(id: str | None, said: str) -> dict[str, Any]:
    message = {"role": "tool", "content": f"<{said}>"}
    return message if id is None else {**message, "tool_call_id": id}


READ = tuple(FunctionCall("read_item", {"item": item}) for item in "ABC")
USER = {"role": "user", "content": "What are they?"}


def order(messages: list[Any], notation: str, frame: str, said: str) -> str:
    """The results, each a letter, in the order in which the prompt has them."""
    prompt = rendered([USER, *messages], notation, frame)
    assert all(prompt.count(f"<{letter}>") == 1 for letter in said)
    return "".join(sorted(said, key=lambda letter: prompt.index(f"<{letter}>")))


@EACH_FRAME
@EACH_NOTATION
@pytest.mark.parametrize(
    ("ids", "results", "right"),
    [
        *(("abc", "".join(some), "ABC") for some in permutations("abc")),
        ("abc", "cb", "BC"),
        ("abc", "ca", "AC"),
        ("abc", "cxa", "ACX"),
        ("abc", "xcya", "ACXY"),
        ("abc", "caa", "ACA"),
    ],
)
def test_results_stand_in_the_order_of_their_calls(
    notation: str, frame: str, ids: str, results: str, right: str
) -> None:
    said = [r.upper() for r in results]
    # Of two results with one id the second is no call's.
    numbered = [f"{s}{said[:n].count(s) or ''}" for n, s in enumerate(said)]
    right_numbered = [f"{s}{right[:n].count(s) or ''}" for n, s in enumerate(right)]
    messages = [
        calling(*READ, ids=ids),
        *(result(i, s) for i, s in zip(results, numbered, strict=True)),
    ]

    prompt = rendered([USER, *messages, USER], notation, frame)

    places = [prompt.index(f"<{s}>") for s in right_numbered]
    assert places == sorted(places)


@EACH_FRAME
@EACH_NOTATION
def test_results_without_ids_take_the_places_that_are_left(
    notation: str, frame: str
) -> None:
    def of(*results: dict[str, Any]) -> str:
        messages = [calling(*READ, ids="abc"), *results]
        return order(messages, notation, frame, "ABC")

    none = None
    assert of(result(none, "B"), result(none, "A"), result(none, "C")) == "BAC"
    assert of(result("b", "B"), result(none, "A"), result("c", "C")) == "ABC"
    assert of(result("c", "C"), result(none, "A"), result(none, "B")) == "ABC"
    assert of(result("", "A"), result("c", "C"), result("b", "B")) == "ABC"


@EACH_FRAME
@EACH_NOTATION
def test_results_of_several_turns(notation: str, frame: str) -> None:
    a, b, c = READ
    two = [calling(a, ids="a"), calling(b, c, ids="bc")]
    late = [result("c", "C"), result("a", "A"), result("b", "B")]
    assert order([*two, *late], notation, frame, "ABC") == "ABC"

    # Ids that a client uses again in each turn are the latest turn's.
    again = [
        *(calling(a, b, ids="ab"), result("b", "B"), result("a", "A"), USER),
        *(calling(c, b, ids="ab"), result("b", "D"), result("a", "C")),
    ]
    assert order(again, notation, frame, "ABCD") == "ABCD"
    # A call that got no result does not wait for the result of a later one.
    unanswered = [calling(a, b, ids="ab"), result("b", "B"), USER]
    assert (
        order(
            [*unanswered, calling(c, a, ids="ca"), result("a", "A"), result("c", "C")],
            *(notation, frame, "ABC"),
        )
        == "BCA"
    )


@EACH_NOTATION
def test_arguments_as_json_text_are_the_arguments(notation: str) -> None:
    for task in tasks(150, seed=5):
        as_text = rendered([USER, calling(*task.calls, as_text=True)], notation)

        assert as_text == rendered([USER, calling(*task.calls)], notation)
        assert written(task.calls, notation) in as_text


@settings(deadline=None)
@given(
    st.dictionaries(TEXT, VALUES, max_size=3),
    st.booleans(),
    st.sampled_from([None, 1]),
    st.sampled_from([*NOTATIONS]),
)
def test_any_json_text_is_read(
    arguments: dict[str, Any], ascii_only: bool, indent: int | None, notation: str
) -> None:
    text = json.dumps(arguments, ensure_ascii=ascii_only, indent=indent)
    made = calling(FunctionCall("f", arguments))
    as_text = json.loads(json.dumps(made))
    as_text["tool_calls"][0]["function"]["arguments"] = text

    assert rendered([USER, as_text], notation) == rendered([USER, made], notation)


@EACH_NOTATION
@pytest.mark.parametrize("nothing", [None, "", " ", "null", "{}", " { } ", {}])
def test_no_arguments(notation: str, nothing: Any) -> None:
    made = calling(FunctionCall("clock"))
    expected = rendered([USER, made], notation)

    made["tool_calls"][0]["function"]["arguments"] = nothing
    assert rendered([USER, made], notation) == expected
    del made["tool_calls"][0]["function"]["arguments"]
    assert rendered([USER, made], notation) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "3",
        '"a"',
        "{",
        '{"a": }}',
        "{'a': 1}",
        '{"a": NaN}',
        "a=1",
        "{}{}",
        '{"a": 1]',
        "{1: 2}",
        '{"a": [}]}',
    ],
)
def test_what_is_no_json_object_is_told(text: str) -> None:
    from jinja2.exceptions import TemplateError

    made = calling(FunctionCall("clock"))
    made["tool_calls"][0]["function"]["arguments"] = text

    with pytest.raises(TemplateError, match="arguments are no JSON"):
        rendered([USER, made])


PARTS = st.sampled_from(
    [*"()[]{}=\"',. \n\\", "a", "MA", "from", "-", "\u57ce", "\u00e9", "1"]
)


@settings(deadline=None)
@given(st.lists(PARTS, max_size=8).map("".join), st.lists(PARTS, max_size=4))
def test_names_are_written_as_the_writers_do(name: str, parts: list[str]) -> None:
    call = FunctionCall(name, {"".join(parts): "Ely"})

    assert f"{write_bracket_calls([call])}<|eot_id|>" in rendered([USER, calling(call)])
    if is_name(name) and is_name("".join(parts)):
        action = f"\nAction: {write_action(call)}<|eot_id|>"
        assert action in rendered([USER, calling(call)], "cra")
