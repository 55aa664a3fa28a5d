"""What a server says of when to ask again: the Retry-After header (RFC 9110, 10.2.3)."""

from __future__ import annotations

import contextlib
import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


def retry_after_seconds(value: str | None) -> float | None:
    """Reads the header.

    Args:
        value: A number of seconds, or a date; None without the header.

    Returns:
        Seconds from now, 0 for a date that is past; None if it is neither, as a negative
        number, `inf` or digits of other scripts.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
        found = parsedate_to_datetime(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=UTC)
        return max(0.0, found.timestamp() - time.time())
    return None


def spoken_seconds(seconds: float) -> str:
    """Returns a length of time in words: `45 s`, `3600 s`, `24 hours`."""
    return f"{seconds:.0f} s" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
