"""Labels in letters that only look, or only fold, like ASCII are labels or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.multiwoz.protocols.reply import ReplyFailure, ReplyText
from coalm_oumi.benchmarks.multiwoz.protocols.reply import parse_reply as multiwoz_reply
from coalm_oumi.cra.read.reply import ParsedCra, Rejection, parse_reply
from coalm_oumi.cra.read.reply_lines import _LABELS

LINES = ("User: hi", "Thought: a", "API Name: Ask", "API Input: {}", "API Result: {}")
DIALOGUE = "\n".join((*LINES, "Thought: b", "System: c"))
# Long s, Kelvin sign, dotted and dotless i, a ligature, the sharp s, a wide letter.
LOOKALIKES = {
    "s": "\u017f\u00df\uff53",
    "k": "\u212a",
    "i": "\u0130\u0131",
    "st": "\ufb06",
    "a": "\uff21\u0430",
}


@pytest.mark.parametrize("letters", LOOKALIKES)
@pytest.mark.parametrize("label", [*_LABELS, "System", "API Result", "USER"])
def test_every_label_in_such_letters(label: str, letters: str) -> None:
    for letter in LOOKALIKES[letters]:
        for odd in (letter, letter.upper(), letter.lower()):
            spelled = label.lower().replace(letters, odd)
            for line in (f"{spelled}: x", f"**{spelled.title()} 1:** x"):
                for text in (line, f"{LINES[0]}\n{line}", f"{DIALOGUE}\n{line}"):
                    assert isinstance(parse_reply(text), (ParsedCra, Rejection))


@given(st.lists(st.sampled_from([*LINES, "System: c", "Assistant: d"])), st.data())
def test_dialogues_with_odd_letters(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    for letters, odd in LOOKALIKES.items():
        if data.draw(st.booleans()):
            text = text.replace(letters, data.draw(st.sampled_from(odd)))

    assert isinstance(parse_reply(text), (ParsedCra, Rejection))


def test_a_label_in_any_case_of_ascii_is_one() -> None:
    plain = parse_reply(DIALOGUE)
    upper = parse_reply(
        "\n".join(
            f"{label.upper()}:{rest}"
            for label, _, rest in (line.partition(":") for line in DIALOGUE.split("\n"))
        )
    )

    assert isinstance(plain, ParsedCra)
    assert isinstance(upper, ParsedCra)
    assert plain.turns == upper.turns


def test_fields_of_multiwoz_in_such_letters_are_words() -> None:
    assert multiwoz_reply("Response: a\nthought\u017f: b") == ReplyText(
        "a\nthought\u017f: b"
    )
    assert multiwoz_reply("Response: a\nre\u017fponse: b") == ReplyText(
        "a\nre\u017fponse: b"
    )
    assert isinstance(multiwoz_reply("Re\u017fponse: a"), ReplyFailure)


@pytest.mark.parametrize("word", ["\u00b2", "\u2460", "\u0663", "12", "nine"])
def test_figures_of_any_script_are_numbers_or_none(word: str) -> None:
    from coalm_oumi.cra.check.number_words import value_of

    assert value_of(word) == {"12": 12, "nine": 9, "\u0663": 3}.get(word, 0)
