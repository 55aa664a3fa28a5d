r"""A user's own dialogues with tools: in OpenAI's form, ShareGPT's, that of Hermes and kin.

Rows (invented ones), one JSON object a line, or a list, or a table of these columns::

    {"messages": [
       {"role": "user", "content": "A bus to Ely"},
       {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function":
          {"name": "find_bus", "arguments": "{\"to\": \"Ely\"}"}}]},
       {"role": "tool", "tool_call_id": "1", "content": "{\"at\": 9}"},
       {"role": "assistant", "content": "It leaves at nine."}],
     "tools": [{"type": "function", "function": {"name": "find_bus", "parameters": {...}}}]}

    {"conversations": [
       {"from": "human", "value": "A bus to Ely"},
       {"from": "function_call", "value": "{\"name\": \"find_bus\", \"arguments\": {...}}"},
       {"from": "observation", "value": "{\"at\": 9}"},
       {"from": "gpt", "value": "It leaves at nine."}],
     "system": "...", "tools": "[{\"name\": \"find_bus\", ...}]"}

What is understood in either form, as the trainers that read them do:

- roles by their usual names (`_ROLES`);
- calls as `tool_calls` or `function_call`, as messages of their own (those that follow one
  another are one turn), between `<tool_call>` tags, or, where the system text lists the
  tools, in brackets (`[find_bus(to="Ely")]`); arguments as an object or as its JSON text;
- tools in `tools` or `functions`, as a list or as the JSON text of one; or in the system
  text, between `<tools>` tags or on a line of their own. What stands before them is kept,
  but for sentences about tags: the rest says how to write calls, as the template does;
- thoughts in `reasoning_content`, or between `<think>` tags before the words;
- `weight: 0` or `train: false` in a message of the assistant that is not to be learnt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from coalm_oumi.calls import (
    CallSyntaxError,
    function_from_json_schema,
    parse_bracket_calls,
    parse_json_list,
)
from coalm_oumi.calls.json_schema_tool import json_schema_tool
from coalm_oumi.calls.python_literal import PythonLiteralReader
from coalm_oumi.calls.strict_json import dumps, loads
from coalm_oumi.errors import expected_one_of, shorten
from coalm_oumi.sample import Chat, Origin, chat_calls
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.listed_functions import listed_functions, preamble
from coalm_oumi.sources.records import BadRowError, an_object, checked_field
from coalm_oumi.sources.rows import OnBadRow, Row, read_values, row_files

_ROLES: Mapping[str, str] = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model"), "assistant"),
    **dict.fromkeys(("function_call", "tool_call", "tool_calls"), "call"),
    **dict.fromkeys(
        ("tool", "observation", "tool_response", "function", "function_response"),
        "tool",
    ),
}
_NAMES = {"messages": ("role", "content"), "conversations": ("from", "value")}
_THOUGHT = re.compile(r"\s*<think>(.*?)</think>\s*", re.DOTALL)
_CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
_RESULT = re.compile(r"<tool_response>(.*?)</tool_response>", re.DOTALL)
_ABOUT_TAGS = re.compile(r"[^.\n]*</?tool[^.\n]*(?:\.|$)", re.MULTILINE)
_TOOLS = re.compile(r"<tools>(.*?)</tools>", re.DOTALL)


def read_messages(
    path: Path, *, on_bad_row: OnBadRow = "error", ledger: Ledger | None = None
) -> Iterator[Chat]:
    """Reads dialogues.

    Args:
        path: A file, or a folder whose files of rows are read in the order of names.
        on_bad_row: Whether a row that cannot be used is an error, or is left out.
        ledger: Counts the rows, and those left out.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: The file is damaged or of another kind; or a row cannot be used.
    """
    ledger = ledger if ledger is not None else Ledger("messages")
    for file in row_files(path):
        for number, row in enumerate(read_values(file, on_bad_row=on_bad_row)):
            ledger.read += 1
            record_id = f"{file.name}#{number}"
            try:
                yield read_chat(row, record_id)
            except BadRowError as error:
                error.settle(on_bad_row, ledger, record_id, (file, number))


def read_chat(row: Any, record_id: str) -> Chat:
    """Reads one row.

    Args:
        row: The row, in one of the forms of the module's docstring.
        record_id: Its name.

    Raises:
        BadRowError: It cannot be used.
    """
    row = an_object(row)
    field = next((name for name in _NAMES if row.get(name) is not None), None)
    if field is None:
        raise BadRowError(
            "",
            f"expected 'messages' or 'conversations', found "
            f"{', '.join(map(repr, row)) or 'no field'}.",
        )
    entries = checked_field(row, field, list)
    reader = _Reader(row, field)
    for number, entry in enumerate(entries):
        reader.take(entry, f"{field}[{number}]")
    reader.check()
    origin = Origin("messages", record_id, "", transformation="chat")
    return Chat(reader.messages, reader.tools, origin, frozenset(reader.untrained))


def results(text: str, calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns results of calls as messages: each call's own, or all with the first.

    Args:
        text: The results; a JSON list of `{"name", "results"}` if each has its own.
        calls: The `tool_calls` that they answer.
    """
    names = [call["function"]["name"] for call in calls]
    texts = [text]
    try:
        found = loads(text)
        if [result["name"] for result in found] == names:
            texts = [dumps(result.get("results")) for result in found]
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    return [
        {"role": "tool", "tool_call_id": call["id"], "name": name, "content": result}
        for call, name, result in zip(calls, names, texts, strict=False)
    ]


