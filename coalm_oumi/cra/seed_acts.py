"""Seed dialogues as SGD has dialogues: with dialogue acts, states, calls and results.

SGD's acts were annotated; these are told from what stands in the dialogue:

- the user states an argument of the next call (INFORM) where the turn names its value;
- the user is after a function (INFORM_INTENT) from its first turn on: the one with the
  call, or an earlier one to which the system replied with a question that was answered;
- the system asks for an argument (REQUEST) if its question is answered by it, or names it;
- it has the user confirm (CONFIRM) if it asks with the values at hand, or offers to act
  (OFFER_INTENT) without them, and the next turn says yes or no;
- it reports (OFFER, INFORM) the results' values that its answer names.

No act says more than the utterances do, so that the thoughts do not either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.functions import typed_argument
from coalm_oumi.cra.seed_values import is_among, leaves, wording
from coalm_oumi.cra.slot_types import slot_type
from coalm_oumi.cra.write.slot_words import function_words, is_name, label, slot_of
from coalm_oumi.own_apis.function import value_text
from coalm_oumi.own_apis.seed_dialogues import SeedDialogue, SeedTurn
from coalm_oumi.sources.sgd_dialogue import (
    NO_INTENT,
    Dialogue,
    DialogueAct,
    DialogueState,
    Frame,
    ServiceCall,
    Speaker,
    Turn,
)
from coalm_oumi.sources.sgd_schema import IntentSchema, ServiceSchema

OWN = "own"
"""What stands for SGD's part in the names of own dialogues (`own/tyre-1`)."""

_THANKS = re.compile(r"\b(thanks?|thank you|cheers)\b", re.IGNORECASE)
_BYE = re.compile(
    r"\b(good ?bye|bye|see you|farewell|take care|enjoy your|"
    r"have a (nice|good|great|lovely|pleasant|safe)|"
    r"that('s| is| will be| would be) (all|it|everything))\b",
    re.IGNORECASE,
)
_YES = re.compile(
    r"(yes|yeah|yep|yup|sure|ok(ay)?|correct|right|exactly|perfect|great|please|"
    r"go ahead|that('s| is) (right|correct|fine)|sounds (good|great)|do it)\b",
    re.IGNORECASE,
)
_NO = re.compile(r"(no|nope|not|actually|wait|sorry)\b", re.IGNORECASE)
_MORE = re.compile(
    r"\b(anything|something) (else|more)\b|\belse (can|may|could) i\b", re.IGNORECASE
)
_WORD = re.compile(r"[a-z]+")
_SHORTEST_WORD = 4
_STEM = 5


@dataclass
class _Draft:
    """What is known of a turn while its acts are being found."""

    turn: SeedTurn
    target: int | None
    intent: IntentSchema | None = None
    service: ServiceSchema | None = None
    said: dict[str, DialogueAct] = field(default_factory=dict)
    wants: bool = False
    pursues: bool = False
    user: list[DialogueAct] = field(default_factory=list)
    system: list[DialogueAct] = field(default_factory=list)


def annotated(dialogue: SeedDialogue, services: Sequence[ServiceSchema]) -> Dialogue:
    """Returns a seed dialogue with dialogue acts.

    Args:
        dialogue: A dialogue whose calls the services know.
        services: The services.
    """
    owner = {i.name: (s, i) for s in services for i in s.intents}
    drafts = _drafts(dialogue.turns, owner)
    for number, draft in enumerate(drafts):
        following = drafts[number + 1] if number + 1 < len(drafts) else None
        _user_acts(draft, drafts[number - 1] if number else None)
        _system_acts(draft, following, drafts[:number])
        if "?" in draft.turn.user and draft.turn.call is None:
            draft.user.extend(_questions(draft.system))
    turns: list[Turn] = []
    filled: dict[str, tuple[str, ...]] = {}
    service = next((d.service for d in drafts if d.service), services[0])
    for number, draft in enumerate(drafts):
        if number and drafts[number - 1].turn.call is not None:
            filled = {}
        filled = {**filled, **{n: act.values for n, act in draft.said.items()}}
        if draft.service is not None and (draft.pursues or draft.turn.call):
            service = draft.service
        turns += _frames(draft, service, filled)
    used = dict.fromkeys(frame.service for turn in turns for frame in turn.frames)
    return Dialogue(
        dialogue.dialogue_id, OWN, tuple(used), tuple(turns), dialogue.today
    )


def _drafts(
    turns: Sequence[SeedTurn],
    owner: Mapping[str, tuple[ServiceSchema, IntentSchema]],
) -> list[_Draft]:
    """Finds for each turn the next call, what is said for it, and who is after it."""
    drafts: list[_Draft] = []
    for number, turn in enumerate(turns):
        ahead = (n for n in range(number, len(turns)) if turns[n].call is not None)
        draft = _Draft(turn, next(ahead, None))
        call = turns[draft.target].call if draft.target is not None else None
        if call is not None:
            draft.service, draft.intent = owner[call.name]
            draft.said = dict(_said(turn, call.arguments, draft.service))
        elif turn.wants in owner:
            draft.service, draft.intent = owner[turn.wants]
        drafts.append(draft)
    for target in {d.target for d in drafts if d.target is not None}:
        begin = _beginning(drafts, target)
        last = drafts[begin - 1].turn.call if begin else None
        call = drafts[target].turn.call
        again = last is not None and call is not None and last.name == call.name
        drafts[begin].wants = not again or bool(drafts[begin].turn.wants)
        for draft in drafts[begin : target + 1]:
            draft.pursues = True
    for draft in drafts:
        if draft.target is None and draft.turn.wants:
            draft.wants = draft.pursues = True
    return drafts


