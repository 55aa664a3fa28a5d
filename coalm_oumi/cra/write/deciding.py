"""The second half of a thought: what to do next, and why."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.slot_types import slot_type
from coalm_oumi.cra.write.exchange import Exchange
from coalm_oumi.cra.write.phrases import enumeration
from coalm_oumi.cra.write.reports import reports
from coalm_oumi.cra.write.slot_words import fact, goals, label, question, short, slot_of
from coalm_oumi.cra.write.wordings import say
from coalm_oumi.sources.sgd_dialogue import DialogueAct
from coalm_oumi.sources.sgd_schema import IntentSchema

_MOST_FACTS = 4
_AGREEING = {
    False: {"it": "it", "it_is": "it is", "be": "is"},
    True: {"it": "them", "it_is": "they are", "be": "are"},
}


def decide_response(exchange: Exchange, rng: random.Random) -> list[str]:
    """Words what the system does without a call, from its dialogue acts.

    Args:
        exchange: An exchange whose SYSTEM turn has no call.
        rng: Source of the draws.
    """
    for act, words in _RESPONSES.items():
        if act in exchange.system_acts:
            return words(exchange, rng)
    return [say("respond", rng)]


def decide_call(
    exchange: Exchange, call: FunctionCall, rng: random.Random
) -> list[str]:
    """Words why a call is made now, with what.

    Args:
        exchange: An exchange whose SYSTEM turn has a call.
        call: The call, as it is written.
        rng: Source of the draws.
    """
    intent = exchange.intent
    goal = rng.choice(goals(intent)) if intent else "go on"
    names = [question(slot_of(exchange.service, name)) for name in call.arguments]
    fields = {"function": call.name, "goal": goal}
    sentences = []
    agreed = bool(exchange.user_acts & {"AFFIRM", "AFFIRM_INTENT"})
    if intent is not None and intent.is_transactional and not agreed:
        kind = "call_change" if names else "call_plain"
        sentences.append(say(kind, rng, **fields, known=_some(names, rng)))
    elif intent is not None and intent.is_transactional:
        known = f", with {_some(names, rng)}" if names and rng.random() < 0.6 else ""
        sentences.append(say("call_transaction", rng, **fields, with_known=known))
    elif not names:
        sentences.append(say("call_plain", rng, **fields))
    elif _again(exchange, call) and rng.random() < 0.7:
        sentences.append(say("call_again", rng, **fields))
    else:
        sentences.append(say("call_search", rng, **fields, known=_some(names, rng)))
    pairs = _normalised(exchange, call)
    if pairs and rng.random() < 0.5:
        sentences.append(say("normalised", rng, pairs=enumeration(pairs[:2])))
    return sentences


def _again(exchange: Exchange, call: FunctionCall) -> bool:
    acts = exchange.user_acts
    last = exchange.history.last.get(exchange.service.name)
    called = last is not None and last[0].method == call.name
    return called and "REQUEST_ALTS" in acts and "INFORM" in acts


def _some(names: Sequence[str], rng: random.Random) -> str:
    """Names up to three arguments, and says so when there are more."""
    if len(names) <= 3:
        return enumeration(names)
    picked = sorted(rng.sample(range(len(names)), 2))
    return enumeration([*(names[n] for n in picked), "the other details"])


def _normalised(exchange: Exchange, call: FunctionCall) -> list[str]:
    """Says how values of this turn are written in the call, where that differs."""
    pairs = []
    for user_act in exchange.acts_by_user:
        act = user_act.act
        written = call.arguments.get(act.slot)
        if (
            act.act == "INFORM"
            and user_act.service is exchange.service
            and act.value == written
            and isinstance(written, str)
            and act.wording.lower() != written.lower()
            and len(act.values) == 1
        ):
            pairs.append(f"{act.wording} as {written}")
    return pairs


def _request(exchange: Exchange, rng: random.Random) -> list[str]:
    acts = exchange.acts("REQUEST")
    slots = [slot_of(exchange.service, act.slot) for act in acts]
    missing = enumeration([question(slot) for slot in slots])
    intent = exchange.intent
    fields = {"missing": missing, **_AGREEING[len(slots) > 1]}
    required = intent is not None and any(
        slot.name in intent.required_slots for slot in slots
    )
    goal = rng.choice(goals(intent)) if intent else "go on"
    sentences = []
    known = _known_slots(exchange, intent)
    if known and rng.random() < 0.4:
        sentences.append(say("known", rng, known=_some(known, rng)))
    kind = "request_required" if required else "request_optional"
    function = intent.name if intent else "The function"
    sentences.append(say(kind, rng, goal=goal, function=function, **fields))
    options = [
        value
        for act, slot in zip(acts, slots, strict=True)
        for value in act.canonical_values
        # What the schema lists is known; other suggestions are the response's own.
        if value in slot.possible_values and slot_type(slot) != "bool"
    ]
    if options:
        words = enumeration(options[:3], "or")
        sentences.append(say("options", rng, options=words))
    return sentences


def _known_slots(exchange: Exchange, intent: IntentSchema | None) -> list[str]:
    """Returns the required slots that the dialogue state already fills."""
    if intent is None:
        return []
    for frame in exchange.user.frames:
        if frame.service == exchange.service.name and frame.state is not None:
            filled = frame.state.slot_values
            return [f"the {label(s)}" for s in intent.required_slots if s in filled]
    return []


def _confirm(exchange: Exchange, rng: random.Random) -> list[str]:
    intent = exchange.intent
    name = intent.name if intent else ""
    details, assumed = [], []
    for report in reports(
        exchange.frame.acts, exchange.evidence, exchange.service, name
    ):
        slot = slot_of(exchange.service, report.act.slot)
        if report.support == "dialogue":
            worded = exchange.evidence.worded(report.value)
            plain = report.value if slot_type(slot) == "bool" else worded
            details.append(short(slot, plain))
        elif report.support == "default":
            assumed.append((slot, report.value))
    sentences = []
    again = "NEGATE" in exchange.user_acts
    kind = "confirm_again" if again else "confirm"
    if details:
        function = intent.name if intent else "The call"
        goal = rng.choice(goals(intent)) if intent else "go on"
        sentences.append(
            say(kind, rng, goal=goal, function=function, details=enumeration(details))
        )
    for slot, value in assumed:
        text = f"that {fact(slot, value)}" if slot_type(slot) == "bool" else value
        sentences.append(say("assumed", rng, slot=question(slot), value=text))
    return sentences or [say("respond", rng)]


def known_facts(exchange: Exchange, acts: Sequence[DialogueAct]) -> list[str]:
    """Words the values of some acts that are known or observed, and no others."""
    clauses = []
    for act in acts:
        slot = slot_of(exchange.service, act.slot)
        values = [
            value
            for value in act.canonical_values
            if exchange.evidence.has(value, act.wording)
            or (
                exchange.observed is not None and exchange.observed.has(act.slot, value)
            )
        ]
        if values and slot_type(slot) == "bool":
            clauses.append(fact(slot, values[0]))
        elif values:
            # Several values are those of several results, not of one.
            clauses.append(fact(slot, enumeration(values[:3], "or")))
    return clauses[:_MOST_FACTS]


def _inform(exchange: Exchange, rng: random.Random) -> list[str]:
    facts = known_facts(exchange, exchange.acts("INFORM"))
    if not facts:
        return [say("respond", rng)]
    return [say("inform", rng, facts=enumeration(facts))]


def _offer(exchange: Exchange, rng: random.Random) -> list[str]:
    facts = known_facts(exchange, exchange.acts("OFFER"))
    if not facts:
        return [say("respond", rng)]
    return [say("offer_known", rng, facts=enumeration(facts))]


def _offer_intent(exchange: Exchange, rng: random.Random) -> list[str]:
    intent = exchange.service.intent.get(exchange.acts("OFFER_INTENT")[0].value)
    goal = rng.choice(goals(intent)) if intent else "do more"
    return [say("offer_intent", rng, goal=goal)]


def _more(exchange: Exchange, rng: random.Random) -> list[str]:
    return [*_settled(exchange, rng, "more_settled"), say("more", rng)]


def _goodbye(exchange: Exchange, rng: random.Random) -> list[str]:
    return [*_settled(exchange, rng, "goodbye_settled"), say("goodbye", rng)]


def _settled(exchange: Exchange, rng: random.Random, kind: str) -> list[str]:
    """Says, in two of three cases, what the dialogue has achieved."""
    if not exchange.history.settled or rng.random() < 1 / 3:
        return []
    return [say(kind, rng, goal=rng.choice(goals(exchange.history.settled[-1])))]


_RESPONSES: dict[str, Callable[[Exchange, random.Random], list[str]]] = {
    "GOODBYE": _goodbye,
    "REQUEST": _request,
    "CONFIRM": _confirm,
    "OFFER_INTENT": _offer_intent,
    "OFFER": _offer,
    "INFORM": _inform,
    "REQ_MORE": _more,
    "ASK": lambda exchange, rng: [say("ask", rng)],
}
