"""The path of a user's own dialogues: 200 rows in each form, previewed and trained on."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oumi.core.configs.params.data_params import DatasetParams
from typer.testing import CliRunner

from tests.recipes.tiny_recipes import shrunk, tiny_model

pytestmark = pytest.mark.slow
PLACES = ("Ely", "Rye", "Hull", "Deal", "Bude")
FUNCTION = {
    "name": "find_bus",
    "description": "Finds buses.",
    "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
}


def openai(to: str, at: int) -> dict[str, Any]:
    call = {"name": "find_bus", "arguments": json.dumps({"to": to})}
    return {
        "messages": [
            {"role": "user", "content": f"A bus to {to}"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": "c", "content": json.dumps({"at": at})},
            {"role": "assistant", "content": f"At {at}."},
        ],
        "tools": [{"type": "function", "function": FUNCTION}],
    }


def sharegpt(to: str, at: int) -> dict[str, Any]:
    call = {"name": "find_bus", "arguments": {"to": to}}
    return {
        "conversations": [
            {"from": "human", "value": f"A bus to {to}"},
            {"from": "function_call", "value": json.dumps(call)},
            {"from": "observation", "value": json.dumps({"at": at})},
            {"from": "gpt", "value": f"At {at}."},
        ],
        "tools": json.dumps([FUNCTION]),
    }


def hermes(to: str, at: int) -> dict[str, Any]:
    call = json.dumps({"name": "find_bus", "arguments": {"to": to}})
    result = json.dumps({"at": at})
    return {
        "conversations": [
            {"from": "system", "value": f"<tools>{json.dumps(FUNCTION)}</tools>"},
            {"from": "human", "value": f"A bus to {to}"},
            {"from": "gpt", "value": f"<tool_call>\n{call}\n</tool_call>"},
            {"from": "tool", "value": f"<tool_response>\n{result}\n</tool_response>"},
            {"from": "gpt", "value": f"At {at}."},
        ]
    }


FORMS: dict[str, Callable[[str, int], dict[str, Any]]] = {
    "openai": openai,
    "sharegpt": sharegpt,
    "hermes": hermes,
}


def written(form: str, path: Path) -> Path:
    draw = random.Random(1)  # noqa: S311
    rows = (FORMS[form](draw.choice(PLACES), draw.randint(1, 12)) for _ in range(200))
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_200_rows_of_each_form_are_previewed_and_trained_on(
    tmp_path: Path, oumi_quietly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oumi.train import train

    from coalm_oumi.cli import app

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    model = tiny_model(tmp_path / "model", "llama")
    config = shrunk("8b_train_tools", model, tmp_path / "trained")
    config.data.train.datasets = [
        DatasetParams(
            dataset_name="coalm/messages",
            dataset_path=str(written(form, tmp_path / f"{form}.jsonl")),
            dataset_kwargs={"prompt_layout": "tools"},
        )
        for form in FORMS
    ]
    recipe = tmp_path / "recipe.yaml"
    config.to_yaml(str(recipe))

    shown = CliRunner().invoke(app, ["preview", "-c", str(recipe), "-n", "1"])
    assert shown.exit_code == 0, shown.output
    assert shown.output.count('"name": "find_bus", "parameters": {"to": ') == 3
    assert shown.output.count("messages: 200 rows read, 200 kept") == 3

    train(config)
    state = json.loads((tmp_path / "trained/trainer_state.json").read_text())
    losses = [entry["loss"] for entry in state["log_history"] if "loss" in entry]
    assert len(losses) == 3
    config_file = tmp_path / "trained/tokenizer_config.json"
    template = tmp_path / "trained/chat_template.jinja"
    assert "ipython" in config_file.read_text() + (
        template.read_text() if template.is_file() else ""
    )
