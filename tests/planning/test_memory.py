"""The computed memory of a training step agrees with torch's own accounting."""

from __future__ import annotations

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

SEVEN = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


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


def measured(small: Small, monkeypatch: pytest.MonkeyPatch) -> int:
    """Returns the peak that torch's MemTracker counts in a LoRA step, in bytes."""
    import torch
    from peft import LoraConfig, get_peft_model
    from torch.distributed._tools.mem_tracker import MemTracker
    from transformers import AutoModelForCausalLM, LlamaConfig

    config = LlamaConfig(
        hidden_size=small.hidden,
        intermediate_size=small.inner,
        num_hidden_layers=small.layers,
        num_attention_heads=small.heads,
        num_key_value_heads=small.kv_heads,
        vocab_size=small.words,
        use_cache=False,
    )
    model: Any = AutoModelForCausalLM.from_config(
        config, dtype=torch.bfloat16, attn_implementation="sdpa"
    )
    adapter = LoraConfig(r=16, lora_alpha=32, target_modules=list(SEVEN))
    model = get_peft_model(model, adapter)
    if small.checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        model.enable_input_require_grads()
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4)
    ids = torch.randint(0, small.words, (small.batch, small.length))
    # A first, short step, so that the optimiser has its states.
    model(input_ids=ids[:, :4], labels=ids[:, :4]).loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    # The tracker hooks every parameter, which torch refuses for frozen ones.
    for name in ("register_hook", "register_post_accumulate_grad_hook"):
        original = getattr(torch.Tensor, name)
        monkeypatch.setattr(
            torch.nn.Parameter, name, _for_trained(original), raising=False
        )
    tracker: Any = MemTracker()
    tracker.track_external(model, optimizer, ids)
    with tracker:
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        optimizer.step()
    (snapshot,) = tracker.get_tracker_snapshot("peak").values()
    return snapshot["Total"]


def _for_trained(register: Any) -> Any:
    class Nothing:
        def remove(self) -> None:
            """There is no hook to remove."""

    def hook(self: Any, function: Any) -> Any:
        return register(self, function) if self.requires_grad else Nothing()

    return hook


@pytest.mark.parametrize(
    "small",
    [
        Small(512, 1792, 6, 8, 2, 4096, 1, 384, checkpointing=False),
        Small(512, 1792, 6, 8, 2, 4096, 1, 384, checkpointing=True),
        Small(384, 1024, 3, 6, 6, 32000, 2, 192, checkpointing=True),
    ],
    ids=["activations kept", "layers computed again", "many words"],
)
def test_within_15_per_cent_of_torch_s_accounting(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = TrainingSetup(
        shape=small.shape,
        tokens=small.batch * small.length,
        targets=SEVEN,
        checkpointing=small.checkpointing,
    )

    computed = sum(
        part.bytes for part in training_memory(setup) if "CUDA" not in part.name
    )

    assert computed == pytest.approx(measured(small, monkeypatch), rel=0.15)


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


def test_4_bits_fit_a_70b_on_one_gpu_and_a_405b_on_eight() -> None:
    on_one = setup("meta-llama/Llama-3.3-70B-Instruct", bits=4, checkpointing=True)
    on_eight = setup(
        "meta-llama/Llama-3.1-405B-Instruct",
        bits=4,
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
