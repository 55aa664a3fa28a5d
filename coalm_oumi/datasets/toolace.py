"""ToolACE, multi-turn function calling: `coalm/toolace`.

One sample per assistant turn: the row's system text is the instruction, unchanged; the
conversation so far is the input, a line ``<speaker>: <text>`` for each turn; the turn
itself, unchanged, is the output. Of the row in `sources.toolace`, the second sample is

    input   User: A bus to Ely
            Assistant: [Find Bus(to="Ely")]
            Tool: [{"name": "Find Bus", "results": {"at": 9}}]
    output  It leaves at nine.

The paper prints no prompt for ToolACE ("incorporating the prompt instructions and
adding conversation history if available"). Speakers are the source's roles, and a text
may itself have several lines.

What an assistant's turn is:

- calls, if it can be read as calls in brackets; a call of a function or parameter that
  the row does not list is kept as the source has it, and counted;
- in a row that asks for a notation of its own, calls in that notation, if it begins
  with a bracket: kept unread (the row asks for just that, and the paper's 13,819
  samples of 11,300 conversations leave no room for dropping them), and counted;
- rejected, if it is empty, or is meant as calls and cannot be read: it begins with a
  square bracket, with a parenthesis or the end before that is closed, or its brackets
  do not balance in a notation of its own;
- else a plain answer.

As a chat with tools (`prompt_layout: tools`) a conversation is one dialogue: its functions
are tools, its calls `tool_calls`, and of the system text what stands before the functions
is kept (the task, the date). It ends before the first assistant's turn that cannot be
used; rows whose functions are not listed as JSON schemas are left out.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/toolace
            dataset_kwargs: {sample_seed: 42}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Literal, get_args

from coalm_oumi.calls import (
    CallSyntaxError,
    FunctionCall,
    parse_bracket_calls,
    unresolved,
)
from coalm_oumi.calls.json_schema_tool import json_schema_tool
from coalm_oumi.datasets.part import (
    DatasetSize,
    PaperRow,
    Part,
    PartOptions,
    PartRequest,
    Tally,
    system_chat,
)
from coalm_oumi.errors import OptionError, expected_one_of, shorten
from coalm_oumi.prompts import toolace_template
from coalm_oumi.sample import Chat, Origin, Sample, chat_calls
from coalm_oumi.seeding import stable_digest
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.messages import results
from coalm_oumi.sources.toolace import TOOLACE as SOURCE
from coalm_oumi.sources.toolace import ToolAceConversation, Turn, read_toolace

TurnKind = Literal["calls", "answer", "own notation"]
OwnNotation = Literal["keep", "reject"]

UNLISTED = "a call names an unlisted function or parameter"
OWN_NOTATION = "calls in a notation of the row's own"
UNREADABLE = "calls cannot be read"
EMPTY = "turn without text"
UNLISTED_TOOLS = "tools not listed as JSON schemas, which a chat with tools needs"

_TURNS = "toolace, assistant turns"
_MEANT_AS_CALLS = re.compile(r"\s*\[(?:[^\]]*\(|[^\]]*\Z)")
_BRACKETS = ("()", "[]", "{}")


@dataclass(frozen=True, kw_only=True)
class ToolAceOptions(PartOptions):
    """What `dataset_kwargs` may say.

    Attributes:
        own_notation: About one row in twenty asks for calls in a notation made up for
            that row: `keep` those calls, or `reject` them.
    """

    own_notation: OwnNotation = "keep"


def conversation_input(turns: Sequence[Turn]) -> str:
    """Returns a conversation as the input of a sample.

    Args:
        turns: The turns so far, in order.
    """
    template = toolace_template()
    return "\n".join(
        template.render(speaker=turn.role.capitalize(), text=turn.text)
        for turn in turns
    )


class UnusableTurnError(ValueError):
    """A turn from which nothing can be learnt.

    Attributes:
        reason: The same short phrase for all turns of its kind.
        detail: What is particular to this one; may be empty.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


