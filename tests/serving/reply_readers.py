"""Every reader of text that a model wrote, with the one exception that it documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from coalm_oumi.benchmarks.api_bank import parse_calls
from coalm_oumi.benchmarks.cra_actions.reply import parse_reply as next_action
from coalm_oumi.benchmarks.multiwoz.protocols.agent import shown_again
from coalm_oumi.benchmarks.multiwoz.protocols.dst_prompt import (
    parse_state as multiwoz_state,
)
from coalm_oumi.benchmarks.multiwoz.protocols.reply import parse_reply as multiwoz_reply
from coalm_oumi.benchmarks.snips_dst.reply import parse_state
from coalm_oumi.calls import (
    parse_action,
    parse_bracket_calls,
    parse_json_list,
    split_reasoning,
    unfenced,
)
from coalm_oumi.calls.literal import LiteralReader
from coalm_oumi.calls.reasoning import ReasoningSplitter
from coalm_oumi.calls.strict_json import loads, raw_decode
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.generate.thoughts_reply import parse_thoughts
from coalm_oumi.cra.read.reply import parse_reply as cra_dialogue
from coalm_oumi.cra.read.reply_arguments import parse_arguments, parse_result
from coalm_oumi.serving import Call, ReplyStream, arguments_json, read_reply
from coalm_oumi.training.rewards import call_match, state_match

NAMES = ["clock", "find_bus", "get-weather", "Moving Average (MA)"]
_SAID = CraDialogue("a", (CraTurn("Is it open?", "", None, "It is."),))


class Reader(NamedTuple):
    """A reader.

    Attributes:
        read: Reads a text.
        raises: The exceptions that it documents.
        by_character: Whether it is given its text in pieces of few characters.
    """

    read: Callable[[str], Any]
    raises: tuple[type[Exception], ...] = ()
    by_character: bool = False


def _streamed(text: str, size: int, **options: Any) -> None:
    stream = ReplyStream(functions=NAMES, **options)
    for start in range(0, len(text), size):
        _passed_on(stream.feed(text[start : start + size]))
    _passed_on(stream.finish())


def _passed_on(events: Any) -> None:
    for event in events:
        if isinstance(event, Call):
            arguments_json(event.call)


def _split_in_pieces(text: str) -> None:
    splitter = ReasoningSplitter()
    for character in text:
        splitter.feed(character)
    splitter.finish()


def _whole(**options: Any) -> Callable[[str], Any]:
    return lambda text: read_reply(text, functions=NAMES, **options)


def _pieces(size: int, **options: Any) -> Callable[[str], Any]:
    return lambda text: _streamed(text, size, **options)


READERS: dict[str, Reader] = {
    "bracket": Reader(parse_bracket_calls, (ValueError,)),
    "action": Reader(parse_action, (ValueError,)),
    "action, called": Reader(lambda text: parse_action(f"F({text})"), (ValueError,)),
    "JSON list": Reader(parse_json_list, (ValueError,)),
    "literal": Reader(lambda text: LiteralReader(text).value(), (ValueError,)),
    "strict JSON": Reader(loads, (ValueError,)),
    "strict JSON, begun": Reader(
        lambda text: raw_decode(text, repeated_keys="last"), (ValueError,)
    ),
    "fence": Reader(unfenced),
    "reasoning": Reader(split_reasoning),
    "reasoning in pieces": Reader(_split_in_pieces, by_character=True),
    "reply": Reader(_whole()),
    "reply, bracket": Reader(_whole(notation="bracket")),
    "reply, JSON": Reader(_whole(notation="json")),
    "reply, CRA": Reader(_whole(notation="cra")),
    "reply, names unknown": Reader(read_reply),
    "stream of characters": Reader(_pieces(1), by_character=True),
    "stream of pieces": Reader(_pieces(7), by_character=True),
    "stream, CRA": Reader(_pieces(1, notation="cra"), by_character=True),
    "stream, in reasoning": Reader(_pieces(3, in_reasoning=True), by_character=True),
    "snips_dst": Reader(parse_state),
    "api_bank": Reader(parse_calls),
    "cra_actions": Reader(next_action),
    "multiwoz reply": Reader(multiwoz_reply),
    "multiwoz shown again": Reader(shown_again),
    "multiwoz state": Reader(multiwoz_state),
    "CRA dialogue": Reader(cra_dialogue),
    "CRA arguments": Reader(parse_arguments, (ValueError,)),
    "CRA result": Reader(parse_result),
    "CRA thoughts": Reader(lambda t: parse_thoughts(t, _SAID, rephrased=False)),
    "CRA thoughts, rephrased": Reader(
        lambda text: parse_thoughts(text, _SAID, rephrased=True)
    ),
    "call_match": Reader(lambda text: call_match([text], ["[clock()]"])),
    "call_match, known": Reader(lambda text: call_match(["[clock()]"], [text])),
    "state_match": Reader(
        lambda text: state_match([text], ['{"domain": "a", "slot_values": {}}'])
    ),
}
