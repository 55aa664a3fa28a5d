"""Serving CoALM with tools: its replies as calls and words, for servers of any kind.

`ReplyStream` takes a reply apart while it is being written, `read_reply` a whole one.
`vllm_tool_parser.py` beside this module is vLLM's `--tool-parser-plugin`, and
`coalm_tools.jinja` the `--chat-template` that shows the model the tools.
"""

from pathlib import Path

from coalm_oumi.serving.events import (
    NOTATION_CHOICES,
    Call,
    Content,
    Event,
    Reply,
    Thought,
    arguments_json,
)
from coalm_oumi.serving.reply import read_reply
from coalm_oumi.serving.reply_stream import ReplyStream

CHAT_TEMPLATE = Path(__file__).with_name("coalm_tools.jinja")
"""The chat template, for `--chat-template`."""
TOOL_PARSER_PLUGIN = Path(__file__).with_name("vllm_tool_parser.py")
"""The module that vLLM loads, for `--tool-parser-plugin`."""

__all__ = [
    "CHAT_TEMPLATE",
    "NOTATION_CHOICES",
    "TOOL_PARSER_PLUGIN",
    "Call",
    "Content",
    "Event",
    "Reply",
    "ReplyStream",
    "Thought",
    "arguments_json",
    "read_reply",
]
