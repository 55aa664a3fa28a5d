"""`coalm export`: a file, or one line that says why there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.exporting.exported import change_json, write_model


def adapter(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")


def another_family(folder: Path) -> None:
    change_json(folder / "config.json", model_type="gpt2")


def another_rope(folder: Path) -> None:
    rope = {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}
    change_json(folder / "config.json", rope_parameters=rope, rope_scaling=rope)


def without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def broken_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("[]")


def more_tokens_than_rows(folder: Path) -> None:
    change_json(folder / "config.json", vocab_size=100)


def diverged(folder: Path) -> None:
    change_weight(folder, "model.layers.1.mlp.up_proj.weight", float("nan"))


def too_large(folder: Path) -> None:
    change_weight(folder, "model.layers.1.mlp.up_proj.weight", 1e6)


def a_weight_more(folder: Path) -> None:
    change_weight(folder, "model.layers.1.self_attn.memory.weight", 0.0)


def change_weight(folder: Path, name: str, value: float) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights[name] = torch.full((32, 32), value)
    save_file(weights, folder / "model.safetensors")


REFUSED: dict[Callable[[Path], None], tuple[str, ...]] = {
    adapter: ("an adapter", "coalm merge"),
    another_family: ("model_type", "'gpt2' is unknown", "llama, qwen3"),
    another_rope: ("rope_type", "'linear' is unknown"),
    without_tokenizer: ("tokenizer.json", "cannot be read", "save_pretrained"),
    broken_tokenizer: ("tokenizer.json", "expected a tokenizer"),
    more_tokens_than_rows: ("tokenizer.json", "the model has 100"),
    diverged: ("blk.1.ffn_up.weight", "16 bits do not hold"),
    too_large: ("blk.1.ffn_up.weight", "16 bits do not hold"),
    a_weight_more: ("no place", "model.layers.1.self_attn.memory.weight"),
}


@pytest.mark.parametrize("change", REFUSED, ids=lambda change: change.__name__)
def test_what_cannot_be_exported_is_one_line(
    change: Callable[[Path], None], coalm: Command, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "model")
    change(folder)

    ended = coalm("export", folder, "-o", tmp_path / "model.gguf")

    assert ended.code == 1
    (line,) = [line for line in ended.text.splitlines() if "Error: " in line]
    assert all(part in line for part in REFUSED[change]), line
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_file_and_its_size_are_shown(coalm: Command, tmp_path: Path) -> None:
    folder, file = write_model(tmp_path / "model"), tmp_path / "new/model.gguf"

    sizes = {}
    for kind in ("f16", "q8_0"):
        ended = coalm("export", folder, "--output", file, "--type", kind)
        assert ended.code == 0, ended.text
        assert ended.text.splitlines()[-1] == f"{file}: 2 MB, {kind}" or kind == "q8_0"
        sizes[kind] = file.stat().st_size

    assert sizes["q8_0"] < 0.6 * sizes["f16"]
    assert [path.name for path in file.parent.iterdir()] == ["model.gguf"]


def test_no_model_is_one_line(coalm: Command, tmp_path: Path) -> None:
    ended = coalm("export", tmp_path / "none", "-o", tmp_path / "model.gguf")
    assert ended.code == 1
    assert "no folder with a model" in ended.text
