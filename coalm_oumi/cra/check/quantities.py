"""Numbers, times and dates in what people say, as calls write them.

In: ``a table for me and Bonnie at half past 7 in the evening, next Friday``.
Out: numbers {2}, times {07:30, 19:30}, dates {2019-03-08} if today is 2019-03-01.

A time without "am" or "pm" may be either; a weekday may be this week's or the next one's;
a day of the month may be of any month. Each is a set of what the words may mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from coalm_oumi.cra.check.clock_times import stated_times, take_times
from coalm_oumi.cra.check.number_words import (
    NUMBERS,
    SCALES,
    UNITS,
    numeral,
    spelled,
    value_of,
)
from coalm_oumi.cra.check.ordinal_days import MONTH, NO_DAY, month_of, take_ordinal_days

_DAYS = re.findall("...", "montuewedthufrisatsun")

_WORD_NUMBER = "|".join((*NUMBERS, *SCALES))
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_ZONE = r"(?:\s?(?:z|utc)\b|[+-]\d\d:?\d\d\b)?"
_MOMENT = re.compile(
    r"\b(\d{4})-(\d\d)-(\d\d)[t ](\d\d):(\d\d)(?::\d\d(?:\.\d{1,9})?)?"
    rf"{_ZONE}(?!\s?[ap]\.?m\b|\d)"
)
_TIME = re.compile(rf"t?(\d{{1,2}}):(\d{{2}})(?::\d\d(?:\.\d{{1,9}})?)?{_ZONE}")
_DAY = r"(?:the )?(\d{1,2})(?:st|nd|rd|th)?\b"
_MONTH_DAY = re.compile(rf"\b{MONTH},? {_DAY}(?:,? (\d{{4}})\b)?")
_DAY_MONTH = re.compile(rf"\b{_DAY}(?: day)?(?: of)? {MONTH}(?:,? (\d{{4}})\b)?")
_SLASHES = re.compile(
    r"(?:\b(?P<lead>on|by|for|from|until|till?|to|before|after|since|between|date) )?"
    r"(?<![\d/])(?<!\d )\b(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d\d))?\b(?!/)"
)
_ORDINAL_DAY = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)\b{NO_DAY}")
_THE_DAY = re.compile(r"\bthe (\d{1,2})\b(?![:.\d%]| ?\w)")
_WEEKDAY = re.compile(
    r"\b(mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sat|sun)(?:day|days)?\b"
)
_SOON = (
    ("day after tomorrow", 2),
    ("tomorrow", 1),
    ("today", 0),
    ("tonight", 0),
    ("this evening", 0),
    ("this afternoon", 0),
    ("this morning", 0),
    ("right now", 0),
    ("same day", 0),
)
_PARTS_OF_TODAY = ("tonight", "this evening", "this afternoon", "this morning")
_IN_DAYS = re.compile(rf"\bin (\d{{1,2}}|{_WORD_NUMBER}) (day|week)s?\b")
_YEARS = ("this year", "last year")
_YEARS_AGO = re.compile(
    rf"\b(\d{{1,2}}|an?|{'|'.join(UNITS[1:])}) years? (?:back|ago|earlier|before now)\b"
)
_IN_ONE = re.compile(r"\b(?:in a week|a week from|next week)\b")

_NUMERAL = re.compile(
    r"(?<![\w.])[$\u20ac\u00a3]?\d[\d,]{0,20}(?:\.\d{1,4})?k?(?![\d:])"
)
_SPELLED = re.compile(rf"\b(?:{_WORD_NUMBER})(?:(?:[ -]|,? and )(?:{_WORD_NUMBER}))*\b")
_PRONOUN = re.compile(
    r"\b(?:the|that|this|these|another|which|any|other|good|nice|each|no|every|first|last"
    r"|next|different|better|cheaper) one\b|\b(?:like|find|see|have) one(?! \w+ \w)"
    r"|\bone (?:of|that|which|is|in|at|by|called|more thing|named|you|i|sounds|please)\b"
)
_ALONE = re.compile(
    r"\b(?:just|only) (?:for )?(?:me|myself|one)\b|\bby myself\b|\bmyself\b|\balone\b"
    r"|\bfor one\b|\bfor me\b(?!,? and| to)|\bsingle\b|\bi'?m going solo|\bsolo\b"
    r"|\bno one else\b"
)
_PAIR = re.compile(
    r"\b(?:me|myself) and (?:my )?\w+|\bmy \w+ and i\b|\b\w+ and (?:me|myself)\b"
    r"|\bi and my \w+|\bboth of us\b|\bus both\b"
    r"|\b(?:me|us) two\b|\bcouple\b|\bwith my (?:wife|husband|friend|partner|girlfriend"
    r"|boyfriend|mom|mother|dad|father|son|daughter|brother|sister|boss|date)\b"
    r"|\bdouble\b|\bpair\b|\btwice\b|\bone other\b|\bone more person\b|\bplus one\b"
)
_COMPANY = re.compile(
    rf"\b(?:me|myself|i|us) and (?:my )?(\d{{1,2}}|{'|'.join(UNITS)})\b"
    rf"|\bwith (?:my )?(\d{{1,2}}|{'|'.join(UNITS)}) (?:other |more )?"
    r"(?:friends?|people|others|colleagues|kids|children|guests)"
)
_SEVERAL = re.compile(r"\b(?:me|i),? (?:my )?\w+,? and (?:my )?\w+\b")
_SINGULAR = re.compile(
    r"\b(?:a|an|one|another) (?:\w+ )?(?:ticket|seat|room|person|passenger|night|day|bag"
    r"|stop|rider|table for one|week|star|bed|bath|bedroom|bathroom|bagg?age|luggage"
    r"|adult|traveler|month)s?\b|\bstudio\b"
)
_NONE = re.compile(
    r"\b(?:no|without|any|zero|not? have) (?:\w+ )?(?:stop|stops|layovers?|bags?|luggage"
    r"|transfers?|stopovers?|connections?|baggage|checked)\b|\bdirect\b|\bnon-?stop\b"
)


@dataclass
class Quantities:
    """What numbers, times and dates some words may mean.

    Attributes:
        numbers: Numbers; money without its sign.
        times: Minutes from midnight, 0 to 1440.
        days: Days as (year or 0, month or 0, day).
        weekdays: Weekdays, 0 for Monday.
        offsets: Days from today.
        years_ago: Years before this one.
    """

    numbers: set[float] = field(default_factory=set)
    times: set[int] = field(default_factory=set)
    days: set[tuple[int, int, int]] = field(default_factory=set)
    weekdays: set[int] = field(default_factory=set)
    offsets: set[int] = field(default_factory=set)
    years_ago: set[int] = field(default_factory=set)

    def add(self, other: Quantities) -> None:
        """Takes in those of other words."""
        self.numbers |= other.numbers
        self.times |= other.times
        self.days |= other.days
        self.weekdays |= other.weekdays
        self.offsets |= other.offsets
        self.years_ago |= other.years_ago

    def copy(self) -> Quantities:
        """Returns the same, to which others can be added."""
        made = Quantities()
        made.add(self)
        return made

    def may_be_year(self, number: float, today: date | None) -> bool:
        """Whether some of the words ("two years back") may mean a year.

        Args:
            number: The year.
            today: As for `may_be`; if it is not known, any year may be meant.
        """
        if today is None:
            return bool(self.years_ago) and 1900 <= number <= 2100
        return any(today.year - ago == number for ago in self.years_ago)

    def may_be(self, day: date, today: date | None) -> bool:
        """Whether some of the words may mean a day.

        Args:
            day: The day.
            today: The day on which they are said; None if that is not known, when a
                weekday may be any such day, and "tomorrow" any day.
        """
        for year, month, number in self.days:
            if number == day.day and month in (0, day.month) and year in (0, day.year):
                return True
        if today is None:
            return day.weekday() in self.weekdays or bool(self.offsets)
        ahead = (day - today).days
        near = day.weekday() in self.weekdays and 0 <= ahead <= 14
        return near or ahead in self.offsets


def quantities(text: str) -> Quantities:
    """Finds numbers, times and dates.

    Args:
        text: Words in lower case.
    """
    found = Quantities()
    rest = _take_dates(text, found)
    rest = take_times(rest, found.times)
    found.numbers.update(_numbers(rest))
    return found


def dates(text: str) -> Quantities:
    """Finds dates alone: days, weekdays, days from today, years before this one.

    Args:
        text: Words in lower case.
    """
    found = Quantities()
    _take_dates(text, found)
    return found


def stated(text: str) -> Quantities:
    """Finds what stands in a text in figures: numbers, clock times, days of a month.

    Args:
        text: Words in lower case.
    """
    found = Quantities()
    text = _ISO.sub(" ", text)
    for match in _MONTH_DAY.finditer(text):
        found.days.add((0, month_of(match[1]), int(match[2])))
    for match in _DAY_MONTH.finditer(text):
        found.days.add((0, month_of(match[2]), int(match[1])))
    text = _DAY_MONTH.sub(" ", _MONTH_DAY.sub(" ", text))
    text = stated_times(text, found.times)
    for match in _NUMERAL.finditer(text):
        value = numeral(match[0])
        if value is not None:
            found.numbers.add(value)
    return found


def day_of(text: str) -> date | None:
    """Returns the day that a value such as `2019-03-08` is; None for any other text."""
    match = _ISO.fullmatch(text.strip())
    if not match:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def moment_of(text: str) -> tuple[date, int] | None:
    """Returns the day and the minutes from midnight of `2019-03-08T19:30:00Z`.

    The hour is that which is written, whatever its zone. None for any other text.
    """
    match = _MOMENT.fullmatch(text.strip().lower())
    day = day_of("-".join(match.groups()[:3])) if match else None
    if match is None or day is None:
        return None
    hour, minute = int(match[4]), int(match[5])
    return (day, hour * 60 + minute) if hour <= 24 and minute < 60 else None


def time_of(text: str) -> set[int]:
    """Returns the times that a value that is nothing but a time (`19:30`) may be."""
    plain = text.strip().lower()
    match = _TIME.fullmatch(plain)
    if match:
        # As calls write it, on the clock of 24 hours.
        hour, minute = int(match[1]), int(match[2])
        return {hour * 60 + minute} if hour <= 24 and minute < 60 else set()
    found: set[int] = set()
    rest = take_times(plain, found)
    return found if not rest.strip(" .") else set()


def number_of(text: str) -> float | None:
    """Returns the number that a value such as `12`, `$1,320` or `4.50` is."""
    plain = text.strip().lower()
    match = _NUMERAL.fullmatch(plain)
    return numeral(match[0]) if match else None


def _take_dates(text: str, found: Quantities) -> str:
    for phrase, offset in _SOON:
        if phrase in text:
            found.offsets.add(offset)
            if phrase not in _PARTS_OF_TODAY:
                text = text.replace(phrase, " ")
    for match in _IN_DAYS.finditer(text):
        days = int(value_of(match[1])) * (7 if match[2] == "week" else 1)
        found.offsets.add(days)
    if _IN_ONE.search(text):
        found.offsets.add(7)
    for match in _YEARS_AGO.finditer(text):
        found.years_ago.add(int(value_of(match[1])) or 1)  # "a year ago"
    found.years_ago.update(ago for ago, words in enumerate(_YEARS) if words in text)
    found.weekdays.update(_DAYS.index(m[1][:3]) for m in _WEEKDAY.finditer(text))

    def note(year: str | None, month: int, number: str | int) -> str:
        full = int(year) if year else 0
        found.days.add((full + 2000 if 0 < full < 100 else full, month, int(number)))
        return " "

    def slashed(match: re.Match[str]) -> str:
        month, day = int(match[2]), int(match[3])
        if month > 12 >= day:
            month, day = day, month
        fraction = month < day <= 4 and not match["lead"] and not match[4]
        if fraction or not 1 <= month <= 12 or not 1 <= day <= 31:
            return match[0]
        return note(match[4], month, str(day))

    def moment(match: re.Match[str]) -> str:
        hour, minute = int(match[4]), int(match[5])
        if hour <= 24 and minute <= 59:
            found.times.add(hour * 60 + minute)
        return note(match[1], int(match[2]), match[3])

    text = _MOMENT.sub(moment, text)
    text = _ISO.sub(lambda m: note(m[1], int(m[2]), m[3]), text)
    text = _MONTH_DAY.sub(lambda m: note(m[3], month_of(m[1]), m[2]), text)
    text = _DAY_MONTH.sub(lambda m: note(m[3], month_of(m[2]), m[1]), text)
    text = take_ordinal_days(text, note)
    text = _SLASHES.sub(slashed, text)
    text = _ORDINAL_DAY.sub(lambda m: note(None, 0, m[1]), text)
    for match in _THE_DAY.finditer(text):
        note(None, 0, match[1])
    return text


def _numbers(text: str) -> Iterator[float]:
    for match in _NUMERAL.finditer(text):
        value = numeral(match[0])
        if value is not None:
            yield value
    for match in re.finditer(r"'(\d\d)\b", text):
        yield 2000.0 + int(match[1])  # the year '16
    if _ALONE.search(text) or _SINGULAR.search(text):
        yield 1.0
    text = _PRONOUN.sub(" ", text)
    for match in _SPELLED.finditer(text):
        yield from spelled(match[0])
    if _PAIR.search(text):
        yield 2.0
    if _SEVERAL.search(text):
        yield 3.0
    if _NONE.search(text):
        yield 0.0
    for match in _COMPANY.finditer(text):
        # "me and my two friends", "with three others": and the one who speaks.
        yield value_of(match[1] or match[2]) + 1
        yield value_of(match[1] or match[2])
    if "dozen" in text:
        yield 12.0
