"""Names in running text: another name of a place, a name given in part."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coalm_oumi.cra.check.grounding_words import general_words, places

_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"'})
_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mouse",
    "geese": "goose",
    "knives": "knife",
    "wives": "wife",
    "lives": "life",
    "shelves": "shelf",
    "leaves": "leaf",
    "halves": "half",
    "loaves": "loaf",
    "wolves": "wolf",
    "buses": "bus",
    "gases": "gas",
    "movies": "movie",
    "cookies": "cookie",
    "series": "series",
    "news": "news",
    "gas": "gas",
}
_WITH_ES = ("sses", "xes", "zzes", "ches", "shes", "oes")
_WORD_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_PUNCTUATION = re.compile(r"[^\w\s&]+")


def folded(text: str) -> str:
    """Returns a text in lower case, its quotes plain and its white space single."""
    return " ".join(text.translate(_QUOTES).lower().split())


def plain(text: str) -> str:
    """Returns a folded text without punctuation, between two spaces."""
    bare = _PUNCTUATION.sub(" ", folded(text).replace("'", "").replace(".", ""))
    return f" {' '.join(bare.split())} "


def spaced(name: str) -> str:
    """Returns a listed value such as `inProgress` or `IN_PROGRESS` as `plain` words."""
    return plain(_WORD_BREAK.sub(" ", name))


def singular(word: str) -> str:
    """Returns a noun's singular, as far as its ending tells it: `boxes` -> `box`.

    Args:
        word: A word in lower case; one that is in its singular stays as it is.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(_WITH_ES):
        return word[:-2]
    return word[:-1]


def in_either_number(words: str, text: str) -> bool:
    """Whether a text has some words, the last one in its singular or its plural.

    "two cats" has `cat`, "a box" has `boxes`; "cattle" has no `cat`.

    Args:
        words: The words, as `plain` gives them.
        text: The text, likewise.
    """
    if words in text:
        return True
    head, _, last = words.strip().rpartition(" ")
    start = f" {head} " if head else " "
    stem = singular(last)
    # What has too few letters is no noun ("as" for "a").
    forms = {stem, *_plurals(stem)} if len(stem) > 2 else ()
    return any(f"{start}{form} " in text for form in forms)


def _plurals(word: str) -> Iterator[str]:
    yield f"{word}s"
    if word.endswith("y"):
        yield f"{word[:-1]}ies"
    if word.endswith(tuple(ending.removesuffix("es") for ending in _WITH_ES)):
        yield f"{word}es"
    yield from (many for many, one in _IRREGULAR.items() if one == word)


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
            specific = [p for p in run if p not in general_words()]
            least = 1 if start == 0 else 2
            enough = len(specific) >= least and 2 * len(specific) >= len(telling)
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
