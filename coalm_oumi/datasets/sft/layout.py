"""Samples and chats as Oumi's messages (`prompts.layout`)."""

from __future__ import annotations

import json
from typing import Any

from oumi.core.types.conversation import Conversation, Message, Role
from oumi.core.types.tool_call import ToolDefinition

from coalm_oumi.prompts import layout as layouts


def prompt_turns(
    instruction: str, input_text: str, layout: str
) -> list[tuple[Role, str]]:
    """Returns role and content of each message up to the assistant's turn."""
    turns = layouts.prompt_turns(instruction, input_text, layout)
    return [(Role(role), content) for role, content in turns]


def conversation(
    instruction: str, input_text: str, output: str, layout: str
) -> Conversation:
    """Returns the whole conversation, the reply to learn included."""
    turns = [
        *prompt_turns(instruction, input_text, layout),
        (Role.ASSISTANT, output),
    ]
    return Conversation(messages=[Message(role=r, content=c) for r, c in turns])


def chat_conversation(messages: str, tools: str) -> Conversation:
    """Returns a chat with tools as a conversation.

    Args:
        messages: The messages, as JSON.
        tools: The functions on offer, as JSON.
    """
    return Conversation(
        messages=[Message(**_message(message)) for message in json.loads(messages)],
        tools=[ToolDefinition(**tool) for tool in json.loads(tools)] or None,
    )


def _message(message: dict[str, Any]) -> dict[str, Any]:
    """Returns a message as Oumi takes it: a call's arguments are JSON text."""
    calls = [
        {
            **call,
            "function": {
                **call["function"],
                "arguments": json.dumps(
                    call["function"]["arguments"], ensure_ascii=False
                ),
            },
        }
        for call in message.get("tool_calls", ())
    ]
    known = ("role", "content", "tool_call_id", "reasoning_content")
    found = {key: message[key] for key in known if key in message}
    return {**found, **({"tool_calls": calls} if calls else {})}
