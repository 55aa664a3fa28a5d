"""Days of a month as ordinals in words: "the second of June", "on the thirty-first".

"First", "second" and the others mostly number something else: "the second one", "first
class", "the first of them". Such a word is a day beside a month, or where no noun follows
it; from the first to the third, which choose from a list as well, only behind a word such
as "on".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from coalm_oumi.cra.check.number_words import ORDINALS

_MONTHS = re.findall("...", "janfebmaraprmayjunjulaugsepoctnovdec")
MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?"
    r"|(?<!\bi )(?<!\bwe )(?<!\byou )(?<!\bthey )(?<!\bit )"
    r"may(?! (?:be|have|not|need|come|want|go|join|i|we)\b)|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
"""A month's name, in a group; the word "may" is none where it is a verb."""
NO_DAY = (
    r"(?! (?:ones?|class|time|floor|avenue|street|option|choice)\b"
    r"| of (?:all|them|these|those|my|our|your|the(?! month))\b)"
)
"""What does not follow a day: an ordinal before it numbers something else."""

_WORDS = {
    **{word: day for word, day in ORDINALS.items() if 1 <= day <= 30},
    **{
        f"{tens}{joint}{word}": number + ORDINALS[word]
        for tens, number, last in (("twenty", 20, 9), ("thirty", 30, 1))
        for word in ORDINALS
        if 1 <= ORDINALS[word] <= last
        for joint in ("-", " ", "")
    },
}
_WORD = rf"({'|'.join(sorted(_WORDS, key=len, reverse=True))})\b"
_YEAR = r"(?:,? (\d{4})\b)?"
_DAY_MONTH = re.compile(
    rf"\b{_WORD}(?: day)?(?: of|(?! may\b| mar(?:ch)?\b)) {MONTH}{_YEAR}"
)
_MONTH_DAY = re.compile(rf"\b{MONTH},? (?:the )?{_WORD}{NO_DAY}{_YEAR}")
_ALONE = re.compile(
    r"(?:\b(?P<lead>on|by|for|from|to|until|till?|before|after|since|between|and|through)"
    rf" )?\bthe {_WORD}"
    r"(?=\W*$| ?[,.;:!?)]| (?:and|or|to(?! last)|until|till|through|at|around|for|from|with"
    r"|if|please|then|in|as|but|(?P<month>(?:of )?(?:the|this|that|next) month))\b)"
)
_CHOOSES = 3


def take_ordinal_days(
    text: str, note: Callable[[str | None, int, str | int], str]
) -> str:
    """Notes the days that ordinals in words are, and returns the other words.

    Args:
        text: Words in lower case.
        note: Takes the year, the month (0: not said) and the day, and returns what is to
            stand in their place.
    """

    def alone(match: re.Match[str]) -> str:
        day = _WORDS[match[2]]
        if day <= _CHOOSES and not (match["lead"] or match["month"]):
            return match[0]
        return note(None, 0, day)

    text = _DAY_MONTH.sub(lambda m: note(m[3], month_of(m[2]), _WORDS[m[1]]), text)
    text = _MONTH_DAY.sub(lambda m: note(m[3], month_of(m[1]), _WORDS[m[2]]), text)
    return _ALONE.sub(alone, text)


def month_of(word: str) -> int:
    """Returns the number of the month that begins with these three letters."""
    return _MONTHS.index(word[:3]) + 1
