r"""The messages that a case is asked with.

- `hammer`: the published prompt as one message of the user. CoALM was scored with it.
- `original`: the same instruction as system message and the dialogue as real turns, for
  models that were not trained on that prompt. A call made earlier is the assistant's
  turn, its result a tool's, and "Generate API Request:" a turn of the user::

      system: [BEGIN OF TASK INSTRUCTION]...   user: Wake me at 7 ...
      assistant: Sure.                         user: Generate API Request:
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from coalm_oumi.benchmarks.api_bank.load import ApiBankCase, level_file
from coalm_oumi.errors import DataFormatError, shorten
from coalm_oumi.evaluation.conductor import ChatMessage, ChatRole, Request
from coalm_oumi.sources.rows import read_rows

PromptStyle = Literal["hammer", "original"]

_QUERY = "\n\n[BEGIN OF QUERY]\n"
_ASK = "Generate API Request:"
_ROLES: dict[Any, ChatRole] = {
    "user": "user",
    "agent": "assistant",
    "assistant": "assistant",
    "tool": "tool",
}


def published_request(case: ApiBankCase) -> Request:
    """Returns a case's request in the style `hammer`."""
    return Request.of_user(case.prompt)


class OriginalTurns:
    """The turns of all dialogues of a level, from the file that has them apart."""

    def __init__(self, folder: Path, level: int) -> None:
        """Reads the file.

        Raises:
            CoalmError: It is missing or malformed.
        """
        self._path = level_file(folder, "original", level)
        self._rows = [row for _, row in read_rows(self._path)]

    def request(self, case: ApiBankCase) -> Request:
        """Returns a case's request in the style `original`.

        Raises:
            DataFormatError: The file has no such row, or it has another form.
        """
        number = int(case.id.partition("-")[2])
        instruction, query, _ = case.prompt.partition(_QUERY)
        turns = self._rows[number].get("query") if number < len(self._rows) else None
        if not query or not isinstance(turns, list) or not turns:
            raise self._malformed(number, turns)
        messages = [self._message(number, turn) for turn in turns]
        last = messages[-1]
        said = last.content.removesuffix(_ASK).rstrip()
        messages[-1] = ChatMessage(last.role, said)
        messages.append(ChatMessage("user", _ASK))
        return Request((ChatMessage("system", instruction), *_joined(messages)))

    def _message(self, number: int, turn: Any) -> ChatMessage:
        said = turn if isinstance(turn, dict) else {}
        role = _ROLES.get(str(said.get("role")))
        if role is None or not isinstance(said.get("content"), str):
            raise self._malformed(number, turn)
        return ChatMessage(role, said["content"])

    def _malformed(self, number: int, found: Any) -> DataFormatError:
        return DataFormatError(
            "expected a list of turns {role: user, agent, assistant or tool; content} "
            f"that belongs to the row of hammer/, found {shorten(repr(found), 60)}. Fetch "
            "the file again.",
            path=self._path,
            row=number,
            field="query",
        )


def _joined(messages: list[ChatMessage]) -> list[ChatMessage]:
    """Joins neighbours of one role: many chat templates refuse them."""
    joined: list[ChatMessage] = []
    for message in messages:
        if joined and joined[-1].role == message.role:
            both = f"{joined[-1].content}\n{message.content}".strip()
            joined[-1] = ChatMessage(message.role, both)
        else:
            joined.append(message)
    return joined
