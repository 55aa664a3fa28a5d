"""Names for calls, made of a catalogue's: distinct, and as little changed as can be.

A name that can stand in a call (`calls.names`) stays as it is, be it `from`, `list-bikes`
or `été`. In any other the signs become `_`: `filter[kind]` is `filter_kind`. Where that
makes one name of two, or leaves nothing, the signs are spelled (`StartTime<` is
`StartTime_less_than`, `€` is `euro`); of two parameters that are written alike the second
one's place is added (`id_query`); and then they are numbered.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from coalm_oumi.calls.names import is_name

ORIGINAL_NAME = "x-original-name"
"""Where the name that stands in the catalogue is kept, if a call has another one."""
ORIGINAL_PLACE = "x-original-in"
"""Where a renamed parameter's place is kept: `path`, `query`, or `body`."""
_PARTING = frozenset("/.,:;'\"\\`")


def call_names(written: Sequence[tuple[str, str]], nameless: str) -> list[str]:
    """Returns a name for each of several functions, or arguments of one function.

    Args:
        written: The names in the catalogue, each with its place, which may be empty.
        nameless: What one is called whose name is empty, or has signs alone that part.

    Returns:
        As many names, all different. One that can stand in a call is the first one's that
        is written so.
    """
    names = [name for name, _ in written]
    taken = {name for name in names if is_name(name)}
    makers = Counter(plain_name(name) for name in set(names))
    found: list[str] = []
    for number, (name, place) in enumerate(written):
        again = name in names[:number]
        if is_name(name) and not again:
            found.append(name)
            continue
        alone = makers[plain_name(name)] == 1
        candidates = _candidates(name, place if again else "", nameless, alone)
        found.append(next(one for one in candidates if one not in taken))
        taken.add(found[-1])
    return found


def plain_name(written: str) -> str:
    """Returns a name with its signs made `_`; empty if it has no letter or digit."""
    return written if is_name(written) else _tidy(written)


def _candidates(written: str, place: str, nameless: str, alone: bool) -> Iterator[str]:
    plain, spelled = plain_name(written), _tidy(_spelled(written))
    base = plain or spelled or nameless
    if plain and alone:
        yield plain
    if place:
        yield f"{base}_{place}"
    if spelled:
        yield spelled
    yield base
    number = 2
    while True:
        yield f"{base}_{number}"
        number += 1


def _tidy(text: str) -> str:
    signs = (c if f"_{c}".isidentifier() else " " for c in text if not _unseen(c))
    name = "_".join("".join(signs).split()).strip("_")
    if not any(c.isalnum() for c in name):
        return ""
    return name if name[:1].isidentifier() else f"_{name}"


def _spelled(text: str) -> str:
    return "".join(f" {_words(c)} " if _is_sign(c) else c for c in text)


def _is_sign(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] == "S" or (kind == "Po" and character not in _PARTING)


def _words(sign: str) -> str:
    words = unicodedata.name(sign, "").lower().removesuffix(" sign")
    return words.replace("-", " ")


def _unseen(character: str) -> bool:
    # Joiners and variation selectors, as they stand in emoji.
    kind = unicodedata.category(character)
    return kind == "Cf" or "\ufe00" <= character <= "\ufe0f"
