"""A model that knows the right answer to every case of the embedded corpus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports

from coalm_oumi.benchmarks.api_bank import load_api_bank
from coalm_oumi.benchmarks.api_bank.task import ApiBankOptions
from coalm_oumi.benchmarks.api_bank.task import prepare as prepare_api_bank
from coalm_oumi.benchmarks.bfcl.load import load_bfcl
from coalm_oumi.benchmarks.bfcl.prompt import first_messages
from coalm_oumi.benchmarks.cra_actions import load_cra_actions
from coalm_oumi.benchmarks.cra_actions.task import CraActionsOptions
from coalm_oumi.benchmarks.cra_actions.task import prepare as prepare_cra_actions
from coalm_oumi.benchmarks.snips_dst import load_snips_dst
from coalm_oumi.benchmarks.snips_dst.task import SnipsDstOptions
from coalm_oumi.benchmarks.snips_dst.task import prepare as prepare_snips_dst
from coalm_oumi.conductor import Request
from coalm_oumi.datasets.snips_dst import write_state
from tests.benchmarks.bfcl.gold_replies import gold_prediction

UNKNOWN = "I do not know."
DONE = "Done."

Messages = Sequence[Mapping[str, Any]]
Head = tuple[tuple[str, str], ...]


class RightReplies:
    """Replies to the requests of all benchmarks on the embedded corpus."""

    def __init__(self) -> None:
        self._turns: dict[Head, list[str]] = {}
        for messages, turns in (*_snips(), *_api_bank(), *_cra(), *_bfcl()):
            self._turns[_head(messages)] = turns

    def __call__(self, messages: Messages) -> str:
        """Returns what a right model says next; after results, that it is done."""
        head = _head(messages)
        turns = self._turns.get(head)
        if turns is None:
            return UNKNOWN
        after = messages[len(head) :]
        asked = [m for m in after if m["role"] == "user" and not _is_result(m)]
        if after and (after[-1]["role"] == "tool" or _is_result(after[-1])):
            return DONE
        return turns[len(asked)]


def _is_result(message: Mapping[str, Any]) -> bool:
    return message["content"].startswith("[{'role': 'tool'")


def _head(messages: Messages) -> Head:
    """Returns the messages up to the first reply."""
    roles = [m["role"] for m in messages]
    end = roles.index("assistant") if "assistant" in roles else len(roles)
    return tuple((m["role"], m["content"]) for m in messages[:end])


Answered = Iterable[tuple[Messages, list[str]]]


def _snips() -> Answered:
    gold = {case.id: case.state for case in load_snips_dst().cases}
    requests = prepare_snips_dst(SnipsDstOptions(on_missing="embedded"), None)
    for conversation in requests.conversations:
        state = gold[str(conversation.conversation_id)]
        yield (
            _of_oumi(conversation),
            [write_state(state.intent, dict(state.slot_values))],
        )


def _api_bank() -> Answered:
    gold = {case.id: case.label for case in load_api_bank().cases}
    started = prepare_api_bank(ApiBankOptions(on_missing="embedded"), None).start
    for key, start in started.items():
        yield _of_request(next(start())), [gold[key]]


def _cra() -> Answered:
    gold = {
        f"{dialogue.record_id}#{number}": turn.action_output() or turn.response_output()
        for dialogue in load_cra_actions().dialogues
        for number, turn in enumerate(dialogue.turns)
    }
    requests = prepare_cra_actions(CraActionsOptions(on_missing="embedded"), None)
    for conversation in requests.conversations:
        yield _of_oumi(conversation), [gold[str(conversation.conversation_id)]]


def _bfcl() -> Answered:
    for case in load_bfcl(on_missing="embedded").cases:
        right = gold_prediction(case)
        turns = [turn[0] for turn in right] if case.multi_turn else [right]
        yield first_messages(case), turns


def _of_oumi(conversation: Any) -> Messages:
    return [{"role": m.role.value, "content": m.content} for m in conversation.messages]


def _of_request(request: Request) -> Messages:
    return [{"role": m.role, "content": m.content} for m in request.messages]
