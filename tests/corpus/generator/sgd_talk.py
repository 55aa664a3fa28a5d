"""Searching in the embedded corpus's dialogues: from a wish to an option that suits."""

from __future__ import annotations

import random
from typing import Any

from tests.corpus.generator.sgd_service import Service
from tests.corpus.generator.sgd_turns import Act, Writer, drawn, told, worded


class Talk:
    """One dialogue in the making: its turns so far, and the draws for the rest."""

    def __init__(self, writer: Writer, rng: random.Random) -> None:
        self.writer = writer
        self.rng = rng

    def close(self, service: Service) -> None:
        """Ends the dialogue."""
        acts = self.rng.choice(
            [[("NEGATE", "", ()), ("THANK_YOU", "", ())], [("GOODBYE", "", ())]]
        )
        text = (
            "[no, that is all|nothing else], thank you"
            if len(acts) > 1
            else "[bye|goodbye now]"
        )
        self.say(service, acts, text, intent="NONE")
        self.answer(
            service, [("GOODBYE", "", ())], "[have a good day|goodbye|take care]"
        )

    def wish(self, service: Service, *, opening: bool) -> dict[str, str]:
        """Has the user say what is wanted; returns what the search needs."""
        name, _, phrase = service.search
        wanted = self.values(service, service.needed)
        if "origin_port" in wanted:
            while wanted["destination_port"] == wanted["origin_port"]:
                port = service.slot("destination_port")
                wanted["destination_port"] = drawn(port, self.rng)
        given = [slot for slot in service.needed if self.rng.random() < 0.5]
        words = " ".join(told(service, slot, wanted[slot]) for slot in given)
        start = "[hello, |hi, |]" if opening else "[now |one more thing, |]"
        acts: list[Act] = [("INFORM", slot, (wanted[slot],)) for slot in given]
        self.say(
            service,
            [*acts, ("INFORM_INTENT", "intent", (name,))],
            f"{start}I [want|would like] to {phrase} {{words}}",
            intent=name,
            words=words,
        )
        self.ask_for(service, [s for s in service.needed if s not in given], wanted)
        return wanted

    def ask_for(
        self, service: Service, missing: list[str], values: dict[str, str]
    ) -> None:
        """Asks for slots, one or two at a time, and has them answered."""
        while missing:
            now, missing = missing[:2], missing[2:]
            if len(now) == 2 and self.rng.random() < 0.4:
                missing.insert(0, now.pop())
            acts: list[Act] = []
            for slot in now:
                schema = service.slot(slot)
                options = schema.values[:2] if schema.closed else ()
                acts.append(("REQUEST", slot, options))
            questions = "? ".join(service.slot(slot).ask for slot in now)
            self.answer(service, acts, questions + "?")
            words = " ".join(told(service, slot, values[slot]) for slot in now)
            self.say(
                service,
                [("INFORM", slot, (values[slot],)) for slot in now],
                "[it is|that would be|please make it|I need it] {words}",
                words=words,
            )

    def search(self, service: Service, wanted: dict[str, str]) -> list[dict[str, str]]:
        """Searches, at times in vain at first; returns the results."""
        name = service.search[0]
        if service.narrowing and self.rng.random() < 0.2:
            self.answer(
                service,
                [("NOTIFY_FAILURE", "", ()), ("REQ_MORE", "", ())],
                "[sorry, I found nothing|there is none]. [Anything else|What else]?",
                call=(name, dict(wanted)),
            )
            slot = service.needed[0]
            while (value := drawn(service.slot(slot), self.rng)) in wanted.values():
                pass
            wanted[slot] = value
            self.say(
                service,
                [("INFORM", slot, (value,)), ("INFORM_INTENT", "intent", (name,))],
                "[then look again|try once more] {words}",
                intent=name,
                words=told(service, slot, value),
            )
        results = self._results(service, wanted)
        self._offer(service, results, 0, call=(name, dict(wanted)), results=results)
        return results

    def _results(
        self, service: Service, wanted: dict[str, str]
    ) -> list[dict[str, str]]:
        named = service.slot(service.shown[0])
        count = (
            1
            if service.book is None
            else self.rng.randint(1, min(6, len(named.values)))
        )
        names = list(named.values)
        self.rng.shuffle(names)
        slots = {*service.needed, *service.narrowing, *service.shown, *service.askable}
        found = []
        for number in range(count):
            result = self.values(service, sorted(slots))
            if service.book is not None:
                result[service.shown[0]] = names[number]
            found.append({**result, **wanted})
        return found

    def _offer(
        self,
        service: Service,
        found: list[dict[str, str]],
        number: int,
        **call: Any,
    ) -> None:
        result = found[number]
        acts: list[Act] = [("OFFER", slot, (result[slot],)) for slot in service.shown]
        start = "[there is|I found|how about]"
        if call and len(found) > 1 and self.rng.random() < 0.5:
            acts.append(("INFORM_COUNT", "count", (str(len(found)),)))
            start = f"I have {len(found)}[, for example| to offer, such as]"
        words = ", ".join(told(service, slot, result[slot]) for slot in service.shown)
        self.answer(service, acts, f"{start} {{words}}", words=words, **call)

    def choose(
        self, service: Service, wanted: dict[str, str], results: list[dict[str, str]]
    ) -> dict[str, str]:
        """Lets the user ask for details or another option, and then choose."""
        number = 0
        if self.rng.random() < 0.5:
            self._details(service, results[number])
        while number + 1 < len(results) and self.rng.random() < 0.35:
            number += 1
            self.say(
                service,
                [("REQUEST_ALTS", "", ())],
                "[what else is there|anything else|do you have another one]?",
            )
            self._offer(service, results, number)
        if service.narrowing and self.rng.random() < 0.25:
            slot = service.narrowing[0]
            value = service.slot(slot).values[0]
            wanted = {**wanted, slot: value}
            self.say(
                service,
                [("INFORM", slot, (value,)), ("REQUEST_ALTS", "", ())],
                "[I would rather have one|is there another one] {words}",
                words=told(service, slot, value),
            )
            results, number = self._results(service, wanted), 0
            self._offer(
                service, results, 0, call=(service.search[0], wanted), results=results
            )
        self.writer.accept(service, {s: results[number][s] for s in service.shown[:1]})
        return results[number]

    def _details(self, service: Service, result: dict[str, str]) -> None:
        if not service.askable:
            return
        slot = self.rng.choice(service.askable)
        schema = service.slot(slot)
        self.say(service, [("REQUEST", slot, ())], f"{schema.ask}?")
        answer = worded(schema, result[slot])
        text = {"True": "yes, it is so", "False": "no, I am afraid not"}.get(
            answer, "[that is|it is|I have here] {answer}"
        )
        self.answer(service, [("INFORM", slot, (result[slot],))], text, answer=answer)

    def more(self, service: Service) -> None:
        """Has the system ask for further wishes."""
        self.answer(
            service, [("REQ_MORE", "", ())], "[anything else|what else can I do]?"
        )

    def values(self, service: Service, slots: Any) -> dict[str, str]:
        """Draws values of some slots."""
        return {slot: drawn(service.slot(slot), self.rng) for slot in slots}

    def say(
        self,
        service: Service,
        acts: list[Act],
        pattern: str,
        *,
        intent: str | None = None,
        **fields: str,
    ) -> None:
        """Adds a USER turn; without `intent` the active one stays."""
        before = self._intent(service) if intent is None else intent
        text = self.writer.text(pattern, **fields)
        self.writer.user(text, service, acts, intent=before)

    def _intent(self, service: Service) -> str:
        """Returns the service's active intent after its last USER turn."""
        for turn in reversed(self.writer.turns):
            for frame in turn["frames"]:
                if frame["service"] == service.name and "state" in frame:
                    return frame["state"]["active_intent"]
        return "NONE"

    def answer(
        self, service: Service, acts: list[Act], pattern: str, **options: Any
    ) -> None:
        """Adds a SYSTEM turn; `call` and `results` are those of a call."""
        call = options.pop("call", None)
        results = options.pop("results", ())
        text = self.writer.text(pattern, **options)
        self.writer.system(text, service, acts, call=call, results=results)
