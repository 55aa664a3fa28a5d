"""`coalm check -c`, `recipes` and `merge` end in one message on wrong inputs."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command, Ended
from tests.planning.conftest import RECIPES

ORIGINAL = (RECIPES / "8b_train.yaml").read_text()
CONFIG = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 100,
    "max_position_embeddings": 4096,
}


def check_one_message(ended: Ended, *parts: str) -> None:
    text = " ".join(ended.text.split())
    assert ended.code in (1, 2), text
    assert "Traceback" not in text
    assert len(re.findall(r"(?<!\w)Error: ", text)) == 1, text
    for part in parts:
        assert part in text, text


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("none_train.yaml", None, ("none_train.yaml", "no such file")),
        ("nowhere.yaml", None, ("nowhere.yaml", "no such file")),
        ("x_train.yaml", b"\x89PNG\r\n\x1a\n\x00\xff", ("x_train.yaml",)),
        ("x_train.yaml", b"", ("x_train.yaml", "model")),
        ("x_train.yaml", b"- one\n- two\n", ("x_train.yaml", "fields")),
        ("x_train.yaml", b"model: [", ("x_train.yaml",)),
        ("x_train.yaml", b"\tmodel: x\n", ("x_train.yaml",)),
        ("x_train_infer.yaml", ORIGINAL.encode(), ("8b_train.yaml",)),
        (
            "x_train.yaml",
            ORIGINAL.replace("8xH100-80GB", "8xH900-80GB").encode(),
            ("H900-80GB", "did you mean", "--hardware"),
        ),
    ],
    ids=[
        *("missing", "missing, no verb", "binary", "empty", "list", "cut", "tab"),
        *("two verbs", "its GPU"),
    ],
)
def test_recipe_that_cannot_be_read(
    name: str,
    content: bytes | None,
    expected: tuple[str, ...],
    coalm: Command,
    tmp_path: Path,
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    check_one_message(coalm("check", "-c", tmp_path / name), *expected)


def test_recipe_that_is_a_folder(coalm: Command, tmp_path: Path) -> None:
    (tmp_path / "x_train.yaml").mkdir()

    ended = coalm("check", "-c", tmp_path / "x_train.yaml")

    check_one_message(ended, "x_train.yaml", "a folder")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--global-batch", "0"), ("--global-batch",)),
        (("--global-batch", "many"), ("--global-batch",)),
        (("--hardware", ""), ("8xH100-80GB",)),
        (("--model.nothing", "3"), ("nothing",)),
        (("--model.model_max_length", "long"), ("model_max_length",)),
        (("--training.optimiser", "adamw"), ("optimiser",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_option_of_check(
    arguments: tuple[str, ...], expected: tuple[str, ...], coalm: Command
) -> None:
    ended = coalm("check", "-c", RECIPES / "8b_train.yaml", *arguments)

    check_one_message(ended, *expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"num_attention_heads": 0}, ("config.json", "config of a model")),
        ({"hidden_size": -64}, ("config.json", "config of a model")),
        ({"vocab_size": "many"}, ("config.json", "config.json of a transformers")),
        ({"num_hidden_layers": None}, ("config.json", "config.json of a transformers")),
    ],
    ids=["no heads", "negative", "words", "null"],
)
def test_config_of_a_model_that_cannot_be(
    changes: dict[str, Any], expected: tuple[str, ...], coalm: Command, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, **changes}))

    ended = coalm(
        "check", "-c", RECIPES / "8b_train.yaml", "--model.model_name", tmp_path
    )

    check_one_message(ended, *expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ("is unknown",)),
        ("../../etc/passwd", ("is unknown",)),
        ("8b_tran", ("did you mean '8b_train'?",)),
        ("README", ("ambiguous", "recipes/README.md")),
    ],
)
def test_name_of_no_recipe(
    name: str, expected: tuple[str, ...], coalm: Command
) -> None:
    check_one_message(coalm("recipes", name), *expected)


def test_copy_into_a_file(coalm: Command, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")

    ended = coalm("recipes", "8b_train", "--output", tmp_path / "mine")

    check_one_message(ended, "mine", "cannot be written")
    assert (tmp_path / "mine").read_text() == "mine"


def tensors(path: Path, **kinds: str) -> None:
    """Writes a safetensors file of 2 by 2 zeros."""
    width = {"F32": 4, "U8": 1}
    header, at = {}, 0
    for name, kind in kinds.items():
        size = 4 * width[kind]
        header[name] = {"dtype": kind, "shape": [2, 2], "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(at))


LAYER = "model.layers.0.self_attn.q_proj"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with the smallest base and adapter that there can be."""
    for name in ("base", "adapter"):
        (tmp_path / name).mkdir()
    tensors(tmp_path / "base/model.safetensors", **{f"{LAYER}.weight": "F32"})
    (tmp_path / "base/config.json").write_text("{}")
    low, high = (f"base_model.model.{LAYER}.lora_{x}.weight" for x in "AB")
    tensors(tmp_path / "adapter/adapter_model.safetensors", **{low: "F32", high: "F32"})
    config = {
        "peft_type": "LORA",
        "r": 2,
        "lora_alpha": 4,
        "base_model_name_or_path": str(tmp_path / "base"),
    }
    (tmp_path / "adapter/adapter_config.json").write_text(json.dumps(config))
    return tmp_path


