"""Chats with tools as tokens: several trained turns in a row, each as at inference.

A turn is trained on from where generation begins to the end of turn, that included. What
the model sees before it is, token by token, what it is given at inference. A template may
write a turn differently once others follow (Qwen 3 leaves out its thoughts, Mistral moves
the tools to the last question): such turns have rows of their own, all others share one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from math import inf
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from coalm_oumi.datasets.sft.sample_rows import MASK
from coalm_oumi.datasets.sft.text_tokens import OVERLONG, RowLimits
from coalm_oumi.datasets.sft.tokenizing import TOKENS
from coalm_oumi.prompts.chat_template import ChatTemplate
from coalm_oumi.sample import Chat
from coalm_oumi.sources.ledger import Ledger

TrainedTurns = Literal["all", "calls"]
"""Which turns of the assistant are trained on."""
BATCH = 500
CHAT_ROWS = pa.schema(
    [
        *((name, pa.large_string()) for name in ("messages", "tools")),
        *((name, pa.string()) for name in ("source", "record_id", "prompt")),
        ("transformation", pa.string()),
        ("seed", pa.int64()),
        ("copy", pa.int64()),
    ]
)
"""The columns of chats: `messages` and `tools` are JSON."""
LOST_WORDS = "words beside calls, which the chat template leaves out"
NO_TURN = "no turn to train on"
UNWRITABLE = "the chat template cannot write it"


class Turn(NamedTuple):
    """A turn of the assistant, as it is asked for and answered at inference.

    Attributes:
        number: The message's number in the chat.
        prompt: The text before it.
        reply: Its text, with its end.
    """

    number: int
    prompt: str
    reply: str


@dataclass
class Row:
    """A chat up to a trained turn, with all trained turns that it holds as they are.

    Attributes:
        last: The number of its last message.
        text: Its text.
        ids: Its tokens.
        mask: 1 for each token that is trained on, else 0.
        open: Whether a later turn may go on from it: its tokens are those of its text as
            a whole, and will be whatever follows.
    """

    last: int = -1
    text: str = ""
    ids: list[int] = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    open: bool = True


class ChatEncoder:
    """Writes chats as rows of tokens.

    Attributes:
        template: The chat template.
    """

    def __init__(
        self,
        tokenizer: Any,
        *,
        trained: TrainedTurns = "all",
        thoughts: bool = True,
        **options: Any,
    ) -> None:
        """Takes what all chats have in common.

        Args:
            tokenizer: A tokenizer of transformers.
            trained: Which turns are trained on.
            thoughts: Whether the template is given the assistant's thoughts.
            **options: What the template knows beside messages.
        """
        self._tokenizer = tokenizer
        self.template = ChatTemplate(tokenizer, **options)
        self._trained = trained
        self._thoughts = thoughts
        # Texts beside one of these are tokens by themselves.
        self._parting = tuple(
            token.content
            for token in tokenizer.added_tokens_decoder.values()
            if token.special and not token.rstrip and not token.single_word
        )

    def rows(
        self, chat: Chat, limit: float = inf
    ) -> tuple[list[Row], list[tuple[int, int]]]:
        """Returns the rows of a chat, and what does not fit.

        Args:
            chat: The chat.
            limit: The most tokens of a row.

        Returns:
            The rows, in the order of their last turns; and the number and the length in
            tokens of each trained turn that is in none, as it is too long.

        Raises:
            ValueError: The template cannot write the chat, or writes a turn otherwise than
                it begins it.
        """
        made: list[Row] = []
        overlong: list[tuple[int, int]] = []
        row = Row()
        for turn in self._turns(chat):
            if not (row.open and turn.prompt.startswith(row.text)):
                row = Row()
            added = turn.prompt[len(row.text) :]
            before, reply = self._ids(added), self._ids(turn.reply)
            length = len(row.ids) + len(before) + len(reply)
            if length > limit:
                overlong.append((turn.number, length))
                continue
            if not row.ids:
                made.append(row)
            row.last, row.text = turn.number, turn.prompt + turn.reply
            row.ids += before + reply
            row.mask += [0] * len(before) + [1] * len(reply)
            row.open = row.text.endswith(self._parting) and (
                self._ids(added + turn.reply) == before + reply
            )
        return made, overlong

    def _turns(self, chat: Chat) -> Iterator[Turn]:
        """Yields the turns of a chat that are trained on."""
        messages = [*chat.messages]
        if not self._thoughts:
            messages = [
                {k: v for k, v in message.items() if k != "reasoning_content"}
                for message in messages
            ]
        for number, message in enumerate(messages):
            if message["role"] != "assistant" or number in chat.untrained:
                continue
            if self._trained == "calls" and not message.get("tool_calls"):
                continue
            before = messages[:number]
            prompt = self.template.text(before, chat.tools, reply=True)
            text = self.template.text([*before, message], chat.tools)
            start = _reply_start(prompt, text, before)
            if start is None:
                raise ValueError(
                    f"message {number} does not begin as the prompt for it ends"
                )
            # A line break behind the end of turn is the template's, not the model's.
            yield Turn(number, prompt, text[start:].rstrip())

    def _ids(self, text: str) -> list[int]:
        return self._tokenizer(text, add_special_tokens=False)["input_ids"]


def _reply_start(
    prompt: str, text: str, before: Sequence[Mapping[str, Any]]
) -> int | None:
    """Returns where the reply begins in a chat's text; None if that is not clear.

    Args:
        prompt: The text before the reply, as at inference.
        text: The text of the chat, the reply included.
        before: The messages before the reply.
    """
    if text.startswith(prompt):
        return len(prompt)
    # Some templates change what is far above once a reply follows: Mistral's leaves out
    # the system message. The last message and what ends it are as they were.
    last = str(before[-1].get("content") or "").strip() if before else ""
    at = prompt.rfind(last) if last else -1
    found = text.rfind(prompt[at:]) if at >= 0 else -1
    return found + len(prompt) - at if found >= 0 else None


def chat_batches(
    chats: Iterable[Chat], encoder: ChatEncoder, limits: RowLimits, ledger: Ledger
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yields the rows of chats, and their tokens, batch by batch.

    Args:
        chats: The chats.
        encoder: Makes their tokens.
        limits: Which rows are taken.
        ledger: Counts the chats, and those without a row; notes turns in no row.
    """
    rows: list[dict[str, Any]] = []
    tokens: list[Row] = []
    made, most = 0, limits.most
    for chat in chats:
        ledger.read += 1
        name = chat.origin.record_id
        try:
            found, overlong = encoder.rows(chat, limits.tokens)
        except Exception as error:  # whatever a template raises
            ledger.rejected(name, UNWRITABLE, str(error))
            continue
        if overlong:
            number, length = overlong[0]
            detail = f"message {number}: {length} tokens, model_max_length is"
            detail = f"{detail} {limits.tokens}"
            limits.refuse(ledger.source, name, detail)
            note = ledger.noted if found else ledger.rejected
            note(name, OVERLONG, detail)
        elif not found:
            ledger.rejected(name, NO_TURN)
        if not encoder.template.words_beside_calls and _has_words_beside_calls(chat):
            ledger.noted(name, LOST_WORDS)
        left = None if most is None else most - made
        rows += [record(chat, row.last) for row in found[:left]]
        tokens += found[:left]
        made += len(found[:left])
        if len(rows) >= BATCH or made == most:
            yield _batches(rows, tokens)
            rows, tokens = [], []
        if made == most:
            return
    if rows:
        yield _batches(rows, tokens)


