"""Names in running text: another name of a place, a name given in part."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coalm_oumi.cra.grounding_words import general_words, places

_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"'})
_PUNCTUATION = re.compile(r"[^\w\s&]+")


def folded(text: str) -> str:
    """Returns a text in lower case, its quotes plain and its white space single."""
    return " ".join(text.translate(_QUOTES).lower().split())


def plain(text: str) -> str:
    """Returns a folded text without punctuation, between two spaces."""
    bare = _PUNCTUATION.sub(" ", folded(text).replace("'", "").replace(".", ""))
    return f" {' '.join(bare.split())} "


def other_names(text: str) -> Iterator[str]:
    """Yields the other names of a place, as they stand in `Evidence.words`."""
    for other in places().get(text, ()):
        yield plain(other).strip()
    head, comma, _ = text.partition(",")
    if comma and len(head) > 2:
        # "Phoenix, AZ" for "Phoenix".
        yield plain(head).strip()
        for other in places().get(head, ()):
            yield plain(other).strip()
    for place, others in places().items():
        if text in others:
            yield plain(place).strip()


def in_part(text: str, words: str) -> bool:
    """Whether a name was given in part, and only general words of it are missing.

    "Eric's" gives "Eric's Restaurant", "Crab House" gives "Crab House At Pier 39", "Vine
    Cinema" gives "Vine Cinema & Alehouse"; "San" does not give "San Jose".
    """
    parts = plain(text).split()
    telling = [p for p in parts if p not in general_words() and not p.isdigit()]
    if len(parts) == 1:
        return bool(telling) and _near(parts[0], words)
    if not telling:
        # General words and a number, such as "Airport Stadium 12".
        run = [p for p in parts if not p.isdigit()]
        return len(run) > 1 and f" {' '.join(run)} " in words
    there = [p for p in telling if f" {p} " in words]
    if len(there) == len(telling):
        return True
    # A run of words of the name, of which two tell something; one where it begins so.
    for size in range(len(parts) - 1, 1, -1):
        for start in range(len(parts) - size + 1):
            run = parts[start : start + size]
            told = [p for p in run if p not in general_words()]
            least = 1 if start == 0 else 2
            enough = len(told) >= least and 2 * len(told) >= len(telling)
            if enough and f" {' '.join(run)} " in words:
                return True
    return False


def _near(word: str, words: str) -> bool:
    """Whether a word was said in another form: plural, possessive, without a space."""
    if len(word) < 4:
        return False
    forms = {word + "s", word.removesuffix("s"), word + "es", word.removesuffix("es")}
    return any(f" {form} " in words for form in forms) or word in words.replace(" ", "")


def listed(text: str, words: str) -> bool:
    """Whether a value such as `Don, Sherri` lists things that were named."""
    items = [item for item in re.split(r",| and |;|/|\+", text) if item.strip()]
    return len(items) > 1 and all(plain(item) in words for item in items)
