"""What an adapter's config says is merged, has no effect, or is refused with the reason."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.errors import CoalmError, DataFormatError
from coalm_oumi.training.merging import options
from coalm_oumi.training.merging.adapter import read_adapter
from coalm_oumi.training.merging.options import base_changed_by, check_options

Q = "base_model.model.model.layers.0.self_attn.q_proj"
PLAIN = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "peft_version": "0.19.1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import torch
    from safetensors.torch import save_file

    tensors = {
        f"{Q}.lora_A.weight": torch.ones(4, 6),
        f"{Q}.lora_B.weight": torch.ones(6, 4),
    }
    save_file(tensors, tmp_path / "adapter_model.safetensors")
    return tmp_path


def refused(folder: Path, **config: Any) -> str:
    text = json.dumps({**PLAIN, **config})
    (folder / "adapter_config.json").write_text(text)
    with pytest.raises(CoalmError) as caught:
        read_adapter(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"init_lora_weights": "pissa_niter_16"}, "PiSSA takes the largest singular"),
        ({"init_lora_weights": "PiSSA"}, "PiSSA takes"),
        ({"init_lora_weights": "corda"}, "CorDA takes"),
        ({"init_lora_weights": "OLoRA"}, "OLoRA takes"),
        ({"init_lora_weights": "loftq"}, "LoftQ quantises the base's weights"),
        ({"init_lora_weights": "lora_ga"}, "LoRA-GA takes"),
        ({"init_lora_weights": "milora"}, "'milora' is not known here"),
        ({"init_lora_weights": 1}, "1 is not known here"),
        ({"use_dora": True}, "magnitudes that it has trained"),
        ({"lora_bias": True}, "biases of its own"),
        ({"bias": "lora_only"}, "PEFT's files need not hold all of them"),
        ({"bias": "all"}, "biases of the base were trained too"),
        ({"layer_replication": [[0, 2], [1, 2]]}, "more layers than the base"),
        ({"trainable_token_indices": [1, 2]}, "single rows of the embedding"),
        ({"target_parameters": ["experts.up"]}, "no linear layer's"),
        ({"alora_invocation_tokens": [5]}, "No single model answers like it"),
        ({"arrow_config": {"top_k": 3}}, "No single model answers like it"),
        ({"use_bdlora": {"nblocks": 2}}, "stored as blocks"),
        ({"use_qalora": True}, "averaged in groups"),
        ({"megatron_config": {"a": 1}}, "those of Megatron"),
        ({"fan_in_fan_out": True}, "transposed"),
        ({"merge_scale": 2}, "not known here, and may change what is merged"),
        ({"merge_scale": 0}, "not known here, and may change what is merged"),
        ({"task_type": "SEQ_CLS"}, "expected the task_type CAUSAL_LM"),
        ({"peft_type": "LOKR"}, "expected a LoRA adapter, found peft_type 'LOKR'"),
        ({"rank_pattern": {"q_proj": 8}}, "the two files are not of one adapter"),
        ({"rank_pattern": {"(": 8}}, "expected the numbers r and lora_alpha"),
        ({"alpha_pattern": [8]}, "expected the numbers r and lora_alpha"),
        ({"lora_alpha": float("nan")}, "is multiplied with is not finite: lora_alpha"),
        ({"revision": 3}, "expected a text"),
    ],
)
def test_refused_with_the_reason(
    config: dict[str, Any], expected: str, folder: Path
) -> None:
    assert expected in refused(folder, **config)


@pytest.mark.parametrize(
    "config",
    [
        {"init_lora_weights": value}
        for value in (True, False, None, "gaussian", "eva", "orthogonal")
    ]
    + [
        {"new_option": None, "other_option": False, "third": {}},
        {"layers_to_transform": [0], "layers_pattern": "layers"},
        {"exclude_modules": ["k_proj"], "lora_dropout": 0.1},
        {"eva_config": {"rho": 2.0}, "loftq_config": {"loftq_bits": 4}},
        {"task_type": "CAUSAL_LM", "revision": "main", "qalora_group_size": 32},
    ],
)
def test_what_does_not_change_the_merge(config: dict[str, Any], folder: Path) -> None:
    (folder / "adapter_config.json").write_text(json.dumps({**PLAIN, **config}))

    (change,) = read_adapter(folder).changes.values()

    assert change.scaling == 2


@pytest.mark.parametrize(
    ("config", "scaling"),
    [
        ({"alpha_pattern": {"q_proj": 20}}, 5),
        ({"alpha_pattern": {"proj": 20}}, 2),
        ({"alpha_pattern": {"v_proj": 12, ".*attn.q_proj": 20}}, 5),
        ({"r": 64, "rank_pattern": {"^model.layers.0.self_attn.q_proj": 4}}, 2),
        ({"use_rslora": True}, 4),
        ({"use_rslora": True, "alpha_pattern": {"q_proj": 3}}, 1.5),
    ],
)
def test_scaling_of_a_layer(
    config: dict[str, Any], scaling: float, folder: Path
) -> None:
    (folder / "adapter_config.json").write_text(json.dumps({**PLAIN, **config}))

    (change,) = read_adapter(folder).changes.values()

    assert change.scaling == scaling


def test_every_option_of_peft_is_known() -> None:
    from peft import LoraConfig

    names = {field.name for field in fields(LoraConfig)}

    assert names <= options._KNOWN | set(options._REFUSED)


@given(st.text(), st.text() | st.integers() | st.just(True))
def test_no_unknown_option_is_passed_over(name: str, value: object) -> None:
    if name in options._KNOWN or value == "none":
        return
    with pytest.raises(CoalmError, match=r"peft_type|are not merged here|CAUSAL_LM"):
        check_options({**PLAIN, name: value}, Path("adapter_config.json"))


@given(st.sampled_from(sorted(options.BASE_CHANGED)), st.text(max_size=9))
def test_spellings_of_initialisations_that_change_the_base(
    name: str, rest: str
) -> None:
    assert base_changed_by(name.upper() + rest)


@pytest.mark.parametrize("lost", ["lora_A", "lora_B"])
def test_half_a_lora(lost: str, folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "adapter_model.safetensors"
    save_file({n: t for n, t in load_file(path).items() if lost not in n}, path)

    assert "the adapter is incomplete" in refused(folder)


def test_tensor_of_another_kind(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    path = folder / "adapter_model.safetensors"
    extra = {f"{Q}.lora_magnitude_vector": torch.ones(6)}
    save_file({**load_file(path), **extra}, path)
    (folder / "adapter_config.json").write_text(json.dumps(PLAIN))

    with pytest.raises(DataFormatError, match="is none that PEFT stores"):
        read_adapter(folder)
