"""The wordings of thoughts, read from `thoughts_v1.txt`.

They are part of what the data is: a changed wording is a new file with the next version,
and the version stands beside the prompt's in the origin of every sample.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from coalm_oumi.cra.write.phrases import draw

THOUGHTS = "thoughts_v1"
"""Name and version of the wordings."""


@cache
def wordings() -> Mapping[str, tuple[str, ...]]:
    """Returns the patterns of each kind of sentence."""
    found: dict[str, list[str]] = {}
    kind = ""
    text = Path(__file__).with_name(f"{THOUGHTS}.txt").read_bytes().decode("utf-8")
    for line in text.split("\n"):
        if line.startswith("  "):
            found[kind].append(line.strip())
        elif line and not line.startswith("#"):
            kind = line.strip()
            found[kind] = []
    return {name: tuple(patterns) for name, patterns in found.items()}


def say(kind: str, rng: random.Random, **fields: str) -> str:
    """Draws a sentence of a kind.

    Args:
        kind: One of the kinds in the file.
        rng: Source of the draws.
        **fields: The text of each field that the kind's patterns have. Of `thing` and
            the like there is also `thing_cap`, with a capital letter.
    """
    for name in ("thing", "missing", "count"):
        if name in fields:
            fields[f"{name}_cap"] = capital(fields[name])
    text = draw(wordings()[kind], fields, rng)
    # A function's name is written as it is called, be it the first word.
    function = fields.get("function")
    return text if function and text.startswith(function) else capital(text)


def capital(text: str) -> str:
    """Returns a text with its first letter as a capital."""
    return text[:1].upper() + text[1:]