def turn_kind(turn: Turn, conversation: ToolAceConversation) -> TurnKind:
    """Says what an assistant's turn is (module docstring).

    Args:
        turn: The turn.
        conversation: The conversation that it is part of.

    Raises:
        UnusableTurnError: It is empty, or is meant as calls and cannot be read.
    """
    text = turn.text.strip()
    if not text:
        raise UnusableTurnError(EMPTY)
    try:
        return "calls" if parse_bracket_calls(text) else "answer"
    except CallSyntaxError as error:
        if conversation.bracketed:
            if _MEANT_AS_CALLS.match(text):
                raise UnusableTurnError(UNREADABLE, str(error)) from error
            return "answer"
    if text[0] not in "[{(<":
        return "answer"
    for opening, closing in _BRACKETS:
        counts = text.count(opening), text.count(closing)
        if counts[0] != counts[1]:
            found = f"{counts[0]} '{opening}' and {counts[1]} '{closing}'"
            raise UnusableTurnError(UNREADABLE, found)
    return "own notation"


def toolace_samples(
    conversations: Iterable[ToolAceConversation],
    *,
    seed: int,
    own_notation: OwnNotation = "keep",
    ledger: Ledger | None = None,
) -> Iterator[Sample]:
    """Turns conversations into samples, in an order fixed by the seed alone.

    Args:
        conversations: The conversations, in any order.
        seed: Fixes the order of the samples.
        own_notation: What becomes of calls in a notation of the row's own: `keep` them
            and count them, or `reject` them.
        ledger: Counts the assistant's turns, and those rejected or noted.

    Yields:
        One sample per assistant turn that can be used.

    Raises:
        OptionError: `own_notation` is unknown.
    """
    if own_notation not in get_args(OwnNotation):
        raise OptionError(
            expected_one_of(own_notation, get_args(OwnNotation)), field="own_notation"
        )
    ledger = ledger if ledger is not None else Ledger(_TURNS)
    made = [
        (conversation.digest, number, conversation.record_id, sample)
        for conversation in conversations
        for number, sample in _turn_samples(conversation, seed, own_notation, ledger)
    ]
    # Rows of one content are told apart by their names, so not by their order.
    made.sort(key=lambda item: item[:3])
    keyed = [
        (stable_digest(seed, "order", digest, occurrence, number), sample)
        for (digest, number), same in groupby(made, key=lambda item: item[:2])
        for occurrence, (*_, sample) in enumerate(same)
    ]
    keyed.sort(key=lambda item: item[0])
    yield from (sample for _, sample in keyed)


def _turn_samples(
    conversation: ToolAceConversation,
    seed: int,
    own_notation: OwnNotation,
    ledger: Ledger,
) -> Iterator[tuple[int, Sample]]:
    """Yields the samples of one conversation with their turns' numbers, from 0."""
    for number, turn in enumerate(conversation.turns):
        if turn.role != "assistant":
            continue
        ledger.read += 1
        record_id = f"{conversation.record_id}, turn {number}"
        try:
            kind = turn_kind(turn, conversation)
            if kind == "own notation" and own_notation == "reject":
                raise UnusableTurnError(OWN_NOTATION, shorten(turn.text))
        except UnusableTurnError as error:
            ledger.rejected(record_id, error.reason, error.detail)
            continue
        if kind == "own notation":
            ledger.noted(record_id, OWN_NOTATION, shorten(turn.text))
        elif kind == "calls" and conversation.tools is not None:
            calls = parse_bracket_calls(turn.text)
            reason = unresolved(calls, conversation.tools)
            if reason:
                ledger.noted(record_id, UNLISTED, reason)
        input_text = conversation_input(conversation.turns[:number])
        prompt = toolace_template().id
        origin = Origin("toolace", record_id, prompt, transformation=kind, seed=seed)
        yield number, Sample(conversation.system, input_text, turn.text, origin)


