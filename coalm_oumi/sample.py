"""What is trained on: a sample of instruction, input and output, or a chat with tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Origin:
    """Where a sample came from and how to make it again.

    Attributes:
        source: Name of the source in the catalogue (`snips`, `xlam`).
        record_id: The record in that source.
        prompt: Name and version of the prompt template.
        transformation: What was done to the record (`masked`, `unmasked`, ...).
        seed: Seed of the transformation; None when nothing is drawn.
        copy: Which copy of the record this is, from 0.
    """

    source: str
    record_id: str
    prompt: str
    transformation: str = ""
    seed: int | None = None
    copy: int = 0


@dataclass(frozen=True)
class Sample:
    """One row of a training set, in the Alpaca columns of CoALM-IT.

    Attributes:
        instruction: What the model is asked to do.
        input: What it is asked to do it with; may be empty.
        output: The reply to learn.
        origin: Where the sample came from.
    """

    instruction: str
    input: str
    output: str
    origin: Origin = field(default_factory=lambda: Origin("", "", ""))


@dataclass(frozen=True)
class Chat:
    """A dialogue as chat messages, in OpenAI's form.

    Attributes:
        messages: Objects with `role` and `content`. The assistant's may have
            `tool_calls` (`chat_calls`), and what it thinks in `reasoning_content`;
            those of the role `tool` have the `tool_call_id` that they answer.
        tools: The functions on offer as JSON schemas, as chat templates take them.
        origin: Where the dialogue came from.
        untrained: Numbers of messages of the assistant that are not to be learnt.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]]
    origin: Origin = field(default_factory=lambda: Origin("", "", ""))
    untrained: frozenset[int] = frozenset()


def chat_calls(
    calls: Iterable[tuple[str, Mapping[str, Any]]], first: int = 0
) -> list[dict[str, Any]]:
    """Returns calls as the `tool_calls` of a message.

    Args:
        calls: Name and arguments of each.
        first: How many calls the dialogue has had before. A call's id is its number, in
            nine letters and digits, as Mistral's templates want it.
    """
    return [
        {
            "id": f"call{number:05d}",
            "type": "function",
            "function": {"name": name, "arguments": dict(arguments)},
        }
        for number, (name, arguments) in enumerate(calls, first)
    ]
