"""Slot values in the one spelling that databases and scorers compare.

    >>> canonical_value("food", "portugese")
    'portuguese'
    >>> canonical_value("leave", "after 5:15")
    '05:15'

The rules and the tables of spellings are those of mwzeval (normalization.py at 7f19ee0),
which decide what its Inform and Success rates are. `helper_value` adds the two that
multiwoz-helper has for joint goal accuracy; the strict match's are in `strict_value`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        # restaurants
        "hotel du vin bistro": "hotel du vin and bistro",
        "the river bar and grill": "the river bar steakhouse and grill",
        "nando's": "nandos",
        "city center b and b": "city center north b and b",
        "acorn house": "acorn guest house",
        "caffee uno": "caffe uno",
        "cafe uno": "caffe uno",
        "rosa's": "rosas bed and breakfast",
        "restaurant called two two": "restaurant two two",
        "restaurant 2 two": "restaurant two two",
        "restaurant two 2": "restaurant two two",
        "restaurant 2 2": "restaurant two two",
        "restaurant 1 7": "restaurant one seven",
        "restaurant 17": "restaurant one seven",
        # hotels
        "lime house": "limehouse",
        "cityrooms": "cityroomz",
        "whale of time": "whale of a time",
        "huntingdon hotel": "huntingdon marriott hotel",
        "holiday inn exlpress, cambridge": "express by holiday inn cambridge",
        "university hotel": "university arms hotel",
        "arbury guesthouse and lodge": "arbury lodge guesthouse",
        "bridge house": "bridge guest house",
        "arbury guesthouse": "arbury lodge guesthouse",
        "nandos in the city centre": "nandos city centre",
        # attractions
        "broughton gallery": "broughton house gallery",
        "scudamores punt co": "scudamores punting co",
        "cambridge botanic gardens": "cambridge university botanic gardens",
        "the junction": "junction theatre",
        "trinity street college": "trinity college",
        "christ college": "christ's college",
        "christs": "christ's college",
        "history of science museum": "whipple museum of the history of science",
        "parkside pools": "parkside swimming pool",
        "the botanical gardens at cambridge university": (
            "cambridge university botanic gardens"
        ),
        "cafe jello museum": "cafe jello gallery",
    }
)

_FOODS: Mapping[str, str] = MappingProxyType(
    {
        "eriterean": "mediterranean",
        "brazilian": "portuguese",
        "sea food": "seafood",
        "portugese": "portuguese",
        "modern american": "north american",
        "americas": "north american",
        "intalian": "italian",
        "italain": "italian",
        "asian or oriental": "asian",
        "english": "british",
        "australasian": "australian",
        "gastropod": "gastropub",
        "brutish": "british",
        "bristish": "british",
        "europeon": "european",
    }
)

_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "swimming pool": "swimmingpool",
        "mutliple sports": "multiple sports",
        "night club": "nightclub",
        "guest house": "guesthouse",
    }
)

_TIMES: Mapping[str, str] = MappingProxyType(
    {
        "afternoon": "13:00",
        "lunch": "12:00",
        "noon": "12:00",
        "mid-day": "12:00",
        "around lunch time": "12:00",
        "morning": "08:00",
        "seven o'clock tomorrow evening": "07:00",
        "three forty five p.m": "15:45",
        "one thirty p.m.": "13:30",
        "six fourty five": "06:45",
        "eight thirty": "08:30",
        "": "00:00",
    }
)
_TIME_STARTS = (("one o'clock p.m", "13:00"), ("ten o'clock a.m", "10:00"))

SPELLED_SLOTS = ("name", "destination", "departure")
TIMED_SLOTS = ("arrive", "leave", "arriveby", "leaveat", "time")


@lru_cache(maxsize=1 << 14)
def canonical_value(slot: str, value: str) -> str:
    """Returns a value as mwzeval compares it.

    Args:
        slot: The slot's name (`domains.scorer_slot`).
        value: Its value; only times, names and foods are lower-cased.
    """
    if slot in SPELLED_SLOTS:
        return canonical_name(value)
    if slot == "type":
        return _TYPES.get(value, value)
    if slot == "food":
        value = value.strip().lower()
        return _FOODS.get(value, value)
    if slot in TIMED_SLOTS:
        return canonical_time(value)
    if slot in ("parking", "internet") and value == "free":
        return "yes"
    return value


def canonical_name(name: str) -> str:
    """Returns the name of a place as the databases spell it."""
    name = name.strip().lower()
    name = name.replace(" & ", " and ").replace("&", " and ").replace(" '", "'")
    return _NAMES.get(name, name)


def canonical_time(text: str) -> str:
    """Returns a time of day as HH:MM where it can be read as one.

    Twelve is added to every hour before "pm", so that 12:30 pm is 24:30, as in mwzeval.
    """
    time = text.strip().lower()
    for start, meant in _TIME_STARTS:
        if time.startswith(start):
            return meant
    if time in _TIMES:
        return _TIMES[time]
    time = _without_prefix(time)
    for suffix in ("am", "a.m."):
        if time.endswith(suffix):
            time = time.removesuffix(suffix).strip()
    if time.endswith(("pm", "p.m.")):
        time = time.removesuffix("pm").removesuffix("p.m.").strip()
        later = _twelve_hours_later(time)
        if later is not None:
            return later
    return _padded(time)


def _without_prefix(time: str) -> str:
    if time.startswith("by"):
        time = time[3:]
    for word in ("after", "afer"):
        if time.startswith(word):
            time = time.removeprefix(word).strip()
    return time


def _twelve_hours_later(time: str) -> str | None:
    hour, colon, minute = time.partition(":")
    # Text that is no number stops mwzeval; here it stays as it is.
    if not re.fullmatch(r"\s*\d{1,9}\s*", hour) or ":" in minute:
        return None
    if not colon and not hour.isdigit():
        return None
    return f"{int(hour) + 12}:{minute if colon else '00'}"


def _padded(time: str) -> str:
    if not time:
        return "00:00"
    if time[-1] in ".,?":
        time = time[:-1]
    if time.isdigit():
        return f"{time[:2]}:{time[2:]}" if len(time) == 4 else f"{time.zfill(2)}:00"
    if ":" in time:
        time = time.replace(" ", "")
    if len(time) == 4 and time[1] == ":":
        hour, _, minute = time.partition(":")
        return f"{hour.zfill(2)}:{minute}"
    return time


def minutes(time: str) -> int:
    """Returns a time as minutes after midnight; 0 if it does not begin with HH:MM."""
    if not re.match(r"[0-9][0-9]:[0-9][0-9]", time):
        return 0
    return int(time[:2]) * 60 + int(time[3:5])


@lru_cache(maxsize=1 << 14)
def helper_value(slot: str, value: str) -> str:
    """Returns a value as multiwoz-helper compares it for joint goal accuracy.

    Args:
        slot: The slot's name (`domains.tracked_slot`).
        value: Its value; only times, names and foods are lower-cased.
    """
    if slot not in SPELLED_SLOTS:
        return canonical_value(slot, value)
    name = canonical_name(value.lower().replace(BED_AND_BREAKFAST, "b and b"))
    return _HELPER_NAMES.get(name, name)


BED_AND_BREAKFAST = "bed and breakfast"
_HELPER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "a and b guest house": "a and b guesthouse",
        "acorn guesthouse": "acorn guest house",
    }
)
