"""An agent that knows the gold: what the protocols give to the best of models.

It calls the functions that the gold states ask for, and answers from what they return, in
the format of the prompt. What keeps it from 100 is not the model's (`ceiling`):

- `gold_history`: of each turn, the domains that the gold state changes, that the gold
  books, or that the turn is about; a lookup with the gold state, a booking where the gold
  books, and a reply with the name and what the goal asks for;
- `simulated_user`: what the user's words say, by the goal's values (`oracle_hearing`);
- `dst_prompt`: the gold state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalm_oumi.benchmarks.multiwoz.protocols.prompt import MOST_CALLS
from coalm_oumi.calls.strict_json import dumps
from coalm_oumi.environments.multiwoz.data.active_domains import active_domains
from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue
from coalm_oumi.environments.multiwoz.data.load import MultiwozData
from coalm_oumi.environments.multiwoz.world.tools import TOOLS
from coalm_oumi.evaluation.conductor import ChatMessage, Failure, Reply
from tests.benchmarks.multiwoz.ideal.oracle_hearing import heard

Call = tuple[str, dict[str, Any]]

_QUERIES = {tool.domain: tool for tool in TOOLS.values() if tool.kind == "query"}
_BOOKINGS = {tool.domain: tool for tool in TOOLS.values() if tool.kind == "book"}
_PARAMETERS = {"arrive": "arriveBy", "leave": "leaveAt"}
_GIVEN = {
    "PHONE": ("phone number", "phone"),
    "ADDRESS": ("address", "address"),
    "POST": ("postcode", "postcode"),
}


@dataclass(frozen=True)
class Part:
    """One domain that a turn is about.

    Attributes:
        domain: The domain.
        wanted: The arguments of the lookup.
        booked: The arguments of the booking without the entry's name; None if nothing is
            to be booked.
        asked: What the goal asks for, in the scorer's names.
    """

    domain: str
    wanted: Mapping[str, str]
    booked: Mapping[str, str] | None
    asked: Sequence[str]


@dataclass
class Oracle:
    """Answers as the gold would have it; an `Ask` of the conductor.

    Attributes:
        data: The benchmark's data.
    """

    data: MultiwozData
    fails_together: bool = field(default=False, init=False)

    def __call__(self, wave: Sequence[tuple[str, Any]]) -> Sequence[Reply | Failure]:
        """Returns the reply to each request."""
        return [Reply(self.reply(key, request.messages)) for key, request in wave]

    def reply(self, key: str, messages: Sequence[ChatMessage]) -> str:
        """Returns the next thing to write.

        Args:
            key: A turn's id in `gold_history` or `dst_prompt`, a dialogue's in
                `simulated_user`.
            messages: The messages so far.
        """
        name, turn, number = key.partition("#")
        dialogue = self.data.dialogues[name]
        if "# Sub-task 1" not in messages[0].content:
            return dumps(
                {d: dict(s) for d, s in dialogue.turns[int(number)].state.items()}
            )
        results = [json.loads(m.content) for m in messages[3::2]]
        if turn:
            parts = self._of_turn(dialogue, int(number))
        else:
            parts = self._of_utterance(dialogue, messages[1].content)
        return _next(parts, results)

    def _of_turn(self, dialogue: Dialogue, number: int) -> list[Part]:
        turn = dialogue.turns[number]
        before = dialogue.turns[number - 1] if number else None
        states = [t.state for t in dialogue.turns[: number + 1]]
        changed = [
            d for d, s in turn.state.items() if not before or before.state.get(d) != s
        ]
        booked = [d for d in turn.booked if not before or d not in before.booked]
        about = dict.fromkeys([*booked, *changed, *active_domains(states)[-1]])
        return [
            self._part(dialogue, d, turn.state.get(d, {}), d in booked) for d in about
        ]

    def _part(
        self, dialogue: Dialogue, domain: str, state: Mapping[str, str], booked: bool
    ) -> Part:
        arguments = {
            _PARAMETERS.get(slot, slot): value.split("|")[0]
            for slot, value in state.items()
        }
        goal = self.data.goals[dialogue.id].get(domain)
        return Part(
            domain,
            arguments,
            arguments if booked or domain == "taxi" else None,
            goal.requestable if goal else (),
        )

    def _of_utterance(self, dialogue: Dialogue, said: str) -> list[Part]:
        utterances = [
            part.partition("[Assistant]\n")[0] for part in said.split("[User]\n")
        ]
        found = heard(dialogue.goal, utterances[1:])
        if not found.domain:
            return []
        asked = self.data.goals[dialogue.id][found.domain].requestable
        return [Part(found.domain, found.wanted, found.booked, asked)]


def _next(parts: Sequence[Part], results: Sequence[Mapping[str, Any]]) -> str:
    """Returns the next call, or the reply when all calls are made."""
    said: list[str] = []
    made = 0
    for part in parts:
        entry: Mapping[str, Any] = {}
        if part.domain in _QUERIES:
            if made == len(results) < MOST_CALLS:
                return _written(_lookup(part))
            found = results[made]["result"] if made < len(results) else None
            entry, made = _chosen(part, found or [{}]), made + 1
        call = _booking(part, entry)
        booked: Mapping[str, Any] = {}
        if call is not None:
            if made == len(results) < MOST_CALLS:
                return _written(call)
            booked = (results[made]["result"] if made < len(results) else None) or {}
            made += 1
        said.append(_told(part, entry, booked))
    text = " ".join(filter(None, said)) or "Is there anything else?"
    return f"Thought: I need no API and want to respond to the user.\nResponse: {text}"


def _chosen(part: Part, found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Returns the first entry with most of what is asked for."""
    fields = [_GIVEN[name][1] for name in part.asked if name in _GIVEN]
    return max(found, key=lambda entry: sum(bool(entry.get(name)) for name in fields))


