"""Names of functions and arguments, as they stand in `name(argument=value)`.

One rule for every notation: a name is written and read as its author spelled it. It begins
with a letter of any script or `_`; letters, digits, `_`, `.` and `-` follow. Python's words
(`from`, `class`) are names like any other, since no call is ever run as Python.
"""

from __future__ import annotations

import re

# No white space and no ASCII punctuation but `-`, `.` and `_`. More than `\w`, which has
# no combining marks, as in names in Devanagari; `is_name` says whether it is one.
NAME = r"[^\W\d][^\s!-,/:-@\[-^`{-~]*"
"""A pattern for the text that may be a name."""
CALL_START = re.compile(rf"({NAME})\s*\(")
"""A name and the bracket of its arguments."""
_PARTS = re.compile(r"[.-]")


def is_name(text: str) -> bool:
    """Returns whether a text is a name that every notation can hold."""
    begins = text[:1].isidentifier()
    return begins and all(f"_{part}".isidentifier() for part in _PARTS.split(text))
