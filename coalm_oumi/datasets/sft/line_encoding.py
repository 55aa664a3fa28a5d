r"""Tokens of many texts at once, each line of text encoded only once.

The samples share most of their lines: a prompt's wording, a dialogue's earlier turns. A
byte-level tokenizer splits text by a regular expression before it merges anything, and
none of the known ones has a piece that reaches from a lone line break to a character
that is not white space. So at `x\ny` (neither x nor y white space) a text can be cut
behind the `\n`, and the pieces' tokens put together are those of the whole:

- a `\n` behind such an x is taken by `[^\s\p{L}\p{N}]+[\r\n]*`, `\s*[\r\n]+` or `\s+`,
  each of which ends before y, since no alternative has `\n` and then something else;
- `\s+(?!\S)`, the one rule that looks ahead, needs two white space characters to tell
  the end of a text from a y;
- what begins at y does not look back.

An added token such as `<|eot_id|>` is found before any of this: what stands on either
side of it is split apart from the rest, and the token itself is known at once.

For every other tokenizer the texts are encoded whole.

`encode_batch_fast` on whole texts in its place gives the same tokens in 1.85 times the time
(`tests/performance/tokenizing_throughput.py`): of the whole mixture, which one process
tokenises while the GPUs wait, 13 minutes instead of 7.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coalm_oumi.datasets.sft.word_encoding import WordEncoder, ascii_words

_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = (
    r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{DIGITS}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Llama 3 and GPT-4 take three digits at once, Qwen 2 and 3 one.
_PATTERNS = {
    _CONTRACTIONS + _REST.replace("{DIGITS}", digits) for digits in ("{1,3}", "")
}
# GPT-2's, which `ByteLevel` has of its own.
_BYTE_LEVEL = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
)
_CACHED_CHARACTERS = 20_000_000


class LineEncoder:
    """Encodes texts with a fast tokenizer, as the tokenizer itself would.

    Attributes:
        by_lines: Whether the tokenizer is one whose texts can be cut at line breaks.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Takes a fast tokenizer of transformers."""
        # Leaves the backend as a call does: nothing cut, nothing filled up.
        tokenizer("", add_special_tokens=False)
        self._backend = tokenizer.backend_tokenizer
        own = json.loads(self._backend.to_str())
        self.by_lines = cuts_at_lines(own) and not self._backend.encode_special_tokens
        self._known: dict[str, NDArray[np.int32]] = {}
        self._characters = 0
        if self.by_lines:
            added = {token["content"]: token["id"] for token in own["added_tokens"]}
            self._added = {t: np.array([i], np.int32) for t, i in added.items()}
            self._apart = _apart(added)
            pattern = ascii_words(_pattern(own["pre_tokenizer"]))
            self._words = WordEncoder(pattern, self._ids)

    def encode(
        self, texts: Sequence[str]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Encodes texts, without adding special tokens.

        Args:
            texts: The texts.

        Returns:
            The tokens of all texts one after another, and each text's number of tokens.
        """
        if not self.by_lines:
            found = self._encode(texts)
            return _joined(found), np.array([len(ids) for ids in found], np.int64)
        if self._characters > _CACHED_CHARACTERS:
            self._known.clear()
            self._characters = 0
        self._known.update(self._added)
        pieces = [self._pieces(text) for text in texts]
        self._learn([piece for text in pieces for piece in text])
        known = self._known
        found = [known[piece] for text in pieces for piece in text]
        lengths = np.array([len(ids) for ids in found], np.int64)
        ends = np.cumsum([len(text) for text in pieces])
        total = np.concatenate(([0], np.cumsum(lengths)))[np.concatenate(([0], ends))]
        return _joined(found), np.diff(total)

    def _pieces(self, text: str) -> list[str]:
        """Returns added tokens, and what stands between them, cut at line breaks."""
        if self._apart is None:
            return cut(text)
        parts = self._apart.split(text)
        pieces = cut(parts[0]) if parts[0] else []
        for token, part in zip(parts[1::2], parts[2::2], strict=True):
            pieces.append(token)
            if part:
                pieces += cut(part)
        return pieces

    def _learn(self, pieces: list[str]) -> None:
        new = [piece for piece in dict.fromkeys(pieces) if piece not in self._known]
        if new:
            self._known.update(zip(new, self._words.encode(new), strict=True))
            self._characters += sum(map(len, new))

    def _encode(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        return [np.array(ids, np.int32) for ids in self._ids(texts)]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        found = self._backend.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in found]


def cut(text: str) -> list[str]:
    r"""Cuts a text behind each lone line break between two that are not white space.

    Returns:
        The pieces, which together are the text; `[""]` for an empty one.
    """
    lines = text.split("\n")
    pieces, begun = [], lines[0]
    for previous, line in pairwise(lines):
        lone = previous and line and not (previous[-1].isspace() or line[0].isspace())
        if lone:
            pieces.append(begun + "\n")
            begun = line
        else:
            begun += "\n" + line
    pieces.append(begun)
    return pieces


def cuts_at_lines(tokenizer: dict[str, Any]) -> bool:
    """Says whether a tokenizer is one whose texts can be cut at line breaks.

    Args:
        tokenizer: The content of its `tokenizer.json`.
    """
    added = all(
        not (token["lstrip"] or token["rstrip"] or token["single_word"])
        and "\n" not in token["content"]
        # Those that are and those that are not are looked for one after the other.
        and token["normalized"] == tokenizer["added_tokens"][0]["normalized"]
        for token in tokenizer["added_tokens"]
    )
    model = tokenizer["model"]
    plain_bpe = (
        model["type"] == "BPE"
        and not model["dropout"]
        and not model["continuing_subword_prefix"]
        and not model["end_of_word_suffix"]
    )
    normalizer = tokenizer["normalizer"]
    splits = _splits_at_lines(tokenizer["pre_tokenizer"])
    return added and plain_bpe and normalizer is None and splits


def _apart(added: Iterable[str]) -> re.Pattern[str] | None:
    """Returns what finds added tokens: the first in a text, of those the longest."""
    longest = sorted(added, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest))})") if longest else None


def _pattern(pre_tokenizer: dict[str, Any]) -> str:
    if pre_tokenizer["type"] == "ByteLevel":
        return _BYTE_LEVEL
    return pre_tokenizer["pretokenizers"][0]["pattern"]["Regex"]


def _splits_at_lines(pre_tokenizer: dict[str, Any] | None) -> bool:
    if pre_tokenizer is None:
        return False
    if pre_tokenizer["type"] == "ByteLevel":
        return pre_tokenizer["use_regex"] and not pre_tokenizer["add_prefix_space"]
    steps = pre_tokenizer.get("pretokenizers", [])
    if pre_tokenizer["type"] != "Sequence" or len(steps) != 2:
        return False
    split, level = steps
    return (
        split["type"] == "Split"
        and split["behavior"] == "Isolated"
        and not split["invert"]
        and split["pattern"].get("Regex") in _PATTERNS
        and level["type"] == "ByteLevel"
        and not level["use_regex"]
        and not level["add_prefix_space"]
    )


def _joined(found: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    return np.concatenate(found) if found else np.empty(0, np.int32)
