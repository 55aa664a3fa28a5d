"""Tokens and labels of our classes and of Oumi's stock `AlpacaDataset`, side by side."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.datasets import CoalmItDataset
from coalm_oumi.mixture import BuildOptions, build
from tests.datasets.conftest import CHAT_TEMPLATE
from tests.datasets.test_chat_rendering import LLAMA_3

STRIPPING = CHAT_TEMPLATE.replace("message['content']", "message['content'] | trim")
LOOKING = CHAT_TEMPLATE.replace(
    "{{ message['content'] }}",
    "{% if message['content'].startswith('Below') %}# {% endif %}{{ message.content }}",
)
LLAMA_3_STYLE = (
    LLAMA_3.replace("<|start|>", "<|im_start|>")
    .replace("<|end|>\n\n", "\n")
    .replace("<|eot|>", "<|im_end|>\n")
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of a build, and some with white space around them or nothing in them."""
    folder = tmp_path_factory.mktemp("rows")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COALM_CACHE_DIR", str(folder / "cache"))
        options = BuildOptions(limit=15, on_missing="embedded", overlaps=False)
        build(folder / "built", options)
    (lines,) = (folder / "built" / "jsonl").iterdir()
    found = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    odd = [
        {"instruction": " \n a\n\nb ", "input": " c \n", "output": "\n d\n"},
        {"instruction": "e\u0301 \u4e2d\u6587\r\n", "input": "", "output": " "},
        {"instruction": "<|im_end|>x\ny", "input": "{{ z }}", "output": "{0}\\n"},
    ]
    texts = [{name: row[name] for name in odd[0]} for row in found]
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in [*texts, *odd]), "utf-8")
    return path


@pytest.mark.parametrize(
    "template",
    [CHAT_TEMPLATE, STRIPPING, LLAMA_3_STYLE, LOOKING],
    ids=["chat ml", "strips content", "llama 3", "looks at content"],
)
def test_tokens_and_labels_are_identical(
    tokenizer: Any, rows: Path, template: str
) -> None:
    own = copy.deepcopy(tokenizer)
    own.chat_template = template
    ours, stock = both(own, rows)
    assert ours.column_names == stock.column_names == ["input_ids", "attention_mask"]
    assert ours["input_ids"][:] == stock["input_ids"][:]
    assert ours["attention_mask"][:] == stock["attention_mask"][:]
    assert labels(own, ours) == labels(own, stock)


def test_so_they_are_with_the_tiny_model_s_tokenizer(
    rows: Path, repository: Path
) -> None:
    from transformers import AutoTokenizer

    folder = repository / "tests" / "assets" / "tiny_llama"
    own: Any = AutoTokenizer.from_pretrained(folder, model_max_length=100_000)
    ours, stock = both(own, rows)
    assert ours["input_ids"][:] == stock["input_ids"][:]


def both(tokenizer: Any, rows: Path) -> tuple[Any, Any]:
    from oumi.datasets import AlpacaDataset

    ours = CoalmItDataset(
        dataset_path=str(rows), tokenizer=tokenizer, prompt_layout="alpaca"
    )
    stock = AlpacaDataset(
        dataset_path=str(rows), tokenizer=tokenizer, transform_num_workers=1
    )
    return ours.to_hf(), stock.to_hf()


def labels(tokenizer: Any, found: Any) -> list[list[int]]:
    from oumi.builders.collators import build_data_collator

    collate = build_data_collator(
        "text_completions_only_with_padding",
        tokenizer,
        max_length=None,
        train_target="all_assistant_turns",
        response_template="<|im_start|>assistant\n",
        end_of_turn_template="<|im_end|>",
    )
    return collate([found[n] for n in range(len(found))])["labels"].tolist()
