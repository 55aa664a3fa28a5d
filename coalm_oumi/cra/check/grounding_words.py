"""Words that mean the same to a speaker and to a call: the stated normalisations.

They stand in `grounding_words_v1.txt`: places by their other names, closed values and
yes-or-no arguments by the words that people use for them (each may be the beginning of a
word), the words that may be missing where a name is given in part, the words of an
argument's name that tell nothing of its topic, and those beside a number that tell whether
it is an hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

_LETTERS = re.compile(r"[a-z]+")
_Entries = Mapping[str, tuple[str, ...]]


@cache
def places() -> _Entries:
    """Returns other names of places."""
    return dict(_entries("places"))


@cache
def closed_values() -> _Entries:
    """Returns what people call closed values."""
    return dict(_entries("closed values"))


@cache
def topics() -> _Entries:
    """Returns words by which people speak of a yes-or-no argument, by part of its name."""
    return dict(_entries("topics"))


@cache
def counted() -> _Entries:
    """Returns words for things that an argument counts, by part of its name."""
    return dict(_entries("counted things"))


@cache
def general_words() -> frozenset[str]:
    """Returns the words that may be missing where a name is given in part."""
    return frozenset(_list("general words of names"))


@cache
def ordinary_words() -> frozenset[str]:
    """Returns words that have a capital letter without being part of a name."""
    return frozenset(_list("ordinary words with a capital"))


@cache
def after_hours() -> frozenset[str]:
    """Returns the words that may follow an hour: none is what a number counts."""
    return frozenset(_list("words that may follow an hour"))


@cache
def things_counted() -> frozenset[str]:
    """Returns what numbers count, where the word alone does not show it by its "s"."""
    return frozenset(_list("what numbers count"))


@cache
def before_counts() -> frozenset[str]:
    """Returns the words after which two numbers are no hours ("version 2 to 3")."""
    return frozenset(_list("words before numbers that are no hours"))


@cache
def _empty_words() -> frozenset[str]:
    return frozenset(_list("words of argument names that tell nothing"))


def stems(text: str, *, least: int = 3) -> frozenset[str]:
    """Returns the beginnings of the telling words of a text.

    Args:
        text: Words; underscores part them too.
        least: Letters that a word has at least.
    """
    words = _LETTERS.findall(text.lower().replace("_", " "))
    found = (w for w in words if len(w) >= least and w not in _empty_words())
    return frozenset(w.rstrip("s")[:6] if len(w) > 4 else w for w in found)


@cache
def _sections() -> Mapping[str, str]:
    path = Path(__file__).with_name("grounding_words_v1.txt")
    text = path.read_bytes().decode("utf-8").replace("\n    ", " ")
    parts = re.split(r"^\[(.+)\]$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _list(section: str) -> Iterator[str]:
    for word in _sections()[section].replace("\n", ",").split(","):
        if word.strip():
            yield word.strip()


def _entries(section: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in _sections()[section].strip().split("\n"):
        name, _, words = line.partition(": ")
        yield name, tuple(word.strip() for word in words.split(","))
