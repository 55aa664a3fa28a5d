"""A GGUF file, read back, is the model that it was made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.training.exporting.gguf_file import WeightType, export_gguf
from tests.exporting.exported import (
    FAMILIES,
    LLAMA_3,
    ROPE_OF_LLAMA_3_1,
    change_json,
    write_model,
)
from tests.recipes.tiny_recipes import ASSET

TEXT = 'User: will it rain in Ely at 20:30?\nSystem: {"domain": "GetWeather"}'


def logits(folder: Path, **options: Any) -> Any:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # Of transformers' GGUF reader the tokenizer has no words added to the vocabulary.
    tokenizer: Any = AutoTokenizer.from_pretrained(ASSET)
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, **options
    )
    with torch.no_grad():
        return model(**tokenizer(TEXT, return_tensors="pt")).logits[0]


def fields(path: Path) -> dict[str, Any]:
    from gguf import GGUFReader

    return {name: f.contents() for name, f in GGUFReader(path).fields.items()}


@pytest.mark.parametrize("family", ["llama", "tied", "qwen3"])
@pytest.mark.parametrize(("weights", "far"), [("f16", 0.005), ("q8_0", 0.1)])
def test_the_model_read_back_gives_the_same_logits(
    family: str, weights: WeightType, far: float, tmp_path: Path
) -> None:
    folder = write_model(tmp_path / "model", family)
    expected = logits(folder)

    size = export_gguf(folder, tmp_path / "model.gguf", weights)

    assert size == (tmp_path / "model.gguf").stat().st_size
    found = logits(tmp_path, gguf_file="model.gguf")
    assert found.shape == expected.shape
    # With the rows of queries and keys in another order it is above a half.
    assert 0 < (found - expected).norm() / expected.norm() < far


def test_llama_3_1_s_positions_are_divided_as_transformers_has_them(
    tmp_path: Path,
) -> None:
    import torch
    from gguf import GGUFReader
    from transformers import AutoModelForCausalLM

    folder = write_model(tmp_path / "model", "llama 3.1")
    export_gguf(folder, tmp_path / "model.gguf")

    held = {t.name: t.data for t in GGUFReader(tmp_path / "model.gguf").tensors}
    powers = torch.arange(0, 32, 2) / 32
    plain = ROPE_OF_LLAMA_3_1["rope_theta"] ** -powers
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    divided = plain / torch.tensor(held["rope_freqs.weight"])
    torch.testing.assert_close(divided, model.model.rotary_emb.inv_freq)
    assert not torch.allclose(divided, plain)


def test_the_tokenizer_comes_along(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    export_gguf(folder, tmp_path / "model.gguf")

    held = fields(tmp_path / "model.gguf")
    tokens = held["tokenizer.ggml.tokens"]
    assert tokens[held["tokenizer.ggml.eos_token_id"]] == "<|eot_id|>"
    assert (
        tokens[held["tokenizer.ggml.padding_token_id"]] == "<|finetune_right_pad_id|>"
    )
    assert held["tokenizer.ggml.pre"] == "gpt-2"
    assert held["tokenizer.ggml.add_bos_token"] is False
    template = (folder / "chat_template.jinja").read_text()
    assert held["tokenizer.chat_template"] == template
    kinds = dict(zip(tokens, held["tokenizer.ggml.token_type"], strict=True))
    assert [kinds[t] for t in ("<|eot_id|>", "GetWeather", "the")] == [3, 4, 1]
    assert kinds[tokens[-1]] == 5  # a row of the embedding that no token has


BYTES = {
    "type": "ByteLevel",
    "add_prefix_space": False,
    "trim_offsets": True,
    "use_regex": True,
}
SPLIT = {
    "type": "Split",
    "pattern": {"Regex": LLAMA_3},
    "behavior": "Isolated",
    "invert": False,
}
RULES = {
    "smollm": [{"type": "Digits", "individual_digits": True}, BYTES],
    "llama-bpe": [SPLIT, {**BYTES, "use_regex": False}],
}


def set_rule(folder: Path, steps: list[Any], **model: Any) -> None:
    """Gives a model's tokenizer other steps before the merges."""
    path = folder / "tokenizer.json"
    whole = json.loads(path.read_text())
    rule = {"type": "Sequence", "pretokenizers": steps}
    change_json(path, pre_tokenizer=rule, model={**whole["model"], **model})


@pytest.mark.parametrize("rule", RULES)
def test_the_splitting_rule_has_llama_cpp_s_name(rule: str, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    set_rule(folder, RULES[rule], ignore_merges=rule == "llama-bpe")
    export_gguf(folder, tmp_path / "model.gguf")
    assert fields(tmp_path / "model.gguf")["tokenizer.ggml.pre"] == rule


@pytest.mark.parametrize(
    "steps",
    [
        [{"type": "Whitespace"}],
        [{"type": "Digits", "individual_digits": False}, BYTES],
        [{**BYTES, "add_prefix_space": True}],
        [{**SPLIT, "pattern": {"Regex": ".*"}}, {**BYTES, "use_regex": False}],
        # Llama 3's, but merges where it takes whole words.
        RULES["llama-bpe"],
    ],
)
def test_another_rule_is_refused(steps: list[Any], tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    set_rule(folder, steps)

    with pytest.raises(CoalmError, match="not known here"):
        export_gguf(folder, tmp_path / "model.gguf")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_all_families_are_known() -> None:
    from transformers import AutoConfig

    from coalm_oumi.training.exporting.gguf_file import _ARCHITECTURES

    assert {f["model_type"] for f in FAMILIES.values()} == set(_ARCHITECTURES)
    assert all(AutoConfig.for_model(name) for name in _ARCHITECTURES)
