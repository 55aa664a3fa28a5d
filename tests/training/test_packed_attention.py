"""`attn_implementation: packed` is the attention of the masked path."""

from __future__ import annotations

import itertools
import sys
import types
from typing import Any

import pytest
import torch

from coalm_oumi.training import packed_attention

PACKINGS = {
    "several samples": [[7, 12, 3, 9]],
    "one sample": [[31]],
    "samples of one token": [[1, 5, 1, 1, 8, 1]],
    "padding at the end": [[6, 10, 1, 1, 1, 1]],
    "two rows": [[7, 12, 3], [1, 20, 1]],
}
FLOAT64, BFLOAT16 = torch.float64, torch.bfloat16


@pytest.fixture(autouse=True)
def registered() -> None:
    packed_attention.register()


def model(attention: str, dtype: torch.dtype, kv_heads: int = 2, **fields: Any) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=kv_heads,
        vocab_size=50,
        use_cache=False,
        **fields,
    )
    torch.manual_seed(0)
    return LlamaForCausalLM._from_config(
        config, attn_implementation=attention, dtype=dtype
    ).train()


def batch(packing: list[list[int]]) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    positions = [torch.cat([torch.arange(n) for n in row]) for row in packing]
    position_ids = torch.stack(positions)
    input_ids = torch.randint(0, 50, position_ids.shape)
    labels = input_ids.masked_fill(position_ids == 0, -100)
    return {"input_ids": input_ids, "position_ids": position_ids, "labels": labels}


def step(model: Any, inputs: dict[str, torch.Tensor]) -> tuple[float, torch.Tensor]:
    """The loss, and all gradients behind each other."""
    model.zero_grad()
    loss = model(**inputs).loss
    loss.backward()
    gradients = [weight.grad.flatten().double() for weight in model.parameters()]
    return loss.item(), torch.cat(gradients)


def difference(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).norm() / other.norm())


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("packing", PACKINGS.values(), ids=PACKINGS)
def test_loss_and_gradients_are_the_masked_paths(
    packing: list[list[int]], kv_heads: int
) -> None:
    inputs = batch(packing)
    expected = step(model("sdpa", FLOAT64, kv_heads), inputs)

    loss, gradients = step(model("packed", FLOAT64, kv_heads), inputs)

    # Norms and rotary positions are computed in float32, whatever the weights are.
    assert loss == pytest.approx(expected[0], rel=1e-7)
    assert difference(gradients, expected[1]) < 1e-6


@pytest.mark.parametrize("packing", PACKINGS.values(), ids=PACKINGS)
def test_in_bf16_it_is_as_near_to_float64_as_the_masked_path(
    packing: list[list[int]],
) -> None:
    inputs = batch(packing)
    exact = model("sdpa", FLOAT64)
    exact.load_state_dict(model("sdpa", BFLOAT16).state_dict())
    expected = step(exact, inputs)[1]
    masked = difference(step(model("sdpa", BFLOAT16), inputs)[1], expected)

    found = difference(step(model("packed", BFLOAT16), inputs)[1], expected)

    assert 0 < found < 1.2 * masked


def test_with_recomputed_activations() -> None:
    inputs = batch(PACKINGS["several samples"])
    kept = step(model("packed", FLOAT64), inputs)
    recomputing = model("packed", FLOAT64)
    recomputing.gradient_checkpointing_enable({"use_reentrant": False})

    loss, gradients = step(recomputing, inputs)

    assert loss == kept[0]
    assert torch.equal(gradients, kept[1])


def test_no_mask_of_all_pairs_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    attend = torch.nn.functional.scaled_dot_product_attention
    seen: list[tuple[int, bool]] = []

    def spy(query: Any, *args: Any, attn_mask: Any = None, **kwargs: Any) -> Any:
        seen.append((query.shape[2], attn_mask is None))
        return attend(query, *args, attn_mask=attn_mask, **kwargs)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", spy)
    model("packed", FLOAT64)(**batch(PACKINGS["several samples"]))

    assert seen == 2 * [(7, True), (12, True), (3, True), (9, True)]


