"""The datasets as Oumi uses them."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.datasets import HammerMaskedDataset, SnipsDstDataset, ToolAceDataset
from coalm_oumi.oumi_errors import CoalmOumiError

DATASETS = (SnipsDstDataset, HammerMaskedDataset, ToolAceDataset)
LAYOUTS = ("plain", "system", "alpaca")
SHARED = {
    "template_options",
    "thoughts",
    "trained_turns",
    "prompt_layout",
    "completion_mask",
    "pack_tokens",
    "overlong",
    "max_samples",
    "with_answers",
    "task",
    "return_tensors",
    "text_col",
    "assistant_only",
    "response_template",
    "instruction_template",
    "return_conversations",
    "return_conversations_format",
}


def shortened(tokenizer: Any, limit: int) -> Any:
    other = copy.deepcopy(tokenizer)
    other.model_max_length = limit
    return other


@pytest.mark.slow
def test_it_can_be_imported_before_anything_of_oumi(repository: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", "import coalm_oumi.datasets"],
        env=os.environ | {"PYTHONPATH": str(repository)},
        check=True,
        capture_output=True,
    )


def test_options_are_the_names_of_a_recipe_s_dataset_kwargs() -> None:
    assert set(SnipsDstDataset.options()) == SHARED | {
        "layout",
        "sample_seed",
        "on_missing",
    }
    assert set(HammerMaskedDataset.options()) == SHARED | {
        "mask_ratio",
        "copies",
        "sample_seed",
        "irrelevance",
        "irrelevance_path",
        "on_bad_row",
        "on_missing",
    }
    assert set(ToolAceDataset.options()) == SHARED | {
        "own_notation",
        "sample_seed",
        "on_missing",
    }


def test_an_unknown_option_is_refused_with_a_suggestion() -> None:
    options: dict[str, Any] = {"mask_ration": 0.5}
    with pytest.raises(
        CoalmOumiError, match=r"'mask_ration'.*did you mean 'mask_ratio'"
    ):
        HammerMaskedDataset(**options)


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("prompt_layout", "palin", "'prompt_layout'.*did you mean 'plain'"),
        ("overlong", "cut", "'overlong'.*Expected one of: drop, error"),
        ("layout", "splitt", "'layout'.*did you mean 'split'"),
        ("on_missing", "embed", "'on_missing'.*did you mean 'embedded'"),
        ("split", "tests", "'split'.*did you mean 'test'"),
    ],
)
def test_an_unknown_choice_is_refused(option: str, value: str, why: str) -> None:
    options: dict[str, Any] = {"on_missing": "embedded"} | {option: value}
    with pytest.raises(CoalmOumiError, match=why):
        SnipsDstDataset(**options)


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("mask_ratio", 2, "'mask_ratio': expected 0 to 1"),
        ("copies", 0, "'copies'"),
        ("on_bad_row", "drop", "'on_bad_row'"),
        ("split", "test", "'split': there is no part 'test'"),
    ],
)
def test_a_wrong_value_is_refused(option: str, value: Any, why: str) -> None:
    options: dict[str, Any] = {"on_missing": "embedded"} | {option: value}
    with pytest.raises(CoalmOumiError, match=why):
        HammerMaskedDataset(**options)


def test_the_parts_of_the_embedded_corpus_are_read() -> None:
    sizes = [
        len(SnipsDstDataset(on_missing="embedded", split=split))
        for split in ("train", "validation", "test")
    ]
    assert sizes == [2100, 70, 140]
    assert len(SnipsDstDataset(on_missing="embedded", layout="raw")) >= 2100
    assert len(HammerMaskedDataset(on_missing="embedded")) == 3 * 450
    assert len(HammerMaskedDataset(on_missing="embedded", irrelevance=False)) == 1200


def test_data_of_one_s_own_is_read_from_dataset_path(weather: Path) -> None:
    by_file = SnipsDstDataset(dataset_path=str(weather))
    by_folder = SnipsDstDataset(dataset_path=str(weather.parent))
    assert len(by_file) == len(by_folder) == 5
    assert by_file.data_origin == str(weather)


def test_max_samples_takes_the_first_of_the_seeded_order(weather: Path) -> None:
    every = SnipsDstDataset(dataset_path=str(weather))
    two = SnipsDstDataset(dataset_path=str(weather), max_samples=2)
    assert list(two.data["record_id"]) == list(every.data["record_id"])[:2]


def test_data_that_is_missing_is_told_as_oumi_tells_errors(tmp_path: Path) -> None:
    with pytest.raises(CoalmOumiError, match=r"nowhere: it does not exist"):
        SnipsDstDataset(dataset_path=str(tmp_path / "nowhere"))
    with pytest.raises(CoalmOumiError, match=r"no\.json: the file does not exist"):
        HammerMaskedDataset(dataset_path=str(tmp_path / "no.json"))
    with pytest.raises(CoalmOumiError):
        SnipsDstDataset(on_missing="error")


def test_data_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text("[]")
    with pytest.raises(CoalmOumiError, match=r"there is none in the data given"):
        HammerMaskedDataset(dataset_path=str(tmp_path / "rows.json"))


@pytest.mark.parametrize("task", ["sft", "generation"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_tokens_are_those_of_oumi_s_own_path(
    tokenizer: Any, weather: Path, layout: str, task: Any
) -> None:
    dataset = SnipsDstDataset(
        dataset_path=str(weather), tokenizer=tokenizer, prompt_layout=layout, task=task
    )
    for number in range(len(dataset)):
        stock = dataset.tokenize(dataset.conversation(number))
        assert dataset[number]["input_ids"] == stock["input_ids"]
        assert dataset[number]["attention_mask"] == stock["attention_mask"]


def test_the_masked_samples_have_the_tokens_of_oumi_s_own_path(tokenizer: Any) -> None:
    dataset = HammerMaskedDataset(
        on_missing="embedded", tokenizer=tokenizer, copies=1, irrelevance=False
    )
    for number in range(0, len(dataset), 40):
        stock = dataset.tokenize(dataset.conversation(number))
        assert dataset[number]["input_ids"] == stock["input_ids"]


def test_the_plain_layout_is_one_message_of_instruction_and_input(
    weather: Path,
) -> None:
    dataset = SnipsDstDataset(dataset_path=str(weather))
    row = dataset.data.iloc[0]
    user, assistant = dataset.conversation(0).messages
    assert user.content == f"{row['instruction']}\n{row['input']}"
    assert assistant.content == row["output"]


def test_the_system_layout_has_the_instruction_as_system_message(weather: Path) -> None:
    dataset = SnipsDstDataset(dataset_path=str(weather), prompt_layout="system")
    row = dataset.data.iloc[0]
    contents = [message.content for message in dataset.conversation(0).messages]
    assert contents == [row["instruction"], row["input"], row["output"]]


@pytest.mark.parametrize("dataset_class", DATASETS)
def test_the_alpaca_layout_is_oumi_s(dataset_class: Any) -> None:
    from oumi.datasets.sft.alpaca import AlpacaDataset

    dataset = dataset_class(on_missing="embedded", prompt_layout="alpaca")
    # Only its transformation is wanted, not its data, which it would download.
    alpaca = AlpacaDataset.__new__(AlpacaDataset)
    alpaca.include_system_prompt = True
    row = dataset.data.iloc[0]
    assert dataset.conversation(0) == alpaca.transform_conversation(row)


def test_a_sample_that_is_too_long_is_dropped_and_counted(
    tokenizer: Any, weather: Path
) -> None:
    whole = SnipsDstDataset(dataset_path=str(weather), tokenizer=tokenizer)
    lengths = sorted(len(whole[n]["input_ids"]) for n in range(5))
    limit = lengths[-2]
    dataset = SnipsDstDataset(
        dataset_path=str(weather), tokenizer=shortened(tokenizer, limit)
    )
    assert len(dataset) == len(dataset.data) == 4
    assert "gw_4" not in set(dataset.data["record_id"])
    for number in range(4):
        row = dataset.data.iloc[number]
        text = tokenizer.decode(dataset[number]["input_ids"])
        assert f"{row['output']}<|im_end|>" in text
    ledger = dataset.ledgers[-1]
    assert (ledger.read, ledger.kept) == (5, 4)
    (entry,) = ledger.entries
    assert entry.reason == "longer than model_max_length"
    assert entry.record_id == "gw_4, copy 0"
    assert entry.detail == f"{lengths[-1]} tokens, model_max_length is {limit}"


def test_a_sample_that_is_too_long_can_be_an_error(
    tokenizer: Any, weather: Path
) -> None:
    with pytest.raises(CoalmOumiError, match=r"gw_4, copy 0.*overlong: drop"):
        SnipsDstDataset(
            dataset_path=str(weather),
            tokenizer=shortened(tokenizer, 2500),
            overlong="error",
        )


def test_samples_that_are_all_too_long_are_an_error(
    tokenizer: Any, weather: Path
) -> None:
    with pytest.raises(CoalmOumiError, match=r"every one is longer.*10 tokens"):
        SnipsDstDataset(dataset_path=str(weather), tokenizer=shortened(tokenizer, 10))


def test_indexing_to_hf_and_the_iterable_agree(tokenizer: Any, weather: Path) -> None:
    dataset = SnipsDstDataset(dataset_path=str(weather), tokenizer=tokenizer)
    rows = [dataset[number] for number in range(len(dataset))]
    assert len(rows) == 5 == len(dataset.data)
    assert list(dataset.to_hf()) == rows
    assert list(dataset.to_hf(return_iterable=True)) == rows


@pytest.mark.parametrize("form", ["json", "dict"])
def test_conversations_are_returned_if_asked_for(
    tokenizer: Any, weather: Path, form: Any
) -> None:
    dataset = SnipsDstDataset(
        dataset_path=str(weather),
        tokenizer=tokenizer,
        return_conversations=True,
        return_conversations_format=form,
    )
    row = dataset[0]
    found = json.loads(row["conversation_json"]) if form == "json" else row
    assert [m["role"] for m in found["messages"]] == ["user", "assistant"]
    assert found["messages"][1]["content"] == dataset.data.iloc[0]["output"]
    assert len(list(dataset.to_hf())) == 5


@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_the_reply_and_its_end_are_trained(
    tokenizer: Any, weather: Path, layout: str
) -> None:
    from oumi.builders.collators import build_data_collator

    dataset = SnipsDstDataset(
        dataset_path=str(weather), tokenizer=tokenizer, prompt_layout=layout
    )
    collate = build_data_collator(
        "text_completions_only_with_padding",
        tokenizer,
        max_length=None,
        train_target="all_assistant_turns",
        response_template="<|im_start|>assistant\n",
        end_of_turn_template="<|im_end|>",
    )
    batch = collate([dataset[number] for number in range(5)])
    for number, labels in enumerate(batch["labels"].tolist()):
        trained = tokenizer.decode([label for label in labels if label != -100])
        assert trained == f"{dataset.data.iloc[number]['output']}<|im_end|>"


def test_the_plug_in_registers_them_all() -> None:
    from oumi.core.registry import REGISTRY

    import coalm_oumi.plugin

    coalm_oumi.plugin.register()
    for dataset in DATASETS:
        assert REGISTRY.get_dataset(str(dataset.default_dataset)) is dataset
