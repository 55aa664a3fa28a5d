"""SmolLM2, trained on a user's own dialogues with tools, answers with `tool_calls`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.recipes.tiny_recipes import opened
from tests.tiny_server import free_port, waited_for

for needed in ("fastapi", "uvicorn", "openai"):
    pytest.importorskip(needed, reason="transformers serve needs it")

pytestmark = pytest.mark.slow
SMOL = Path(__file__).parents[2] / "configs/serve/smol.sh"


def tool(name: str, **properties: str) -> dict[str, Any]:
    """A function with arguments of these types."""
    parameters = {
        "type": "object",
        "properties": {n: {"type": kind} for n, kind in properties.items()},
        "required": [*properties],
    }
    function = {"name": name, "description": name, "parameters": parameters}
    return {"type": "function", "function": function}


TOOLS = [
    tool("find_bus", to="string"),
    tool("add_note", text="string", stars="integer"),
]


def asked(
    question: str, *calls: tuple[str, dict[str, Any]], answer: str
) -> dict[str, Any]:
    """A dialogue in OpenAI's form: a question, perhaps calls with results, an answer."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    if calls:
        made = [
            {
                "id": f"c{n}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for n, (name, arguments) in enumerate(calls)
        ]
        messages.append({"role": "assistant", "content": None, "tool_calls": made})
        messages += [
            {"role": "tool", "tool_call_id": call["id"], "content": '{"ok": true}'}
            for call in made
        ]
    messages.append({"role": "assistant", "content": answer})
    return {"messages": messages, "tools": TOOLS}


OWN = [
    asked("A bus to Ely", ("find_bus", {"to": "Ely"}), answer="There is one to Ely."),
    asked(
        "Buses to Rye and Hull, please",
        ("find_bus", {"to": "Rye"}),
        ("find_bus", {"to": "Hull"}),
        answer="There is one to each.",
    ),
    asked(
        "Note: buy milk, 3 stars",
        ("add_note", {"text": "buy milk", "stars": 3}),
        answer="Noted.",
    ),
    asked("Hello", answer="Hello! A bus, or a note?"),
]


@pytest.fixture(scope="module")
def trained(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2 after some steps of recipes/smol_train_tools.yaml on these dialogues."""
    import oumi.train  # its module, whose function the package hides

    import coalm_oumi.plugin  # noqa: F401

    folder = tmp_path_factory.mktemp("tools")
    own = folder / "own.jsonl"
    own.write_text("".join(f"{json.dumps(row)}\n" for row in OWN), encoding="utf-8")
    config = opened("smol_train_tools")
    config.model.model_name = str(smollm2)
    entry = config.data.train.datasets[0]
    entry.dataset_name, entry.dataset_path = "coalm/messages", str(own)
    entry.split = None
    entry.dataset_kwargs = {"prompt_layout": "tools", "pack_tokens": 1280}
    entry.mixture_proportion = None
    config.data.train.datasets = [entry]
    config.training.max_steps = 25
    config.training.output_dir = str(folder / "model")
    config.finalize_and_validate()
    oumi.train.train(config)
    return folder / "model"


@pytest.fixture(scope="module")
def served(trained: Path) -> Iterator[str]:
    """The base URL of configs/serve/smol.sh with the trained model."""
    port, log = free_port(), trained / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["bash", str(SMOL), str(trained)],
            env=os.environ | {"PORT": str(port)},
            stdout=out,
            stderr=out,
        )
    with waited_for(process, f"http://127.0.0.1:{port}/health", log):
        yield f"http://127.0.0.1:{port}/v1"


def known(calls: Any) -> list[tuple[str, Any]]:
    return [(c.function.name, json.loads(c.function.arguments)) for c in calls or ()]


@pytest.mark.parametrize("number", range(len(OWN)))
def test_an_openai_client_gets_tool_calls(
    trained: Path, served: str, number: int
) -> None:
    from openai import OpenAI

    client = OpenAI(base_url=served, api_key="none")
    question, *replies = OWN[number]["messages"]
    options: Any = {"model": str(trained), "temperature": 0.0, "max_tokens": 96}
    options |= {"tools": TOOLS}
    messages: Any = [question]
    whole = client.chat.completions.create(messages=messages, **options).choices[0]
    expected = [
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in replies[0].get("tool_calls", ())
    ]
    assert known(whole.message.tool_calls) == expected
    if not expected:
        assert whole.message.content == replies[0]["content"]
        return
    streamed = client.chat.completions.create(messages=messages, stream=True, **options)
    calls = [
        c for p in streamed if p.choices for c in p.choices[0].delta.tool_calls or ()
    ]
    assert known(calls) == expected

    made = whole.message.model_dump(exclude_none=True)
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": '{"ok": true}'}
        for call in made["tool_calls"]
    ]
    messages += [made, *results]
    answer = client.chat.completions.create(messages=messages, **options).choices[0]
    assert answer.message.content == replies[-1]["content"]
    assert not answer.message.tool_calls