@pytest.mark.parametrize("packing", PACKINGS.values(), ids=PACKINGS)
@pytest.mark.parametrize("kv_heads", [2, 4])
def test_flex_attention_is_the_same(packing: list[list[int]], kv_heads: int) -> None:
    """Eagerly: compiled, its backward pass fails on CPUs in torch 2.10."""
    torch.manual_seed(0)
    lengths = tuple(length for row in packing for length in row)
    ends = torch.tensor([0, *lengths]).cumsum(0).to(torch.int32)
    samples = packed_attention.PackedSamples(lengths, ends)
    states = [
        torch.randn(1, heads, sum(lengths), 8, dtype=FLOAT64, requires_grad=True)
        for heads in (4, kv_heads, kv_heads)
    ]
    module: Any = torch.nn.Module()
    module.num_key_value_groups = 4 // kv_heads
    expected, _ = packed_attention.packed_attention(module, *states, samples)  # pyright: ignore
    weights = torch.randn_like(expected)
    gradients = torch.autograd.grad((expected * weights).sum(), states)

    found = packed_attention.by_flex_attention(
        states[0], states[1], states[2], samples, None
    )

    assert torch.allclose(found, expected, atol=1e-12)
    for one, other in zip(
        torch.autograd.grad((found * weights).sum(), states), gradients, strict=True
    ):
        assert torch.allclose(one, other, atol=1e-12)


def test_padded_batches_are_sdpas() -> None:
    inputs = batch([[9], [9]])
    del inputs["position_ids"]
    inputs["attention_mask"] = torch.tensor([[1] * 9, [1] * 5 + [0] * 4])

    assert (
        step(model("packed", FLOAT64), inputs)[0]
        == step(model("sdpa", FLOAT64), inputs)[0]
    )


def test_generation_is_sdpas() -> None:
    inputs = {"input_ids": batch([[9]])["input_ids"], "use_cache": True}
    options = {"max_new_tokens": 5, "do_sample": False}
    replies = [
        model(name, FLOAT64).eval().generate(**inputs, **options)
        for name in ("packed", "sdpa")
    ]

    assert torch.equal(replies[0], replies[1])


def test_sliding_windows_are_sdpas() -> None:
    from transformers import MistralConfig, MistralForCausalLM

    inputs = batch([[12, 9]])
    losses = []
    for name in ("packed", "sdpa"):
        config = MistralConfig(
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=1,
            num_attention_heads=4,
            num_key_value_heads=2,
            vocab_size=50,
            sliding_window=4,
        )
        torch.manual_seed(0)
        windowed: Any = MistralForCausalLM._from_config(
            config, attn_implementation=name
        )
        losses.append(windowed(**inputs, use_cache=False).loss.item())

    assert losses[0] == losses[1]


def test_flash_attn_gets_rows_of_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kernel is stood in for by one that computes sample by sample from `ends`."""

    def varlen(query: Any, key: Any, value: Any, **given: Any) -> torch.Tensor:
        assert given["max_seqlen_q"] == given["max_seqlen_k"] == 12
        assert given["causal"] is True
        assert given["cu_seqlens_q"].dtype == torch.int32
        found = []
        ends = given["cu_seqlens_q"].tolist()
        for start, end in itertools.pairwise(ends):
            q, k, v = (x[start:end].transpose(0, 1)[None] for x in (query, key, value))
            found.append(
                torch.nn.functional.scaled_dot_product_attention(
                    q,
                    k,
                    v,
                    is_causal=True,
                    scale=given["softmax_scale"],
                    enable_gqa=True,
                )[0].transpose(0, 1)
            )
        return torch.cat(found)

    stand_in: Any = types.ModuleType("flash_attn")
    stand_in.flash_attn_varlen_func = varlen
    monkeypatch.setitem(sys.modules, "flash_attn", stand_in)
    lengths = (7, 12, 3, 9)
    ends = torch.tensor([0, 7, 19, 22, 31], dtype=torch.int32)
    samples = packed_attention.PackedSamples(lengths, ends)
    torch.manual_seed(0)
    query = torch.randn(1, 4, 31, 8, dtype=FLOAT64)
    key, value = torch.randn(2, 1, 2, 31, 8, dtype=FLOAT64)

    found = packed_attention.by_flash_attention(query, key, value, samples, 0.0, 0.3)
    expected = packed_attention.by_flex_attention(query, key, value, samples, 0.3)

    torch.testing.assert_close(found, expected)


def test_flex_attention_meets_few_lengths() -> None:
    lengths = {n + packed_attention._flex_padding(n) for n in range(1, 4097)}

    assert lengths == {1024, 2048, 4096}
