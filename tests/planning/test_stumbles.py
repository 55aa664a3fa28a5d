"""What a user can mend ends an `oumi` command in one line; a bug keeps its stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from coalm_oumi.oumi_errors import CoalmOumiError
from coalm_oumi.planning import stumbles
from coalm_oumi.planning.stumbles import explain_at_end, kind_of

OUMI = "from oumi.cli.main import run; run()"


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (RuntimeError("vLLM is not installed. Please install the GPU ..."), "engine"),
        (ImportError("Using bitsandbytes: pip install -U bitsandbytes"), "q_lora"),
        (
            ValueError("Tokenizer does not have a pad token. This is expected"),
            "tokenizer_pad_token",
        ),
        (OSError("Repo id must be in the form 'name': '/nope'"), "model_name"),
        (OSError("We couldn't connect to 'https://hub' to load"), "model_name"),
        (OSError("Error no file named model.safetensors, or x"), "model_name"),
        (ValueError("An API key is required for remote"), "api_key_env_varname"),
        (ConnectionRefusedError(111, "refused"), "api_url"),
        (RuntimeError("Found no NVIDIA driver on your system"), "hardware"),
    ],
)
def test_kinds_that_a_user_can_mend(error: Exception, field: str) -> None:
    wrapped = RuntimeError("the engine has ended")
    wrapped.__cause__ = error

    found = kind_of(wrapped)

    assert found is not None
    assert field in found[0].fields
    assert found[1] is error


@pytest.mark.parametrize(
    "error",
    [
        ValueError("cannot reshape tensor"),
        KeyError("model_name"),
        ImportError("cannot import name 'x' from 'vllm'"),
        OSError(28, "No space left on device"),
        FileNotFoundError(2, "No such file", "/home/me/repo/x"),
        RuntimeError("NCCL: connection timed out"),
    ],
    ids=str,
)
def test_others_keep_their_stack(error: Exception) -> None:
    assert kind_of(error) is None


def ended(error: Exception, *arguments: str) -> BaseException | None:
    """How a command of that name ends, in which the error is raised."""

    @click.command("infer")
    @click.option("--config")
    @click.option("--level")
    def infer(config: str, level: str) -> None:
        explain_at_end()
        raise error

    infer.callback.__module__ = "oumi.cli.infer"  # type: ignore[union-attr]
    try:
        infer.main(["--config", "none_infer.yaml", *arguments], standalone_mode=False)
    except Exception as raised:
        return raised
    return None


def test_one_line_where_the_recipe_cannot_be_read() -> None:
    raised = ended(RuntimeError("vLLM is not installed.\nPlease install it."))

    assert isinstance(raised, CoalmOumiError)
    assert str(raised) == (
        "none_infer.yaml: vLLM is not installed (RuntimeError). Install what it names. "
        "(COALM_TRACEBACK=1 shows the whole error.)"
    )


def test_the_whole_error_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("vLLM is not installed.")

    assert ended(error, "--level", "DEBUG") is error
    monkeypatch.setenv("OUMI_LOG_LEVEL", "DEBUG")
    assert ended(error) is error
    monkeypatch.delenv("OUMI_LOG_LEVEL")
    monkeypatch.setenv(stumbles.TRACEBACK, "1")
    assert ended(error) is error


def test_a_bug_is_left_as_it_is() -> None:
    error = ValueError("cannot reshape tensor")

    assert ended(error) is error


CASES = {
    "model": (
        ["infer", "-c", "recipes/smol_infer.yaml", "-i"],
        ["--model.model_name", "output/none_merged"],
        "model.model_name: there is no folder 'output/none_merged' here",
    ),
    "vllm": (
        ["evaluate", "-c", "recipes/8b_evaluate.yaml"],
        [],
        "inference_engine: the engine VLLM needs vLLM, which is not installed. Run `pip "
        "install 'coalm-oumi[gpu]'`",
    ),
    "hub": (
        ["train", "-c", "recipes/8b_train.yaml"],
        [],
        "model.model_name: 'meta-llama/Llama-3.1-8B-Instruct' is neither a folder here",
    ),
    "server": (
        ["infer", "-c", "{folder}/server_infer.yaml"],
        [],
        "remote_params.api_url: http://127.0.0.1:9/v1/chat/completions does not answer",
    ),
    "key": (
        ["infer", "-c", "{folder}/key_infer.yaml"],
        [],
        "OPENAI_API_KEY, which is not set. Run `export OPENAI_API_KEY=...`.",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_oumi_ends_in_one_line(name: str, repository: Path, tmp_path: Path) -> None:
    if name == "vllm" and find_spec("vllm") is not None:
        pytest.skip("vLLM is installed")
    _write_recipes(tmp_path)
    command, changes, expected = CASES[name]
    activation = repository / "coalm_oumi/activation"
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": os.pathsep.join([str(repository), str(activation)]),
        "OUMI_EXTRA_DEPS_FILE": str(activation / "coalm_oumi_plugin.txt"),
    }
    environment.pop("OPENAI_API_KEY", None)
    arguments = [part.format(folder=tmp_path) for part in (*command, *changes)]
    if command[0] == "train":
        arguments += ["--training.output_dir", str(tmp_path / "out")]

    done = subprocess.run(
        [sys.executable, "-c", OUMI, *arguments],
        cwd=repository,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    text = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1, text
    assert "Traceback" not in text
    assert expected in text, text


def _write_recipes(folder: Path) -> None:
    asked = {"messages": [{"role": "user", "content": "hi"}]}
    (folder / "asked.jsonl").write_text(json.dumps(asked) + "\n")
    recipe = {
        "model": {"model_name": "gpt-4o"},
        "engine": "OPENAI",
        "input_path": str(folder / "asked.jsonl"),
        "output_path": str(folder / "answers.jsonl"),
    }
    (folder / "key_infer.yaml").write_text(json.dumps(recipe))
    address = "http://127.0.0.1:9/v1/chat/completions"
    recipe |= {
        "engine": "REMOTE_VLLM",
        "remote_params": {"api_url": address, "max_retries": 0},
    }
    (folder / "server_infer.yaml").write_text(json.dumps(recipe))
