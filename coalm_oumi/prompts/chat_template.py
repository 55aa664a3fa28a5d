"""Chats with tools, written by a model's chat template.

Templates differ in what they take: calls with or without `content`, arguments as an object
or as JSON text; and many write no tools at all, or lose a part of them. Which form a
template takes is found out, not assumed: a small dialogue with a tool, two calls at once
and their results is written in each form, and everything must stand in the text.

A template that writes none of them so keeps writing chats without tools; for those with
tools one of ours, in `tool_templates`, takes its place: of the same family, told by the
marks with which the template begins a turn, and in a form that stock parsers read. It is
set in the tokenizer, and is saved with the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from coalm_oumi.errors import CoalmError, shorten

Message = Mapping[str, Any]

FAMILIES: Mapping[str, str] = {
    "<|im_start|>": "chatml",
    "<|start_header_id|>": "llama3",
    "<start_of_turn>": "gemma",
    "<\uff5cUser\uff5c>": "deepseek_v3",
}
"""Our templates by the mark that begins a turn in the model's own."""
_FOLDER = Path(__file__).with_name("tool_templates")
_ASKED = {"role": "user", "content": "probe question"}
_TOOL = {
    "type": "function",
    "function": {
        "name": "probe_function",
        "description": "probe description",
        "parameters": {
            "type": "object",
            "properties": {"probe_argument": {"type": "string"}},
            "required": [],
        },
    },
}
_PARTS = (
    *("probe description", "probe value 1", "probe value 2", "probe question"),
    *("probe result 1", "probe result 2", "probe answer"),
)


class _Form(NamedTuple):
    """How a template takes a call: what its message has as content, and its arguments."""

    content: str | None
    as_text: bool


class ChatTemplate:
    """A tokenizer's chat template, able to write tools and calls.

    Attributes:
        replaced: Whether one of ours has its place, for chats with tools.
        words_beside_calls: Whether it writes words in a message with calls.
    """

    def __init__(self, tokenizer: Any, **options: Any) -> None:
        """Finds out what the template takes.

        Args:
            tokenizer: The tokenizer. Its template, and what it knows of replies, is
                replaced if tools need that.
            **options: What the template knows beside messages (`enable_thinking`).

        Raises:
            CoalmError: There is no template, or none of ours fits it.
        """
        self._tokenizer = tokenizer
        self._options = options
        if not getattr(tokenizer, "chat_template", None):
            raise CoalmError(
                "the model's tokenizer has no chat template: set model.chat_template in "
                "the recipe."
            )
        form = self._form()
        self.replaced = form is None
        if form is None:
            self._take_ours()
            form = self._form()
        if form is None:
            raise CoalmError(
                "the chat template for tools does not write all of a chat: set another "
                "prompt_layout."
            )
        self._content, self._as_text = form
        self._thoughts = [
            key
            for key in ("reasoning_content", "thinking")
            if key in str(tokenizer.chat_template)
        ]
        beside = self._probe("probe words")
        self.words_beside_calls = "probe words" in self.text(*beside)

    def text(
        self,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        reply: bool = False,
    ) -> str:
        """Returns a chat as the model sees it.

        Args:
            messages: The messages, in OpenAI's form; arguments are objects.
            tools: The functions on offer.
            reply: Whether the assistant's turn is begun behind them, as for inference.
        """
        return self._rendered([self._message(m) for m in messages], tools, reply=reply)

    def _rendered(
        self, messages: Sequence[Message], tools: Sequence[Any], *, reply: bool = False
    ) -> str:
        return self._tokenizer.apply_chat_template(
            [*messages],
            tools=[*tools] or None,
            tokenize=False,
            add_generation_prompt=reply,
            **self._options,
        )

    def _message(self, message: Message) -> dict[str, Any]:
        """Returns a message in the form that the template takes."""
        made = {
            key: value
            for key, value in message.items()
            if key in ("role", "content", "tool_call_id", "name")
        }
        thought = message.get("reasoning_content")
        if thought:
            made.update(dict.fromkeys(self._thoughts, thought))
        calls = message.get("tool_calls")
        if not calls:
            return made
        made["content"] = message.get("content") or self._content
        made["tool_calls"] = [_call(call, self._as_text) for call in calls]
        return made

    def _form(self) -> _Form | None:
        """Returns the form in which the template writes all of a chat with tools."""
        for content, as_text in product(("", None), (False, True)):
            self._content, self._as_text, self._thoughts = content, as_text, ()
            try:
                text = self.text(*self._probe())
            except Exception:  # noqa: S112 - whatever a template raises: not this form
                continue
            if _is_whole(text):
                return _Form(content, as_text)
        return None

    def _probe(self, words: str = "") -> tuple[list[Message], list[Mapping[str, Any]]]:
        calls = [
            {
                "id": f"probe000{n}",
                "type": "function",
                "function": {
                    "name": "probe_function",
                    "arguments": {"probe_argument": f"probe value {n}"},
                },
            }
            for n in (1, 2)
        ]
        results = [
            {
                "role": "tool",
                "tool_call_id": call["id"],
                "name": "probe_function",
                "content": f"probe result {n}",
            }
            for n, call in enumerate(calls, 1)
        ]
        called: Message = {"role": "assistant", "content": words, "tool_calls": calls}
        answer = {"role": "assistant", "content": "probe answer"}
        return [_ASKED, called, *results, answer], [_TOOL]

    def _take_ours(self) -> None:
        stock = self._tokenizer.chat_template
        if not isinstance(stock, str):  # several by name, one of them for chats alone
            stock = stock.get("default", "")
        try:
            text = self._rendered([_ASKED], (), reply=True)
        except Exception as error:  # whatever a template raises
            raise CoalmError(
                f"the model's chat template cannot be used: {shorten(str(error))}"
            ) from error
        name = next((n for mark, n in FAMILIES.items() if mark in text), None)
        if name is None:
            raise CoalmError(
                "the model's chat template writes no tools, and there is none that fits "
                f"it (known are {', '.join(FAMILIES.values())}): set a template that "
                "does as the tokenizer's, or another prompt_layout."
            )
        ours = (_FOLDER / f"{name}.jinja").read_text(encoding="utf-8")
        # The line break behind a block is not written, and keeps the stock's own first.
        together = f"{{% if tools %}}\n{ours}{{% else %}}\n{stock}{{% endif %}}"
        self._tokenizer.chat_template = together
        reader = _FOLDER / f"{name}.json"
        if reader.is_file():
            self._tokenizer.response_template = json.loads(reader.read_bytes())


def _call(call: Mapping[str, Any], as_text: bool) -> dict[str, Any]:
    function = dict(call["function"])
    if as_text:
        function["arguments"] = json.dumps(function["arguments"], ensure_ascii=False)
    return {**call, "function": function}


def _is_whole(text: str) -> bool:
    """Whether a text has every part of the small dialogue, in order and not escaped."""
    places = [text.find(part) for part in ("probe question", *_PARTS[1:3])]
    results = [text.find(part) for part in _PARTS[4:]]
    named = text.count("probe_function") >= 3  # the tool, and two calls of it
    whole = all(part in text for part in _PARTS) and named
    return (
        whole
        and places + results == sorted(places + results)
        and '\\"probe' not in text
    )