def _lookup(part: Part) -> Call:
    tool = _QUERIES[part.domain]
    known = {parameter.name for parameter in tool.parameters}
    return tool.name, {k: v for k, v in part.wanted.items() if k in known}


def _booking(part: Part, entry: Mapping[str, Any]) -> Call | None:
    if part.booked is None:
        return None
    tool = _BOOKINGS[part.domain]
    arguments = dict(part.booked)
    if part.domain == "train":
        arguments = {"people": arguments.get("people", "1")}
        arguments["trainID"] = entry.get("trainID", "")
    elif part.domain != "taxi":
        arguments["name"] = entry.get("name", arguments.get("name", ""))
    known = {parameter.name for parameter in tool.parameters}
    given = {k: v for k, v in arguments.items() if k in known and v}
    return (tool.name, given) if set(tool.required) <= set(given) else None


def _written(call: Call) -> str:
    name, arguments = call
    return (
        f"Thought: I need to call an API.\nAPI Name: {name}\n"
        f"API Input: {dumps(arguments)}\nAPI Result:"
    )


def _told(part: Part, entry: Mapping[str, Any], booked: Mapping[str, Any]) -> str:
    """Returns what to say of a part: its entry, what is asked for, what was booked."""
    said: list[str] = []
    if part.domain == "taxi":
        if booked:
            said.append(f"A {booked['type']} is booked, phone {booked['phone']}.")
        return " ".join(said)
    if part.domain == "train" and entry:
        said.append(f"{entry['trainID']} leaves at {entry['leaveAt']}.")
    elif entry:
        said.append(f"There is {str(entry['name']).title()}.")
        for name in part.asked:
            if name in _GIVEN and entry.get(_GIVEN[name][1]):
                what, field_name = _GIVEN[name]
                said.append(f"The {what} is {entry[field_name]}.")
    if booked:
        said.append(f"It is booked, the reference number is {booked['reference']}.")
    return " ".join(said) or "Nothing fits."
