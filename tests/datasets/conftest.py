"""A tiny tokenizer, made here, and small data sets of the embedded corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """A byte-level tokenizer without merges: a token for each byte, or nearly."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    own = Tokenizer(models.BPE(vocab={c: n for n, c in enumerate(letters)}, merges=[]))
    own.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    own.decoder = decoders.ByteLevel()
    own.add_special_tokens(
        [AddedToken(t, special=True) for t in ("<|im_start|>", "<|im_end|>", "<|pad|>")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=own,
        eos_token="<|im_end|>",  # noqa: S106
        pad_token="<|pad|>",  # noqa: S106
        chat_template=CHAT_TEMPLATE,
        model_max_length=100_000,
    )


@pytest.fixture
def weather(tmp_path: Path) -> Path:
    """Five utterances of the common split's form, one of them long."""
    rows = [
        {
            "dialog_id": f"gw_{number}",
            "domain": "GetWeather",
            "utterance": f"Weather in {city}",
            "slot_values": {"city": city},
        }
        for number, city in enumerate(["Ely", "Rye", "Évora", "Bath", "x" * 500])
    ]
    path = tmp_path / "train.json"
    path.write_text(json.dumps(rows), "utf-8")
    return path
