"""Booking in the embedded corpus's dialogues: confirmed, made, failed or declined."""

from __future__ import annotations

from tests.corpus.generator.sgd_service import Service
from tests.corpus.generator.sgd_talk import Talk
from tests.corpus.generator.sgd_turns import Act, drawn, told, worded


def decline(talk: Talk, service: Service) -> None:
    """Has the booking offered and declined."""
    talk.say(service, [("SELECT", "", ())], "[that sounds good|I like that]")
    talk.answer(
        service,
        [("OFFER_INTENT", "intent", (service.booked[0],))],
        f"[shall I help you to|would you like to] {service.booked[2]}?",
    )
    talk.say(service, [("NEGATE_INTENT", "", ())], "[not now|no, not yet]")
    talk.answer(service, [("REQ_MORE", "", ())], "[anything else|what else can I do]?")


def book(talk: Talk, service: Service, chosen: dict[str, str]) -> None:
    """Has the chosen option booked: asked for, confirmed, and made or failed.

    Args:
        talk: The dialogue in the making.
        service: A service with a booking.
        chosen: The result that the user chose.
    """
    name = service.booked[0]
    values = {s: chosen[s] for s in service.booking if s in chosen}
    open_slots = [s for s in service.booking if s not in values]
    values |= talk.values(service, open_slots)
    if talk.rng.random() < 0.5:
        talk.say(service, [("SELECT", "", ())], "[that one is fine|I take that]")
        talk.answer(
            service,
            [("OFFER_INTENT", "intent", (name,))],
            f"[shall I help you to|would you like to] {service.booked[2]}?",
        )
        talk.say(
            service,
            [("AFFIRM_INTENT", "", ())],
            "[yes please|please do]",
            intent=name,
        )
    else:
        talk.say(
            service,
            [("SELECT", "", ()), ("INFORM_INTENT", "intent", (name,))],
            f"[good, I want to|fine, I would like to] {service.booked[2]}",
            intent=name,
        )
    talk.ask_for(service, open_slots, values)
    _confirm(talk, service, values, open_slots)
    _make(talk, service, values, chosen)


def _confirm(
    talk: Talk, service: Service, values: dict[str, str], open_slots: list[str]
) -> None:
    values |= dict(service.defaults)
    order = [*service.booking, *service.defaults]
    for again in (False, True):
        words = ", ".join(told(service, slot, values[slot]) for slot in order)
        acts: list[Act] = [("CONFIRM", slot, (values[slot],)) for slot in order]
        talk.answer(
            service,
            acts,
            "[so that is|please confirm:|to be sure:] {words}",
            words=words,
        )
        talk.writer.accept(service, values)
        if again or not open_slots or talk.rng.random() > 0.2:
            return
        slot = open_slots[-1]
        while (value := drawn(service.slot(slot), talk.rng)) == values[slot]:
            pass
        values[slot] = value
        talk.say(
            service,
            [("INFORM", slot, (value,)), ("NEGATE", "", ())],
            "[no, make it|not quite, I meant] {words}",
            words=told(service, slot, value),
        )


def _make(
    talk: Talk, service: Service, values: dict[str, str], chosen: dict[str, str]
) -> None:
    """Makes the booking: it succeeds, fails, or fails with another time on offer."""
    name = service.booked[0]
    slots = (*service.booking, *service.defaults, *service.askable)
    result = {**{s: chosen[s] for s in slots if s in chosen}, **values}
    asked = service.askable and talk.rng.random() < 0.3
    acts: list[Act] = [("AFFIRM", "", ())]
    text = "[yes|that is right|correct]"
    if asked:
        acts.append(("REQUEST", service.askable[0], ()))
        text += f". {service.slot(service.askable[0]).ask}?"
    talk.say(service, acts, text, intent=name)
    times = [s for s in service.booking if service.slot(s).kind == "time"]
    luck = talk.rng.random()
    if luck < 0.15:
        talk.answer(
            service,
            [("NOTIFY_FAILURE", "", ()), ("REQ_MORE", "", ())],
            "[sorry, that failed|I could not do that]. [Anything else|What else]?",
            call=(name, values),
        )
        return
    if luck < 0.35 and times:
        _other_time(talk, service, values, result, times[-1])
        talk.say(
            service,
            [("AFFIRM", "", ())],
            "[fine, do that|that works too]",
            intent=name,
        )
        asked = False
    reply: list[Act] = [("NOTIFY_SUCCESS", "", ())]
    text = "[it is done|that is booked|all arranged]"
    if asked:
        slot = service.askable[0]
        reply.insert(0, ("INFORM", slot, (result[slot],)))
        words = {"True": "yes", "False": "no"}.get(
            result[slot], worded(service.slot(slot), result[slot])
        )
        text += f", and [to your question|as you asked]: {words}"
    talk.answer(service, reply, text, call=(name, values), results=[result])
    talk.say(service, [("THANK_YOU", "", ())], "[thanks|thank you|many thanks]")
    talk.more(service)


def _other_time(
    talk: Talk,
    service: Service,
    values: dict[str, str],
    result: dict[str, str],
    slot: str,
) -> None:
    while (other := drawn(service.slot(slot), talk.rng)) == values[slot]:
        pass
    asked_for = dict(values)
    values[slot] = result[slot] = other
    talk.answer(
        service,
        [("OFFER", slot, (other,)), ("NOTIFY_FAILURE", "", ())],
        "[sorry, that time is taken|not at that time]. [Would it do|How about] {words}?",
        words=told(service, slot, other),
        call=(service.booked[0], asked_for),
        results=[result],
    )