def rewritten(path: str, **changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / path
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    return change


def removed(path: str) -> Callable[[Path], None]:
    return lambda folder: (folder / path).unlink()


CONFIG_FILE = "adapter/adapter_config.json"
MERGES: dict[str, tuple[Callable[[Path], Any], tuple[str, ...]]] = {
    "no adapter": (removed(CONFIG_FILE), ("adapter_config.json", "oumi train")),
    "adapter without weights": (
        removed("adapter/adapter_model.safetensors"),
        ("weights are missing", "safetensors"),
    ),
    "config not JSON": (
        lambda folder: (folder / CONFIG_FILE).write_text("{"),
        ("adapter_config.json", "not JSON"),
    ),
    "config a list": (
        lambda folder: (folder / CONFIG_FILE).write_text("[]"),
        ("expected a JSON object",),
    ),
    "rank 0": (rewritten(CONFIG_FILE, r=0), ("expected the numbers r",)),
    "rank a word": (rewritten(CONFIG_FILE, r="high"), ("expected the numbers r",)),
    "alpha not a number": (
        rewritten(CONFIG_FILE, lora_alpha=float("nan")),
        ("q_proj", "not finite"),
    ),
    "another method": (rewritten(CONFIG_FILE, peft_type="IA3"), ("found peft_type",)),
    "base not named": (
        rewritten(CONFIG_FILE, base_model_name_or_path=None),
        ("Pass --base",),
    ),
    "base that is nowhere": (
        rewritten(CONFIG_FILE, base_model_name_or_path="no/such-model"),
        ("'no/such-model' is no folder", "--base"),
    ),
    "base without weights": (
        removed("base/model.safetensors"),
        ("there are no weights",),
    ),
    "base quantised": (
        lambda folder: tensors(
            folder / "base/model.safetensors", **{f"{LAYER}.weight": "U8"}
        ),
        ("U8", "not quantised"),
    ),
    "base of other names": (
        lambda folder: tensors(folder / "base/model.safetensors", weight="F32"),
        ("do not belong together",),
    ),
    "untrained adapter": (lambda folder: None, ("would not differ",)),
}


@pytest.mark.parametrize("name", MERGES)
def test_wrong_merge(name: str, coalm: Command, models: Path) -> None:
    change, expected = MERGES[name]
    change(models)

    ended = coalm("merge", models / "adapter", "--output", models / "merged")

    check_one_message(ended, *expected)
    assert {path.name for path in models.iterdir()} == {"adapter", "base"}


@pytest.mark.parametrize(
    ("output", "expected"),
    [("base", "there already"), ("base/config.json/merged", "not a folder")],
    ids=["over the base", "under a file"],
)
def test_output_that_cannot_be(
    output: str, expected: str, coalm: Command, models: Path
) -> None:
    ended = coalm("merge", models / "adapter", "--output", models / output)

    check_one_message(ended, expected)


def test_results_are_read_before_the_weights(coalm: Command, models: Path) -> None:
    ended = coalm(
        *("merge", models / "adapter", "--output", models / "merged"),
        *("--results", models / "none.json"),
    )

    check_one_message(ended, "none.json", "results.json")
    assert not (models / "merged").exists()
