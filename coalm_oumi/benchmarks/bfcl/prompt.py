"""The prompts of BFCL V3, byte for byte those that CoALM was scored with.

The functions stand in the system message as Python writes a list of dictionaries, each
description followed by a sentence on the language. Java and JavaScript parameters are
documented as text, with their real type put into words (bfcl 8bf675c,
`model_handler/utils.py`).

Two styles, which differ in how the results of calls come back in multi-turn cases:

- `coalm`: one message of the role `tool` per result, as that revision's Llama handler
  has it. It made its prompt without a chat template; Oumi's template `llama3-instruct`
  makes the same bytes of these messages.
- `chat`: all results of a step in one message of the user, for chat templates that know
  no such role, or want an identifier with it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any, Literal

from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.prompts import PromptTemplate, load_template

PromptStyle = Literal["coalm", "chat"]

_LANGUAGES = {"java": "Java", "javascript": "JavaScript"}
_HINTS = {
    "Java": "Java 8 SDK",
    "JavaScript": "JavaScript",
    "Python": "Python 3",
}
_LISTS = {"Java": ("ArrayList", "Array"), "JavaScript": ("array",)}
_MORE_FUNCTIONS = (
    "I have updated some more functions you can choose from. What about now?"
)

ChatMessages = list[dict[str, str]]


def language_of(category: str) -> str:
    """Returns the language that a category's calls are written in."""
    return _LANGUAGES.get(category, "Python")


def bfcl_template() -> PromptTemplate:
    """The system message for models that write calls as text: `functions`.

    Not the paper's own, but what CoALM was scored with on that leaderboard.
    """
    return load_template("bfcl", 1)


def first_messages(case: BfclCase) -> ChatMessages:
    """Returns the messages up to the model's first reply."""
    functions = documented(case.functions, language_of(case.category))
    system = bfcl_template().render(functions=str(functions))
    messages = [{"role": m["role"], "content": m["content"]} for m in case.turns[0]]
    if messages and messages[0]["role"] == "system":
        messages[0]["content"] = f"{system}\n\n{messages[0]['content']}"
        return messages
    return [{"role": "system", "content": system}, *messages]


def turn_messages(case: BfclCase, turn: int) -> ChatMessages:
    """Returns what a turn behind the first begins with.

    Where functions were held back until this turn, they are what the user says.
    """
    if turn in case.held_back:
        functions = [dict(function) for function in case.held_back[turn]]
        content = f"{functions}\n{_MORE_FUNCTIONS}"
        return [{"role": "user", "content": content}]
    return [{"role": m["role"], "content": m["content"]} for m in case.turns[turn]]


def result_messages(
    calls: Sequence[str], results: Sequence[str], style: PromptStyle
) -> ChatMessages:
    """Returns what tells the model the results of its calls.

    Args:
        calls: The calls as they were executed.
        results: What each of them gave.
        style: See the module.
    """
    if style == "coalm":
        return [{"role": "tool", "content": result} for result in results]
    told = [
        {"role": "tool", "name": call, "content": result}
        for call, result in zip(calls, results, strict=True)
    ]
    return [{"role": "user", "content": repr(told)}]


def documented(
    functions: Sequence[dict[str, Any]], language: str
) -> list[dict[str, Any]]:
    """Returns functions as the model reads them.

    Args:
        functions: As the benchmark's file has them; they are not changed.
        language: `Python`, `Java` or `JavaScript`.
    """
    told = copy.deepcopy(list(functions))
    for function in told:
        function["description"] += (
            f" Note that the provided function is in {_HINTS[language]} syntax."
        )
        if language != "Python":
            for parameter in function["parameters"]["properties"].values():
                _put_into_words(parameter, language)
    return told


def _put_into_words(parameter: dict[str, Any], language: str) -> None:
    kind = parameter["type"]
    if kind == "any":
        added = f" This parameter can be of any type of {language} object"
    else:
        added = f" This is {language} {kind} type parameter"
    added += " in string representation."
    if kind in _LISTS[language]:
        inner = parameter.pop("items")["type"]
        added += (
            f" The list elements are of type {inner}; they are not in string "
            "representation."
        )
    if language == "JavaScript" and kind == "dict" and "properties" in parameter:
        schema = json.dumps(parameter.pop("properties"))
        added += (
            " The dictionary entries have the following schema; they are not in string "
            f"representation. {schema}"
        )
    parameter["description"] += added
    parameter["type"] = "string"
