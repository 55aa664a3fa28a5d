"""Judging predicted dialogues: each against its goal, its gold states, its bookings.

This is where the two forms of stored predictions become one: states from calls or from
the prediction, active domains given or guessed, replies delexicalised or to be so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from coalm_oumi.benchmarks.multiwoz.scorer.call_state import updated_state
from coalm_oumi.benchmarks.multiwoz.scorer.goal_check import (
    booked_by_turn,
    check_goal,
    replayed,
)
from coalm_oumi.benchmarks.multiwoz.scorer.predictions import Predictions
from coalm_oumi.benchmarks.multiwoz.scorer.problems import NO_STATE
from coalm_oumi.benchmarks.multiwoz.scorer.state_tracking import TurnTracking, track
from coalm_oumi.benchmarks.multiwoz.scorer.success import (
    DialogueOutcome,
    ScoredTurn,
    dialogue_outcome,
)
from coalm_oumi.case_errors import CaseErrors
from coalm_oumi.environments.multiwoz.data.active_domains import State, active_domains
from coalm_oumi.environments.multiwoz.data.canonical import canonical_value
from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue
from coalm_oumi.environments.multiwoz.data.domains import ANY_VALUES, scorer_slot
from coalm_oumi.environments.multiwoz.data.load import MultiwozData
from coalm_oumi.environments.multiwoz.predicted_turn import (
    PredictedTurn,
    StoredCall,
)
from coalm_oumi.environments.multiwoz.users.delexicalise import Delexicaliser
from coalm_oumi.environments.multiwoz.users.placeholders import named_placeholders

_KINDS = ("reference", "phone", "type")


@dataclass(frozen=True)
class JudgedDialogue:
    """What a predicted dialogue is worth.

    Attributes:
        dialogue: The test dialogue.
        outcome: Inform and Success; None if it was not predicted.
        tracking: By turn of the test dialogue, how the state compares; empty where
            states are not scored.
        predicted: The predicted turns.
        scored: The same as the scorer reads them.
        booked: For a dialogue with another user than the test's own: by domain that the
            goal wants booked, whether it was (`goal_check`). None with the test's user.
    """

    dialogue: Dialogue
    outcome: DialogueOutcome | None
    tracking: tuple[TurnTracking, ...]
    predicted: tuple[PredictedTurn, ...]
    scored: tuple[ScoredTurn, ...]
    booked: Mapping[str, bool] | None = None

    @property
    def only_state(self) -> bool:
        """Whether the model was asked for states alone: there are no replies to judge."""
        return any(turn.only_state for turn in self.predicted)

    @property
    def all_booked(self) -> bool:
        """Whether all was booked that the goal wants booked."""
        return self.booked is not None and all(self.booked.values())

    @property
    def goal_met(self) -> bool:
        """Whether the user got all of the goal: what to know and what to book."""
        succeeded = self.outcome is not None and self.outcome.succeeded
        return succeeded and self.all_booked

    @property
    def verdict(self) -> Mapping[str, str] | None:
        """What a judge said of the dialogue; None if no judge was asked."""
        return self.predicted[-1].judged if self.predicted else None

    @property
    def judge_met(self) -> bool | None:
        """Whether the judge found the goal met; None if it did not say."""
        verdict = (self.verdict or {}).get("verdict")
        return verdict == "met" if verdict else None

    @property
    def calls(self) -> Iterator[StoredCall]:
        """All calls of the dialogue."""
        return chain.from_iterable(turn.calls for turn in self.predicted)


def judge(
    data: MultiwozData,
    predictions: Predictions,
    *,
    errors: CaseErrors | None = None,
    then: Callable[[JudgedDialogue], Any] = lambda judged: None,
) -> list[JudgedDialogue]:
    """Judges dialogues.

    States are taken as predicted or, where a turn has none, as its calls make them. In
    mwzeval's form there are no calls: if any turn has no state, the gold states are used
    for Inform and Success, as mwzeval does, and states are not scored.

    Args:
        data: The benchmark's data.
        predictions: The predicted turns by dialogue id.
        errors: Takes the dialogues that cannot be judged, which count as not predicted.
        then: Is called with each judged dialogue, under the same guard.

    Raises:
        KeyError: A dialogue is not in the data.
    """
    turns = [turn for found in predictions.values() for turn in found or ()]
    gold_states = any(turn.delexicalised and turn.state is None for turn in turns)
    delexicalise = None
    if not all(turn.delexicalised or turn.only_state for turn in turns):
        delexicalise = Delexicaliser(data.databases)
    reading = _Reading(
        data,
        gold_states,
        all(turn.active_domains is not None for turn in turns),
        delexicalise,
    )
    errors = errors or CaseErrors()

    def judged(
        dialogue: Dialogue, found: tuple[PredictedTurn, ...] | None
    ) -> JudgedDialogue:
        item = reading.judged(dialogue, found)
        then(item)
        return item

    return [
        errors.guard(
            key,
            partial(judged, data.dialogues[key], found),
            partial(reading.judged, data.dialogues[key], None),
        )
        for key, found in predictions.items()
    ]


@dataclass(frozen=True)
class _Reading:
    """How predictions are read; the same for all of a file."""

    data: MultiwozData
    gold_states: bool
    given_domains: bool
    delexicalise: Delexicaliser | None

    def judged(
        self, dialogue: Dialogue, found: tuple[PredictedTurn, ...] | None
    ) -> JudgedDialogue:
        predicted = found or ()
        # With another user the gold states and bookings are of another dialogue.
        own = not any(turn.user is not None for turn in predicted)
        stand_in = own and self.gold_states
        states = (
            self.data.stand_in_states(dialogue)
            if stand_in
            else predicted_states(predicted)
        )
        replies = _replies(dialogue if own else None, predicted, self.delexicalise)
        scored = _scored(predicted, states, replies, self.given_domains)
        booked = (
            [turn.booked for turn in dialogue.turns]
            if own
            else booked_by_turn(predicted)
        )
        outcome = None
        if found is not None:
            goal = self.data.goals[dialogue.id]
            outcome = dialogue_outcome(goal, scored, booked, self.data.venues)
        tracking = ()
        if own and not stand_in:
            tracking = _tracking(dialogue, predicted, states)
        made = None
        if not own:
            made = check_goal(dialogue.goal, replayed(predicted, self.data.databases))
        return JudgedDialogue(dialogue, outcome, tracking, predicted, scored, made)


def predicted_states(turns: tuple[PredictedTurn, ...]) -> list[State]:
    """Returns the state after each turn: as predicted, else as the calls make it."""
    states: list[State] = []
    state: State = {}
    for turn in turns:
        state = updated_state(state, turn.calls) if turn.state is None else turn.state
        states.append(state)
    return states


def scorer_state(state: State, *, keep_any: bool = True) -> State:
    """Returns a state as Inform and Success read it.

    Args:
        state: Value by slot by domain.
        keep_any: Whether values that say nothing (`any`) stay, as in mwzeval.
    """
    return {
        domain: {
            scorer_slot(name): canonical_value(scorer_slot(name), value)
            for name, value in slots.items()
            if keep_any or value.strip().lower() not in ANY_VALUES
        }
        for domain, slots in state.items()
    }


def _scored(
    predicted: tuple[PredictedTurn, ...],
    states: Sequence[State],
    replies: list[str],
    given_domains: bool,
) -> tuple[ScoredTurn, ...]:
    read = [
        scorer_state(state, keep_any=turn.delexicalised)
        for state, turn in zip(states, predicted, strict=False)
    ]
    domains = (
        [turn.active_domains or () for turn in predicted]
        if given_domains
        else active_domains(read)
    )
    return tuple(map(ScoredTurn, replies, read, domains))


def _replies(
    dialogue: Dialogue | None,
    predicted: tuple[PredictedTurn, ...],
    delexicalise: Delexicaliser | None,
) -> list[str]:
    """Returns the replies with placeholders.

    A reply may repeat what the dialogue's gold bookings gave, which the model may have
    read in the history, or what its own calls gave; nobody can guess these. Without the
    gold history there are only the latter.
    """
    known = list(dict.fromkeys(dialogue.turns[-1].references)) if dialogue else []
    replies: list[str] = []
    for turn in predicted:
        for call in turn.calls:
            if isinstance(call.result, Mapping):
                known += [(k, str(call.result[k])) for k in _KINDS if k in call.result]
        response = turn.response
        if not turn.delexicalised and delexicalise is not None:
            response = delexicalise(response, known)
        replies.append(named_placeholders(response))
    return replies


def _tracking(
    dialogue: Dialogue, predicted: tuple[PredictedTurn, ...], states: Sequence[State]
) -> tuple[TurnTracking, ...]:
    given = [
        None if NO_STATE in turn.problems else state
        for turn, state in zip(predicted, states, strict=True)
    ]
    missing = [None] * (len(dialogue.turns) - len(given))
    return tuple(
        track(turn.state, state)
        for turn, state in zip(dialogue.turns, [*given, *missing], strict=True)
    )
