"""Samples that share the beginnings of their prompts train as single ones do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.datasets.sft.shared_packs import DistinctTokens, packs
from coalm_oumi.errors import CoalmError
from coalm_oumi.oumi_errors import CoalmOumiError
from tests.training.lora_step import ASSET, batch_of, model, step

SAMPLES = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1)


def beginnings(samples: list[list[int]]) -> set[tuple[int, ...]]:
    """Every beginning of every sample: a distinct token each."""
    return {tuple(s[: n + 1]) for s in samples for n in range(len(s))}


@given(SAMPLES)
def test_a_tree_has_each_beginning_once_and_leads_back_to_the_samples(samples):
    from coalm_oumi.training.shared_prefixes import token_tree

    tree = token_tree(samples)

    assert len(tree.tokens) == len(beginnings(samples))
    flat = [token for sample in samples for token in sample]
    assert tree.tokens[tree.nodes].tolist() == flat
    depths = [depth for sample in samples for depth in range(len(sample))]
    assert tree.depths[tree.nodes].tolist() == depths


@given(SAMPLES)
def test_a_token_sees_its_samples_beginning_and_nothing_else(samples):
    import torch

    from coalm_oumi.training.shared_prefixes import stretches, token_tree

    tree = token_tree(samples)
    seen: dict[int, list[int]] = {}
    for stretch in stretches(tree, torch.device("cpu")):
        path = stretch.path.tolist()
        for row, node in enumerate(range(stretch.first, stretch.last)):
            mask = stretch.mask[row].tolist()
            seen[node] = [n for n, sees in zip(path, mask, strict=True) if sees]

    place = 0
    for sample in samples:
        nodes = tree.nodes[place : place + len(sample)].tolist()
        for length, node in enumerate(nodes, 1):
            assert seen[node] == nodes[:length]
        place += len(sample)


@given(SAMPLES, st.integers(1, 30))
def test_rows_hold_at_most_so_many_distinct_tokens(samples, most):
    found = list(packs(samples, most))

    assert sorted(n for pack in found for n in pack) == list(range(len(samples)))
    for pack in found:
        assert pack == sorted(pack)
        assert len(pack) == 1 or len(beginnings([samples[n] for n in pack])) <= most


def test_samples_that_take_turns_are_in_rows_with_their_like():
    """As the two kinds of prompt of a CRA dialogue, one after the other."""
    history = list(range(100, 160))
    turns = [[kind, *history[:n], 0] for n in range(20, 60, 2) for kind in (1, 2)]

    rows = list(packs(turns, 130))

    assert [{turns[n][0] for n in row} for row in rows] == [{1}, {2}]
    assert len(list(packs([[1, 2, 3], [4, 5, 6]], 6))) == 2
    assert len(list(packs([[n, n + 1, n + 2] for n in range(0, 60, 3)], 6))) == 10


@given(SAMPLES)
def test_distinct_tokens_are_counted_sample_by_sample(samples):
    distinct, count = DistinctTokens(), 0
    for sample in samples:
        count += distinct.missing(sample)
        distinct.add(sample)
    assert count == len(beginnings(samples))


def tokenizer() -> Any:
    from oumi.builders import build_tokenizer
    from oumi.core.configs import ModelParams

    return build_tokenizer(
        ModelParams(model_name=str(ASSET), model_max_length=1024, chat_template="auto")
    )


def tokens(**options: Any) -> Any:
    from coalm_oumi.datasets import CraDataset, SnipsDstDataset

    made = [
        kind(
            tokenizer=tokenizer(),
            on_missing="embedded",
            prompt_layout="system",
            **kwargs,
        ).to_hf()
        for kind, kwargs in (
            (SnipsDstDataset, {"max_samples": 20, **options}),
            (CraDataset, {"max_samples": 12, "function_list": "dialogue", **options}),
        )
    ]
    return [row for rows in made for row in rows]


def samples_of(rows: list[Any]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    found = []
    for row in rows:
        place = 0
        for length in row["seq_lengths"]:
            span = slice(place, place + length)
            found.append(
                (tuple(row["input_ids"][span]), tuple(row["completion_mask"][span]))
            )
            place += length
        assert place == len(row["input_ids"]) == len(row["attention_mask"])
    return found


def test_rows_keep_every_sample_with_its_mask():
    single = tokens(completion_mask=True)
    packed = tokens(pack_tokens=1024)

    assert len(packed) < len(single)
    assert sorted(samples_of(packed)) == sorted(
        (tuple(row["input_ids"]), tuple(row["completion_mask"])) for row in single
    )


@pytest.mark.parametrize("checkpointing", [False, True])
def test_loss_and_gradients_are_those_of_single_samples(checkpointing):
    alone_rows, together_rows = tokens(completion_mask=True), tokens(pack_tokens=1024)
    alone = step(
        model("sdpa"), [batch_of([row], padding_free=False) for row in alone_rows]
    )
    sharing = model("shared_prefixes")
    if checkpointing:
        sharing.enable_input_require_grads()
        sharing.gradient_checkpointing_enable({"use_reentrant": False})
    together = step(
        sharing, [batch_of([row], padding_free=True) for row in together_rows]
    )

    # The model computes norms and loss in float32, whatever its weights are.
    assert together[0] == pytest.approx(alone[0], rel=1e-6)
    assert set(together[1]) == set(alone[1])
    for name, gradient in alone[1].items():
        difference = (together[1][name] - gradient).norm() / gradient.norm()
        assert difference < 1e-5, name


def test_what_is_no_packed_row_is_computed_as_with_sdpa():
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from coalm_oumi.training import shared_prefixes

    shared_prefixes.register()
    ids = torch.tensor([[5, 6, 7, 8], [5, 6, 9, 10]])
    mask = torch.tensor([[1, 1, 1, 1], [0, 1, 1, 1]])
    found = []
    for attention in ("sdpa", "shared_prefixes"):
        torch.manual_seed(0)
        model: Any = AutoModelForCausalLM.from_config(
            AutoConfig.from_pretrained(ASSET), attn_implementation=attention
        ).train()
        if attention == "shared_prefixes":
            shared_prefixes.share_prefixes(model)
        found.append(model(input_ids=ids, attention_mask=mask).logits)
        model.eval()
        found.append(
            model.generate(ids, attention_mask=mask, max_new_tokens=4, do_sample=False)
        )

    torch.testing.assert_close(found[0], found[2])
    assert found[1].tolist() == found[3].tolist()


def test_rows_of_one_sample_are_refused_with_what_to_set():
    import datasets

    from coalm_oumi.training.shared_prefixes import _check_rows

    with pytest.raises(CoalmError, match="pack_tokens"):
        _check_rows(datasets.Dataset.from_dict({"input_ids": [[1, 2]]}))


def test_answers_cannot_be_packed():
    from coalm_oumi.datasets import SnipsDstDataset

    with pytest.raises(CoalmOumiError, match="pack_tokens"):
        SnipsDstDataset(
            tokenizer=tokenizer(),
            on_missing="embedded",
            pack_tokens=1024,
            with_answers=True,
        )
