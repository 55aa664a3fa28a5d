"""Values that a thought knows too early.

A thought may use what was said and observed before it, and what the schema lists. `leaks`
goes through a finished dialogue and finds every other value of the dialogue in a thought.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.write.wordings import wordings
from coalm_oumi.sources.sgd_dialogue import Dialogue, Turn
from coalm_oumi.sources.sgd_schema import ServiceSchema

_WORD = re.compile(r"\w+|[^\w\s]")
_SHORTEST = 3


def slot_values(dialogue: Dialogue) -> dict[str, str]:
    """Returns every value that a dialogue or its results name, with its slot."""
    found: dict[str, str] = {}
    for turn in dialogue.turns:
        for frame in turn.frames:
            for act in frame.acts:
                for value in (*act.values, *act.canonical_values):
                    found.setdefault(value.lower(), act.slot)
            for result in frame.results:
                for slot, value in result.items():
                    found.setdefault(value.lower(), slot)
    return found


def leaks(
    dialogue: Dialogue, made: CraDialogue, defaults: frozenset[str]
) -> Iterator[tuple[int, str, str]]:
    """Finds values in thoughts that were not known when the thought was had.

    Known is what stands in the dialogue so far (observations included), the canonical
    forms of what was said, and what the schema lists. A value made of words that the
    wordings have themselves (a song called `After`) cannot be told from those.

    Args:
        dialogue: The source.
        made: What was made of it.
        defaults: Values that the schemas list, in lower case.

    Yields:
        The turn's number, the value, and the thought.
    """
    plain = _plain_words()
    values = [
        (value, re.compile(rf"(?<!\w){re.escape(value)}(?!\w)"))
        for value in slot_values(dialogue)
        if len(value) >= _SHORTEST
        and value not in defaults
        and not plain.issuperset(_WORD.findall(value))
    ]
    known = ""
    for number, turn in enumerate(made.turns):
        user, system = dialogue.turns[2 * number : 2 * number + 2]
        known += f"\n{turn.user.lower()}\n{_canonical(user)}"
        unknown = [(v, p) for v, p in values if v not in known]
        yield from _found(number, turn.thought, unknown)
        known += f"\n{turn.response_input().lower()}"
        if turn.step is not None:
            # The observation has quotes in its own notation; take the values as well.
            known += "\n" + str(turn.step.observation).lower().replace("\\'", "'")
            unknown = [(v, p) for v, p in unknown if v not in known]
            yield from _found(number, turn.step.thought, unknown)
        known += f"\n{turn.response.lower()}\n{_canonical(system)}"


@cache
def _plain_words() -> frozenset[str]:
    patterns = (p.lower() for kind in wordings().values() for p in kind)
    return frozenset(word for p in patterns for word in _WORD.findall(p))


def _found(
    number: int, thought: str, unknown: Sequence[tuple[str, re.Pattern[str]]]
) -> Iterator[tuple[int, str, str]]:
    text = thought.lower()
    for value, pattern in unknown:
        if value in text and pattern.search(text):
            yield number, value, thought


def _canonical(turn: Turn) -> str:
    frames = turn.frames
    return "\n".join(
        value.lower() for f in frames for a in f.acts for value in a.canonical_values
    )


def schema_values(schemas: Iterable[ServiceSchema]) -> frozenset[str]:
    """Returns, in lower case, what schemas list: values, and the words of intents."""
    return frozenset(
        value.lower()
        for service in schemas
        for value in (
            *(v for slot in service.slots for v in slot.possible_values),
            *(v for i in service.intents for v in i.optional_slots.values()),
            *(w for i in service.intents for w in _WORD.findall(i.description)),
        )
    )
