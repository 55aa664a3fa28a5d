"""The turns of a dialogue, put together from its labelled lines.

A turn is `User`, `Thought`, then any number of calls (`API Name` with `API Input`, or
`Action`; `API Result`; `Thought`), then `System`. What a model leaves out or writes twice
is mended where one can tell what it meant, and each mending is named; what cannot be
mended ends the reading with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from coalm_oumi.calls import (
    FunctionCall,
    FunctionSchema,
    write_action,
    write_literal,
)
from coalm_oumi.calls.names import NAME, is_name
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.dialogue import CraTurn, Step
from coalm_oumi.cra.read.reply_arguments import (
    Arguments,
    UnreadableArgumentsError,
    parse_arguments,
    parse_result,
    says_nothing,
)
from coalm_oumi.cra.read.reply_lines import Field, Label

NO_THOUGHT = "thought missing"
NO_RESULT = "API result missing"
NO_INPUT = "API input missing"
SEVERAL_CALLS = "several calls in one turn"
JOINED = "two lines of one kind joined"
NO_CALL = "API block that names no function passed over"
UNQUOTED = "quotation marks around an utterance taken off"
BROKEN_OFF = "unanswered last turn left out"
CALL_AS_NAME = "whole call in place of a function's name"
NAME_IN_INPUT = "function's name taken from the API input"
NAME_MENDED = "function's name freed of other signs"

_NAME = re.compile(NAME)
_CALL_NAME = re.compile(r"API Call Name:\s{0,4}", re.IGNORECASE | re.ASCII)
_PLACEHOLDER = re.compile(
    r"\[(?:user input|your system response here|i need to call an api|api output result"
    r"|the input parameters for the api|2nd thought after)[^\]\n]{0,120}\]",
    re.IGNORECASE | re.ASCII,
)
_SPEECH = {'"': '"', "“": "”"}


class NoDialogueError(Exception):
    """Fields that are no dialogue.

    Attributes:
        reason: Why, in a few words.
        turn: The turn where reading stopped.
        detail: What was found there.
    """

    def __init__(self, reason: str, turn: int, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.turn, self.detail = reason, turn, detail[:200]


@dataclass
class _Call:
    name: str
    arguments: dict[str, JsonValue] | None = None
    result: JsonValue = None
    has_result: bool = False
    thought: str | None = None


@dataclass
class _Turn:
    user: str | None = None
    thought: str | None = None
    calls: list[_Call] = field(default_factory=list)
    system: str | None = None


class TurnBuilder:
    """Puts turns together, field by field.

    Attributes:
        turns: The finished turns.
        fields: For each field taken, the turn that it went into.
        repairs: What was mended: rule, turn, and the words concerned.
    """

    def __init__(self, functions: Sequence[FunctionSchema] = ()) -> None:
        """Begins a dialogue.

        Args:
            functions: The functions on offer, if they are known: their names, and null
                where an argument may be null, are read as they are.
        """
        self._functions = functions
        self._names = {function.name for function in functions}
        self.turns: list[CraTurn] = []
        self.fields: list[int] = []
        self.repairs: list[tuple[str, int, str]] = []
        self._turn = _Turn()

    def take_all(self, fields: Iterable[Field]) -> None:
        """Takes the fields of a whole dialogue.

        Raises:
            NoDialogueError: They are none.
        """
        for entry in fields:
            self.take(entry)
        self._end()

    def take(self, entry: Field) -> None:
        """Takes one field.

        Raises:
            NoDialogueError: It cannot stand here.
        """
        if entry.label is Label.USER and self._turn.system is not None:
            self._finish()
        self.fields.append(len(self.turns))
        text = entry.text
        if entry.label not in (Label.INPUT, Label.RESULT, Label.ACTION, Label.NAME):
            text = " ".join(text.split())
        placeholder = _PLACEHOLDER.search(text)
        if placeholder:
            raise self._fail("a placeholder of the prompt is left", placeholder[0])
        _TAKERS[entry.label](self, text)

    def finish_at_call(self) -> None:
        """Ends a turn with its last call, whose result is not known yet.

        Raises:
            NoDialogueError: The turn has no call.
        """
        if not self._turn.calls:
            raise self._fail("a turn has no call")
        last = self._turn.calls[-1]
        last.has_result, last.thought = True, ""
        self._finish()

    def _user(self, text: str) -> None:
        turn = self._turn
        if not text:
            return
        if turn.thought is not None or turn.calls:
            raise self._fail("a turn has no response", text)
        self._joined(turn.user, text)
        turn.user = _and(turn.user, self._unquoted(text))

    def _thought(self, text: str) -> None:
        turn = self._turn
        self._begun("Thought", text)
        if turn.system is not None:
            raise self._fail("a thought behind the response", text)
        if not turn.calls:
            self._joined(turn.thought, text)
            turn.thought = _and(turn.thought, text)
            return
        call = turn.calls[-1]
        self._joined(call.thought, text)
        call.thought = _and(call.thought, text)

    def _name(self, text: str) -> None:
        self._begun("API Name", text)
        plain = _CALL_NAME.sub("", text.strip()).strip("[]`*\"' \n.;")
        if says_nothing(plain) or plain.lower().startswith(
            ("none ", "none(", "no api")
        ):
            self._repair(NO_CALL, text)
            return
        if "(" in plain and not plain.endswith("()"):
            self._repair(CALL_AS_NAME, text)
            self._whole_call(text.strip("[]` \n"))
            return
        plain = plain.removesuffix("()")
        if plain not in self._names and not is_name(plain):
            found = [name for name in _NAME.findall(plain) if is_name(name)]
            if len(found) != 1:
                raise self._fail("a function's name cannot be read", text)
            plain = found[0]
            self._repair(NAME_MENDED, text)
        self._new_call(plain)

    def _action(self, text: str) -> None:
        self._begun("Action", text)
        if "(" not in text:
            self._name(text)
            return
        self._whole_call(text)

    def _whole_call(self, text: str) -> None:
        found = self._arguments(text)
        if not is_name(found.name):
            raise self._fail("a function's name cannot be read", text)
        self._new_call(found.name).arguments = found.values

    def _input(self, text: str) -> None:
        self._begun("API Input", text)
        turn = self._turn
        call = turn.calls[-1] if turn.calls else None
        if call is None or call.arguments is not None or call.has_result:
            if says_nothing(text):
                return
            found = self._arguments(text)
            if not is_name(found.name):
                raise self._fail("an API input without an API name", text)
            self._repair(NAME_IN_INPUT, text)
            self._new_call(found.name).arguments = found.values
            return
        found = self._arguments(text, call.name)
        if found.name and found.name != call.name:
            raise self._fail("API name and API input name different functions", text)
        call.arguments = found.values

    def _result(self, text: str) -> None:
        self._begun("API Result", text)
        turn = self._turn
        if not turn.calls:
            if says_nothing(text):
                return
            raise self._fail("an API result without a call", text)
        call = turn.calls[-1]
        if call.has_result:
            raise self._fail("two results of one call", text)
        if not text.strip():
            return
        call.result, repairs = parse_result(text)
        call.has_result = True
        for rule, words in repairs:
            self._repair(rule, words)

    def _system(self, text: str) -> None:
        turn = self._turn
        if not text:
            return
        self._begun("System", text)
        self._joined(turn.system, text)
        turn.system = _and(turn.system, self._unquoted(text))

    def _arguments(self, text: str, name: str = "") -> Arguments:
        try:
            found = parse_arguments(text, self._functions, name)
        except UnreadableArgumentsError as error:
            reason = "the arguments of a call cannot be read"
            raise self._fail(reason, f"{error}: {text}") from None
        for rule, words in found.repairs:
            self._repair(rule, words)
        return found

    def _new_call(self, name: str) -> _Call:
        if self._turn.system is not None:
            raise self._fail("a call behind the response", name)
        call = _Call(name)
        self._turn.calls.append(call)
        if len(self._turn.calls) == 2:
            self._repair(SEVERAL_CALLS, name)
        return call

    def _begun(self, label: str, text: str) -> None:
        if self._turn.user is None:
            raise self._fail("a turn does not begin with the user", f"{label}: {text}")

    def _joined(self, before: str | None, text: str) -> None:
        if before:
            self._repair(JOINED, text)

    def _unquoted(self, text: str) -> str:
        closing = _SPEECH.get(text[:1])
        inner = text[1:-1]
        if closing and len(text) > 2 and text[-1] == closing and text[0] not in inner:
            self._repair(UNQUOTED, text)
            return inner
        return text

    def _repair(self, rule: str, words: str) -> None:
        self.repairs.append(
            (rule, len(self.turns), " ".join(words[:400].split())[:120])
        )

    def _fail(self, reason: str, detail: str = "") -> NoDialogueError:
        return NoDialogueError(reason, len(self.turns), " ".join(detail[:400].split()))

    def _end(self) -> None:
        turn = self._turn
        if turn.system is not None:
            self._finish()
        elif turn.thought is not None or turn.calls:
            raise self._fail("the reply breaks off in a turn", turn.user or "")
        elif turn.user is not None and self.turns:
            self._repair(BROKEN_OFF, turn.user)
        if not self.turns:
            raise self._fail("no turn of a dialogue is found")

    def _finish(self) -> None:
        turn = self._turn
        if turn.thought is None:
            self._repair(NO_THOUGHT, turn.user or "")
        steps = tuple(self._step(call) for call in turn.calls)
        self.turns.append(
            CraTurn(
                turn.user or "",
                turn.thought or "",
                steps[0] if steps else None,
                turn.system or "",
                further=steps[1:],
            )
        )
        self._turn = _Turn()

    def _step(self, call: _Call) -> Step:
        if call.arguments is None:
            self._repair(NO_INPUT, call.name)
        if not call.has_result:
            self._repair(NO_RESULT, call.name)
        if call.thought is None:
            self._repair(NO_THOUGHT, call.name)
        made = FunctionCall(call.name, call.arguments or {})
        try:
            write_action(made)
            write_literal(call.result)
        except ValueError as error:
            raise self._fail("a call or result cannot be written", str(error)) from None
        return Step(made, call.result, call.thought or "")


_TAKERS = {
    Label.USER: TurnBuilder._user,
    Label.THOUGHT: TurnBuilder._thought,
    Label.NAME: TurnBuilder._name,
    Label.INPUT: TurnBuilder._input,
    Label.ACTION: TurnBuilder._action,
    Label.RESULT: TurnBuilder._result,
    Label.SYSTEM: TurnBuilder._system,
}


def _and(before: str | None, text: str) -> str:
    return f"{before} {text}" if before else text
