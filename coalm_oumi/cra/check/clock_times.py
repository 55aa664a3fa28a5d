"""Clock times in what people say, told from counts, ranges, addresses and fractions.

In: ``at 10 to 4``. Out: 03:50 and 15:50. In: ``from 2 to 4 people``. Out: no time.

Two numbers with "to", "after" or "before" between them are minutes and an hour only where
something says so: "minutes", "past", "quarter", "half", "o'clock", "am" or "pm", a part of
the day beside them, "at" before them, or minutes in words as clocks are read ("ten to
four"). Else they may be two hours ("from 9 to 5"), unless what they count follows ("6 to 7
guests"). An hour without "am" or "pm" may be of either half of the day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from coalm_oumi.cra.check.grounding_words import (
    after_hours,
    before_counts,
    things_counted,
)
from coalm_oumi.cra.check.number_words import UNITS, value_of

_HOUR = rf"(?:\d{{1,2}}(?!\d)|{'|'.join(UNITS[1:13])})"
_AM_PM = r"a\.?\s?m\b\.?|p\.?\s?m\b\.?"
_HALF = rf"\s{{0,3}}({_AM_PM})?"
_PART = "morning|afternoon|evening|night|noon|tonight"
_CLOCK = re.compile(rf"(?<![\d.])(\d{{1,2}}):(\d{{2}})(?::\d\d)?(?![\d%]){_HALF}")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})[.h](\d{2}) ?([ap]\.?m\b)")
_HOURLY = re.compile(rf"\b({_HOUR})\s{{0,2}}(a\.?\s?m\b|p\.?\s?m\b)")
_MINUTES = re.compile(
    rf"\b(?:(?P<lead>from|between|at|by|until|it'?s|it is|{_PART}),? )?"
    r"(?P<minutes>(?:a )?(?:half|quarter)|five|ten|twenty(?:[ -]five)?|\d{1,2})"
    r"(?P<unit> (?:minutes?|mins?))? (?P<link>past|after|to|before|till?) "
    rf"(?P<hour>{_HOUR})(?![\w:/%$-]|\.\d)(?:\s{{0,3}}(?P<half>{_AM_PM}))?"
    rf"(?P<tail> ?o.? ?clock|,? (?:in the |this |at )?(?:{_PART})\b)?"
)
_RANGE = re.compile(
    rf"(?:(?<![a-z'])(?P<lead>[a-z']+\.?) )?(?<![\w/.:-])(?P<first>{_HOUR})"
    rf"(?:\s{{0,3}}(?P<half>{_AM_PM}))? ?(?P<link>to|till?|until|and|-|\u2013) ?"
    rf"(?P<last>{_HOUR})(?![:/%$-]|[.,]\d| ?\d)(?:\s{{0,3}}(?P<end>{_AM_PM})|(?!\w))"
)
_OCLOCK = re.compile(rf"\b({_HOUR}) ?o.? ?clock{_HALF}")
_IN_PART = re.compile(
    rf"\b({_HOUR}),?(?: thirty)?(?P<link> (?:in the|at|this|tomorrow))? ?(?:{_PART})\b"
    rf"|\b(?:{_PART}),?(?: at| around| by)? ({_HOUR})\b(?![:.]\d)"
)
_AT = re.compile(
    r"\b(?:at|around|about|by|after|before|from|until|till|to|between) "
    rf"({_HOUR})(?![\d:,./%$-]|\w| \d|\s{{0,2}}[ap]\.?\s?m\b)"
)
_SPOKEN = re.compile(rf"\b({_HOUR}) (thirty|fifteen|forty[ -]five|ten|twenty){_HALF}")
_QUARTERS = {"half": 30, "a half": 30, "quarter": 15, "a quarter": 15}
_SIGNS = frozenset(("at", "by", "until", "its", "it's", "it is", *_PART.split("|")))

_NEXT_WORDS = re.compile(r" ([a-z][\w'-]*)(?: ([a-z][\w'-]*))?")
_ADDRESS = re.compile(
    r"\b\d{1,2}[a-z]? (?!(?:on|in|at|for|to|from|near|by|of|the|my|i|we|is|and|or)\b)"
    r"(?:[a-z][\w.'-]* ){1,3}?(?:street|st|lane|ln|road|rd|avenue|ave|drive|dr|boulevard"
    r"|blvd|court|ct|square|sq|highway|hwy|terrace|crescent|parkway|pkwy|alley|way)\b"
)


def take_times(text: str, times: set[int]) -> str:
    """Reads the clock times of a text.

    Args:
        text: Words in lower case.
        times: Takes the times, in minutes from midnight, 0 to 1440.

    Returns:
        The text without the words that are a time and nothing else; an hour that may as
        well be a number ("to 5") is left.
    """

    def at(hour: str, minute: int, half: str | None) -> str:
        times.update(_clock(int(value_of(hour)), minute, half))
        return " "

    text = _CLOCK.sub(lambda m: at(m[1], int(m[2]), m[3]), text)
    text = _DOTTED.sub(lambda m: at(m[1], int(m[2]), m[3]), text)
    text = _MINUTES.sub(lambda m: _minutes_and_hour(m, times), text)
    text = _SPOKEN.sub(lambda m: at(m[1], int(value_of(m[2])), m[3]), text)
    unsure = _RANGE.sub(lambda m: _hours(m, times), _ADDRESS.sub(" ; ", text))
    for match in _AT.finditer(unsure):
        if not _counts(unsure, match.end(1)):
            at(match[1], 0, None)
    text = _HOURLY.sub(lambda m: at(m[1], 0, m[2]), text)
    text = _OCLOCK.sub(lambda m: at(m[1], 0, m[2]), text)
    text = _IN_PART.sub(lambda m: _in_part(m, times), text)
    if re.search(r"\b(?:noon|midday|lunch ?time)\b", text):
        times.add(720)
    if "midnight" in text:
        times.update((0, 1440))
    return text


def stated_times(text: str, times: set[int]) -> str:
    """Reads the clock times that stand in a text in figures (`19:30`, `7 pm`).

    Args:
        text: Words in lower case.
        times: As for `take_times`.

    Returns:
        The text without them.
    """
    for match in _CLOCK.finditer(text):
        times.update(_clock(int(match[1]), int(match[2]), match[3]))
    text = _CLOCK.sub(" ", text)
    for match in _HOURLY.finditer(text):
        times.update(_clock(int(value_of(match[1])), 0, match[2]))
    return _HOURLY.sub(" ", text)


def _minutes_and_hour(match: re.Match[str], times: set[int]) -> str:
    """Reads `ten to four` as 03:50, if it is a time at all."""
    words, lead = match["minutes"], match["lead"]
    minutes = _QUARTERS.get(words)
    named = minutes is not None or match["unit"] is not None or match["link"] == "past"
    if minutes is None:
        minutes = int(value_of(words))
    hour = int(value_of(match["hour"]))
    if not 1 <= hour <= 12 or minutes > 59 or _counts(match.string, match.end("hour")):
        return match[0]
    half = match["half"]
    signed = bool(half or match["tail"] or lead in _SIGNS)
    spelled = not words.isdigit()
    if not named and (
        lead in ("from", "between") or minutes % 5 or not (signed or spelled)
    ):
        return match[0]
    if match["link"] not in ("past", "after"):
        hour, minutes = hour - 1 or 12, 60 - minutes
    times.update(_clock(hour, minutes, half))
    # "ten to four" and "10 to 4 pm" may as well be ranges.
    return " " if named or lead in _SIGNS else match[0]


def _hours(match: re.Match[str], times: set[int]) -> str:
    """Reads `from 9 to 5` as two hours, if nothing says that it counts something."""
    lead, link = (match["lead"] or "").rstrip("."), match["link"]
    half, end = match["half"], match["end"]
    if link == "and" and lead != "between":
        return match[0]
    sure = lead in ("from", "between") or half or end
    joined = link in ("-", "\u2013") and not sure
    if not (lead in before_counts() or joined or _counts(match.string, match.end())):
        times.update(_clock(int(value_of(match["first"])), 0, half))
        times.update(_clock(int(value_of(match["last"])), 0, end))
    return f"{lead} ; "


def _in_part(match: re.Match[str], times: set[int]) -> str:
    times.update(_clock(int(value_of(match[1] or match[3])), 0, None))
    # "for 4 tonight" may be a count; "at 7 in the evening" is none.
    return " " if (match["link"] or "").strip() in ("in the", "at") else match[0]


def _counts(text: str, end: int) -> bool:
    """Whether a number that ends there counts what follows (`4 people`, `4 old chairs`)."""
    following, things = _NEXT_WORDS.match(text, end), things_counted()
    if following is None:
        return False
    for place, word in enumerate(following.groups()):
        if word is None or word in after_hours():
            return False
        one = word.removesuffix("s")
        if word in things or one in things:
            return True
        plural = one != word and len(one) > 2 and not one.endswith(("s", "'", "day"))
        if plural and not place:
            return True
    return False


def _clock(hour: int, minute: int, half: str | None) -> Iterator[int]:
    if hour > 24 or minute > 59:
        return
    if hour > 12 or hour == 0:
        yield hour * 60 + minute
        return
    morning = hour % 12 * 60 + minute
    if half is None or half.startswith("a"):
        yield morning
        if hour == 12 and half:
            yield 1440 + minute
    if half is None or half.startswith("p"):
        yield morning + 720
        if hour == 12:
            yield 1440 + minute  # "12 pm" for midnight
