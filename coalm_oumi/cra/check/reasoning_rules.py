"""Errors of reasoning and planning that a rule can see before and at a call.

A call although a value it needs is unknown; a thought that names another function than the
action, or decides the opposite of what is done; a call repeated word for word; a
transaction that nobody confirmed; a thought that has the user do what the words do not
show, or one result have the values of several; a thought or result that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coalm_oumi.calls import FunctionCall, FunctionSchema, write_action
from coalm_oumi.calls.json_equality import same_json
from coalm_oumi.calls.names import NAME
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.check.closed_lists import listed_values
from coalm_oumi.cra.check.evidence import Evidence
from coalm_oumi.cra.check.grounding import grounded
from coalm_oumi.cra.check.grounding_names import folded, plain
from coalm_oumi.cra.check.thought_claims import joined_results, unshown_claims
from coalm_oumi.cra.check.turn_context import TurnContext, outcome
from coalm_oumi.cra.dialogue import Step
from coalm_oumi.errors import shorten

PLACEHOLDER = "needed value is a placeholder"
TOO_EARLY = "call before a needed value is known"
OTHER_FUNCTION = "thought names another function than the action"
AGAINST_CALL = "thought decides against the call that follows"
CALL_ANNOUNCED = "thought announces a call that is not made"
REPEATED = "repeated identical call"
UNCONFIRMED = "transaction without confirmation"
MISREAD = "thought states what the user did not do"
JOINED = "thought joins the values of several results"
NO_THOUGHT = "thought missing"
NO_OBSERVATION = "call without a result"

_PLACEHOLDER = re.compile(
    r"unknown|unspecified|not (?:yet )?(?:specified|provided|given|known|mentioned|stated)"
    r"|undefined|to be (?:determined|decided|confirmed|specified)|tb[ad]|n/?a|none|null"
    r"|missing|\?+|x{3,}|\.{3}|your[_ ]\w+|user'?s?[_ ]\w+|<[^>]*>|\[[^\]]*\]|\{[^}]*\}"
    r"|(?:\w+[_ ])?placeholder|example|string|value|some[_ ](?:city|name|date|time|place)"
    r"|default|sample|ask (?:the )?user|\w+_(?:name|value|here)|insert \w+|pending|-",
    re.IGNORECASE,
)
_NOT_NEEDED = re.compile(
    r"(?:do not|don'?t|no|not|without|n't) (?:\w+ ){0,2}?(?:need|require|necessary|needed)"
    r"(?: \w+){0,3} (?:api|function|tool|call)"
    r"|\bno (?:api|function|tool)(?: call)? (?:call )?(?:is |are )?(?:needed|required|"
    r"necessary)|(?:api|function|tool)(?: call)? is(?: not|n't) (?:needed|required|"
    r"necessary)|can (?:respond|answer|reply) (?:directly|without)",
    re.IGNORECASE,
)
_ANNOUNCED = (
    r"(?:I(?:'ll| will| now| am going to|'m going to| need to| should| must| have to)?"
    r"|[Ll]et me|so I|and I|going to|need to|will|should|must|have to)"
    r"(?: now| then| first)? (?:call|use|invoke|make (?:the|a) call (?:to|of))"
    r"(?: the)?(?: API| function)? [`'\"]?"
)
_REFUSAL = re.compile(
    r"\W{0,3}(?:no|nope|nah|wait|cancel|stop|hold on|don'?t|do not|not (?:yet|really))\b"
    r"(?! (?:problem|that'?s|more|changes?|worries))(?!,? (?:that|this|it) (?:is|looks))",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\b(?:confirm|verify|correct|right|is that|shall i|should i|would you like|want me"
    r"|do you want|make sure|sure you|to review|double[- ]check|okay\?|ok\?|proceed"
    r"|go ahead|just to|agree)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """An error of reasoning: the rule, what is wrong, and the words that show it."""

    rule: str
    message: str
    excerpt: str


def call_findings(context: TurnContext, position: int) -> Iterator[Finding]:
    """Finds errors at one call of a turn.

    Args:
        context: The turn.
        position: Which of its calls.
    """
    step = context.turn.steps[position]
    thought = context.turn.thoughts[position]
    yield from thought_findings(context, thought, step.call)
    yield from _repeated(context, position)
    yield from _placeholders(context, step.call)
    if position == 0:
        yield from _unconfirmed(context, step.call)


def step_findings(step: Step) -> Iterator[Finding]:
    """Finds what is missing after a call."""
    if step.observation is None:
        yield Finding(
            NO_OBSERVATION, "the call has no result to go on from", step.call.name
        )
    if not step.thought.strip():
        yield Finding(NO_THOUGHT, "no thought follows the result", step.call.name)
    for words in joined_results(step.thought, step.observation):
        message = "the thought gives one result the values of several"
        yield Finding(JOINED, message, shorten(words, 140))


def thought_findings(
    context: TurnContext, thought: str, call: FunctionCall | None
) -> Iterator[Finding]:
    """Finds what is wrong in the thought that decides about a call.

    Args:
        context: The turn.
        thought: The thought.
        call: The call that follows; None if the response does.
    """
    if not thought.strip():
        yield Finding(NO_THOUGHT, "the turn has no thought", shorten(context.turn.user))
        return
    if thought == context.turn.thought:
        for what, words in unshown_claims(thought, context.turn.user):
            message = f"the thought says that the user {what}, the user does not"
            yield Finding(MISREAD, message, _around(thought, words))
    names = _functions_named(context, thought)
    if call is not None:
        others = [name for name in names if name != call.name]
        if others and call.name not in names:
            yield Finding(
                OTHER_FUNCTION,
                f"the thought names '{others[0]}', the action calls '{call.name}'",
                _around(thought, others[0]),
            )
        against = _NOT_NEEDED.search(thought)
        if against:
            yield Finding(
                AGAINST_CALL,
                f"the thought wants no call, the action calls '{call.name}'",
                _around(thought, against[0]),
            )
        return
    for name in names:
        announced = re.search(_ANNOUNCED + re.escape(name), thought)
        if announced:
            yield Finding(
                CALL_ANNOUNCED,
                f"the thought announces '{name}', and nothing is called",
                _around(thought, announced[0]),
            )
            return


def is_placeholder(
    value: JsonValue,
    name: str,
    functions: Sequence[FunctionSchema],
    asked: str = "",
) -> bool:
    """Whether a value only stands in for one (`unknown`, `<name>`, `TBD`).

    Args:
        value: The value of an argument.
        name: The argument's name.
        functions: The functions of the call's name: a listed value, such as `None` for
            the language of subtitles, is one.
        asked: What the user has said: a value that stands there, such as the album
            `Undefined`, is one.
    """
    if not isinstance(value, str) or not _PLACEHOLDER.fullmatch(value.strip()):
        return False
    words = plain(value)
    if words.strip() and words in plain(asked):
        return False
    return not any(
        value in listed_values(parameter.definition)
        for function in functions
        for parameter in function.parameters
        if parameter.name == name
    )


def known_later(value: JsonValue, name: str, context: TurnContext) -> bool:
    """Whether a value that is not grounded is said by the user one or two turns later."""
    return not isinstance(value, bool) and grounded(value, name, context.later)


def _placeholders(context: TurnContext, call: FunctionCall) -> Iterator[Finding]:
    named = context.named(call.name)
    for name, value in call.arguments.items():
        if is_placeholder(value, name, named, context.evidence.asked):
            yield Finding(
                PLACEHOLDER,
                f"'{call.name}' is called although '{name}' is not known",
                f"{name}={value!r}",
            )


def _repeated(context: TurnContext, position: int) -> Iterator[Finding]:
    steps = context.turn.steps
    call = steps[position].call
    earlier = [step for turn in context.earlier for step in turn.steps]
    for past in reversed([*earlier, *steps[:position]]):
        if past.call.name != call.name or not same_json(
            past.call.arguments, call.arguments
        ):
            continue
        # Trying once more after a failure, or asking again for what has changed since
        # (a balance, other results), is no error of planning.
        status, same = outcome(past.observation), past.observation
        if status == "success" or (
            status != "failure" and same == steps[position].observation
        ):
            yield Finding(
                REPEATED,
                f"'{call.name}' has been called with these arguments before",
                shorten(_written(call), 120),
            )
        return


def _unconfirmed(context: TurnContext, call: FunctionCall) -> Iterator[Finding]:
    """Finds a transaction that the user was not asked to confirm.

    Confirmed is one whose details the system has just restated, or asked about, if the
    user then agrees and changes none of them.
    """
    named = context.named(call.name)
    if not named or not all(f.extra.get("is_transactional") for f in named):
        return
    reason = _why_unconfirmed(context, call)
    if reason:
        message = f"'{call.name}' changes something, and {reason}"
        yield Finding(UNCONFIRMED, message, shorten(context.turn.user, 120))


def _why_unconfirmed(context: TurnContext, call: FunctionCall) -> str:
    if not context.last_response:
        return "it is called in the first turn"
    named = context.named(call.name)
    given = {n: v for n, v in call.arguments.items() if not isinstance(v, bool)}
    restated = Evidence(context.evidence.today)
    restated.hear(context.last_response)
    there = [n for n, v in given.items() if grounded(v, n, restated)]
    if given and not there and not _REQUEST.search(context.last_response):
        return "the system has not restated any detail"
    new = [
        name
        for name, value in given.items()
        if not grounded(value, name, context.before, named)
        and grounded(value, name, context.evidence, named)
    ]
    if new:
        return f"the user has only now named '{new[0]}'"
    if _REFUSAL.match(context.turn.user):
        return "the user refuses"
    return ""


def _functions_named(context: TurnContext, thought: str) -> list[str]:
    found = []
    for word in re.findall(NAME, thought):
        name = word.rstrip(".-")
        # A name that is an ordinary word says nothing.
        telling = "_" in name or "." in name or re.search(r"[a-z][A-Z]", name)
        if telling and name in context.functions.names and name not in found:
            found.append(name)
    return found


def _around(text: str, words: str) -> str:
    start = max(0, text.find(words) - 60)
    return shorten(folded(text) and text[start : start + 160], 140)


def _written(call: FunctionCall) -> str:
    try:
        return write_action(call)
    except ValueError:
        return call.name
