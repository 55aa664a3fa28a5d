"""The example client holds a dialogue with tools, through the official package."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.serving.generated_calls import written
from tests.serving.local_server import serving

pytest.importorskip("openai", reason="the openai package is not installed")

CLIENT = Path(__file__).parents[2] / "configs/serve/client.py"


@pytest.fixture(scope="module")
def client() -> Any:
    spec = importlib.util.spec_from_file_location("coalm_example_client", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Scripted:
    """A model that gives its replies in order, and keeps the prompts."""

    def __init__(self, replies: Sequence[str]) -> None:
        self.replies = list(replies)
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        """Keeps the prompt, and gives the next reply."""
        self.prompts.append(prompt)
        return self.replies.pop(0)


@pytest.mark.parametrize("notation", ["bracket", "json", "cra"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_two_turns_with_calls_beside_each_other(
    client: Any, notation: str, stream: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    from coalm_oumi.calls import FunctionCall

    found = written(
        [
            FunctionCall("find_bus", {"to": "Ely"}),
            FunctionCall("find_bus", {"to": "Rye"}),
        ],
        notation,
    )
    booked = written(
        [FunctionCall("book_bus", {"to": "Ely", "at": "09:15", "seats": 2})], notation
    )
    said = ("To Ely at 09:15 and 11:40, to Rye at 10:05.", "Two seats are yours.")
    label = "System: " if notation == "cra" else ""
    model = Scripted([found, label + said[0], booked, label + said[1]])

    with serving(model) as url:
        arguments = ["--base-url", url, "--model", "coalm", "--notation", notation]
        messages = client.main(
            [*arguments, *(["--stream"] if stream else [])],
            [
                "When are there buses to Ely and Rye?\n",
                "\n",
                "Book the first for two.\n",
            ],
        )

    assert [m["role"] for m in messages] == [
        *("user", "assistant", "tool", "tool", "assistant"),
        *("user", "assistant", "tool", "assistant"),
    ]
    assert [
        m["content"] for m in messages if m["role"] == "assistant" and m.get("content")
    ] == list(said)
    calls = [c["function"] for m in messages for c in m.get("tool_calls", ())]
    assert [(c["name"], json.loads(c["arguments"])) for c in calls] == [
        ("find_bus", {"to": "Ely"}),
        ("find_bus", {"to": "Rye"}),
        ("book_bus", {"to": "Ely", "at": "09:15", "seats": 2}),
    ]
    results = [json.loads(m["content"]) for m in messages if m["role"] == "tool"]
    assert [r.get("departures") for r in results] == [
        ["09:15", "11:40"],
        ["10:05"],
        None,
    ]
    assert results[2]["booked"]
    # The model read its own calls, and what came of them, in the notation that it writes.
    assert found in model.prompts[-1]
    assert '{"to": "Rye", "departures": ["10:05"]}' in model.prompts[-1]
    assert said[0] in capsys.readouterr().out


def test_a_call_that_cannot_be_made_is_told_to_the_model(client: Any) -> None:
    model = Scripted(["[find_train(to='Ely')]", "There are no trains."])

    with serving(model) as url:
        messages = client.main(["--base-url", url, "--model", "coalm"], ["A train!\n"])

    assert "find_train cannot be called so" in messages[2]["content"]
    assert messages[3]["content"] == "There are no trains."


def test_a_model_that_only_calls_is_stopped(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Scripted(["[find_bus(to='Ely')]"] * client.MOST_STEPS)

    with serving(model) as url:
        messages = client.main(["--base-url", url, "--model", "coalm"], ["A bus!\n"])

    assert len(messages) == 1 + 2 * client.MOST_STEPS
    assert "no answer after 5 rounds" in capsys.readouterr().out


def test_a_server_that_is_not_there_is_told_in_a_line() -> None:
    arguments = ["--base-url", "http://127.0.0.1:9/v1", "--model", "coalm"]

    ended = subprocess.run(
        [sys.executable, str(CLIENT), *arguments],
        input="A bus!\n",
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("The server did not answer")
    assert "Traceback" not in ended.stderr
