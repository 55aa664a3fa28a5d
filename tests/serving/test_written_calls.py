"""What is written in each notation is read back from a reply, wherever that is cut."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionCall
from coalm_oumi.errors import CoalmError
from coalm_oumi.serving import Call, Event
from tests.serving.generated_calls import NOTATIONS, written
from tests.serving.reply_events import events

SPELLED = (
    *(
        "it's",
        "Rock 'n' Roll",
        "O'Hare",
        "'s",
        'so-called "best"',
        "/buses/{id}/find",
        "x}",
    ),
    *("from", "class", "None", "True", "lambda", "User", "Action", "System", "Thought"),
    *(
        "get weather",
        "Moving Average (MA)",
        "a/b",
        "ns::f",
        "f(x)",
        "[x]",
        "a=b",
        "a, b",
    ),
    *(
        "城市",
        "наши места",
        "l\u2019été",
        "naïve",
        "v1.get",
        "get-weather",
        "3d",
        "_",
        "-",
    ),
)
NAMES = st.one_of(
    st.sampled_from(SPELLED),
    st.text("ab ()[]{}=,'\"\\/.:-_|&;!?#%*+<>@^`~$", min_size=1, max_size=8),
    st.text("abé城\u2019' \"-.,", min_size=1, max_size=8),
    st.from_regex(r"\w{1,4}(?: ?\(\w{0,3},? ?\w\)){1,2}(?: \w)?", fullmatch=True),
    st.from_regex("\\w{1,6}(?:['\u2019\" -]\\w{1,4}){0,2}", fullmatch=True),
)
VALUES = st.sampled_from(["Ely", "it's", 'say "so"', 1, None, ["a)"], {"k'": "]"}])
CALLS = st.lists(
    st.builds(FunctionCall, NAMES, st.dictionaries(NAMES, VALUES, max_size=2)),
    min_size=1,
    max_size=2,
)


def read(text: str, **options: Any) -> list[FunctionCall]:
    """The calls of a reply, after a comparison of all ways to cut it once."""
    whole: list[Event] = events([text], **options)
    for cut in range(1, len(text)):
        assert events([text[:cut], text[cut:]], **options) == whole
    assert events(text, **options) == whole
    return [event.call for event in whole if isinstance(event, Call)]


@pytest.mark.parametrize("notation", NOTATIONS)
@given(calls=CALLS, listed=st.booleans(), told=st.booleans())
@example(calls=[FunctionCall("it's", {"it's": "it's"})], listed=False, told=True)
@example(calls=[FunctionCall("it's", {})] * 2, listed=True, told=False)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(
    notation: Any, calls: list[FunctionCall], listed: bool, told: bool
) -> None:
    try:
        text = written(calls, notation)
    except (CoalmError, ValueError):
        # CRA's action is for names alone; what it cannot hold is told to the writer.
        event("cannot be written")
        return
    names = [call.name for call in calls] if listed else None
    found = read(text, functions=names, notation=notation if told else "auto")
    assert found == calls


@pytest.mark.parametrize("notation", ["bracket", "json"])
@pytest.mark.parametrize("name", SPELLED)
def test_a_function_is_called_by_its_name_as_it_is_spelled(
    name: str, notation: Any
) -> None:
    call = FunctionCall(name, {name: "Ely"})
    assert read(written([call], notation), notation=notation) == [call]
