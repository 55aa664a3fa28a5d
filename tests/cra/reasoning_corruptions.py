"""Errors of reasoning and planning that a rule should see (see `corruptions`)."""

from __future__ import annotations

import random
from dataclasses import replace

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.dialogue import CraTurn
from tests.cra.corruptions import (
    Case,
    Corrupt,
    Corrupted,
    World,
    calling,
    with_call,
    with_turn,
)

_ASKED_BEFORE = ("REQUEST",)


def other_function_in_thought(
    case: Case, world: World, rng: random.Random
) -> Corrupted | None:
    """The thought decides for one function, the action calls another."""
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    others = sorted(world.functions.names - {step.call.name})
    turn = case.made.turns[number]
    name = rng.choice(others)
    thought = rng.choice(
        [
            f"The user has told me what I need. I should call {name} now.",
            f"{turn.user[:40].strip()} - that is a case for {name}.",
            f"To help with this I use {name} with the details so far.",
        ]
    )
    return with_turn(case, number, replace(turn, thought=thought))


def thought_without_call(
    case: Case, world: World, rng: random.Random
) -> Corrupted | None:
    """The thought wants no call, and there is one."""
    del world
    found = calling(case, rng)
    if found is None:
        return None
    turn = case.made.turns[found[0]]
    thought = rng.choice(
        [
            "I don't need an API call for that, I want to respond to the user.",
            "No API call is needed here. I can answer directly.",
            "The user has all they need, so no function call is required.",
        ]
    )
    return with_turn(case, found[0], replace(turn, thought=thought))


def announced_call_not_made(
    case: Case, world: World, rng: random.Random
) -> Corrupted | None:
    """The thought announces a call, and none is made."""
    del world
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    turn = case.made.turns[number]
    thought = rng.choice(
        [
            f"I have everything. I will call {step.call.name} for the user.",
            f"This needs data. I need to call the {step.call.name} function.",
            f"Now I call {step.call.name} with these details.",
        ]
    )
    return with_turn(case, number, replace(turn, thought=thought, step=None))