def record(chat: Chat, last: int | None = None) -> dict[str, Any]:
    """Returns a chat in the columns of `CHAT_ROWS`.

    Args:
        chat: The chat.
        last: The number of its last message; None for all.
    """
    messages = [*chat.messages[: None if last is None else last + 1]]
    return {
        "messages": json.dumps(messages, ensure_ascii=False),
        "tools": json.dumps([*chat.tools], ensure_ascii=False),
        **asdict(chat.origin),
    }


def chat_record_batches(chats: Iterable[Chat]) -> Iterator[pa.RecordBatch]:
    """Yields chats with their origins as columns."""
    remaining = iter(chats)
    while batch := [record(chat) for chat in islice(remaining, BATCH)]:
        yield pa.RecordBatch.from_pylist(batch, schema=CHAT_ROWS)


def _has_words_beside_calls(chat: Chat) -> bool:
    return any(m.get("tool_calls") and m.get("content") for m in chat.messages)


def _batches(
    rows: list[dict[str, Any]], tokens: list[Row]
) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    columns = {
        "input_ids": [row.ids for row in tokens],
        "attention_mask": [[1] * len(row.ids) for row in tokens],
        MASK.name: [row.mask for row in tokens],
    }
    return (
        pa.RecordBatch.from_pylist(rows, schema=CHAT_ROWS),
        pa.RecordBatch.from_pydict(columns, schema=TOKENS.append(MASK)),
    )
