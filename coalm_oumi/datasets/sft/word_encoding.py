r"""Tokens of plain text word by word, each word encoded only once.

A byte-level tokenizer first splits text into words by a regular expression, and what a
word becomes does not depend on its neighbours. For text of ASCII characters alone, the
standard library finds the same words as the tokenizer does, many times faster than it
encodes them. Alone, a word stays whole: the only rule that looks beyond the word,
`\s+(?!\S)`, takes no less of white space that ends a text.

Other characters are left to the tokenizer: which of them are letters, numbers or white
space depends on its version of Unicode.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Encode = Callable[[Sequence[str]], "list[list[int]]"]

# Control characters: whether some of them are white space is seen differently.
_OTHER = re.compile(r"[^\t\n\r -~]")
_CACHED_WORDS = 1_000_000


def ascii_words(pattern: str) -> re.Pattern[str]:
    r"""Returns a tokenizer's splitting rule for text of ASCII characters alone.

    Args:
        pattern: The rule, with no classes of Unicode but `\p{L}` and `\p{N}`.
    """
    # Within a set of characters first: `[^\s\p{L}\p{N}]`.
    ours = pattern.replace(r"\p{L}\p{N}]", "A-Za-z0-9]")
    ours = ours.replace(r"\p{L}", "[A-Za-z]").replace(r"\p{N}", "[0-9]")
    return re.compile(ours, re.ASCII)


class WordEncoder:
    """Encodes texts by their words."""

    def __init__(self, words: re.Pattern[str], encode: Encode) -> None:
        """Takes the way to split a text and the way to encode a word.

        Args:
            words: The splitting rule for ASCII text, which finds all of a text.
            encode: Gives the tokens of each of some texts.
        """
        self._words = words
        self._encode_whole = encode
        self._known: dict[str, tuple[int, ...]] = {}

    def encode(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Returns the tokens of each text.

        Args:
            texts: Texts in which no added token stands.
        """
        plain = [_OTHER.search(text) is None for text in texts]
        others = self._encode_whole(
            [text for text, is_plain in zip(texts, plain, strict=True) if not is_plain]
        )
        found: list[NDArray[np.int32]] = []
        words = [
            self._words.findall(text)
            for text, is_plain in zip(texts, plain, strict=True)
            if is_plain
        ]
        self._learn(words)
        rest, split = iter(others), iter(words)
        for is_plain in plain:
            ids = self._joined(next(split)) if is_plain else next(rest)
            found.append(np.array(ids, np.int32))
        return found

    def _learn(self, texts: Sequence[Sequence[str]]) -> None:
        if len(self._known) > _CACHED_WORDS:
            self._known.clear()
        # Sorted by nothing: the order in which words become known changes no token.
        new = list(set(chain.from_iterable(texts)).difference(self._known))
        encoded = map(tuple, self._encode_whole(new))
        self._known.update(zip(new, encoded, strict=True))

    def _joined(self, words: Sequence[str]) -> list[int]:
        return list(chain.from_iterable(map(self._known.__getitem__, words)))
