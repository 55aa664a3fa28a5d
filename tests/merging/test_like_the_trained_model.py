"""A merged model answers like the one that was trained, whatever was trained how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.training.merging.merge import merge
from coalm_oumi.training.merging.output_layer import OUTPUT
from coalm_oumi.training.merging.shards import INDEX_FILE, shards_of
from tests.merging.trained import train

PATTERNS = {
    "rank_pattern": {"q_proj": 6, r"layers\.1\.self_attn\.v_proj": 2},
    "alpha_pattern": {"v_proj": 3, "^model.layers.0.self_attn.q_proj": 20},
}
BOTH = ["embed_tokens", "lm_head"]
MERGED: dict[str, dict[str, Any]] = {
    "gaussian": {"init_lora_weights": "gaussian"},
    "orthogonal": {"init_lora_weights": "orthogonal"},
    "random": {"init_lora_weights": False},
    "ranks and alphas of single layers": PATTERNS,
    "the same, rank-stabilised": {**PATTERNS, "use_rslora": True},
    "LoRA of the embedding": {"target_modules": ["q_proj", "embed_tokens"]},
    "LoRA of the output layer": {"target_modules": ["q_proj", "lm_head"]},
    "LoRA of both": {"target_modules": ["q_proj", *BOTH], "use_rslora": True},
    "norms trained whole": {"modules_to_save": ["norm"]},
    "output layer trained whole": {"modules_to_save": ["lm_head"]},
    "both trained whole": {"modules_to_save": BOTH},
    "embedding whole, LoRA of the output layer": {
        "modules_to_save": ["embed_tokens"],
        "target_modules": ["q_proj", "lm_head"],
    },
}
TIED = ("embedding", "output", "both")


@pytest.mark.parametrize("lora", MERGED.values(), ids=list(MERGED))
def test_base_with_an_output_layer(lora: dict[str, Any], tmp_path: Path) -> None:
    trained = train(tmp_path, **lora)

    merged = merge(trained.adapter, trained.base, tmp_path / "merged")

    assert trained.away(trained.base) > 1e-3
    assert trained.away(tmp_path / "merged") < 1e-5
    assert (merged.parted, merged.unchanged, merged.files) == (False, 0, 1)


@pytest.mark.parametrize("shard", ["5GB", "20KB"], ids=["one file", "files"])
@pytest.mark.parametrize(
    "lora",
    [lora for name, lora in MERGED.items() if any(word in name for word in TIED)],
    ids=[name for name in MERGED if any(word in name for word in TIED)],
)
def test_base_whose_output_layer_is_its_embedding(
    lora: dict[str, Any], shard: str, tmp_path: Path
) -> None:
    trained = train(tmp_path, tied=True, shard=shard, **lora)

    merged = merge(trained.adapter, trained.base, tmp_path / "merged")

    folder = tmp_path / "merged"
    assert trained.away(trained.base) > 1e-3
    assert trained.away(folder) < 1e-5
    assert merged.parted
    assert merged.files == len(shards_of(folder)) > 1
    assert any(OUTPUT in names for names in shards_of(folder).values())
    assert not json.loads((folder / "config.json").read_text())["tie_word_embeddings"]
    size = json.loads((folder / INDEX_FILE).read_text())["metadata"]["total_size"]
    assert size == sum(w.numel() * 4 for w in weights_of(folder).values())


def weights_of(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    files = [load_file(path) for path in folder.glob("*.safetensors")]
    return {name: weight for file in files for name, weight in file.items()}


@pytest.mark.parametrize(
    "lora",
    [
        {},
        {"modules_to_save": ["norm"]},
        {"target_modules": ["q_proj", "embed_tokens"], "ensure_weight_tying": True},
        {"modules_to_save": ["embed_tokens"], "ensure_weight_tying": True},
    ],
    ids=["neither trained", "norms", "LoRA of both as one", "whole as one"],
)
def test_they_stay_one_where_training_kept_them_one(
    lora: dict[str, Any], tmp_path: Path
) -> None:
    trained = train(tmp_path, tied=True, **lora)

    merged = merge(trained.adapter, trained.base, tmp_path / "merged")

    assert not merged.parted
    assert merged.unchanged == 0
    assert trained.away(tmp_path / "merged") < 1e-5
    assert [*shards_of(tmp_path / "merged")] == ["model.safetensors"]


@pytest.mark.parametrize("other", [False, True], ids=["equal", "another"])
def test_output_layer_that_is_stored_although_it_is_the_embedding(
    other: bool, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    trained = train(tmp_path, tied=True, modules_to_save=["lm_head"])
    file = trained.base / "model.safetensors"
    weights = load_file(file)
    weights[OUTPUT] = weights["model.embed_tokens.weight"] + int(other)
    save_file(weights, file, metadata={"format": "pt"})

    if other:
        with pytest.raises(
            CoalmError, match=r"two different models\. Correct the base"
        ):
            merge(trained.adapter, trained.base, tmp_path / "merged")
    else:
        assert merge(trained.adapter, trained.base, tmp_path / "merged").parted
        assert trained.away(tmp_path / "merged") < 1e-5


def test_numbers_of_tokens_that_differ_are_named(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    trained = train(tmp_path, modules_to_save=["lm_head"])
    file = trained.base / "model.safetensors"
    weights = load_file(file)
    save_file({**weights, OUTPUT: weights[OUTPUT][:60].clone()}, file)

    with pytest.raises(CoalmError, match="another vocabulary, or one that tokens were"):
        merge(trained.adapter, trained.base, tmp_path / "merged")


@pytest.mark.parametrize(
    "initialisation", ["pissa", "pissa_niter_4", "olora"], ids=lambda name: name
)
def test_adapter_of_a_changed_base(initialisation: str, tmp_path: Path) -> None:
    trained = train(tmp_path, init_lora_weights=initialisation)

    with pytest.raises(CoalmError, match="belongs to that changed base") as caught:
        merge(trained.adapter, trained.base, tmp_path / "merged")

    assert "peft_save_mode: MERGED" in str(caught.value)
    assert not (tmp_path / "merged").exists()


@pytest.mark.parametrize("initialisation", ["pissa", "olora"])
def test_plain_adapter_made_of_it_is_merged(
    initialisation: str, tmp_path: Path
) -> None:
    trained = train(tmp_path, init_lora_weights=initialisation, converted=True)

    merge(trained.adapter, trained.base, tmp_path / "merged")

    assert trained.away(trained.base) > 1e-3
    assert trained.away(tmp_path / "merged") < 1e-5