def _said(
    turn: SeedTurn, arguments: Mapping[str, JsonValue], service: ServiceSchema
) -> Iterator[tuple[str, DialogueAct]]:
    for name, value in arguments.items():
        words = turn.says.get(name) or wording(value, turn.user)
        if words:
            yield name, _act("INFORM", name, value, service, words)


def _act(
    kind: str, name: str, value: JsonValue, service: ServiceSchema, words: str = ""
) -> DialogueAct:
    text = value_text(value, slot_type(slot_of(service, name)))
    return DialogueAct(kind, name, (words or text,), (text,))


def _beginning(drafts: Sequence[_Draft], target: int) -> int:
    """Returns the turn from which on the user is after a call."""
    first = target
    while first > 0 and drafts[first - 1].target == target:
        before = drafts[first - 1]
        if before.turn.wants:
            return first - 1
        answered = drafts[first].said or _YES.match(drafts[first].turn.user)
        if "?" not in before.turn.system or not answered or not _names(before):
            break
        first -= 1
    return first


def _names(draft: _Draft) -> bool:
    """Whether a turn speaks of its function: names an argument's value, or a word."""
    if draft.said:
        return True
    if draft.intent is None:
        return False
    wanted = {word[:_STEM] for word in _words(function_words(draft.intent))}
    return bool(wanted & {word[:_STEM] for word in _words(draft.turn.user)})


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(text.lower()):
        if len(word) >= _SHORTEST_WORD:
            yield word


def _user_acts(draft: _Draft, before: _Draft | None) -> None:
    text, acts = draft.turn.user, draft.user
    asked = {act.act for act in before.system} if before is not None else set()
    if asked & {"CONFIRM", "OFFER_INTENT"}:
        yes, no = bool(_YES.match(text)), bool(_NO.match(text))
        suffix = "" if "CONFIRM" in asked else "_INTENT"
        if yes or no:
            acts.append(_plain("AFFIRM" + suffix if yes else "NEGATE" + suffix))
    elif "REQ_MORE" in asked and _NO.match(text):
        acts.append(_plain("NEGATE"))
    if draft.wants and draft.intent is not None:
        name = draft.intent.name
        acts.append(DialogueAct("INFORM_INTENT", "intent", (name,), (name,)))
    acts.extend(draft.said.values())
    if _BYE.search(text) and draft.turn.call is None:
        acts.append(_plain("GOODBYE"))
    if _THANKS.search(text):
        acts.append(_plain("THANK_YOU"))


def _plain(kind: str) -> DialogueAct:
    return DialogueAct(kind, "", (), ())


def _questions(answer: Sequence[DialogueAct]) -> Iterator[DialogueAct]:
    """Yields what the user has asked, by what the answer tells."""
    informed = [act.slot for act in answer if act.act == "INFORM"]
    # A name beside other values says of what they are.
    for slot in [slot for slot in informed if not is_name(slot)] or informed:
        yield DialogueAct("REQUEST", slot, (), ())


def _system_acts(
    draft: _Draft, following: _Draft | None, earlier: Sequence[_Draft]
) -> None:
    if draft.turn.call is not None:
        draft.system.extend(_outcome(draft))
        return
    text = draft.turn.system
    draft.system.extend(_quoted(draft, earlier))
    asks = "?" in text
    if asks and draft.pursues:
        draft.system.extend(_question(draft, following, earlier))
    if _MORE.search(text):
        draft.system.append(_plain("REQ_MORE"))
    elif _BYE.search(text):
        draft.system.append(_plain("GOODBYE"))
    if asks and not draft.system:
        draft.system.append(_plain("ASK"))


def _outcome(draft: _Draft) -> Iterator[DialogueAct]:
    """Yields what the answer to a call says of its result."""
    turn, service = draft.turn, draft.service
    if turn.call is None or service is None or draft.intent is None:
        return
    results = result_items(turn.result)
    if turn.failed or (not results and not draft.intent.is_transactional):
        yield _plain("NOTIFY_FAILURE")
    elif draft.intent.is_transactional:
        yield _plain("NOTIFY_SUCCESS")
    informed = _informs(turn.system, results, service)
    searched = isinstance(turn.result, list) or len(results) != 1
    named = any(is_name(act.slot) for act in informed)
    offers = not draft.intent.is_transactional and (searched or named)
    for act in informed:
        same = turn.call.arguments.get(act.slot)
        if same is not None and typed_argument(act.value, act.slot, service) == same:
            continue
        kind = "OFFER" if offers else "INFORM"
        yield DialogueAct(kind, act.slot, act.values, act.canonical_values)


