"""What holds for every notation of calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import NOTATIONS, FunctionCall, Notation
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
