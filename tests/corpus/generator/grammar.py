"""The small notation in which the corpus's sentences and names are written.

``[a|b]``
    one of the alternatives, each as likely; ``[please |]`` is an optional fragment.
``<city>``
    one word of that list.
``{slot}`` or ``{slot=kind}``
    left in place for the caller, who puts a value there.

A list of twelve words or more keeps its last sixth back: those words appear in held-out
sentences only, so that a model is also tested on names that it has to copy.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_WORD = re.compile(r"<(\w+)>")
_SPACES = re.compile(r"  +")
_UNSEEN_SHARE = 0.35


@dataclass(frozen=True)
class Grammar:
    """Word lists, and the drawing of texts from them.

    Attributes:
        words: The word lists by name; a word may itself hold ``[..]`` and ``<..>``.
        held_out: Whether the words kept back may be drawn as well.
    """

    words: Mapping[str, tuple[str, ...]]
    held_out: bool = False

    def expand(self, text: str, rng: random.Random) -> str:
        """Returns `text` with every choice made and every ``<list>`` filled.

        Args:
            text: A pattern in this module's notation.
            rng: The source of randomness.

        Raises:
            KeyError: If `text` names a list that is not there.
        """
        while choice := _CHOICE.search(text):
            picked = rng.choice(choice[1].split("|"))
            text = text[: choice.start()] + picked + text[choice.end() :]
        while word := _WORD.search(text):
            filled = self.expand(self._draw(word[1], rng), rng)
            text = text[: word.start()] + filled + text[word.end() :]
        return _SPACES.sub(" ", text).replace(" ,", ",").strip(" ")

    def _draw(self, name: str, rng: random.Random) -> str:
        words = self.words[name]
        kept_back = len(words) // 6 if len(words) >= 12 else 0
        if kept_back and self.held_out and rng.random() < _UNSEEN_SHARE:
            return rng.choice(words[-kept_back:])
        return rng.choice(words[: len(words) - kept_back])
