"""One turn of the benchmark, and what is right in a reply to it.

In: the gold call ``FindFerry(port='Hull')``; the reply ``Action: FindFerry(port='Rye')``.
Out: right decision, right function, 0 of 1 argument right; the error is "wrong value".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from coalm_oumi.benchmarks.cra_actions.reply import Reply
from coalm_oumi.calls import FunctionCall
from coalm_oumi.calls.json_equality import in_one_spelling, same_json


@dataclass(frozen=True)
class GoldCase:
    """One turn of a dialogue.

    Attributes:
        id: Its id in the benchmark: the dialogue and the turn's number from 0.
        dialogue: The dialogue's id.
        user: What the user says.
        service: The service that the turn is about.
        in_training: Whether that service also stands in the training part; None if
            that is not known.
        call: The call to make; None where the user is to be answered.
    """

    id: str
    dialogue: str
    user: str
    service: str
    in_training: bool | None
    call: FunctionCall | None


@dataclass(frozen=True)
class JudgedTurn:
    """A turn with the reply to it.

    Attributes:
        case: The turn.
        reply: What was read in the reply.
        text: The reply as the model wrote it.
    """

    case: GoldCase
    reply: Reply
    text: str

    @property
    def calls(self) -> bool:
        """Whether the reply decides to call, be the call readable or not."""
        return self.reply.decision == "call"

    @property
    def decision_right(self) -> bool:
        """Whether it calls where a call is due, and responds where none is."""
        wanted = "response" if self.case.call is None else "call"
        return self.reply.decision == wanted

    @property
    def decision_counts(self) -> tuple[int, int, int]:
        """Calls that were due, calls made, and calls expected: 0 or 1 of each."""
        expected = self.case.call is not None
        return int(self.calls and expected), int(self.calls), int(expected)

    @property
    def name_right(self) -> bool:
        """Whether the function that is due is called."""
        found, gold = self.reply.call, self.case.call
        return found is not None and gold is not None and found.name == gold.name

    @property
    def argument_counts(self) -> tuple[int, int, int]:
        """Right, found and expected pairs of an argument and its value."""
        gold = self.case.call.arguments if self.case.call else {}
        found = self.reply.call.arguments if self.reply.call else {}
        right = sum(
            name in found and same_json(found[name], gold[name]) for name in gold
        )
        return right if self.name_right else 0, len(found), len(gold)

    @property
    def call_right(self) -> bool:
        """Whether the call is the one that is due, with exactly its arguments."""
        right, found, expected = self.argument_counts
        return self.name_right and right == found == expected

    @property
    def call_right_normalized(self) -> bool:
        """Whether it is, case, runs of white space and the values' types ignored."""
        found, gold = self.reply.call, self.case.call
        if found is None or gold is None:
            return False
        return _normalized(found) == _normalized(gold)

    @property
    def action_right(self) -> bool:
        """Whether the decision is right, and so is the call if one is due."""
        return self.decision_right if self.case.call is None else self.call_right

    @property
    def error(self) -> str | None:
        """What is wrong in a few words, the gravest thing first; None if nothing is."""
        gold, found = self.case.call, self.reply.call
        if self.action_right:
            return None
        if self.reply.decision is None:
            return "neither call nor response"
        if not self.decision_right:
            return "needless call" if gold is None else "missed call"
        if found is None or gold is None:
            return "unreadable call"
        if found.name != gold.name:
            return "wrong function"
        if gold.arguments.keys() - found.arguments.keys():
            return "missing argument"
        extra = found.arguments.keys() - gold.arguments.keys()
        return "extra argument" if extra else "wrong value"

    def report(self) -> dict[str, Any]:
        """Returns the turn as an entry of `results.json`."""
        return {
            "id": self.case.id,
            "group": f"service={self.case.service}",
            "user": self.case.user,
            "expected": _action(self.case.call, "response"),
            "found": _action(self.reply.call, self.reply.decision),
            "prediction": self.text,
            "right": self.action_right,
            "error": self.error,
            "scores": self._scores(),
        }

    def _scores(self) -> dict[str, Any]:
        scores: dict[str, Any] = {
            "decision_accuracy": int(self.decision_right),
            "call_f1": self.decision_counts,
            "next_action_accuracy": int(self.action_right),
            "unparsable": int(not self.reply.is_readable),
        }
        if self.case.call is not None:
            scores |= {
                "name_accuracy": int(self.name_right),
                "arguments_accuracy": int(self.call_right),
                "arguments_accuracy_normalized": int(self.call_right_normalized),
                "argument_f1": self.argument_counts,
            }
        return scores


def _normalized(call: FunctionCall) -> tuple[str, list[tuple[str, str]]]:
    pairs = [(_folded(name), _folded(v)) for name, v in call.arguments.items()]
    return _folded(call.name), sorted(pairs)


def _folded(value: object) -> str:
    return " ".join(str(in_one_spelling(value)).split()).casefold()


def _action(call: FunctionCall | None, decision: str | None) -> Any:
    if call is None:
        return decision
    return {"name": call.name, "arguments": dict(call.arguments)}