def _quoted(draft: _Draft, earlier: Sequence[_Draft]) -> list[DialogueAct]:
    """Returns what an answer without a call takes from the last result."""
    if "?" not in draft.turn.user or draft.pursues:
        return []
    for before in reversed(earlier):
        if before.turn.call is not None and before.service is not None:
            items = result_items(before.turn.result)
            return _informs(draft.turn.system, items, before.service)
    return []


def _informs(
    text: str, results: Sequence[Mapping[str, JsonValue]], service: ServiceSchema
) -> list[DialogueAct]:
    """Returns the values of the result that a text speaks of, as acts."""
    best: list[DialogueAct] = []
    for result in results:
        found = [
            _act("INFORM", name, value, service)
            for name, value in result.items()
            if not isinstance(value, (dict, list)) and wording(value, text)
        ]
        if len(found) > len(best):
            best = found
    return best


def _question(
    draft: _Draft, following: _Draft | None, earlier: Sequence[_Draft]
) -> Iterator[DialogueAct]:
    """Yields what a question of the system is about."""
    intent, service, text = draft.intent, draft.service, draft.turn.system
    if intent is None or service is None or following is None:
        return
    known = dict(draft.said)
    for before in earlier:
        if before.target == draft.target:
            known = {**before.said, **known}
    answers = [n for n in following.said if n not in known]
    missing = [n for n in intent.required_slots if n not in known]
    asked = [n for n in missing if _mentioned(label(n), text) or n in answers]
    asked += [n for n in answers if n not in asked]
    replied = _YES.match(following.turn.user) or _NO.match(following.turn.user)
    if asked and not (replied and not missing):
        for name in asked:
            yield DialogueAct("REQUEST", name, (), ())
        return
    if not replied:
        return
    details = [act for act in known.values() if _repeats(act, text)]
    details += _observed(following, earlier, known, text)
    if details:
        for act in details:
            yield DialogueAct("CONFIRM", act.slot, act.values, act.canonical_values)
    else:
        yield DialogueAct("OFFER_INTENT", "intent", (intent.name,), (intent.name,))


def _observed(
    following: _Draft, earlier: Sequence[_Draft], known: Mapping[str, object], text: str
) -> Iterator[DialogueAct]:
    """Yields what a question repeats of the next call's arguments that was observed."""
    call, service = following.turn.call, following.service
    if call is None or service is None:
        return
    seen = [value for before in earlier for value in leaves(before.turn.result)]
    for before in earlier:
        if before.turn.call is not None:
            seen.extend(leaves(dict(before.turn.call.arguments)))
    for name, value in call.arguments.items():
        if name not in known and wording(value, text) and is_among(value, seen):
            yield _act("CONFIRM", name, value, service)


def _repeats(act: DialogueAct, text: str) -> bool:
    return bool(wording(act.wording, text) or wording(act.value, text))


def _mentioned(words: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(words)}\b", text, re.IGNORECASE) is not None


def result_items(result: JsonValue) -> list[Mapping[str, JsonValue]]:
    """Returns the single results in what an API returned.

    Args:
        result: A list of objects; an object, which is one result, unless it has exactly
            one list of objects, which is then what was found; or any other value.
    """
    if isinstance(result, list):
        return [item if isinstance(item, dict) else {"value": item} for item in result]
    if not isinstance(result, dict):
        return [] if result is None else [{"value": result}]
    lists = [v for v in result.values() if isinstance(v, list)]
    if len(lists) == 1 and all(isinstance(item, dict) for item in lists[0]):
        return list(lists[0])
    return [result]


def _frames(
    draft: _Draft, service: ServiceSchema, filled: Mapping[str, tuple[str, ...]]
) -> tuple[Turn, Turn]:
    turn = draft.turn
    intent = draft.intent.name if draft.pursues and draft.intent else NO_INTENT
    asked = tuple(a.slot for a in draft.user if a.act == "REQUEST")
    known = dict(filled) if draft.pursues else {}
    state = DialogueState(intent, asked, known)
    user = Frame(service.name, tuple(draft.user), (), state)
    call = results = returned = None
    if turn.call is not None:
        call = ServiceCall(
            turn.call.name,
            {
                name: value_text(value, slot_type(slot_of(service, name)))
                for name, value in turn.call.arguments.items()
            },
            turn.call.arguments,
        )
        results = tuple(
            {
                name: value_text(value, slot_type(slot_of(service, name)))
                for name, value in item.items()
                if value is not None and not isinstance(value, (dict, list))
            }
            for item in result_items(turn.result)
        )
        returned = json.dumps(turn.result, ensure_ascii=False)
    system = Frame(
        service.name, tuple(draft.system), (), None, call, results or (), True, returned
    )
    speakers: tuple[Speaker, Speaker] = ("USER", "SYSTEM")
    return (
        Turn(speakers[0], turn.user, (user,)),
        Turn(speakers[1], turn.system, (system,)),
    )
