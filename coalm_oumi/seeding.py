"""Seeds and orders that depend on what a record is, not on where it stands.

A draw for a record is seeded by the build's seed and the record's own digest. So the
order of the rows, the number of processes, and rows added elsewhere change nothing.
"""

from __future__ import annotations

import hashlib
import random

_SEPARATOR = "\x1f"


def stable_digest(seed: int, *parts: str | int) -> bytes:
    """Returns 32 bytes fixed by the seed and the parts, on any machine.

    Args:
        seed: The build's seed.
        *parts: What names the thing: a digest, a copy's number, a purpose.
    """
    text = _SEPARATOR.join([str(seed), *map(str, parts)])
    return hashlib.sha256(text.encode("utf-8")).digest()


def stable_random(seed: int, *parts: str | int) -> random.Random:
    """Returns a generator of draws fixed by the seed and the parts.

    Args:
        seed: The build's seed.
        *parts: As for `stable_digest`.
    """
    return random.Random(int.from_bytes(stable_digest(seed, *parts), "big"))  # noqa: S311
