"""CRA rows (Figures 6 and 7) read back as the dialogue so far.

In: the instruction with its CONVERSATION HISTORY and AVAILABLE TOOLS, the input
``User: One to Hull.`` / ``Thought: FindFerry needs no more.`` and the output
``Action: FindFerry(port='Hull')``. Out: `CraRow` with the dialogue up to this turn, the
functions listed, and what of the last turn the row is about: its call, or its response.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from coalm_oumi.calls import FunctionSchema, ParameterSchema
from coalm_oumi.calls.names import NAME
from coalm_oumi.cra.check.quantities import day_of
from coalm_oumi.cra.check.validate import BOTH, Part
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.read.reply import Repair
from coalm_oumi.cra.read.reply_lines import Label, split_fields
from coalm_oumi.cra.read.reply_turns import NoDialogueError, TurnBuilder

_HISTORY = re.compile(
    r"\[BEGIN OF CONVERSATION HISTORY\]\n(.*)\[END OF CONVERSATION HISTORY\]", re.DOTALL
)
_TOOLS = re.compile(
    r"\[BEGIN OF AVAILABLE TOOLS\]\n(.*?)\[END OF AVAILABLE TOOLS\]", re.DOTALL
)
_TOOL = re.compile(rf"\s{{0,8}}\d{{1,4}}[.)]\s{{0,4}}({NAME})\(([^()\n]*)\)")
_TODAY = re.compile(r"^Today's date: (\S+)", re.MULTILINE)


class UnreadableRowError(ValueError):
    """A row that is no CRA row, or whose lines are no dialogue."""


@dataclass(frozen=True)
class CraRow:
    """A CRA row as a dialogue.

    Attributes:
        dialogue: The dialogue so far; its last turn is the row's own.
        functions: The functions that the row lists; empty for a response row.
        parts: What of the last turn the row is about.
        repairs: What had to be mended to read it.
    """

    dialogue: CraDialogue
    functions: tuple[FunctionSchema, ...]
    parts: Collection[Part]
    repairs: tuple[Repair, ...]


def read_cra_row(
    record_id: str,
    instruction: str,
    input: str,
    output: str,
    *,
    functions: Sequence[FunctionSchema] = (),
) -> CraRow:
    """Reads a row.

    Args:
        record_id: The row's name.
        instruction: The prompt of Figure 6 or 7.
        input: The lines of the turn.
        output: The line to learn: `Action: ...` or `System: ...`.
        functions: The functions with their types, if they are known.

    Raises:
        UnreadableRowError: It is no such row; the message says why.
    """
    found = _HISTORY.search(instruction)
    if found is None:
        raise UnreadableRowError("the instruction has no conversation history")
    tools = _TOOLS.search(instruction)
    listed = listed_functions(tools[1]) if tools else ()
    known = {function.name for function in functions}
    functions = [*functions, *(f for f in listed if f.name not in known)]
    history, history_repairs = _turns(found[1], functions, is_history=True)
    own, own_repairs = _turns(f"{input}\n{output}", functions, is_history=False)
    if len(own) != 1:
        raise UnreadableRowError(f"input and output are {len(own)} turns, not one")
    last = own[0]
    is_action = not last.response
    if is_action and last.step is None:
        raise UnreadableRowError("the output is neither an action nor a response")
    parts: Collection[Part] = BOTH
    if is_action:
        parts = ("call",)
    elif last.step is not None:
        # The call is another row's.
        parts = ("response",)
    today = _TODAY.search(instruction, 0, found.start())
    return CraRow(
        CraDialogue(record_id, (*history, last), day_of(today[1]) if today else None),
        listed,
        parts,
        (*history_repairs, *own_repairs),
    )


@lru_cache(maxsize=64)
def listed_functions(listing: str) -> tuple[FunctionSchema, ...]:
    """Reads the numbered lines of AVAILABLE TOOLS: names alone, without types.

    Args:
        listing: The lines, such as `1. FindFerry(port, passengers)`.
    """
    found = []
    for match in map(_TOOL.match, listing.split("\n")):
        if match:
            names = [name.strip() for name in match[2].split(",") if name.strip()]
            parameters = tuple(ParameterSchema(name, {}) for name in names)
            found.append(FunctionSchema(match[1], "", parameters))
    return tuple(found)


def with_types(
    listed: tuple[FunctionSchema, ...], known: FunctionCatalogue | None
) -> FunctionCatalogue:
    """Returns listed functions with the types that a list of functions has for them.

    The paper's prompts list the required arguments alone: of a function that has more, the
    listed ones get their types, and the others stay unlisted.

    Args:
        listed: Functions of a prompt.
        known: Functions with types; a listed one that is not among them has none.
    """
    # Most rows of a set have one list, which `listed_functions` reads once.
    kept = _LAST.get("typed")
    if kept is not None and kept[0] is listed and kept[1] is known:
        return kept[2]
    found = listed if known is None else tuple(_with_types(f, known) for f in listed)
    _LAST["typed"] = (listed, known, FunctionCatalogue(found))
    return _LAST["typed"][2]


_LAST: dict[
    str, tuple[tuple[FunctionSchema, ...], FunctionCatalogue | None, FunctionCatalogue]
] = {}


def _with_types(listed: FunctionSchema, known: FunctionCatalogue) -> FunctionSchema:
    names = listed.parameter_names
    fitting = [
        f
        for f in known.functions
        if f.name == listed.name and names <= f.parameter_names
    ]
    if not fitting:
        return listed
    full = min(fitting, key=lambda f: len(f.parameter_names))
    required = [n for n in full.extra.get("required", ()) if n in names]
    return replace(
        full,
        parameters=tuple(p for p in full.parameters if p.name in names),
        extra={**full.extra, "required": required},
    )


def _turns(
    text: str, functions: Sequence[FunctionSchema], *, is_history: bool
) -> tuple[list[CraTurn], list[Repair]]:
    fields, _ = split_fields(text.replace("\r\n", "\n"))
    builder = TurnBuilder(functions)
    if not fields and is_history:
        return [], []
    try:
        for entry in fields:
            builder.take(entry)
        if not is_history and fields and fields[-1].label is Label.ACTION:
            builder.finish_at_call()
        else:
            builder.take_all(())
    except NoDialogueError as error:
        where = "history" if is_history else "input and output"
        raise UnreadableRowError(f"{where}: {error.reason}") from None
    repairs = [Repair(rule, turn, words) for rule, turn, words in builder.repairs]
    return builder.turns, repairs
