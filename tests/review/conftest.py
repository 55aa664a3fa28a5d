"""Dialogues to review: rows of the embedded corpus, and dialogues of our own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.cra.review.dialogues import Line, ReviewDialogue

HOSTILE = (
    "<script>document.title = 'broken'</script>",
    "</script><script>document.title = 'broken'</script>",
    "<img src=x onerror=\"document.title = 'broken'\">",
    "<!-- <script>",
    "{{ 7 * 7 }}",
    "\u2028'\"\\`${document.title = 'broken'}",
    "javascript:document.title='broken'",
)
"""Texts that would change a page that took them for markup or code."""


def dialogue(name: str, *lines: tuple[str, str], source: str = "") -> ReviewDialogue:
    """A dialogue to review."""
    return ReviewDialogue(name, source, tuple(Line(*line) for line in lines))


@pytest.fixture
def ferries() -> list[ReviewDialogue]:
    """Three dialogues about ferries."""
    return [
        dialogue(
            f"ferries/{number}",
            ("User", f"Is there a ferry at {number}?"),
            ("Thought", "FindFerry needs the hour."),
            ("Action", f"FindFerry(hour={number})"),
            ("Observation", "{'count': 1}"),
            ("Thought", "There is one."),
            ("System", "Yes, there is."),
        )
        for number in (1, 2, 3)
    ]


def row(
    history: Sequence[str], given: str, output: str, **origin: Any
) -> dict[str, Any]:
    """A CRA sample, with a list of functions if it is one of action prediction."""
    action = output.startswith("Action")
    instruction = (
        "You are a helpful conversational assistant who can perform API function "
        "calling.\n[BEGIN OF AVAILABLE TOOLS]\n1. FindFerry(port, hour)\n"
        "[END OF AVAILABLE TOOLS]\n"
        if action
        else "You are a helpful conversational assistant specializing in understanding "
        "user queries.\n"
    )
    told = "\n".join(history)
    return {
        "instruction": f"{instruction}[BEGIN OF CONVERSATION HISTORY]\n{told}\n"
        "[END OF CONVERSATION HISTORY]",
        "input": given,
        "output": output,
        **origin,
    }


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Writes rows as JSON lines."""
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    return path
