"""The completion mask marks the tokens that Oumi's collator trains on, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from coalm_oumi.datasets import (
    CraDataset,
    HammerMaskedDataset,
    SnipsDstDataset,
    ToolAceDataset,
)


def tokenizer(template: str) -> Any:
    from oumi.builders import build_tokenizer
    from oumi.core.configs import ModelParams

    return build_tokenizer(
        ModelParams(
            model_name="tests/assets/tiny_llama",
            model_max_length=8192,
            chat_template=template,
        )
    )


def collator(tokenizer: Any) -> Any:
    from oumi.builders.collators import build_collator_from_config
    from oumi.core.configs import TrainingConfig
    from oumi.core.configs.params.data_params import TrainTarget

    config = TrainingConfig()
    config.model.model_name = "tests/assets/tiny_llama"
    config.data.train.collator_name = "text_completions_only_with_padding"
    config.data.train.train_target = TrainTarget.ALL_ASSISTANT_TURNS
    return build_collator_from_config(config, tokenizer)


@pytest.mark.parametrize("template", ["auto", "llama3-instruct", "chat_ml"])
@pytest.mark.parametrize(
    "dataset", [SnipsDstDataset, HammerMaskedDataset, ToolAceDataset, CraDataset]
)
def test_same_tokens_as_the_collator(
    dataset: Any, template: str, monkeypatch: pytest.MonkeyPatch, repository: Any
) -> None:
    monkeypatch.chdir(repository)
    tokens = tokenizer(template)
    rows = list(
        dataset(tokenizer=tokens, on_missing="embedded", completion_mask=True)
        .to_hf()
        .select(range(40))
    )
    batch = collator(tokens)([{"input_ids": row["input_ids"]} for row in rows])

    for row, labels in zip(rows, batch["labels"].tolist(), strict=True):
        trained = [int(label != -100) for label in labels[: len(row["input_ids"])]]
        assert row["completion_mask"] == trained
        assert 0 < sum(trained) < len(trained)


def test_without_the_option_there_is_no_mask(
    monkeypatch: pytest.MonkeyPatch, repository: Any
) -> None:
    monkeypatch.chdir(repository)
    rows = SnipsDstDataset(tokenizer=tokenizer("auto"), on_missing="embedded").to_hf()

    assert rows.column_names == ["input_ids", "attention_mask"]
