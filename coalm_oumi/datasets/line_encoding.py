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

For every other tokenizer the texts are encoded whole.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = (
    r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{DIGITS}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Llama 3 and GPT-4 take three digits at once, Qwen 2 and 3 one.
_PATTERNS = {
    _CONTRACTIONS + _REST.replace("{DIGITS}", digits) for digits in ("{1,3}", "")
}
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
        self.by_lines = cuts_at_lines(json.loads(self._backend.to_str()))
        self._known: dict[str, NDArray[np.int32]] = {}
        self._characters = 0

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
        pieces = [cut(text) for text in texts]
        self._learn([piece for text in pieces for piece in text])
        known = self._known
        found = [known[piece] for text in pieces for piece in text]
        lengths = np.array([len(ids) for ids in found], np.int64)
        ends = np.cumsum([len(text) for text in pieces])
        total = np.concatenate(([0], np.cumsum(lengths)))[np.concatenate(([0], ends))]
        return _joined(found), np.diff(total)

    def _learn(self, pieces: list[str]) -> None:
        new = [piece for piece in dict.fromkeys(pieces) if piece not in self._known]
        if new:
            self._known.update(zip(new, self._encode(new), strict=True))
            self._characters += sum(map(len, new))

    def _encode(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        found = self._backend.encode_batch_fast(list(texts), add_special_tokens=False)
        return [np.array(encoding.ids, np.int32) for encoding in found]


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
