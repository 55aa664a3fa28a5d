#!/usr/bin/env python
# A dialogue with tools, with a served CoALM and the official `openai` package.
#
# Each line that is typed is a turn. The model's calls are carried out by the functions
# below; put your own in their place.
#
# Requirements:
#   - a server: configs/serve/8b.sh
#   - the openai package (vllm brings it)
#
# Usage:
#   python configs/serve/client.py --model output/8b_merged
#   python configs/serve/client.py --model output/8b_merged --notation cra --stream
#
# See Also:
#   - configs/serve/ (the servers)
"""A dialogue with tools, a turn for each line of the input."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from openai import OpenAI, OpenAIError

BUSES = {"Ely": ["09:15", "11:40"], "Rye": ["10:05"]}
MOST_STEPS = 5


def find_bus(to: str) -> dict[str, Any]:
    """Finds the buses to a town."""
    return {"to": to, "departures": BUSES.get(to, [])}


def book_bus(to: str, at: str, seats: int = 1) -> dict[str, Any]:
    """Books seats in a bus."""
    known = at in BUSES.get(to, [])
    return {"booked": known, "to": to, "at": at, "seats": seats}


FUNCTIONS: dict[str, Callable[..., Any]] = {"find_bus": find_bus, "book_bus": book_bus}


def tool(name: str, description: str, required: list[str], **types: str) -> Any:
    """Returns a function as OpenAI's protocol describes it."""
    properties = {parameter: {"type": kind} for parameter, kind in types.items()}
    parameters = {"type": "object", "properties": properties, "required": required}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


TOOLS = [
    tool("find_bus", "Finds the buses to a town.", ["to"], to="string"),
    tool(
        "book_bus",
        "Books seats in a bus.",
        ["to", "at"],
        to="string",
        at="string",
        seats="integer",
    ),
]


def carried_out(name: str, arguments: str) -> str:
    """Carries out a call; what is wrong with it is told to the model."""
    try:
        return json.dumps(FUNCTIONS[name](**json.loads(arguments)))
    except (KeyError, TypeError, ValueError) as error:
        return json.dumps({"error": f"{name} cannot be called so: {error}"})


def answer(client: OpenAI, messages: list[Any], options: dict[str, Any]) -> Any:
    """Asks the model once; with `stream`, prints the words as they come."""
    options = {**options, "messages": messages, "tools": TOOLS}
    if not options.pop("stream"):
        message = client.chat.completions.create(**options).choices[0].message
        print(message.content or "", end="", flush=True)
        return message
    with client.chat.completions.stream(**options) as stream:
        for event in stream:
            if event.type == "content.delta":
                print(event.delta, end="", flush=True)
        return stream.get_final_completion().choices[0].message


def turn(client: OpenAI, messages: list[Any], options: dict[str, Any]) -> None:
    """Lets the model call functions until it has an answer; `messages` grows."""
    for _ in range(MOST_STEPS):
        message = answer(client, messages, options)
        messages.append(message.model_dump(exclude_none=True, include=_KEPT))
        for call in message.tool_calls or ():
            name, arguments = call.function.name, call.function.arguments
            result = carried_out(name, arguments)
            print(f"  {name}({arguments}) -> {result}")
            messages.append(
                {"role": "tool", "tool_call_id": call.id, "content": result}
            )
        if not message.tool_calls:
            print()
            return
    print(f"  (no answer after {MOST_STEPS} rounds of calls)")


_KEPT = {
    "role": True,
    "content": True,
    "tool_calls": {
        "__all__": {"id": True, "type": True, "function": {"name", "arguments"}}
    },
}


def main(
    arguments: list[str] | None = None, lines: Iterable[str] = sys.stdin
) -> list[Any]:
    """Holds a dialogue, a turn for each line, and returns its messages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", default="http://127.0.0.1:8000/v1")
    parser.add_argument("--model", required=True)
    parser.add_argument(
        "--notation", choices=["bracket", "json", "cra"], default="bracket"
    )
    parser.add_argument(
        "--state-date",
        action=argparse.BooleanOptionalAction,
        help="notation cra: state today's date, as the model was trained "
        "(by default as the server has it)",
    )
    parser.add_argument("--stream", action="store_true")
    given = parser.parse_args(arguments)
    client = OpenAI(
        base_url=given.base_url, api_key=os.environ.get("OPENAI_API_KEY", "none")
    )
    template: dict[str, Any] = {"notation": given.notation}
    if given.state_date is not None:
        template["state_date"] = given.state_date
    options = {
        "model": given.model,
        "stream": given.stream,
        "temperature": 0.0,
        "extra_body": {"chat_template_kwargs": template},
    }
    messages: list[Any] = []
    for line in lines:
        if line.strip():
            messages.append({"role": "user", "content": line.strip()})
            turn(client, messages, options)
    return messages


if __name__ == "__main__":
    try:
        main()
    except OpenAIError as error:
        sys.exit(f"The server did not answer as it should: {error}")