def conversation_chat(
    conversation: ToolAceConversation, *, ledger: Ledger | None = None
) -> Chat | None:
    """Returns a conversation as a chat with tools (module docstring).

    Args:
        conversation: The conversation.
        ledger: Counts the assistant's turns, and those rejected or noted.

    Returns:
        The chat; None if no turn of the assistant can be used.
    """
    ledger = ledger if ledger is not None else Ledger(_TURNS)
    messages: list[dict[str, Any]] = []
    if conversation.preamble:
        messages.append({"role": "system", "content": conversation.preamble})
    calls: list[dict[str, Any]] = []
    said = 0
    for number, turn in enumerate(conversation.turns):
        if turn.role == "assistant":
            ledger.read += 1
            record_id = f"{conversation.record_id}, turn {number}"
            try:
                found = _turn_calls(turn, conversation)
            except UnusableTurnError as error:
                ledger.rejected(record_id, error.reason, error.detail)
                break
            if reason := unresolved(found, conversation.tools or ()):
                ledger.noted(record_id, UNLISTED, reason)
            ids = sum(len(message.get("tool_calls", ())) for message in messages)
            calls = chat_calls(((call.name, call.arguments) for call in found), ids)
            words = {"tool_calls": calls} if calls else {"content": turn.text}
            messages.append({"role": "assistant", **words})
            said = len(messages)
        elif turn.role == "tool" and calls:
            messages += results(turn.text, calls)
        else:
            # Results of no call are words of the other party.
            messages.append({"role": "user", "content": turn.text})
    if not said:
        return None
    tools = [json_schema_tool(function) for function in conversation.tools or ()]
    origin = Origin("toolace", conversation.record_id, "", transformation="chat")
    return Chat(messages[:said], tools, origin)


def _turn_calls(
    turn: Turn, conversation: ToolAceConversation
) -> Sequence[FunctionCall]:
    kind = turn_kind(turn, conversation)
    if kind == "own notation":
        raise UnusableTurnError(OWN_NOTATION, shorten(turn.text))
    return parse_bracket_calls(turn.text) if kind == "calls" else ()


def _chats(request: PartRequest) -> Iterator[Chat]:
    rows, turns = request.tally(SOURCE.name), request.tally(_TURNS)
    seed = request.options.sample_seed
    keyed: list[tuple[bytes, str, Chat]] = []
    for conversation in rows.counted(_conversations(request, rows)):
        if conversation.tools is None:
            rows.ledger.rejected(conversation.record_id, UNLISTED_TOOLS)
            continue
        chat = conversation_chat(conversation, ledger=turns.ledger)
        if chat is not None:
            key = stable_digest(seed, "order", conversation.digest)
            keyed.append((key, conversation.record_id, chat))
    keyed.sort(key=lambda item: item[:2])
    return turns.counted(chat for *_, chat in keyed)


def _conversations(request: PartRequest, rows: Tally) -> Iterator[ToolAceConversation]:
    conversations = (
        conversation
        for path in request.places[SOURCE.name].files
        for conversation in read_toolace(path, ledger=rows.ledger)
    )
    return islice(conversations, request.limit)


def _samples(request: PartRequest) -> Iterator[Sample]:
    rows, turns = request.tally(SOURCE.name), request.tally(_TURNS)
    samples = toolace_samples(
        rows.counted(_conversations(request, rows)),
        seed=request.options.sample_seed,
        own_notation=request.options.own_notation,
        ledger=turns.ledger,
    )
    return turns.counted(samples)


def _last_question(sample: Sample) -> str:
    return f"\n{sample.input}".rpartition("\nUser: ")[2].partition("\nAssistant: ")[0]


TOOLACE = Part(
    name="toolace",
    title="multi-turn function calling (ToolACE)",
    sources=(SOURCE,),
    samples=_samples,
    size=DatasetSize(13_819, 737),
    chat_size=DatasetSize(10_690, 726),
    class_name="ToolAceDataset",
    options=ToolAceOptions,
    paper=PaperRow("LA", "multi", "ToolACE", "API call", 13_819, 10_199_147),
    compared=_last_question,
    chat=system_chat,
    chats=_chats,
)
