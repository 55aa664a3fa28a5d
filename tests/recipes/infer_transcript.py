"""Asks `oumi infer -c recipes/smol_infer.yaml -i` what a newcomer would; keeps the replies.

python -m tests.recipes.infer_transcript [MODEL]

MODEL is output/smol, as recipes/smol_train.yaml leaves it, unless another is named.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

REPOSITORY = Path(__file__).resolve().parents[2]
TRANSCRIPT = Path(__file__).with_name("smol_transcript.json")
MODEL = "output/smol"
RECIPE = "recipes/smol_infer.yaml"
QUESTIONS = {
    "state": ("coalm_oumi/prompts/snips_v1.txt", "User: will it rain in Ely tomorrow"),
    "call": ("configs/smol_functions.txt", "User: Is there a bus to Ely tomorrow?"),
    "small talk": (None, "Hello, how are you?"),
}
"""By what is wanted: the system prompt's file, if there is one, and what is typed."""


def transcript(model: str) -> list[dict[str, str]]:
    """Returns each command as it would be typed, what is typed then, and the reply."""
    found = []
    for wanted, (file, question) in QUESTIONS.items():
        command = f"oumi infer -c {RECIPE} -i"
        arguments = ["infer", "-c", str(REPOSITORY / RECIPE), "-i"]
        arguments += ["--model.model_name", model]
        if file is not None:
            command += f' --system-prompt "$(cat {file})"'
            text = (REPOSITORY / file).read_text().rstrip("\n")  # as a shell has it
            arguments += ["--system-prompt", text]
        reply = _reply(_shown(arguments, question))
        found.append(
            {"wanted": wanted, "command": command, "question": question, "reply": reply}
        )
    return found


def _shown(arguments: list[str], question: str) -> str:
    """Returns what `oumi` shows, run in this process: importing it takes longest."""
    import oumi.cli.main

    import coalm_oumi.plugin  # noqa: F401

    shown = io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["oumi", *arguments]),
        mock.patch.object(sys, "stdin", io.StringIO(question + "\n")),
        contextlib.redirect_stdout(shown),
        contextlib.suppress(SystemExit),
    ):
        oumi.cli.main.run()
    return shown.getvalue()


def _reply(shown: str) -> str:
    """Returns the reply of an interactive session's one question."""
    between = shown.split("------------")
    if len(between) < 3 or "ASSISTANT: " not in between[1]:
        raise RuntimeError(f"no reply in what was shown: {shown[-2000:]}")
    return between[1].rpartition("ASSISTANT: ")[2].strip("\n")


def kept() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the entries of the transcript that is kept, by what was wanted."""
    for entry in json.loads(TRANSCRIPT.read_text("utf-8")):
        yield entry["wanted"], entry


if __name__ == "__main__":
    entries = transcript(sys.argv[1] if len(sys.argv) > 1 else MODEL)
    TRANSCRIPT.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n")
    for entry in entries:
        print(f"$ {entry['command']}\n{entry['question']}\n{entry['reply']}\n")
