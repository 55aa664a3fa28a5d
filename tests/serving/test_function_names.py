"""A function can be called by its own name, however that is spelled."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionCall, write_bracket_calls
from coalm_oumi.serving import Call, Reply, read_reply
from tests.serving.reply_events import events

ODD_NAMES = (
    *(
        "from",
        "None",
        "3d-render",
        "files/read",
        "ns::f",
        "it's",
        "\u57ce\u5e02",
        "a.b-c",
    ),
    *("Moving Average (MA)", "na\u00efve", "get weather", "_", "-", "Action", "System"),
)
NAMES = st.one_of(
    # OpenAI's, then whatever other protocols and sources allow.
    st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True),
    st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_./:-]{0,20}", fullmatch=True),
    st.from_regex(r"\w{1,12}(?: \(?\w{1,5}\)?)?", fullmatch=True),
    st.sampled_from(ODD_NAMES),
)


def _both(text: str, names: list[str], notation: Any) -> Reply:
    options: dict[str, Any] = {"functions": names, "notation": notation}
    streamed = events(text, **options)
    assert streamed == events([text], **options)
    whole = read_reply(text, **options)
    calls = tuple(event.call for event in streamed if isinstance(event, Call))
    assert calls == whole.calls
    return whole


@given(NAMES, st.lists(NAMES, max_size=3), st.sampled_from(["cra", "auto"]))
@example("get-weather", ["get"], "cra")
@example("get", ["get-weather"], "auto")
@example("a (b)", ["a"], "cra")
def test_a_listed_function_is_called_in_action_form(
    name: str, others: list[str], notation: str
) -> None:
    call = FunctionCall(name, {"city": "Ely (x)", "n": 2})
    names = [*others, name]

    written = f"{name}(city='Ely (x)', n=2)"
    text = f"Action: {written}\nAction: {written}"
    assert _both(text, names, notation) == Reply(None, (call, call))
    assert _both(f"Thought: So.\nAction: {written}", names, notation).calls == (call,)
    assert _both(f"Action: {name} (city=Ely)", names, notation).calls == (
        FunctionCall(name, {"city": "Ely"}),
    )


@pytest.mark.parametrize("name", ["get-weather", "v1.get", "город", "_f", "from"])
def test_a_function_that_is_not_listed_is_called_too(name: str) -> None:
    text = f"Action: {name}(a=1)"

    assert _both(text, ["clock"], "cra").calls == (FunctionCall(name, {"a": 1}),)
    assert read_reply(text).calls == (FunctionCall(name, {"a": 1}),)


@pytest.mark.parametrize(
    "text",
    ["Action: 3d(a=1)", "Action: a/b(a=1)", "Action: get weather(a=1)"],
)
def test_other_words_than_names_are_no_call(text: str) -> None:
    assert _both(text, ["clock"], "cra") == Reply(text)


# An apostrophe in a name would begin a text in quotes.
@given(NAMES.filter(lambda name: "'" not in name))
def test_amid_words_a_listed_function_is_called_in_brackets(name: str) -> None:
    call = FunctionCall(name, {"city": "Ely"})
    text = f"So: {write_bracket_calls([call])}"

    assert _both(text, [name], "bracket") == Reply("So:", (call,))
