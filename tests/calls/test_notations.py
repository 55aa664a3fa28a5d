"""What holds for every notation of calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import NOTATIONS, FunctionCall, ListNotation, Notation
from coalm_oumi.calls.notation import NO_CALL
from coalm_oumi.serving import read_reply

notations = pytest.mark.parametrize("notation", NOTATIONS.values(), ids=NOTATIONS)
names = st.sampled_from(["find_bus", "a.b-c", "from", "größe"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab'\"\\[](){},=:\n é"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a'"), inner),
    max_leaves=6,
)
calls_drawn = st.lists(
    st.builds(FunctionCall, names, st.dictionaries(names, values, max_size=3)),
    max_size=3,
)


@notations
@given(calls=calls_drawn)
def test_what_is_written_is_read_and_found_in_a_reply(
    notation: Notation, calls: list[FunctionCall]
) -> None:
    text = notation.write(calls)
    assert repr(notation.read(text)) == repr(tuple(calls))
    for name in ("auto", notation.name):
        assert repr(read_reply(text, notation=name).calls) == repr(tuple(calls))


@notations
@pytest.mark.parametrize(
    "text", ["I do not know.", "find_bus", "find_bus(to='Ely'", '[{"name": "a"', "[1]"]
)
def test_other_text_is_refused_with_a_reason(notation: Notation, text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        notation.read(text)
    assert not read_reply(text, notation=notation.name).calls


def test_calls_of_another_notation_are_found_once_it_is_in_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def names(text: str) -> tuple[FunctionCall, ...]:
        return tuple(FunctionCall(part.strip(" ()")) for part in text[1:-1].split(","))

    notation = ListNotation(
        "names",
        names,
        lambda calls: f"[{', '.join(f'({call.name})' for call in calls)}]",
        lambda text, name: FunctionCall(text[1:-1]),
        quotes="",
        starts=r"\(",
        begins=lambda text, is_listed: 0 if text[0] == "(" else NO_CALL,
    )
    calls = (FunctionCall("clock"), FunctionCall("find_bus"))
    assert not read_reply(f"So: {notation.write(calls)}").calls
    monkeypatch.setitem(NOTATIONS, "names", notation)
    found = read_reply(f"So: {notation.write(calls)} Wait.")
    assert (found.calls, found.content) == (calls, "So: Wait.")
