"""The computed memory of a training step agrees with torch's own accounting."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from coalm_oumi.planning.memory import (
    ServingSetup,
    TrainingSetup,
    cache_tokens,
    serving_memory,
    total_gib,
    training_memory,
)
from coalm_oumi.planning.model_shape import ModelShape, find_shape, published_parameters
from tests.planning.training_step import (
    SEVEN,
    computed_bytes,
    llama_config,
    peak_of_a_step,
    ready_to_train,
)


@pytest.mark.parametrize("name", published_parameters())
def test_weights_are_as_many_as_published(name: str) -> None:
    shape = find_shape(name)

    assert shape is not None
    # Granite's checkpoint has a few rows more in its embedding.
    assert shape.parameters == pytest.approx(published_parameters()[name], rel=1e-3)
    if shape.model_type != "gpt_bigcode":
        assert shape.parameters == published_parameters()[name]


def test_lora_of_rank_16_on_all_linear_layers_of_llama_8b() -> None:
    shape = find_shape("meta-llama/Llama-3.1-8B-Instruct")

    assert shape is not None
    assert shape.lora_parameters(SEVEN, 16) == 41_943_040


class Small(NamedTuple):
    """A model and a batch that a CPU steps through in a second."""

    hidden: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    words: int
    batch: int
    length: int
    checkpointing: bool
    quantised: bool = False

    @property
    def shape(self) -> ModelShape:
        """Its dimensions as the planner has them."""
        return ModelShape(
            name="small",
            model_type="llama",
            hidden=self.hidden,
            intermediate=self.inner,
            layers=self.layers,
            heads=self.heads,
            kv_heads=self.kv_heads,
            head_dim=self.hidden // self.heads,
            vocabulary=self.words,
            context=2048,
            tied=False,
            qkv_bias=False,
        )


def measured(small: Small, folder: Path) -> int:
    """Returns the peak that torch counts in a step of what Oumi builds, in bytes."""
    import torch
    from oumi.builders import build_model, build_peft_model
    from oumi.core.configs import ModelParams, PeftParams
    from transformers import AutoModelForCausalLM

    AutoModelForCausalLM.from_config(
        llama_config(small.shape), dtype=torch.bfloat16
    ).save_pretrained(folder)
    peft = PeftParams(
        lora_r=16,
        lora_alpha=32,
        lora_target_modules=list(SEVEN),
        q_lora=small.quantised,
        q_lora_bits=4,
        bnb_4bit_quant_type="nf4",
        use_bnb_nested_quant=True,
        bnb_4bit_compute_dtype="bfloat16",
    )
    params = ModelParams(
        model_name=str(folder),
        torch_dtype_str="bfloat16",
        attn_implementation="sdpa",
        device_map="cpu",
    )
    model: Any = build_model(params, peft_params=peft)
    model = build_peft_model(model, small.checkpointing, peft)
    model = ready_to_train(model, small.checkpointing)
    ids = torch.randint(0, small.words, (small.batch, small.length))
    return peak_of_a_step(model, ids)


@pytest.mark.parametrize(
    "small",
    [
        Small(512, 1792, 6, 8, 2, 4096, 1, 384, checkpointing=False),
        Small(512, 1792, 6, 8, 2, 4096, 1, 384, checkpointing=True),
        Small(384, 1024, 3, 6, 6, 32000, 2, 192, checkpointing=True),
        Small(512, 1792, 6, 8, 2, 4096, 1, 384, True, quantised=True),
        Small(512, 1792, 6, 8, 2, 4096, 1, 384, False, quantised=True),
    ],
    ids=[
        "activations kept",
        "layers computed again",
        "many words",
        "4 bits, layers computed again",
        "4 bits, activations kept",
    ],
)
def test_within_15_per_cent_of_torch_s_accounting(small: Small, tmp_path: Path) -> None:
    if small.quantised and not find_spec("bitsandbytes"):
        pytest.skip("bitsandbytes is not installed (extra test or gpu)")
    setup = TrainingSetup(
        shape=small.shape,
        tokens=small.batch * small.length,
        targets=SEVEN,
        checkpointing=small.checkpointing,
        bits=4 if small.quantised else 0,
        nested=small.quantised,
        checkpoint_is_float32=small.quantised,
    )

    assert computed_bytes(setup) == pytest.approx(measured(small, tmp_path), rel=0.15)


def setup(name: str, **fields: Any) -> TrainingSetup:
    shape = find_shape(name)
    assert shape is not None
    return TrainingSetup(shape=shape, tokens=1024, targets=SEVEN, **fields)


def test_sharding_divides_weights_and_states() -> None:
    name = "meta-llama/Llama-3.3-70B-Instruct"
    alone = setup(name, checkpointing=True)
    sharded = setup(name, checkpointing=True, gpus=8, shards=8)

    assert total_gib(training_memory(alone)) > 131
    assert 17 < total_gib(training_memory(sharded)) < 32


def test_scales_of_4_bit_weights_are_whole_on_each_gpu() -> None:
    name = "meta-llama/Llama-3.1-405B-Instruct"
    sharded = setup(name, bits=4, nested=True, gpus=8, shards=8)
    parts = {part.name: part.bytes for part in training_memory(sharded)}

    # A byte for each 64 weights, and a float32 for each 64 * 256.
    quantised = sharded.shape.linear_parameters
    assert parts["scales of the quantised weights"] == pytest.approx(
        quantised / 64 + 4 * quantised / (64 * 256)
    )
    assert parts["weights"] == pytest.approx(
        (quantised / 2 + 2 * (sharded.shape.parameters - quantised)) / 8
    )


def test_4_bits_fit_a_70b_on_one_gpu_and_a_405b_on_eight() -> None:
    on_one = setup("meta-llama/Llama-3.3-70B-Instruct", bits=4, checkpointing=True)
    on_eight = setup(
        "meta-llama/Llama-3.1-405B-Instruct",
        bits=4,
        nested=True,
        checkpointing=True,
        gpus=8,
        shards=8,
    )

    assert total_gib(training_memory(on_one)) < 60
    assert total_gib(training_memory(on_eight)) < 60


def test_serving_405b_takes_sixteen_gpus_in_bf16_and_eight_in_fp8() -> None:
    shape = find_shape("meta-llama/Llama-3.1-405B-Instruct")
    assert shape is not None
    bf16 = ServingSetup(shape, 8192, tensor_parallel=8)
    two_nodes = ServingSetup(shape, 8192, tensor_parallel=8, pipeline_parallel=2)
    fp8 = ServingSetup(shape, 8192, tensor_parallel=8, weight_bytes=1)

    assert total_gib(serving_memory(bf16)) > 79
    assert total_gib(serving_memory(two_nodes)) < 79 * 0.9
    assert total_gib(serving_memory(fp8)) < 79 * 0.9
    assert cache_tokens(bf16, 79.1) == 0
    assert cache_tokens(fp8, 79.1) > 8192
