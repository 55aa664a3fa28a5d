"""Numbers in words and figures: "forty-five", "two thousand", `$1,320`, "third"."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DIGITS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
)
_TEENS = ("thir", "four", "fif", "six", "seven", "eigh", "nine")
UNITS = (*_DIGITS, "ten", "eleven", "twelve", *(f"{word}teen" for word in _TEENS))
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBERS = {word: value for value, word in enumerate(UNITS)} | {
    word: 10 * value for value, word in enumerate(_TENS, 2)
}
SCALES = {"hundred": 100, "thousand": 1000, "k": 1000, "million": 1_000_000}
_IRREGULAR = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8}
ORDINALS = (
    {f"{word}th": value for value, word in enumerate(UNITS)}
    | {"ninth": 9, "twelfth": 12, "twentieth": 20, "thirtieth": 30}
    | _IRREGULAR
)


def numeral(text: str) -> float | None:
    """Returns the number that figures such as `$1,320` or `12k` are."""
    plain = text.lstrip("$\u20ac\u00a3").replace(",", "")
    scale = 1000 if plain.endswith("k") else 1
    try:
        return float(plain.removesuffix("k")) * scale
    except ValueError:
        return None


def spelled(text: str) -> Iterator[float]:
    """Yields what spelled numbers mean: together, and each for itself."""
    total, group = 0, 0
    words = re.findall(r"[a-z]+", text)
    plain = not any(word in SCALES for word in words)
    for word in words:
        if word in NUMBERS:
            group += NUMBERS[word]
            if plain:
                yield float(NUMBERS[word])
        elif word == "hundred":
            group = max(group, 1) * 100
        elif word in SCALES:
            total, group = total + max(group, 1) * SCALES[word], 0
    yield float(total + group)


def value_of(word: str) -> float:
    """Returns the number that figures or words (`nine`, `forty-five`) are; else 0."""
    if word.isdecimal():
        return float(word)
    return float(sum(NUMBERS.get(part, 0) for part in re.split(r"[\s-]+", word)))
