"""Observations: what a call returned, trimmed to what a dialogue needs.

In: ten results of `FindFerry`. Out (`{'count': 10, 'results': [{...}, {...}, {...}]}`): a
search says how many results there were and shows at most three of them (`MAX_RESULTS`), but
always those which the rest of the dialogue needs: any that a later turn offers or takes a
value from. They stand in the source's order. A transaction says whether it went through
(`{'status': 'success', 'results': [{...}]}`): SGD's results alone do not, as a failed
booking may return another time instead.

Of somebody's own API the observation is what the API returned, word for word: that is what
the model will see when it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from coalm_oumi.calls import strict_json
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.functions import typed_argument
from coalm_oumi.sources.sgd_dialogue import Dialogue, DialogueAct, Frame
from coalm_oumi.sources.sgd_schema import ServiceSchema

MAX_RESULTS = 3
"""Results shown of a search, if the dialogue does not need more."""

Result = Mapping[str, str]
_REPORTING = ("OFFER", "INFORM")


@dataclass(frozen=True)
class Observed:
    """The results of one call as the dialogue shows them.

    Attributes:
        count: How many results there were.
        results: Those that the observation shows, as texts.
        value: The observation, typed, ready to be written.
    """

    count: int
    results: tuple[Result, ...]
    value: JsonValue

    def has(self, slot: str, text: str) -> bool:
        """Whether some result has this value."""
        return any(result.get(slot) == text for result in self.results)


def observe(
    frame: Frame, service: ServiceSchema, needed: frozenset[int]
) -> Observed | None:
    """Makes the observation of a frame's call; None when the frame has no call.

    Args:
        frame: A SYSTEM frame.
        service: Its service.
        needed: Positions of the results that the dialogue needs (`needed_results`).
    """
    if frame.call is None:
        return None
    if frame.returned is not None:
        value = strict_json.loads(frame.returned)
        return Observed(len(frame.results), frame.results, value)
    kept = set(needed)
    for position in range(len(frame.results)):
        if len(kept) >= MAX_RESULTS:
            break
        kept.add(position)
    kept_results = tuple(frame.results[position] for position in sorted(kept))
    written = [
        {slot: typed_argument(v, slot, service) for slot, v in result.items()}
        for result in kept_results
    ]
    value: dict[str, JsonValue] = {"count": len(frame.results)}
    if service.intent[frame.call.method].is_transactional:
        failed = any(act.act == "NOTIFY_FAILURE" for act in frame.acts)
        value = {"status": "failure" if failed else "success"}
    return Observed(len(frame.results), kept_results, {**value, "results": written})


def needed_results(dialogue: Dialogue) -> dict[int, frozenset[int]]:
    """Finds which results the SYSTEM turns of a dialogue use.

    Args:
        dialogue: Any dialogue.

    Returns:
        For each turn with a call, the positions in its results of those that this turn
        or a later one (up to the service's next call) offers or quotes.
    """
    needed: dict[int, set[int]] = {}
    last: dict[str, tuple[int, Sequence[Result]]] = {}
    focus: dict[str, int | None] = {}
    for number, turn in enumerate(dialogue.turns):
        for frame in turn.frames if turn.speaker == "SYSTEM" else ():
            if frame.call is not None:
                last[frame.service] = (number, frame.results)
                needed[number] = set()
                focus[frame.service] = None
            if frame.service not in last:
                continue
            position, results = last[frame.service]
            found = _used(frame.acts, results, focus[frame.service])
            needed[position].update(found)
            focus[frame.service] = found[0] if found else focus[frame.service]
    return {number: frozenset(found) for number, found in needed.items()}


def _used(
    acts: Sequence[DialogueAct], results: Sequence[Result], focus: int | None
) -> list[int]:
    """Returns the results that a turn's acts speak of, the offered one first."""
    found: list[int] = []
    for reported in _rows(acts):
        scores = [
            sum(result.get(slot) == value for slot, value in reported.items())
            for result in results
        ]
        best = max(scores, default=0)
        if not best:
            continue
        # Several fit alike: it is the one already spoken of, else the first.
        if focus is not None and scores[focus] == best:
            choice = focus
        else:
            choice = scores.index(best)
        if choice not in found:
            found.append(choice)
    return found


def _rows(acts: Sequence[DialogueAct]) -> Iterator[dict[str, str]]:
    """Yields the values that belong to one result each.

    An act with several values (the times of two calendar entries) speaks of several
    results; those with one value go with each.
    """
    reporting = [act for act in acts if act.act in _REPORTING and act.canonical_values]
    size = max((len(act.canonical_values) for act in reporting), default=0)
    for number in range(size):
        yield {
            act.slot: act.canonical_values[min(number, len(act.canonical_values) - 1)]
            for act in reporting
        }
