"""SmolLM2, trained on a few CRA samples and served on a CPU, makes their calls."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.serving import read_reply
from tests.recipes.tiny_recipes import opened
from tests.tiny_server import free_port, waited_for

for needed in ("fastapi", "uvicorn", "openai"):
    pytest.importorskip(needed, reason="transformers serve needs it")

pytestmark = pytest.mark.slow
CONFIGS = Path(__file__).parents[2] / "configs/serve"
CRA = {"on_missing": "embedded", "prompt_layout": "system", "action_turns": "all"}
CRA |= {"function_list": "dialogue", "max_samples": 4}


@pytest.fixture(scope="module")
def trained(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2 after some steps of recipes/smol_train.yaml on the same few samples."""
    import oumi.train  # its module, whose function the package hides

    import coalm_oumi.plugin  # noqa: F401

    config = opened("smol_train")
    config.model.model_name = str(smollm2)
    cra = next(d for d in config.data.train.datasets if d.dataset_name == "coalm/cra")
    cra.dataset_kwargs = {**CRA, "pack_tokens": 1280}
    cra.mixture_proportion = None
    config.data.train.datasets = [cra]
    config.training.max_steps = 30
    output = tmp_path_factory.mktemp("smol") / "model"
    config.training.output_dir = str(output)
    config.finalize_and_validate()
    oumi.train.train(config)
    return output


@pytest.fixture(scope="module")
def served(trained: Path) -> Iterator[str]:
    """The base URL of configs/serve/smol.sh with the trained model."""
    port, log = free_port(), trained / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["bash", str(CONFIGS / "smol.sh"), str(trained)],
            env=os.environ | {"PORT": str(port)},
            stdout=out,
            stderr=out,
        )
    with waited_for(process, f"http://127.0.0.1:{port}/health", log):
        yield f"http://127.0.0.1:{port}/v1"


def samples() -> list[Any]:
    """The messages of the samples with a call."""
    from coalm_oumi.datasets import CraDataset

    dataset: Any = CraDataset(**CRA)  # type: ignore[arg-type]
    found = [dataset.conversation(n).messages for n in range(len(dataset))]
    return [turns for turns in found if turns[-1].content.startswith("Action:")]


def test_a_dialogue_s_calls_come_back_and_are_read(trained: Path, served: str) -> None:
    from openai import OpenAI

    client = OpenAI(base_url=served, api_key="none")
    asked = samples()
    assert asked
    for system, user, answer in asked:
        options: Any = {
            "model": str(trained),
            "messages": [
                {"role": "system", "content": system.content},
                {"role": "user", "content": user.content},
            ],
            "temperature": 0.0,
            "max_tokens": 128,
        }
        whole = client.chat.completions.create(**options)
        reply = whole.choices[0].message.content
        pieces = client.chat.completions.create(**options, stream=True)
        streamed = [p.choices[0].delta.content or "" for p in pieces if p.choices]

        assert read_reply(reply).calls == read_reply(answer.content).calls
        assert len(read_reply(reply).calls) == 1
        assert "".join(streamed) == reply
        assert len([piece for piece in streamed if piece]) > 3


def test_the_example_client_holds_a_dialogue(
    trained: Path,
    served: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.syspath_prepend(CONFIGS)
    spec = importlib.util.spec_from_file_location("asked", CONFIGS / "cra_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    lines = ["When is there a bus to Ely?", "Thank you, that is all."]
    arguments = ["--base-url", served, "--model", str(trained)]
    history = module.main(arguments, lines)

    assert [line for line in history if line.startswith("User: ")] == [
        f"User: {line}" for line in lines
    ]
    assert len(history) >= 4
    shown = capsys.readouterr().out
    assert all(line in shown for line in history if not line.startswith("User: "))
