"""The tiny model's files: made from this package alone, and what its template does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.prompts import snips_template
from tests.assets.build_tiny_llama import build

STORED = Path(__file__).with_name("tiny_llama")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(STORED)


def test_is_made_from_the_package(tmp_path: Path) -> None:
    build(tmp_path)
    for name in ("config.json", "tokenizer_config.json", "tokenizer.json"):
        made = json.loads((tmp_path / name).read_text())
        assert made == json.loads((STORED / name).read_text())


def test_a_bare_question_gets_the_instruction(tokenizer: Any) -> None:
    def rendered(messages: list[dict[str, str]]) -> str:
        return tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )

    instruction = snips_template().text
    bare = rendered([{"role": "user", "content": "Weather in Ely"}])
    whole = rendered(
        [
            {"role": "system", "content": instruction},
            {"role": "user", "content": "User: Weather in Ely"},
        ]
    )
    assert bare == whole


def test_text_survives_the_tokenizer(tokenizer: Any) -> None:
    text = 'System: {"domain": "PlayMusic", "slot_values": {"track": "Añejo  東京"}}'
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == text


def test_the_instruction_is_one_token(tokenizer: Any) -> None:
    ids = tokenizer(snips_template().text, add_special_tokens=False)["input_ids"]
    assert len(ids) == 1
