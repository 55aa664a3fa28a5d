"""Whether an argument's value is grounded: in what was said, observed, or both.

In: the dialogue ``User: A table for me and Bonnie at Eric's, next Friday at half past 7``
and the arguments ``restaurant_name="Eric's Restaurant", party_size=2, date="2019-03-08",
time="19:30", city="Ely"``. Out: all but the city are grounded.

A value is grounded if it stands in an utterance or an observation before the call, or if
one of these normalisations gives it:

- numbers in words, money with its sign, "me and Bonnie" for 2, "direct" for 0 stops;
- times of either half of the day ("half past 7", "evening 5:30", "noon");
- dates by month, day of the month or weekday, relative to today, years by how long ago
  they were (`quantities`);
- another name of a place ("SF"), a name in part ("Eric's" for "Eric's Restaurant");
- a closed value by a word that people use for it ("cheap" for `inexpensive`);
- a yes-or-no argument by its topic ("dogs" for `pets_allowed`);
- a small number of a result by the key under which it stands (`result_keys`);
- a listed value by its singular or plural, its words or its rank ("second class");
- the default of an optional argument, if the user has named nothing else that it may be.

A number of beds, baths and the like is one only where those were spoken of; a closed value
that only the system has named is none where the user has named another of the list.

What thoughts say counts for nothing: they are the model's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from coalm_oumi.calls import FunctionSchema
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.check.closed_lists import Argument
from coalm_oumi.cra.check.evidence import MOST_COMMON, Evidence, read_quantities
from coalm_oumi.cra.check.grounding_names import (
    folded,
    in_either_number,
    in_part,
    listed,
    other_names,
    plain,
    spaced,
)
from coalm_oumi.cra.check.grounding_words import (
    closed_values,
    counted,
    general_words,
    stems,
    topics,
)
from coalm_oumi.cra.check.number_words import ORDINALS
from coalm_oumi.cra.check.quantities import (
    day_of,
    moment_of,
    number_of,
    time_of,
)
from coalm_oumi.cra.check.result_keys import fills, name_words

_WHOLE_DAY = (0, 23 * 60 + 59)
ANYTHING = frozenset(("dontcare", "any", "all", "don't care"))
"""Values for something that the user leaves open."""


def grounded(
    value: JsonValue,
    name: str,
    evidence: Evidence,
    functions: Sequence[FunctionSchema] = (),
) -> bool:
    """Whether a value is grounded.

    Args:
        value: The value of an argument; of a list or object each part has to be.
        name: The argument's name.
        evidence: What was said and observed before the call.
        functions: The functions of the call's name, for what they say of the argument.
    """
    definitions = [
        parameter.definition
        for function in functions
        for parameter in function.parameters
        if parameter.name == name
    ]
    called = frozenset(function.name for function in functions)
    argument = Argument(name, definitions, called)
    # More evidence never makes a value less grounded, and reading it takes the longest.
    while not _grounded(value, evidence, argument):
        if not evidence.read_more():
            return False
    return True


def _grounded(value: JsonValue, evidence: Evidence, argument: Argument) -> bool:
    if isinstance(value, Mapping):
        return all(_grounded(v, evidence, argument.inner(k)) for k, v in value.items())
    if isinstance(value, list):
        return all(_grounded(item, evidence, argument.inner(None)) for item in value)
    if value is None:
        return True
    text = folded(str(value))
    if not text or text in ANYTHING:
        return True
    if _spoken_of(value, text, evidence, argument):
        return True
    return _assumed(value, text, evidence, argument)


def _spoken_of(
    value: JsonValue, text: str, evidence: Evidence, argument: Argument
) -> bool:
    name = argument.name
    if isinstance(value, bool):
        return _topic(name, evidence)
    if isinstance(value, (int, float)):
        number = float(value)
        if value in argument.listed and _ranked(number, evidence, argument):
            return True
        spoken = _counted(name, evidence) and _number(number, evidence)
        return spoken or _filled(number, evidence, argument)
    # Results show every truth value and small number; a text that they show is telling.
    if name.lower() in evidence.observed.get(text, ()):
        return True
    return _text(value, text, evidence, argument)


def _assumed(
    value: JsonValue, text: str, evidence: Evidence, argument: Argument
) -> bool:
    """Whether a value is the default, and the user has named no other it may be."""
    defaults = [d["default"] for d in argument.definitions if "default" in d]
    if not any(type(d) is type(value) and d == value for d in defaults):
        return False
    if isinstance(value, bool):
        return True
    asked = read_quantities(evidence.asked)
    if isinstance(value, (int, float)) or number_of(text) is not None:
        return not asked.numbers or not _counted(argument.name, evidence)
    if day_of(text) is not None:
        return not (asked.days or asked.weekdays or asked.offsets)
    if time_of(text):
        return not asked.times
    said = plain(evidence.asked)
    others = [str(e) for e in argument.listed if folded(str(e)) != text]
    return not any(plain(other) in said for other in others)


def _ranked(value: float, evidence: Evidence, argument: Argument) -> bool:
    """Whether "second class" or "2nd class" was said of a class that is 2."""
    ranks = [word for word, number in ORDINALS.items() if number == value]
    ranks += [f"{value:g}{ending}" for ending in ("st", "nd", "rd", "th")]
    return any(
        f" {rank} {word} " in evidence.words
        for rank in ranks
        for word in name_words(argument.name)
    )


def _number(value: float, evidence: Evidence) -> bool:
    if value in evidence.meant.numbers:
        return True
    if evidence.meant.may_be_year(value, evidence.today):
        return True
    # A small number stands in every observation; a price or an amount does not.
    return abs(value) > MOST_COMMON and value in evidence.observed_numbers


def _filled(value: float, evidence: Evidence, argument: Argument) -> bool:
    """Whether a small number stands in an observation under a key that fits."""
    return value in evidence.observed_numbers and any(
        fills(key, owner, argument.name, argument.functions)
        for number, key, owner in evidence.observed_fields
        if number == value
    )


def _text(value: JsonValue, text: str, evidence: Evidence, argument: Argument) -> bool:
    dated = _date_and_time(text, evidence)
    if dated is not None:
        return dated
    number = number_of(text)
    if number is not None:
        spoken = f" {text} " in evidence.said or _number(number, evidence)
        return spoken or _filled(number, evidence, argument)
    spoken = plain(text)
    enums = [str(e) for e in argument.listed]
    if enums and _only_suggested(text, enums, evidence):
        return False
    if spoken.strip() and spoken in evidence.words:
        return True
    if any(f" {other} " in evidence.words for other in other_names(text)):
        return True
    closed = bool(enums) or text in closed_values()
    if closed and _closed(text, str(value), evidence):
        return True
    if _dated(text, evidence):
        return True
    return in_part(text, evidence.words) or listed(text, evidence.words)


def _date_and_time(text: str, evidence: Evidence) -> bool | None:
    """Whether a day, a time or both is grounded; None if the text is none of these."""
    said, seen = evidence.meant, evidence.observed_meant
    moment, day = moment_of(text), day_of(text)
    times = time_of(text) if day is None and moment is None else set()
    if moment is not None:
        day, times = moment[0], {moment[1]}
    elif day is None and not times:
        return None
    if day is not None and not (
        said.may_be(day, evidence.today) or seen.may_be(day, None)
    ):
        return False
    if moment is not None and moment[1] in _WHOLE_DAY:
        # A day without a time is written from its first to its last minute.
        return bool(times & said.times) or not read_quantities(evidence.asked).times
    return not times or bool(times & (said.times | seen.times))


def _closed(text: str, written: str, evidence: Evidence) -> bool:
    spoken = f"{evidence.said} "
    if any(_begins(word, spoken) for word in closed_values().get(text, ())):
        return True
    if in_either_number(spaced(written), evidence.words):
        return True
    parts = [stem for stem in stems(text, least=2) if stem not in general_words()]
    return bool(parts) and all(_begins(stem, spoken) for stem in parts)


def _only_suggested(text: str, closed: Sequence[str], evidence: Evidence) -> bool:
    """Whether only the system has named a closed value, and the user another one."""
    asked = plain(evidence.asked)
    own = plain(text)
    for words in (asked, evidence.settled, plain(evidence.seen)):
        if in_either_number(own, words):
            return False
    if any(_begins(word, evidence.asked) for word in closed_values().get(text, ())):
        return False
    others = [plain(other) for other in closed if folded(other) != text]
    return any(in_either_number(other, asked) for other in others)


def _begins(beginning: str, spoken: str) -> bool:
    """Whether a word begins so; whole words only for very short beginnings."""
    if len(beginning) <= 3:
        return re.search(rf"(?<!\w){re.escape(beginning)}(?!\w)", spoken) is not None
    position = spoken.find(beginning)
    while position >= 0:
        if not spoken[position - 1].isalnum():
            return True
        position = spoken.find(beginning, position + 1)
    return False


def _dated(text: str, evidence: Evidence) -> bool:
    """Whether a text such as `next Friday` or `March 8th, 7 pm` means what was said."""
    meant = read_quantities(text)
    known, seen = evidence.meant, evidence.observed_meant
    wanted = (meant.times, meant.days, meant.weekdays, meant.offsets)
    if not any(wanted):
        return False
    spoken = known.days | seen.days
    same = any(_same_day(day, other) for day in meant.days for other in spoken)
    return (
        (not meant.times or bool(meant.times & (known.times | seen.times)))
        and (not meant.days or same)
        and (not meant.weekdays or bool(meant.weekdays & known.weekdays))
        and (not meant.offsets or bool(meant.offsets & known.offsets))
    )


def _same_day(day: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Whether two days are the same, a year or month that is 0 being any."""
    return all(a == b or not (a and b) for a, b in zip(day, other, strict=True))


def _topic(name: str, evidence: Evidence) -> bool:
    """Whether a yes-or-no argument has been spoken of."""
    return any(_begins(word, f"{evidence.said} ") for word in _topics(name))


def _counted(name: str, evidence: Evidence) -> bool:
    """Whether what an argument counts has been spoken of, if it counts such a thing."""
    parts = name_words(name)
    for thing, words in counted().items():
        if any(part in (thing, f"{thing}room", f"{thing}gage") for part in parts):
            return any(_begins(word, f"{evidence.said} ") for word in words)
    return True


@lru_cache(maxsize=1024)
def _topics(name: str) -> frozenset[str]:
    found = set(stems(name))
    for key, words in topics().items():
        if key in name.lower():
            found.update(words)
    return frozenset(found)
