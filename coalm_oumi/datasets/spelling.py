"""Where a value stands in a text, as it is or spelled otherwise.

For the value 5, "seats for 5" has it as a word; "5km", "5.0", "10:05", "five" and "the
fifth" mention it in another spelling; "15" and "1.5" do not mention it at all.
"""

from __future__ import annotations

import re

# One numeral, thousands separated or not. ASCII only, as `str` writes no other digits.
_NUMERAL = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+")
_SIGNED = re.compile(rf"\s*[-+]?(?:{_NUMERAL.pattern})\s*")

_NUMBER_WORDS: dict[str, int] = {
    word: value
    for words in (
        (
            "zero one two three four five six seven eight nine ten eleven twelve "
            "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
        ),
        "zeroth first second third fourth fifth sixth seventh eighth ninth tenth",
    )
    for value, word in enumerate(words.split())
} | {
    "dozen": 12,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
}

# What stands before and behind a number that is not part of a longer one, of a date, a
# time or a fraction.
_BEFORE_NUMBER = r"(?<![\w.\-])(?<![0-9][,:/])"
_BEHIND_NUMBER = r"(?!\w|[.,:/\-][0-9])"


def word(value: int | float | str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Returns a pattern for the value where it stands as a whole word or number.

    Args:
        value: A number, or a text that is not empty.
        ignore_case: Whether upper and lower case are the same.
    """
    text = str(value)
    before = r"(?<!\w)" if re.match(r"\w", text) else ""
    behind = r"(?!\w)" if re.match(r"\w", text[-1]) else ""
    if _amount(value) is not None:
        before, behind = _BEFORE_NUMBER, _BEHIND_NUMBER
    else:
        # Not "1.5 km" for "5 km", nor "v2.5" for "v2".
        before += r"(?<![0-9][.,:/])" if text[0].isdigit() else ""
        behind += r"(?![.,:/][0-9])" if text[-1].isdigit() else ""
    flags = re.IGNORECASE if ignore_case else 0
    return re.compile(f"{before}{re.escape(text)}{behind}", flags)


def has_word(value: int | float | str, text: str) -> bool:
    """Whether the value stands in `text` as a whole word or number, in any case.

    Args:
        value: A number, or a text that is not empty.
        text: The text to search.
    """
    return word(value, ignore_case=True).search(text) is not None


def has_other_numeral(value: int | float | str, text: str) -> bool:
    """Whether `text` has the value's number in digits, but not as `word` finds it.

    Args:
        value: A number or a text; only a text that is a number is ever found.
        text: The text to search.
    """
    amount = _amount(value)
    if amount is None:
        return False
    words = [match.span() for match in word(value).finditer(text)]
    return any(
        float(numeral.group().replace(",", "")) == abs(amount)
        and not any(a <= numeral.start() and numeral.end() <= b for a, b in words)
        for numeral in _NUMERAL.finditer(text)
    )


def has_number_word(value: int | float | str, text: str) -> bool:
    """Whether `text` names the value's number in English (`five`, `fifth`).

    Args:
        value: As for `has_other_numeral`.
        text: The text to search.
    """
    amount = _amount(value)
    if amount is None:
        return False
    return any(
        _NUMBER_WORDS.get(found) == abs(amount)
        for found in re.findall("[a-z]+", text.lower())
    )


def mentions(value: int | float | str, text: str) -> bool:
    """Whether the value stands in `text` in any spelling.

    Args:
        value: A number, or a text that is not empty.
        text: The text to search.
    """
    return (
        has_word(value, text)
        or has_other_numeral(value, text)
        or has_number_word(value, text)
    )


def _amount(value: int | float | str) -> int | float | None:
    """The number that a value is, or that a text spells; else None."""
    if not isinstance(value, str):
        return value
    if not _SIGNED.fullmatch(value):
        return None
    return float(value.replace(",", ""))
