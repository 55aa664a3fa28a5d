#!/usr/bin/env python
# A dialogue in CRA's notation, with any OpenAI-compatible server of a trained CoALM.
#
# The prompts are those of the training: the model writes `Action: find_bus(to='Ely')` or
# `System: ...`, and coalm_oumi.serving reads the call. No tools are sent, so that a server
# need know none.
#
# Requirements:
#   - a server: configs/serve/smol.sh
#
# Usage:
#   python configs/serve/cra_client.py --model output/smol
#
# See Also:
#   - configs/serve/client.py (the same functions as OpenAI's tools)
"""A dialogue in CRA's notation, a turn for each line of the input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from datetime import date
from typing import Any

from client import FUNCTIONS
from openai import OpenAI, OpenAIError

from coalm_oumi.cra.dates import today_words
from coalm_oumi.prompts import cra_action_template, cra_response_template
from coalm_oumi.serving import read_reply

LISTING = "1. find_bus(to)\n2. book_bus(to, at, seats)"


def carried_out(call: Any) -> Any:
    """Carries out a call; what is wrong with it is told to the model."""
    try:
        return FUNCTIONS[call.name](**call.arguments)
    except (KeyError, TypeError) as error:
        return {"error": f"{call.name} cannot be called so: {error}"}


def turn(ask: Any, history: list[str], line: str) -> None:
    """Asks for an action, carries it out, and asks for the response; `history` grows."""
    told = {"history": "\n".join(history), "today": today_words(date.today())}
    lines = [f"User: {line}"]
    act = cra_action_template(dated=True).render(tools=LISTING, **told)
    reply = ask(act, "\n".join(lines))
    read = read_reply(reply, functions=FUNCTIONS)
    for call in read.calls:
        lines += [reply.strip(), f"Observation: {carried_out(call)}"]
    if read.calls:
        respond = cra_response_template(dated=True).render(**told)
        reply = ask(respond, "\n".join(lines))
    history += [*lines, reply.strip()]
    print("\n".join([*lines[1:], reply.strip()]), flush=True)


def main(
    arguments: list[str] | None = None, lines: Iterable[str] = sys.stdin
) -> list[str]:
    """Holds a dialogue, a turn for each line, and returns its lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base-url", default="http://127.0.0.1:8000/v1")
    parser.add_argument("--model", required=True)
    given = parser.parse_args(arguments)
    key = os.environ.get("OPENAI_API_KEY", "none")
    client = OpenAI(base_url=given.base_url, api_key=key)

    def ask(instruction: str, text: str) -> str:
        completion = client.chat.completions.create(
            model=given.model,
            messages=[
                {"role": "system", "content": instruction},
                {"role": "user", "content": text},
            ],
            temperature=0.0,
            max_tokens=128,
        )
        return completion.choices[0].message.content or ""

    history: list[str] = []
    for line in lines:
        if line.strip():
            turn(ask, history, line.strip())
    return history


if __name__ == "__main__":
    try:
        main()
    except OpenAIError as error:
        sys.exit(f"The server did not answer as it should: {error}")
