"""Errors of reasoning in what follows an observation: the last thought and the response.

In: the observation ``{'status': 'failure', 'results': []}`` and the response "Your table
is booked." Out: the response claims a success that the observation denies.

Numbers, times, days and names that a response reports have to stand in the dialogue, in an
observation, or among the defaults of the functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from coalm_oumi.cra.check.evidence import Evidence
from coalm_oumi.cra.check.grounding_names import folded, other_names, plain
from coalm_oumi.cra.check.grounding_words import general_words, ordinary_words
from coalm_oumi.cra.check.quantities import Quantities, stated
from coalm_oumi.cra.check.reasoning_rules import Finding
from coalm_oumi.cra.check.turn_context import Defaults, TurnContext, defaults, outcome
from coalm_oumi.errors import shorten

SUCCESS_DENIED = "success claimed after a failure"
FAILURE_DENIED = "failure claimed after a success"
RESULTS_DENIED = "results claimed where there are none"
NONE_DENIED = "no results claimed where there are some"
VALUE_UNSUPPORTED = "response reports a value that nothing supports"
NAME_UNSUPPORTED = "response reports a name that nothing supports"
NO_RESPONSE = "response missing"

_SUCCESS = re.compile(
    r"\b(?:booked|reserved|confirmed|successful(?:ly)?|(?:is|are|been|was) (?:now )?(?:done"
    r"|made|completed?|set|placed|added|scheduled|transferred|purchased|bought|arranged"
    r"|sent|playing|started)|went through|all set|on (?:its|the|their) way|taken care of"
    r"|have (?:made|booked|reserved|scheduled|completed|added|purchased|transferred))\b"
)
_DENIAL = re.compile(
    r"sorry|unable|unabe|unfortunate|apolog|regret|fail|un(?:available|successful)|no dice"
    r"|\b(?:not|cannot|can't|cant|couldn'?t|isn'?t|wasn'?t|didn'?t|doesn'?t|aren'?t|don'?t"
    r"|hasn'?t|haven'?t|won'?t|weren'?t|no|never|nothing|none|instead|however|but"
    r"|already|error|problem|issue|declined|rejected|full|sold out|unless|other(?:wise)?"
    r"|different|shall i|should i|would you|do you want|how about|what about)\b"
)
_FAILURE = re.compile(
    r"(?:unable to|not able to|could ?n[o']t|could not|can ?not|can'?t|failed to|was ?n'?t "
    r"able to|did ?n'?t) (?:\w+ ){0,2}?(?:book|reserve|make|complete|buy|purchase|transfer"
    r"|play|add|schedule|process|arrange|get (?:you )?(?:the|that|a) (?:cab|ticket|room))"
    r"|not (?:been )?successful|unsuccessful|not go through|n't go through"
    r"|(?:booking|reservation|transfer|purchase|payment|request|call) (?:has )?failed"
)
_SOME_NEGATION = re.compile(
    r"\b(?:no|not|none|nothing|zero|any|unable|sorry|unfortunately|cannot|failed|empty|0"
    r"|without|never|else|apolog\w+|fail\w*|free|available|lack\w*|neither)\b|n'?t\b"
)
_NONE_FOUND = re.compile(
    r"(?:could ?n[o']t|could not|can ?not|can'?t|did ?n[o']t|did not|unable to|not able to"
    r"|failed to) (?:find|locate) (?:any|a |an |what|one|something|results)"
    r"|\bno (?:matching |suitable |such )?(?:results?|matches|options|matching \w+"
    r"|\w+ found)\b(?! except| other| but)|found (?:no|nothing|none)\b"
    r"|returned (?:no|nothing)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?:;\"\u201c])\s+|^\s*|\s+[-\u2022*]\s+")
_INTRODUCED = re.compile(r"\b(?:at|by|in|from|called|named|to|try|is|recommend) $")
_RUN = re.compile(
    r"[A-Z][\w'\u2019&-]*(?: (?:(?:of|the|and|de|la|&) )?[A-Z][\w'\u2019&-]*)*"
)


def response_findings(context: TurnContext) -> Iterator[Finding]:
    """Finds what the response and the thought before it claim wrongly.

    Args:
        context: The turn, with its response.
    """
    turn = context.turn
    if not turn.response.strip():
        yield Finding(NO_RESPONSE, "the turn has no response", shorten(turn.user))
        return
    if turn.steps:
        status = outcome(turn.steps[-1].observation)
        yield from _contradictions(status, turn.response, "response")
        if len(turn.steps) == 1:
            yield from _contradictions(status, turn.steps[-1].thought, "thought")
    evidence = context.evidence
    if turn.steps:
        evidence = context.evidence.copy()
        for step in turn.steps:
            evidence.observe(step.observation)
            for name, value in step.call.arguments.items():
                evidence.observe({name: value})
    assumed = defaults(context.functions)
    yield from _unsupported(turn.response, evidence, assumed)
    yield from _unsupported_names(
        turn.response, evidence, assumed, observed=bool(turn.steps)
    )


def _contradictions(status: str, text: str, what: str) -> Iterator[Finding]:
    words = folded(text)
    if status == "failure" and _SUCCESS.search(words) and not _DENIAL.search(words):
        message = f"the observation shows a failure, the {what} a success"
        yield Finding(SUCCESS_DENIED, message, shorten(text, 160))
    if status == "success" and what == "response" and _FAILURE.search(words):
        message = f"the observation shows a success, the {what} a failure"
        yield Finding(FAILURE_DENIED, message, shorten(text, 160))
    if status == "empty" and what == "response" and not _SOME_NEGATION.search(words):
        message = "the observation is empty, and the response does not say so"
        yield Finding(RESULTS_DENIED, message, shorten(text, 160))
    if status == "found" and what == "response" and _NONE_FOUND.search(words):
        message = "the observation has results, and the response says there are none"
        yield Finding(NONE_DENIED, message, shorten(text, 160))


def _unsupported(
    response: str, evidence: Evidence, assumed: Defaults
) -> Iterator[Finding]:
    reported = stated(folded(response))
    evidence.read_all()
    known = evidence.meant.copy()
    known.add(evidence.observed_meant)
    for value in _strange_numbers(reported, known, evidence, assumed):
        message = f"the response reports {value:g}, which nothing supports"
        yield Finding(VALUE_UNSUPPORTED, message, shorten(response, 160))
        return
    for minutes in sorted(reported.times - known.times):
        other = (minutes + 720) % 1440
        if other in reported.times and other in known.times:
            continue  # without "am" and "pm" it may be either
        clock = f"{minutes // 60:02}:{minutes % 60:02}"
        message = f"the response reports the time {clock}, which nothing supports"
        yield Finding(VALUE_UNSUPPORTED, message, shorten(response, 160))
        return
    strange = _strange_day(reported, known, evidence.today, assumed)
    if strange:
        message = f"the response reports the day {strange}, which nothing supports"
        yield Finding(VALUE_UNSUPPORTED, message, shorten(response, 160))


def _strange_numbers(
    reported: Quantities, known: Quantities, evidence: Evidence, assumed: Defaults
) -> Iterator[float]:
    for value in sorted(reported.numbers):
        if value in known.numbers or value in evidence.observed_numbers:
            continue
        if value in assumed.numbers or value in (0, 0.5, 1):
            continue
        written = f"{value:g}"
        # Part of a name, an address, a telephone number.
        if written in evidence.seen or written in evidence.said:
            continue
        if any(round(number) == value for number in evidence.observed_numbers):
            continue
        yield value


def _strange_day(
    reported: Quantities, known: Quantities, today: date | None, assumed: Defaults
) -> str:
    if today is None and (known.offsets or known.weekdays):
        return ""
    days = {(month, day) for _, month, day in known.days}
    days |= {(day.month, day.day) for day in assumed.days}
    if today is not None:
        ahead = {today + timedelta(offset) for offset in known.offsets | {0}}
        ahead |= {
            today + timedelta(n)
            for n in range(15)
            if (today + timedelta(n)).weekday() in known.weekdays
        }
        days |= {(day.month, day.day) for day in ahead}
    for _, month, number in sorted(reported.days):
        fits = any(
            number == day and (not month or not other or month == other)
            for other, day in days
        )
        if not fits:
            return f"{month}-{number}" if month else f"{number}"
    return ""


def _unsupported_names(
    response: str, evidence: Evidence, assumed: Defaults, *, observed: bool
) -> Iterator[Finding]:
    text = response.translate({0x2019: "'"})
    if "confirm" in text.lower() or ("?" in text and not observed):
        return  # it suggests something, or asks for it
    starts = {match.end() for match in _SENTENCE.finditer(text)}
    known = evidence.words
    for run in _RUN.finditer(text):
        words = [w for w in plain(run[0]).split() if w not in ordinary_words()]
        if run.start() in starts and len(run[0].split()) < 2:
            continue  # the first word of a sentence has its capital from there
        telling = [w for w in words if len(w) > 3 and w not in assumed.words]
        telling = [w for w in telling if w not in general_words()]
        strange = [w for w in telling if w not in known and w.rstrip("s") not in known]
        alone = len(telling) == 1 and not _INTRODUCED.search(text[: run.start()])
        if not strange or len(strange) < len(telling) or alone:
            continue
        if not any(f" {name} " in known for name in other_names(folded(run[0]))):
            message = f"the response names '{run[0]}', which nothing supports"
            yield Finding(NAME_UNSUPPORTED, message, shorten(response, 160))
            return
