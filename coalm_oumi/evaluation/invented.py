"""Which results are on the embedded corpus, whose texts are invented."""

from __future__ import annotations

from pathlib import PurePath

INVENTED = "invented data"
"""What is said of the embedded corpus wherever scores on it are shown."""


def is_invented_data(origin: str) -> bool:
    """Says whether data is the embedded corpus.

    Args:
        origin: Where it was found, as `provenance.data` has it: a path with `(embedded)`
            behind it, or one in the folder that the corpus is unpacked to.
    """
    inside = any(part.startswith("embedded-") for part in PurePath(origin).parts)
    return inside or origin.endswith("(embedded)")
