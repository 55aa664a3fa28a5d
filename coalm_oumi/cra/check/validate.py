"""Validation of a CRA dialogue in the four classes of the paper's Appendix D.

In: a dialogue and the functions on offer. Out: its defects. Nothing else is looked at, no
file and no model, so that the same dialogue always has the same defects. What rules cannot
see (is this the right plan at all?) a judge may say: `configs/cra_judge.yaml`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Literal

from coalm_oumi.cra.check.call_rules import call_problems
from coalm_oumi.cra.check.defect import Defect, ErrorClass
from coalm_oumi.cra.check.evidence import Evidence
from coalm_oumi.cra.check.grounding import grounded
from coalm_oumi.cra.check.reasoning_rules import (
    TOO_EARLY,
    Finding,
    call_findings,
    is_placeholder,
    known_later,
    step_findings,
    thought_findings,
)
from coalm_oumi.cra.check.response_rules import response_findings
from coalm_oumi.cra.check.turn_context import TurnContext, turn_contexts
from coalm_oumi.cra.dialogue import CraDialogue, Step
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.errors import shorten
from coalm_oumi.sources.sgd_dialogue import TODAY

SGD_TODAY = TODAY
"""The day on which SGD's dialogues are held."""
UNGROUNDED = "ungrounded value"

Part = Literal["call", "response"]
"""What of a turn is looked at: the call with what leads to it, or what follows it."""
BOTH: tuple[Part, ...] = ("call", "response")


def validate(
    dialogue: CraDialogue,
    functions: FunctionCatalogue,
    *,
    today: date | None = None,
) -> tuple[Defect, ...]:
    """Finds the defects of a dialogue.

    Args:
        dialogue: The dialogue.
        functions: The functions on offer.
        today: The day on which it is held; None if that is not known. Then "tomorrow"
            may be any day, and "Friday" any Friday.

    Returns:
        The defects, turn by turn.
    """
    found: list[Defect] = []
    for context in turn_contexts(dialogue, functions, today):
        found += turn_defects(context)
    return tuple(found)


def validate_turn(
    dialogue: CraDialogue,
    functions: FunctionCatalogue,
    *,
    number: int = -1,
    parts: Collection[Part] = BOTH,
    today: date | None = None,
) -> tuple[Defect, ...]:
    """Finds the defects of one turn, the others being what was said before.

    Args:
        dialogue: The dialogue.
        functions: The functions on offer.
        number: The turn, from 0; the last one by default.
        parts: What of it is looked at.
        today: As for `validate`.
    """
    wanted = number % len(dialogue.turns)
    for context in turn_contexts(dialogue, functions, today):
        if context.number == wanted:
            return tuple(turn_defects(context, parts))
    return ()


def turn_defects(
    context: TurnContext, parts: Collection[Part] = BOTH
) -> Iterator[Defect]:
    """Yields the defects of a turn.

    Args:
        context: The turn.
        parts: What of it is looked at.
    """
    turn = context.turn
    if "call" in parts:
        evidence = context.evidence
        for position, step in enumerate(turn.steps):
            yield from _call_defects(context, position, evidence)
            if position + 1 < len(turn.steps):
                evidence = evidence.copy()
                evidence.observe(step.observation)
        if not turn.steps:
            for finding in thought_findings(context, turn.thought, None):
                yield _reasoning(context, finding, "")
    if "response" in parts:
        last = turn.steps[-1].call.name if turn.steps else ""
        for step in turn.steps:
            for finding in step_findings(step):
                yield _reasoning(context, finding, step.call.name)
        for finding in response_findings(context):
            yield _reasoning(context, finding, last)


def _call_defects(
    context: TurnContext, position: int, evidence: Evidence
) -> Iterator[Defect]:
    step = context.turn.steps[position]
    call = step.call
    for problem in call_problems(call, context.functions.functions):
        yield Defect(
            problem.error_class,
            problem.rule,
            context.number,
            call.name,
            problem.message,
            problem.excerpt,
            context.turn.service,
        )
    yield from _ungrounded(context, step, evidence)
    for finding in call_findings(context, position):
        yield _reasoning(context, finding, call.name)


def _ungrounded(
    context: TurnContext, step: Step, evidence: Evidence
) -> Iterator[Defect]:
    call = step.call
    named = context.named(call.name)
    for name, value in call.arguments.items():
        if is_placeholder(value, name, named, context.evidence.asked):
            continue
        if grounded(value, name, evidence, named):
            continue
        excerpt = f"{name}={shorten(repr(value), 80)}"
        if known_later(value, name, context):
            message = f"the user tells '{name}' only later"
            finding = Finding(TOO_EARLY, message, excerpt)
            yield _reasoning(context, finding, call.name)
            continue
        yield Defect(
            ErrorClass.ARGUMENT_HALLUCINATION,
            UNGROUNDED,
            context.number,
            call.name,
            f"the value of '{name}' stands nowhere before the call",
            excerpt,
            context.turn.service,
        )


def _reasoning(context: TurnContext, finding: Finding, function: str) -> Defect:
    return Defect(
        ErrorClass.REASONING,
        finding.rule,
        context.number,
        function,
        finding.message,
        finding.excerpt,
        context.turn.service,
    )
