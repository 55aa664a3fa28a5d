"""The two commands, run in this process: importing Oumi takes longer than all tests."""

from __future__ import annotations

import copy
import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from coalm_oumi.cli import app


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and all that it wrote."""

    code: int
    text: str


Command = Callable[..., Ended]


@pytest.fixture
def coalm(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `coalm` with arguments."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*args: object) -> Ended:
        result = CliRunner().invoke(app, [str(arg) for arg in args])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.output)

    return run


@pytest.fixture(scope="session")
def oumi_imported() -> None:
    """Imports Oumi with the plug-in, before any test has a stderr of its own.

    The logging handlers of the libraries keep the stderr that they find.
    """
    import oumi.cli.main
    import oumi.evaluate
    import oumi.train  # noqa: F401

    import coalm_oumi.plugin  # noqa: F401


@pytest.fixture
def oumi(
    oumi_imported: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Command]:
    """Runs `oumi` with arguments."""
    import oumi
    import oumi.cli.main
    from oumi.utils.logging import configure_logger

    loggers = [logging.getLogger(name) for name in ("oumi", "oumi.telemetry")]
    kept = [(logger.level, logger.handlers[:]) for logger in loggers]

    # `oumi.train` is a function until the module of that name is imported, which is
    # once per process; the command wants the function.
    for name in ("train", "evaluate"):
        function = getattr(sys.modules[f"oumi.{name}"], name)
        monkeypatch.setattr(oumi, name, function)

    def run(*args: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["oumi", *(str(arg) for arg in args)])
        configure_logger("oumi", level="warning")  # its handler keeps the stdout it saw
        capsys.readouterr()
        try:
            oumi.cli.main.run()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
        else:
            code = 0
        written = capsys.readouterr()
        return Ended(code, written.out + written.err)

    yield run
    for logger, (level, handlers) in zip(loggers, kept, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = handlers


_TRAIN: dict[str, Any] = {
    "model": {
        "load_pretrained_weights": False,
        "model_max_length": 1024,
        "torch_dtype_str": "float32",
        "chat_template": "auto",
    },
    "data": {
        "train": {
            "datasets": [],
            "collator_name": "text_completions_only_with_padding",
            "train_target": "ALL_ASSISTANT_TURNS",
        }
    },
    "training": {"trainer_type": "TRL_SFT", "max_steps": 1},
}

_EVALUATE: dict[str, Any] = {
    "model": _TRAIN["model"],
    "inference_engine": "NATIVE",
    "generation": {"max_new_tokens": 1},
}

Write = Callable[..., Path]


@pytest.fixture
def train_recipe(repository: Path, tmp_path: Path) -> Write:
    """Writes a recipe that trains the tiny model on the datasets given."""

    def write(*datasets: dict[str, Any], **model: Any) -> Path:
        recipe = copy.deepcopy(_TRAIN)
        recipe["model"]["model_name"] = str(repository / "tests/assets/tiny_llama")
        recipe["model"].update(model)
        recipe["data"]["train"]["datasets"] = list(datasets)
        recipe["training"]["output_dir"] = str(tmp_path / "trained")
        return _written(tmp_path / "own_train.yaml", recipe)

    return write


@pytest.fixture
def evaluate_recipe(repository: Path, tmp_path: Path) -> Write:
    """Writes a recipe that evaluates the tiny model on one task of ours."""

    def write(task: str, **options: Any) -> Path:
        recipe = copy.deepcopy(_EVALUATE)
        recipe["model"]["model_name"] = str(repository / "tests/assets/tiny_llama")
        entry = {"evaluation_backend": "custom", "task_name": task}
        recipe["tasks"] = [{**entry, "eval_kwargs": options, "num_samples": 1}]
        recipe["output_dir"] = str(tmp_path / "evaluated")
        return _written(tmp_path / "own_evaluate.yaml", recipe)

    return write


def _written(path: Path, recipe: dict[str, Any]) -> Path:
    path.write_text(json.dumps(recipe), encoding="utf-8")  # JSON is YAML
    return path
