"""Times of day as the strict match of joint goal accuracy reads them.

    >>> tracked_time("12:30 pm"), tracked_time("12.05am"), tracked_time("24:30")
    ('12:30', '00:05', '00:30')

mwzeval adds twelve to every hour before "pm" (`canonical.canonical_time`): Inform and
Success are by its rule, the strict match by the clock.
"""

from __future__ import annotations

import re

from coalm_oumi.environments.multiwoz.data.canonical import canonical_time

_CLOCK = re.compile(
    r"(?:(?:after|before|around|about|by|at)\s+)?"
    r"(?P<hour>\d{1,2})(?:\s*[:.]?\s*(?P<minute>[0-5]\d))?(?:\s*o'?\s?clock)?"
    r"\s*(?:(?P<half>[ap])\.?\s?m\.?|(?P<word>noon|midday|mid-day|midnight))"
)
_MIDNIGHT = re.compile(r"24\s*:\s*([0-5]\d)")


def tracked_time(text: str) -> str:
    """Returns a time of day as HH:MM where it can be read as one.

    Args:
        text: A time on the 12-hour clock (`12:30 pm`, `12 noon`) or the 24-hour clock,
            whose `24:30` is half past midnight; else what `canonical_time` reads.
    """
    time = " ".join(text.lower().split())
    found = _CLOCK.fullmatch(time)
    if found and (spelled := _on_24_hours(found)):
        return spelled
    if time == "midnight":
        return "00:00"
    spelled = canonical_time(time)
    midnight = _MIDNIGHT.fullmatch(spelled)
    return f"00:{midnight[1]}" if midnight else spelled


def _on_24_hours(found: re.Match[str]) -> str | None:
    hour, minute = int(found["hour"]), found["minute"] or "00"
    if found["word"]:
        if hour != 12:
            return None
        return f"{'00' if found['word'] == 'midnight' else '12'}:{minute}"
    if hour == 12:
        hour = 0
    if found["half"] == "p" and hour < 12:
        hour += 12
    return f"{hour:02}:{minute}" if hour < 24 else None
