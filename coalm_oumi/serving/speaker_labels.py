"""The labels at the start of CRA's lines: `Action:`, `System:`, `Thought:` and so on."""

from __future__ import annotations

import re

_LABEL = re.compile(
    r"[ \t]{0,40}(Action|System|Thought|User|Observation)[0-9]?[ \t]{0,40}:"
)
_SO_FAR = re.compile(r"[ \t]{0,40}([A-Za-z]{0,11})([0-9]?)([ \t]{0,40})")
_WORDS = ("Action", "System", "Thought", "User", "Observation")
LONGEST_LABEL = 100
"""More characters than a label can have, the space before it included."""


def label_of(line: str, *, complete: bool = False) -> str | None:
    """Returns the word of the label with which a line begins; an empty one for none.

    Args:
        line: The line, or its first `LONGEST_LABEL` characters, and perhaps what
            follows it.
        complete: Whether the text ends here; else None is returned if the label may still
            be coming.
    """
    found = _LABEL.match(line)
    if found:
        return found[1]
    begun = _SO_FAR.fullmatch(line)
    if not begun or complete:
        return ""
    word, *behind = begun.groups()
    if any(behind):
        return None if word in _WORDS else ""
    return None if any(known.startswith(word) for known in _WORDS) else ""


def label_length(line: str) -> int:
    """Returns the length of that label in characters, its colon included."""
    found = _LABEL.match(line)
    return found.end() if found else 0
