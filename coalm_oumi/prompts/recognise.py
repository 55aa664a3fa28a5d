"""Telling the parts of CoALM-IT apart by the wording of their prompts.

The published set has no column for a row's source. Its prompts say it: the state
tracking one names the intents, Hammer's calls itself a tool calling assistant, the two of
CRA are conversational assistants; what is left is ToolACE, whose rows bring their own.
"""

from __future__ import annotations

from typing import NamedTuple

PARTS = ("snips", "hammer", "toolace", "cra")
"""The parts of CoALM-IT, by name."""


class Recognised(NamedTuple):
    """The part that a prompt belongs to, and the rule that tells."""

    part: str
    rule: str


# The part and the words that its prompts have within the first characters.
_RULES = (
    ("snips", "snips", "assigned to find the intents shown by the user"),
    ("hammer", "hammer", "You are a tool calling assistant."),
    ("cra_action", "cra", "assistant who can perform API function calling"),
    ("cra_response", "cra", "assistant specializing in understanding user queries"),
    ("toolace", "toolace", "You are an expert in composing functions"),
)
_BEGINNING = 400
OTHERWISE = Recognised("toolace", "otherwise")
"""What a prompt is that no rule knows: ToolACE has no wording of its own."""
RULES = (*(rule for rule, _, _ in _RULES), OTHERWISE.rule)
"""The names of all rules, in the order in which they are tried."""


def recognise(instruction: str) -> Recognised:
    """Returns the part that an instruction belongs to.

    Args:
        instruction: A row's instruction; its first 400 characters decide.
    """
    beginning = instruction[:_BEGINNING]
    for rule, part, wording in _RULES:
        if wording in beginning:
            return Recognised(part, rule)
    return OTHERWISE
