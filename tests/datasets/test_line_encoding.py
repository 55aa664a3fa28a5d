"""Texts encoded line by line: the same tokens, each line once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)
from transformers import PreTrainedTokenizerFast

from coalm_oumi.datasets.sft.line_encoding import LineEncoder, cut, cuts_at_lines

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}DIGITS|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Merges across white space and line breaks of every kind can be learnt from this.
TEXT = [
    "it's a\nb.\n\nc \n d  \n\n  e\r\nf\t\n1234\n5, x!\n\n\n",
    "a \nb\n \nc\u2028\n",
]


def llama(digits: str) -> Any:
    split = pre_tokenizers.Split(Regex(SPLIT.replace("DIGITS", digits)), "isolated")
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([split, level])


PRE_TOKENIZERS = {
    "gpt 2": pre_tokenizers.ByteLevel(add_prefix_space=False),
    "llama 3": llama("{1,3}"),
    "qwen 2": llama(""),
}


def trained(pre_tokenizer: Any, *added: AddedToken) -> PreTrainedTokenizerFast:
    own = Tokenizer(models.BPE())
    own.pre_tokenizer = pre_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    own.train_from_iterator(TEXT * 20, trainer)
    own.add_special_tokens([AddedToken("<|eot|>", special=True), *added])
    return PreTrainedTokenizerFast(tokenizer_object=own)


TOKENIZERS = {name: trained(made) for name, made in PRE_TOKENIZERS.items()}


def encoded(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    values, lengths = LineEncoder(tokenizer).encode(texts)
    found, start = [], 0
    for length in lengths.tolist():
        found.append(values[start : start + length].tolist())
        start += length
    return found


def whole(tokenizer: Any, texts: list[str]) -> list[list[int]]:
    return [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a\nb", ["a\n", "b"]),
        ("a\nb\n", ["a\n", "b\n"]),
        ("a\n\nb", ["a\n\nb"]),
        ("a \nb", ["a \nb"]),
        ("a\n b", ["a\n b"]),
        ("a\r\nb", ["a\r\nb"]),
        ("a\n\u2028b", ["a\n\u2028b"]),
        ("\na\nb", ["\na\n", "b"]),
        ("", [""]),
    ],
)
def test_a_text_is_cut_behind_lone_line_breaks(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=300, deadline=None)
@given(
    texts=st.lists(
        st.lists(
            st.sampled_from(
                [
                    *"ab1.,' \n\n\n\r\t\x0b\x1c\x85\u00a0\u200b\u2028\u00e9\u4e2d",
                    *("'s", "<|eot|>", "a\nb", "1234", "!\n", " \n", "e\u0301"),
                ]
            )
        ).map("".join),
        min_size=1,
        max_size=4,
    )
)
def test_the_tokens_are_those_of_the_whole_text(name: str, texts: list[str]) -> None:
    tokenizer = TOKENIZERS[name]
    assert LineEncoder(tokenizer).by_lines
    assert encoded(tokenizer, texts) == whole(tokenizer, texts)


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [
                *map(chr, range(128)),
                *("'S", "'ll", "'Ve", "n't", "12345", "  ", " \n ", "\r\n", "._-"),
            ]
        )
    ).map("".join)
)
def test_ascii_text_is_split_as_the_tokenizer_splits_it(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    assert encoded(tokenizer, [text]) == whole(tokenizer, [text])


def test_a_word_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = LineEncoder(TOKENIZERS["llama 3"])
    asked: list[str] = []
    encode = encoder._ids

    def counting(texts: Sequence[str]) -> list[list[int]]:
        asked.extend(texts)
        return encode(texts)

    monkeypatch.setattr(encoder._words, "_encode_whole", counting)
    encoder.encode(["head\nUser: a", "head\nUser: b<|eot|>a"])
    encoder.encode(["head\nUser: a"])
    assert sorted(asked) == ["\n", " a", " b", ":", "User", "a", "head"]


def test_the_longest_added_token_counts() -> None:
    tokenizer = trained(
        PRE_TOKENIZERS["llama 3"],
        AddedToken("<|eot|>x", special=True),
        AddedToken("ot", special=True),
    )
    texts = ["a<|eot|>xb", "<|eot|>ot", "hot <|eot<|eot|>", "<|eot|>x"]
    assert LineEncoder(tokenizer).by_lines
    assert encoded(tokenizer, texts) == whole(tokenizer, texts)


UNKNOWN = {
    "a prefix space": trained(pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "another pattern": trained(
        pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(r"\n\S+|\S+|\s+"), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    ),
    "no pattern": trained(
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    ),
    "a token that takes white space": trained(
        PRE_TOKENIZERS["llama 3"], AddedToken("<x>", lstrip=True)
    ),
    "tokens found one kind after the other": trained(
        PRE_TOKENIZERS["llama 3"], AddedToken("<x>", normalized=True)
    ),
    "a token with a line break": trained(
        PRE_TOKENIZERS["llama 3"], AddedToken("a\nb", special=True)
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_other_tokenizers_get_the_whole_text(name: str) -> None:
    tokenizer = UNKNOWN[name]
    assert not LineEncoder(tokenizer).by_lines
    texts = ["a\nb\n<x>c", "", "x.\ny"]
    assert encoded(tokenizer, texts) == whole(tokenizer, texts)


def test_a_normalizer_forbids_cutting() -> None:
    tokenizer = trained(PRE_TOKENIZERS["gpt 2"])
    tokenizer.backend_tokenizer.normalizer = normalizers.NFC()
    assert not cuts_at_lines(json.loads(tokenizer.backend_tokenizer.to_str()))
