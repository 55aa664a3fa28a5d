"""One exchange of a dialogue with all that a thought about it may draw on.

`exchanges` goes through a dialogue once and yields, for each USER turn with the SYSTEM turn
after it, what both do, the call and its observation, and what was known at that point.
Nothing in an `Exchange` comes from a later turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from coalm_oumi.cra.check.evidence import Evidence
from coalm_oumi.cra.check.grounding_names import folded
from coalm_oumi.cra.user_acts import supported_acts
from coalm_oumi.cra.write.observation import Observed, needed_results, observe
from coalm_oumi.cra.write.slot_words import is_name, label
from coalm_oumi.sources.sgd_dialogue import (
    NO_INTENT,
    Dialogue,
    DialogueAct,
    Frame,
    ServiceCall,
    Turn,
)
from coalm_oumi.sources.sgd_schema import IntentSchema, ServiceSchema


@dataclass(frozen=True)
class UserAct:
    """An act of the user with the service that it concerns."""

    service: ServiceSchema
    act: DialogueAct


@dataclass(frozen=True)
class Exchange:
    """A USER turn and the SYSTEM turn after it.

    Attributes:
        number: Position among the dialogue's exchanges, from 0.
        user: The USER turn.
        system: The SYSTEM turn.
        acts_by_user: The user's acts, over all services.
        service: The service of the SYSTEM turn.
        intent: What is pursued there: the intent called, else the active one.
        frame: The SYSTEM turn's frame.
        observed: What the call returned; None without a call.
        evidence: What was said and observed before, and what the user says here.
        history: What happened before this exchange.
    """

    number: int
    user: Turn
    system: Turn
    acts_by_user: tuple[UserAct, ...]
    service: ServiceSchema
    intent: IntentSchema | None
    frame: Frame
    observed: Observed | None
    evidence: Evidence
    history: History

    @cached_property
    def user_acts(self) -> frozenset[str]:
        """The kinds of the user's acts, as far as the words show them."""
        return supported_acts(
            (a.act.act for a in self.acts_by_user), self.user.utterance
        )

    @property
    def system_acts(self) -> frozenset[str]:
        """The kinds of the system's acts."""
        return frozenset(act.act for act in self.frame.acts)

    @property
    def own(self) -> bool:
        """Whether it is about an API of the user's own, not one of SGD's services."""
        return any(slot.schema is not None for slot in self.service.slots)

    def acts(self, kind: str) -> list[DialogueAct]:
        """Returns the system's acts of a kind."""
        return [act for act in self.frame.acts if act.act == kind]


@dataclass
class History:
    """What has happened so far in a dialogue.

    Attributes:
        acts: The kinds of the system's last acts.
        requested: The slots that the system last asked for.
        offered_intent: The intent that the system last offered.
        thing: By service, what was last offered or is being spoken of, in words.
        last: By service, the last call with its observation.
        settled: Intents whose calls succeeded, in order, with the last one last.
    """

    acts: frozenset[str] = frozenset()
    requested: frozenset[str] = frozenset()
    offered_intent: IntentSchema | None = None
    thing: dict[str, str] = field(default_factory=dict)
    last: dict[str, tuple[ServiceCall, Observed]] = field(default_factory=dict)
    settled: list[IntentSchema] = field(default_factory=list)


def exchanges(
    dialogue: Dialogue, services: Mapping[str, ServiceSchema]
) -> Iterator[Exchange]:
    """Yields the exchanges of a dialogue; use each before the next is asked for.

    Args:
        dialogue: A dialogue whose turns alternate.
        services: The services by name.
    """
    needed = needed_results(dialogue)
    evidence, history = Evidence(dialogue.today), History()
    for number in range(0, len(dialogue.turns), 2):
        user, system = dialogue.turns[number], dialogue.turns[number + 1]
        frame = system.frames[0]
        service = services[frame.service]
        observed = observe(frame, service, needed.get(number + 1, frozenset()))
        _hear(evidence, user)
        yield Exchange(
            number // 2,
            user,
            system,
            tuple(
                UserAct(services[f.service], act) for f in user.frames for act in f.acts
            ),
            service,
            _intent(frame, user, service),
            frame,
            observed,
            evidence,
            history,
        )
        if observed is not None:
            take_in(evidence, observed)
        _hear(evidence, system)
        _follow(history, frame, service, observed)


def take_in(evidence: Evidence, observed: Observed) -> None:
    """Adds what a call returned, as it is written and as acts have it."""
    evidence.observe(observed.value)
    # Acts have the value of a field of any type as JSON, a text with its quotes.
    for result in observed.results:
        for slot, text in result.items():
            evidence.observed.setdefault(folded(text), set()).add(slot.lower())


def offered_thing(acts: Sequence[DialogueAct], call: ServiceCall | None) -> str | None:
    """Returns what a turn offers, in words: its name, else its first telling value.

    Args:
        acts: The acts that offer.
        call: The call whose results are offered: what it asked for tells nothing.
    """
    single = [act for act in acts if len(act.canonical_values) == 1]
    for act in single:
        if is_name(act.slot):
            return act.value
    asked_for = call.parameters if call is not None else {}
    for act in single:
        if act.slot not in asked_for and act.value not in ("True", "False"):
            return f"the option with {label(act.slot)} {act.value}"
    return None


def _hear(evidence: Evidence, turn: Turn) -> None:
    evidence.hear(turn.utterance, user=turn.speaker == "USER")
    for act in (act for frame in turn.frames for act in frame.acts):
        for value, wording in zip(act.canonical_values, act.values, strict=False):
            evidence.wordings[value.lower()] = wording


def _intent(frame: Frame, user: Turn, service: ServiceSchema) -> IntentSchema | None:
    if frame.call is not None:
        return service.intent[frame.call.method]
    for user_frame in user.frames:
        state = user_frame.state if user_frame.service == frame.service else None
        if state is not None and state.active_intent != NO_INTENT:
            return service.intent.get(state.active_intent)
    return None


def _follow(
    history: History, frame: Frame, service: ServiceSchema, observed: Observed | None
) -> None:
    history.acts = frozenset(act.act for act in frame.acts)
    history.requested = frozenset(
        act.slot for act in frame.acts if act.act == "REQUEST"
    )
    for act in frame.acts:
        if act.act == "OFFER_INTENT":
            history.offered_intent = service.intent.get(act.value)
    if observed is not None and frame.call is not None:
        history.last[service.name] = (frame.call, observed)
        _called(history, frame.call, service, failed="NOTIFY_FAILURE" in history.acts)
    if service.name not in history.last:
        return
    call, last = history.last[service.name]
    offers = [act for act in frame.acts if act.act == "OFFER"]
    thing = offered_thing(offers, call)
    # What is not one of several, such as a balance, is no option to speak of.
    if thing and (last.count > 1 or any(is_name(act.slot) for act in offers)):
        history.thing[service.name] = thing


def _called(
    history: History, call: ServiceCall, service: ServiceSchema, *, failed: bool
) -> None:
    intent = service.intent[call.method]
    if not failed:
        history.settled = [*(i for i in history.settled if i != intent), intent]
    if not intent.is_transactional:
        history.thing.pop(service.name, None)
        return
    for slot, value in call.parameters.items():
        if is_name(slot) and slot in intent.result_slots:
            history.thing[service.name] = value
            return