class _Reader:
    """The dialogue of one row, as far as it is read."""

    def __init__(self, row: Row, field: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self.untrained: set[int] = set()
        self._role, self._content = _NAMES[field]
        self._made = 0  # calls
        self._waiting: list[dict[str, Any]] = []  # calls without a result
        self._ids: dict[str, dict[str, Any]] = {}  # by the row's own ids
        self._in_brackets = False
        self.tools = _tools(row)
        if isinstance(row.get("system"), str) and row["system"].strip():
            self._take_system(row["system"], "system")

    def take(self, entry: Any, place: str) -> None:
        """Takes the next message in."""
        if not isinstance(entry, dict):
            raise BadRowError(place, f"expected an object, found {shorten(entry, 40)}.")
        role = checked_field(entry, self._role, str, place)
        kind = _ROLES.get(role.strip().lower())
        if kind is None:
            raise BadRowError(f"{place}.{self._role}", expected_one_of(role, [*_ROLES]))
        text = _text(entry, self._content, place)
        if kind == "system":
            self._take_system(text, place)
        elif kind == "user":
            self._need(text, place)
            self.messages.append({"role": "user", "content": text})
        elif kind == "tool":
            self._take_result(text, entry, place)
        else:
            self._take_reply(text, entry, kind, place)

    def check(self) -> None:
        """Checks what is only known at the end, and puts results in their calls' order.

        Raises:
            BadRowError: There is no reply; or a call is of no listed tool.
        """
        if not any(message["role"] == "assistant" for message in self.messages):
            raise BadRowError("", "there is no message of the assistant.")
        runs = groupby(self.messages, key=lambda message: message["role"])
        self.messages = [
            message
            for role, run in runs
            # Most templates write no ids; ours are numbers, in the order of the calls.
            for message in (sorted(run, key=_call_id) if role == "tool" else run)
        ]
        names = {tool["function"]["name"] for tool in self.tools}
        calls = (c for m in self.messages for c in m.get("tool_calls", ()))
        for call in calls:
            name = call["function"]["name"]
            if not names:
                raise BadRowError(
                    "tools", f"'{name}' is called, but no tool is listed."
                )
            if name not in names:
                problem = f"'{name}' is called; {expected_one_of(name, [*names])}"
                raise BadRowError("tools", problem)

    def _take_system(self, text: str, place: str) -> None:
        if tags := next((t for t in _TOOLS.finditer(text) if t[1].strip()), None):
            self.tools = self.tools or _listed(tags[1], place)
            # What stands behind them says how to write calls, as does all about tags.
            text = _ABOUT_TAGS.sub("", preamble(text[: tags.start()])).strip()
        elif not self.tools:
            try:
                functions = listed_functions(text)
            except BadRowError as error:
                raise BadRowError(place, error.problem) from None
            if functions:
                self._in_brackets = True
                self.tools = [json_schema_tool(function) for function in functions]
                text = preamble(text)
        if text.strip():
            self.messages.append({"role": "system", "content": text})

    def _take_reply(self, text: str, entry: Row, kind: str, place: str) -> None:
        message: dict[str, Any] = {"role": "assistant"}
        thought = entry.get("reasoning_content") or entry.get("thinking")
        if begun := _THOUGHT.match(text):
            thought, text = thought or begun[1].strip(), text[begun.end() :]
        if isinstance(thought, str) and thought.strip():
            message["reasoning_content"] = thought
        field = f"{place}.{self._content}"
        last = self.messages[-1] if self.messages else message
        if kind == "call" and last["role"] == "assistant":
            self._add_calls(last, _calls(text, field))
            return
        if kind == "call":
            calls, text = _calls(text, field), ""
        elif own := entry.get("tool_calls") or entry.get("function_call"):
            name = "tool_calls" if entry.get("tool_calls") else "function_call"
            calls = _calls(_as_json(own), f"{place}.{name}")
        else:
            calls, text = _written_calls(text, field, self._in_brackets)
        if calls:
            self._waiting = []
            made = self._add_calls(message, calls)
            own = entry.get("tool_calls")
            for given, call in zip(own if isinstance(own, list) else (), made):  # noqa: B905
                if isinstance(given, dict) and given.get("id"):
                    self._ids[str(given["id"])] = call
        if text.strip() or not calls:
            self._need(text, place)
            message["content"] = text
        if entry.get("weight") == 0 or entry.get("train") is False:
            self.untrained.add(len(self.messages))
        self.messages.append(message)

    def _add_calls(
        self, message: dict[str, Any], calls: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> list[dict[str, Any]]:
        """Adds calls to a message, and returns them as its `tool_calls` have them."""
        made = chat_calls(calls, self._made)
        self._made += len(made)
        message["tool_calls"] = [*message.get("tool_calls", ()), *made]
        self._waiting += made
        return made

    def _take_result(self, text: str, entry: Row, place: str) -> None:
        own = entry.get("tool_call_id")
        if own and str(own) in self._ids:
            call = self._ids[str(own)]
            self._waiting = [c for c in self._waiting if c is not call]
            self.messages += results(text, [call])
            return
        if not self._waiting:
            raise BadRowError(place, "there is no call before it that has no result.")
        texts = [found.strip() for found in _RESULT.findall(text)] or [text]
        if len(texts) > len(self._waiting):
            raise BadRowError(
                place, f"{len(texts)} results of {len(self._waiting)} calls."
            )
        if len(texts) == 1:
            made = results(texts[0], self._waiting)
        else:
            pairs = zip(texts, self._waiting, strict=False)
            made = [results(text, [call])[0] for text, call in pairs]
        self.messages += made
        self._waiting = self._waiting[len(made) :]

    def _need(self, text: str, place: str) -> None:
        if not text.strip():
            raise BadRowError(f"{place}.{self._content}", "it is empty.")


def _call_id(message: Mapping[str, Any]) -> str:
    return message["tool_call_id"]


def _text(entry: Row, name: str, place: str) -> str:
    """Returns the words of a message, be they one text or several parts."""
    value = entry.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else [value]
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    if len(texts) != len(parts) or not all(isinstance(text, str) for text in texts):
        raise BadRowError(
            f"{place}.{name}", f"expected text, found {shorten(repr(value), 40)}."
        )
    return "".join(map(str, texts))


def _as_json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _calls(text: str, field: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Returns the calls of a text, one or a list of them, in JSON or as Python has it."""
    text = text.strip()
    try:
        found = parse_json_list(text if text.startswith("[") else f"[{text}]")
    except ValueError as error:
        try:
            read = parse_json_list(dumps([PythonLiteralReader(text).value()]))
        except ValueError:
            raise BadRowError(
                field, f"expected calls as JSON, found '{shorten(text, 40)}' ({error})."
            ) from None
        found = read
    if not found:
        raise BadRowError(field, "expected calls, found an empty list.")
    return [(call.name, call.arguments) for call in found]


def _written_calls(
    text: str, field: str, in_brackets: bool
) -> tuple[list[tuple[str, Mapping[str, Any]]], str]:
    """Returns the calls that stand in a reply's text, and the words beside them."""
    tagged = _CALL.findall(text)
    if tagged:
        calls = [call for found in tagged for call in _calls(found, field)]
        return calls, _CALL.sub("", text).strip()
    if in_brackets:
        with suppress(CallSyntaxError):
            calls = [(call.name, call.arguments) for call in parse_bracket_calls(text)]
            return calls, "" if calls else text
    return [], text


def _tools(row: Row) -> list[dict[str, Any]]:
    """Returns the tools of a row's own field."""
    field = "tools" if row.get("tools") is not None else "functions"
    value = row.get(field)
    if value is None or value == "":
        return []
    return _listed(_as_json(value), field)


def _listed(text: str, field: str) -> list[dict[str, Any]]:
    """Returns tools as JSON schemas, of a JSON list or of a line of JSON for each."""
    try:
        try:
            found = loads(text.strip())
        except ValueError:
            found = [loads(line) for line in text.splitlines() if line.strip()]
        return [_tool(tool) for tool in (found if isinstance(found, list) else [found])]
    except ValueError as error:
        raise BadRowError(
            field,
            f"expected a list of tools as JSON schemas, found "
            f"'{shorten(text.strip(), 40)}' ({error}).",
        ) from None


def _tool(tool: Any) -> dict[str, Any]:
    function = tool.get("function", tool) if isinstance(tool, dict) else tool
    schema = function_from_json_schema(function)
    parameters = function.get("parameters")
    if isinstance(parameters, dict) and parameters.get("type") == "object":
        return {"type": "function", "function": function}
    return json_schema_tool(schema)  # Python's words for types, or none
