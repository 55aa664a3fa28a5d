"""Errors as models make them, put into grounded CRA dialogues, one at a time.

A corruption takes a dialogue with its source and returns the dialogue with one error, or
None where it does not apply. What makes an error an error is decided from SGD's own
annotation (dialogue acts, schema, results), never by the rules under test.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from coalm_oumi.calls import FunctionCall, FunctionSchema
from coalm_oumi.cra.check.defect import ErrorClass
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.slot_types import typed_value
from coalm_oumi.sources.sgd_dialogue import Dialogue, Turn
from coalm_oumi.sources.sgd_schema import ServiceSchema


@dataclass
class Case:
    """A dialogue that is to be corrupted.

    Attributes:
        source: The dialogue in SGD.
        made: The grounded dialogue.
    """

    source: Dialogue
    made: CraDialogue

    def turns(self, number: int) -> tuple[Turn, Turn]:
        """Returns the source's turns of a turn."""
        user, system = self.source.turns[2 * number : 2 * number + 2]
        return user, system

    def known(self, number: int) -> set[str]:
        """Returns all values annotated up to the user's words of a turn, as texts."""
        found: set[str] = set()
        for turn in self.source.turns[: 2 * number + 1]:
            for frame in turn.frames:
                for act in frame.acts:
                    found.update(v.lower() for v in act.values)
                    found.update(v.lower() for v in act.canonical_values)
                for result in frame.results:
                    found.update(value.lower() for value in result.values())
        return found

    def spoken_slots(self, number: int) -> set[str]:
        """Returns the slots of all acts up to the user's words of a turn."""
        return {
            act.slot
            for turn in self.source.turns[: 2 * number + 1]
            for frame in turn.frames
            for act in frame.acts
        }


@dataclass
class World:
    """What corruptions draw from: all functions, and all values of each slot."""

    functions: FunctionCatalogue
    services: Mapping[str, ServiceSchema]
    values: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    _pools: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)

    def add(self, dialogue: Dialogue) -> None:
        """Takes in the values of a dialogue, with their wordings."""
        for turn in dialogue.turns:
            for frame in turn.frames:
                for act in frame.acts:
                    for value, words in zip(
                        act.canonical_values, act.values, strict=False
                    ):
                        if value != "dontcare":
                            kept = self.values.setdefault((frame.service, act.slot), [])
                            kept.append((value, words))

    def function(self, call: FunctionCall) -> FunctionSchema:
        """Returns the function of a call that has all its arguments."""
        named = [f for f in self.functions.functions if f.name == call.name]
        fitting = [f for f in named if set(call.arguments) <= f.parameter_names]
        return (fitting or named)[0]

    def other_value(
        self, case: Case, number: int, slot: str, rng: random.Random
    ) -> tuple[str, str] | None:
        """Draws a value of a slot that nobody has named yet, with its wording."""
        service = case.made.turns[number].service
        if (service, slot) not in self._pools:
            pool = sorted(set(self.values.get((service, slot), ())))
            self._pools[service, slot] = pool
        pool = self._pools[service, slot]
        known = case.known(number)
        for _ in range(20 if pool else 0):
            drawn = rng.choice(pool)
            if not {drawn[0].lower(), drawn[1].lower()} & known:
                return drawn
        return None


@dataclass(frozen=True)
class Corrupted:
    """A corrupted dialogue, and the turn with the error."""

    dialogue: CraDialogue
    turn: int


Corrupt = Callable[[Case, World, random.Random], "Corrupted | None"]


def with_turn(case: Case, number: int, turn: CraTurn) -> Corrupted:
    """Returns the dialogue with another turn in a turn's place."""
    turns = list(case.made.turns)
    turns[number] = turn
    return Corrupted(replace(case.made, turns=tuple(turns)), number)


def calling(case: Case, rng: random.Random) -> tuple[int, Step] | None:
    """Draws a turn that calls a function."""
    numbers = [n for n, turn in enumerate(case.made.turns) if turn.step]
    if not numbers:
        return None
    number = rng.choice(numbers)
    step = case.made.turns[number].step
    return (number, step) if step else None


def with_call(case: Case, number: int, call: FunctionCall) -> Corrupted:
    """Returns the dialogue with another call in a turn."""
    turn = case.made.turns[number]
    assert turn.step is not None
    return with_turn(case, number, replace(turn, step=replace(turn.step, call=call)))


def _changed(call: FunctionCall, **changes: Any) -> FunctionCall:
    return FunctionCall(call.name, {**call.arguments, **changes})


