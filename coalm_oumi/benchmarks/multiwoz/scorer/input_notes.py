"""What the reader of scores has to know of the predictions: what was missing or unknown.

A file of five dialogues gives ``994 of 999 dialogues were not predicted: inform and success
are over the others, inform_all and success_all count them as failures.``
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from coalm_oumi.benchmarks.multiwoz.scorer.judge import JudgedDialogue
from coalm_oumi.environments.multiwoz.data.domains import TRACKED_SLOTS, tracked_slot
from coalm_oumi.environments.multiwoz.predicted_turn import PredictedTurn
from coalm_oumi.environments.multiwoz.users.placeholders import unknown_placeholders
from coalm_oumi.errors import shorten

_NAMED = 5
# mwzeval's files name these, too.
_OTHER_DOMAINS = frozenset({"police", "hospital", "bus", "general"})


def input_notes(
    judged: Sequence[JudgedDialogue], stand_in: str = "2.4"
) -> Iterator[str]:
    """Yields what is missing in predictions, or unknown, as sentences.

    Args:
        judged: The dialogues; one that was not predicted has no outcome.
        stand_in: The version of MultiWOZ whose gold states stand in for missing ones.
    """
    missing = sum(item.outcome is None for item in judged)
    if missing:
        yield (
            f"{missing} of {len(judged)} dialogues were not predicted: inform and success "
            "are over the others, inform_all and success_all count them as failures, as "
            "jga_strict and jga_lenient do their turns."
        )
    short = [
        len(item.dialogue.turns) - len(item.predicted)
        for item in judged
        if item.outcome is not None and item.booked is None
    ]
    if any(left > 0 for left in short):
        yield (
            f"{sum(short)} turns in {sum(left > 0 for left in short)} dialogues were not "
            "predicted: their states count as wrong, and nothing is given in them."
        )
    turns = [turn for item in judged for turn in item.predicted]
    stored = [turn for turn in turns if turn.delexicalised]
    stateless = sum(turn.state is None for turn in stored)
    if stateless:
        note = (
            f"{stateless} of {len(turns)} turns have no state: the gold states of "
            f"MultiWOZ {stand_in} stand in for all states"
        )
        if stand_in != "2.2":
            note += (
                ", where mwzeval takes those of 2.2 (--split test:2.2), so that inform "
                "and success can be up to two points off its figures"
            )
        yield f"{note}; states are not scored."
    yield from _unknown("placeholders", map(_placeholders, stored), len(stored))
    yield from _unknown("domains and slots", map(_slots, turns), len(turns))


def _unknown(what: str, found: Iterable[set[str]], n: int) -> Iterator[str]:
    sets = [names for names in found if names]
    if not sets:
        return
    counts = Counter(name for names in sets for name in sorted(names))
    named = ", ".join(shorten(name, 40) for name, _ in counts.most_common(_NAMED))
    more = f" and {len(counts) - _NAMED} more" if len(counts) > _NAMED else ""
    yield (
        f"{len(sets)} of {n} turns have {what} that the benchmark does not know: "
        f"{named}{more}."
    )


def _placeholders(turn: PredictedTurn) -> set[str]:
    return {f"[{name}]" for name in unknown_placeholders(turn.response)}


def _slots(turn: PredictedTurn) -> set[str]:
    known = {*TRACKED_SLOTS, *_OTHER_DOMAINS}
    found = {d for d in (turn.active_domains or ()) if d not in known}
    for domain, slots in (turn.state or {}).items():
        tracked = TRACKED_SLOTS.get(domain)
        if tracked is None:
            found |= set() if domain in _OTHER_DOMAINS else {domain}
        else:
            found |= {f"{domain}-{s}" for s in slots if tracked_slot(s) not in tracked}
    return found