def unconfirmed(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """A transaction follows at once, without the system's question whether it is right."""
    numbers = []
    for number, turn in enumerate(case.made.turns):
        if not turn.step or number < 1 or case.made.turns[number - 1].step:
            continue
        before = {act.act for f in case.turns(number - 1)[1].frames for act in f.acts}
        asked = "CONFIRM" in before
        if asked and world.function(turn.step.call).extra["is_transactional"]:
            numbers.append(number)
    if not numbers:
        return None
    number = rng.choice(numbers)
    turn, asking = case.made.turns[number], case.made.turns[number - 1]
    assert turn.step is not None
    thought = f"The user has given the details, so I call {turn.step.call.name}."
    made = CraTurn(asking.user, thought, turn.step, turn.response, turn.service)
    turns = (*case.made.turns[: number - 1], made, *case.made.turns[number + 1 :])
    return Corrupted(replace(case.made, turns=turns), number - 1)


def repeated(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """A turn that needs no call repeats the last one."""
    del world
    numbers = [
        number
        for number, turn in enumerate(case.made.turns)
        if number and turn.step is None and case.made.turns[number - 1].step
    ]
    if not numbers:
        return None
    number = rng.choice(numbers)
    turn, step = case.made.turns[number], case.made.turns[number - 1].step
    assert step is not None
    if step.observation.get("status") == "failure":
        return None
    thought = f"To answer this I look it up again with {step.call.name}."
    again = replace(step, thought="I have the result and answer the user.")
    return with_turn(case, number, replace(turn, thought=thought, step=again))


def placeholder(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """A value that is needed is a placeholder."""
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    required = [
        p.name
        for p in world.function(step.call).parameters
        if p.type == "str"
        and p.name in step.call.arguments
        and "enum" not in p.definition
    ]
    if not required:
        return None
    name = rng.choice(required)
    value = rng.choice(
        ["unknown", "not specified", f"<{name}>", "TBD", f"your_{name}", "N/A"]
    )
    call = FunctionCall(step.call.name, {**step.call.arguments, name: value})
    return with_call(case, number, call)


def too_early(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """The call is made in the turn before the user tells what it needs."""
    numbers = []
    for number, turn in enumerate(case.made.turns):
        if not turn.step or number < 1 or case.made.turns[number - 1].step:
            continue
        acts = [a for f in case.turns(number)[0].frames for a in f.acts]
        informed = {a.slot for a in acts if a.act == "INFORM"}
        known = case.known(number - 1)
        new = [
            name
            for name, value in turn.step.call.arguments.items()
            if name in informed
            and not isinstance(value, bool)
            and str(value).lower() not in known
        ]
        if new:
            numbers.append(number)
    del world
    if not numbers:
        return None
    number = rng.choice(numbers)
    turn, early = case.made.turns[number], case.made.turns[number - 1]
    assert turn.step is not None
    thought = f"The user wants this, so I call {turn.step.call.name}."
    made = replace(early, thought=thought, step=turn.step)
    turns = list(case.made.turns)
    turns[number - 1] = made
    turns[number] = replace(turn, step=None)
    return Corrupted(replace(case.made, turns=tuple(turns)), number - 1)


def denied_outcome(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """The response says the opposite of what the observation shows."""
    del world
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    turn, seen = case.made.turns[number], step.observation
    response = None
    if seen.get("status") == "success":
        # Half of them: the call fails, and the response goes on as if it had not.
        if rng.random() < 0.5:
            failed = replace(step, observation={"status": "failure", "results": []})
            return with_turn(case, number, replace(turn, step=failed))
        response = rng.choice(
            [
                "I'm sorry, I was unable to complete the booking.",
                "Unfortunately I could not make the reservation for you.",
                "The request failed, I am afraid.",
            ]
        )
    elif seen.get("status") == "failure":
        response = rng.choice(
            [
                "Your booking is confirmed, enjoy!",
                "All done, it has been booked for you.",
                "The reservation was made successfully.",
            ]
        )
    elif seen.get("count") == 0:
        response = "I found a great one for you that fits everything. Shall I go on?"
    elif seen.get("count"):
        response = rng.choice(
            [
                "Sorry, I couldn't find any that match.",
                "There are no results for your search, unfortunately.",
                "I could not find anything like that.",
            ]
        )
    if response is None:
        return None
    return with_turn(case, number, replace(turn, response=response))


def changed_report(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """The response reports another value than the observation has."""
    found = calling(case, rng)
    if found is None:
        return None
    number, _ = found
    turn = case.made.turns[number]
    changes = []
    for frame in case.turns(number)[1].frames:
        for act in frame.acts:
            words = act.wording
            if act.act not in ("OFFER", "INFORM") or len(words) < 2:
                continue
            drawn = world.other_value(case, number, act.slot, rng)
            if drawn and turn.response.count(words) == 1 and words != drawn[1]:
                results = [str(v).lower() for r in frame.results for v in r.values()]
                if drawn[0].lower() not in results and drawn[1] not in (
                    "True",
                    "False",
                ):
                    changes.append((words, drawn[1]))
    if not changes:
        return None
    old, new = rng.choice(changes)
    return with_turn(
        case, number, replace(turn, response=turn.response.replace(old, new))
    )


def missing_part(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """A thought or a result is missing."""
    del world
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    turn = case.made.turns[number]
    made = rng.choice(
        [
            replace(turn, thought=""),
            replace(turn, step=replace(step, thought="")),
            replace(turn, step=replace(step, observation=None)),
        ]
    )
    return with_turn(case, number, made)


REASONING: dict[str, Corrupt] = {
    "thought names another function": other_function_in_thought,
    "thought wants no call": thought_without_call,
    "announced call not made": announced_call_not_made,
    "transaction not confirmed": unconfirmed,
    "call repeated": repeated,
    "needed value is a placeholder": placeholder,
    "call before a value is known": too_early,
    "response denies the observation": denied_outcome,
    "response reports another value": changed_report,
    "thought or result missing": missing_part,
}
"""Errors of reasoning and planning, by name."""
