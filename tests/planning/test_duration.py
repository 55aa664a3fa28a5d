"""Hours of a recipe count the attention that it computes."""

from __future__ import annotations

from typing import Any

import pytest

from coalm_oumi.planning.duration import token_operations, training_duration
from coalm_oumi.planning.hardware import parse_hardware
from coalm_oumi.planning.model_shape import find_shape
from tests.recipes.tiny_recipes import opened

LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"


def hours(config: Any) -> float:
    duration = training_duration(
        config, find_shape(config.model.model_name), parse_hardware("1xH100-80GB")
    )
    assert duration is not None
    assert duration.hours is not None
    return duration.hours


def test_operations_of_a_token() -> None:
    shape = find_shape(LLAMA_8B)
    assert shape is not None

    # 8.03 billion weights; 32 layers of 4,096 values of queries with 4,096 keys.
    assert token_operations(shape, 0) == 4 * 8_030_261_248
    assert token_operations(shape, 4096) - token_operations(shape, 0) == 6_442_450_944


@pytest.mark.parametrize("recipe", ["8b_train_fast", "70b_train_fast"])
def test_a_mask_of_all_pairs_takes_longer_than_packed_attention(recipe: str) -> None:
    packed, masked = opened(recipe), opened(recipe)
    masked.model.attn_implementation = "sdpa"

    assert packed.model.attn_implementation == "packed"
    assert 1.05 < hours(masked) / hours(packed) < 1.25


def test_a_mask_of_longer_rows_takes_longer_still() -> None:
    config = opened("8b_train_fast")
    config.model.model_max_length *= 2
    packed = hours(config)

    config.model.attn_implementation = "sdpa"

    assert packed == hours(opened("8b_train_fast"))
    assert hours(config) / packed > 1.3
