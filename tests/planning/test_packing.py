"""Packed samples train as single ones do: same tokens, same loss, same gradients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.training.lora_step import ASSET, batch_of, model, step

LENGTH = 1024


@pytest.fixture(scope="module")
def rows() -> Any:
    """Samples of the embedded corpus, of several kinds, with their reply masks."""
    import datasets
    from oumi.builders import build_tokenizer
    from oumi.core.configs import ModelParams

    from coalm_oumi.datasets import HammerMaskedDataset, SnipsDstDataset

    tokenizer = build_tokenizer(
        ModelParams(
            model_name=str(ASSET), model_max_length=LENGTH, chat_template="auto"
        )
    )
    parts = []
    for kind, count in ((SnipsDstDataset, 10), (HammerMaskedDataset, 8)):
        made = kind(tokenizer=tokenizer, on_missing="embedded", completion_mask=True)
        samples: Any = made.to_hf()
        parts.append(samples.select(range(count)))
    return datasets.concatenate_datasets(parts)


@pytest.fixture(scope="module")
def packed(rows: Any) -> Any:
    """The same, as TRL packs them for a *_train_fast recipe."""
    from trl.data_utils import pack_dataset

    columns = rows.select_columns(["input_ids", "completion_mask"])
    return pack_dataset(columns, LENGTH, "bfd")


def test_packing_keeps_every_token_and_its_mask(rows: Any, packed: Any) -> None:
    singles = {(tuple(row["input_ids"]), tuple(row["completion_mask"])) for row in rows}
    found = set()
    for row in packed:
        start = 0
        for length in row["seq_lengths"]:
            span = slice(start, start + length)
            found.add(
                (tuple(row["input_ids"][span]), tuple(row["completion_mask"][span]))
            )
            start += length

    assert len(packed) < len(rows)
    assert found == singles


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("attention", ["packed", "sdpa", "eager"])
def test_loss_and_gradients_are_those_of_single_samples(
    rows: Any, packed: Any, attention: str, device: str
) -> None:
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    tiny = model(attention).to(device)
    alone = step(tiny, [batch_of([row], padding_free=False) for row in rows])
    together = step(tiny, [batch_of([row], padding_free=True) for row in packed])

    # The model computes norms and loss in float32, whatever its weights are.
    assert together[0] == pytest.approx(alone[0], rel=1e-6)
    assert set(together[1]) == set(alone[1])
    for name, gradient in alone[1].items():
        difference = (together[1][name] - gradient).norm() / gradient.norm()
        assert difference < 1e-5, name


def test_samples_would_see_each_other_without_positions(packed: Any) -> None:
    """The proof can fail: without restarting positions the loss is another."""
    tiny = model("sdpa")
    batches = [batch_of([row], padding_free=True) for row in packed]
    right, _ = step(tiny, batches)
    for batch in batches:
        del batch["position_ids"]

    assert step(tiny, batches)[0] != pytest.approx(right, rel=1e-4)