def misnamed_function(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """`FindRestaurants` becomes `SearchRestaurants`, `find_restaurants` and the like."""
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    name = step.call.name
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    verb = snake.split("_")[0]
    rest = name[len(verb) :]
    choices = [snake, f"Query{rest}", f"Do{name}", f"{name}API", f"Check{rest}Status"]
    choices = [c for c in choices if c not in world.functions.names]
    call = FunctionCall(rng.choice(choices), step.call.arguments)
    return with_call(case, number, call)


def misnamed_argument(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """`city` becomes `cityName`, `location_city`, `citys`."""
    found = calling(case, rng)
    if found is None or not found[1].call.arguments:
        return None
    number, step = found
    name = rng.choice(sorted(step.call.arguments))
    head, *tail = name.split("_")
    camel = head + "".join(part.title() for part in tail)
    choices = [f"{name}_name", f"{name}s", f"preferred_{name}", f"user_{name}"]
    choices += [camel] if tail else []
    known = {p for f in world.functions.functions for p in f.parameter_names}
    new = rng.choice([c for c in choices if c not in known])
    arguments = {(new if k == name else k): v for k, v in step.call.arguments.items()}
    return with_call(case, number, FunctionCall(step.call.name, arguments))


def missing_argument(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """A required argument is left out."""
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    required = world.function(step.call).extra["required"]
    if not required:
        return None
    gone = rng.choice(sorted(required))
    arguments = {k: v for k, v in step.call.arguments.items() if k != gone}
    call = FunctionCall(step.call.name, arguments)
    # Another function of that name may do without it.
    return with_call(case, number, call) if world.functions.problem(call) else None


def invented_argument(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """An argument is added that the function does not have."""
    del world
    found = calling(case, rng)
    if found is None:
        return None
    extra = rng.choice(
        [
            ("user_id", "u1"),
            ("currency", "USD"),
            ("max_results", 5),
            ("sort_by", "price"),
        ]
    )
    number, step = found
    return with_call(case, number, _changed(step.call, **{extra[0]: extra[1]}))


def _typed(
    kinds: tuple[type, ...], change: Callable[[Any, random.Random], Any]
) -> Corrupt:
    def corrupt(case: Case, world: World, rng: random.Random) -> Corrupted | None:
        del world
        found = calling(case, rng)
        if found is None:
            return None
        number, step = found
        names = [k for k, v in step.call.arguments.items() if type(v) in kinds]
        if not names:
            return None
        name = rng.choice(sorted(names))
        value = change(step.call.arguments[name], rng)
        return with_call(case, number, _changed(step.call, **{name: value}))

    return corrupt


def outside_the_list(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """A closed value becomes one that is not in its list."""
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    closed = [
        p
        for p in world.function(step.call).parameters
        if p.name in step.call.arguments and p.type == "str" and "enum" in p.definition
    ]
    if not closed:
        return None
    chosen = rng.choice(closed)
    values = [f"{step.call.arguments[chosen.name]} or similar", "all", "Any type"]
    return with_call(
        case, number, _changed(step.call, **{chosen.name: rng.choice(values)})
    )


def replaced_value(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """A value becomes another one of its slot that nobody has named."""
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    names = [k for k, v in step.call.arguments.items() if not isinstance(v, bool)]
    if not names:
        return None
    name = rng.choice(sorted(names))
    drawn = world.other_value(case, number, name, rng)
    slot = world.services[case.made.turns[number].service].slot.get(name)
    if drawn is None or slot is None:
        return None
    value = typed_value(drawn[0], slot)
    if type(value) is not type(step.call.arguments[name]):
        return None
    return with_call(case, number, _changed(step.call, **{name: value}))


def unasked_argument(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """An optional argument is added that nobody has spoken of."""
    found = calling(case, rng)
    if found is None:
        return None
    number, step = found
    service = world.services[case.made.turns[number].service]
    spoken = case.spoken_slots(number)
    options = []
    for parameter in world.function(step.call).parameters:
        slot = service.slot.get(parameter.name)
        if slot is None or parameter.name in step.call.arguments or slot.name in spoken:
            continue
        drawn = world.other_value(case, number, slot.name, rng)
        value = typed_value(drawn[0], slot) if drawn else None
        if parameter.type == "bool":
            value = rng.choice([True, False])
        if value is not None and value != parameter.definition.get("default"):
            options.append((slot.name, value))
    if not options:
        return None
    name, value = rng.choice(options)
    return with_call(case, number, _changed(step.call, **{name: value}))


def flipped_value(case: Case, world: World, rng: random.Random) -> Corrupted | None:
    """A yes becomes a no: the topic was spoken of, so that no rule can tell."""
    return _typed((bool,), lambda value, _: not value)(case, world, rng)


_WORDS = {1: "one", 2: "two", 3: "three", 4: "four"}
CORRUPTIONS: dict[ErrorClass, dict[str, Corrupt]] = {
    ErrorClass.UNDEFINED_FUNCTION: {
        "function misnamed": misnamed_function,
        "argument misnamed": misnamed_argument,
        "required argument left out": missing_argument,
        "argument invented": invented_argument,
    },
    ErrorClass.ARGUMENT_TYPE: {
        "number as text": _typed((int,), lambda v, _: _WORDS.get(v, str(v))),
        "truth value as text": _typed((bool,), lambda v, r: r.choice([str(v), "yes"])),
        "text in a list": _typed((str,), lambda v, _: [v]),
        "text in an object": _typed((str,), lambda v, _: {"value": v}),
        "text as truth value": _typed((str,), lambda v, _: True),
        "value outside the list": outside_the_list,
    },
    ErrorClass.ARGUMENT_HALLUCINATION: {
        "value replaced by one that nobody named": replaced_value,
        "argument that nobody spoke of": unasked_argument,
    },
}
BEYOND_RULES: dict[str, Corrupt] = {"truth value flipped": flipped_value}
"""Errors that rules cannot see; measured, and not part of any class's recall."""


def applicable(
    corrupt: Corrupt, cases: list[Case], world: World, rng: random.Random
) -> Iterator[tuple[Case, Corrupted]]:
    """Yields corrupted dialogues without end, each case drawn anew."""
    tries = 0
    while tries < 20 * len(cases):
        case = rng.choice(cases)
        made = corrupt(case, world, rng)
        tries += 1
        if made is not None and made.dialogue != case.made:
            tries = 0
            yield case, made
