r"""Reasoning that a model writes out before or between its answers, `<think>...</think>`.

In: ``<think>\nNot [find_bus(to="York")].\n</think>\n\n[find_bus(to="Ely")]``.
Out: the reasoning ``Not [find_bus(to="York")].`` and the content
``[find_bus(to="Ely")]``.

What stands between the tags is neither a call nor said to anybody. The tags count as
vLLM's reasoning parsers count them, wherever they stand and whatever is between them:

- The first `</think>` behind a `<think>` ends the reasoning; several passages may follow
  each other. A `<think>` that is never closed makes the rest reasoning.
- A `</think>` without `<think>` ends reasoning that began before the text, as where a
  chat template opens it: all since the passage of reasoning before it, or since the
  beginning, is reasoning.
- White space around reasoning at the beginning of a text belongs to neither.
- One exception, so that an argument may speak of the tags: in quotes, inside brackets
  and on the line where the quotes begin, a tag is text (``[note(text="a <think>")]``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENING, _CLOSING = "<think>", "</think>"
_TAG_SO_FAR = re.compile(r"<(?:/?(?:t(?:h(?:i(?:nk?)?)?)?)?)?\Z")
_OUTSIDE = re.compile(r"""[()\[\]{}"']|</?think>""")
_BRACKETS = {**dict.fromkeys("([{", 1), **dict.fromkeys(")]}", -1)}
_QUOTED = {quote: re.compile(rf"[{quote}\\\n]") for quote in "\"'"}


@dataclass(frozen=True)
class Passage:
    """A piece of a text.

    Attributes:
        text: The piece. A passage of reasoning is whole, has no white space around it,
            and may be empty.
        is_reasoning: Whether it is reasoning.
        reaches_back: Whether all content since the reasoning before it is reasoning
            too, because a tag ends what none has begun.
    """

    text: str
    is_reasoning: bool = False
    reaches_back: bool = False


class ReasoningSplitter:
    """Splits a text into content and reasoning while it is being written.

    Every character is looked at once, and only what may be a tag is held back.
    """

    def __init__(self, *, begun: bool = False) -> None:
        """Begins a text.

        Args:
            begun: Whether it begins inside reasoning.
        """
        self._text, self._at = "", 0  # what has come, and how far it was taken
        self._space: list[str] = []
        self._reasoning: list[str] = []
        self._inside = self._met_tag = begun
        self._is_blank = True  # no content but white space since the beginning
        self._depth = 0
        self._quote = ""
        self._is_escaped = False
        self._last = ""

    def feed(self, text: str) -> list[Passage]:
        """Takes the next piece, and returns what is certain now."""
        self._text, self._at = self._text[self._at :] + text, 0
        passages: list[Passage] = []
        while self._leave(passages) if self._inside else self._enter(passages):
            pass
        return passages

    def finish(self) -> list[Passage]:
        """Ends the text, and returns what was held back."""
        rest = self._take(len(self._text))
        passages: list[Passage] = []
        if self._inside:
            self._reasoning.append(rest)
            passages.append(self._reasoned())
        else:
            self._said(rest, passages)
            space, self._space = self._space, []
            passages += [Passage(text) for text in space]
        return passages

    def _leave(self, passages: list[Passage]) -> bool:
        """Reads reasoning; returns whether it ended."""
        end = self._text.find(_CLOSING, self._at)
        self._reasoning.append(self._take(self._certain() if end < 0 else end))
        if end < 0:
            return False
        self._take(end + len(_CLOSING))
        passages.append(self._reasoned())
        self._inside = False
        return True

    def _enter(self, passages: list[Passage]) -> bool:
        """Reads content; returns whether a tag ended it."""
        end = self._certain()
        tag = self._next_tag(end)
        self._said(self._take(end if tag is None else tag.start()), passages)
        if tag is None:
            return False
        self._take(tag.end())
        self._depth, self._last, self._met_tag = 0, "", True
        self._space = []
        self._inside = tag[0] == _OPENING
        if not self._inside:
            passages.append(Passage("", is_reasoning=True, reaches_back=True))
            self._is_blank = True
        return True

    def _next_tag(self, end: int) -> re.Match[str] | None:
        """Returns the first tag before `end` that is not in quotes."""
        text, position = self._text, self._at
        while position < end:
            if self._is_escaped:
                self._is_escaped = False
                position += 1
                continue
            pattern = _QUOTED.get(self._quote, _OUTSIDE)
            found = pattern.search(text, position, end)
            if not found:
                return None
            position, sign = found.end(), found[0]
            if len(sign) > 1:
                return found
            if self._quote:
                self._is_escaped = sign == "\\"
                self._quote = self._quote if self._is_escaped else ""
            elif sign in _BRACKETS:
                self._depth = max(0, self._depth + _BRACKETS[sign])
            elif self._depth:
                before = text[found.start() - 1 : found.start()] or self._last
                # Behind a letter it is an apostrophe.
                self._quote = "" if sign == "'" and before.isalnum() else sign
        return None

    def _certain(self) -> int:
        """Returns up to where nothing can be part of a tag that is still coming."""
        start = max(self._at, len(self._text) - len(_CLOSING))
        begun = _TAG_SO_FAR.search(self._text, start)
        return begun.start() if begun else len(self._text)

    def _take(self, end: int) -> str:
        taken, self._at = self._text[self._at : end], end
        self._last = taken[-1:] or self._last
        return taken

    def _said(self, text: str, passages: list[Passage]) -> None:
        if self._is_blank:
            said = text.lstrip()
            if not said:
                if text and not self._met_tag:
                    self._space.append(text)
                return
            text = said if self._met_tag else "".join([*self._space, text])
            self._space, self._is_blank = [], False
        if text:
            passages.append(Passage(text))

    def _reasoned(self) -> Passage:
        text = "".join(self._reasoning).strip()
        self._reasoning = []
        return Passage(text, is_reasoning=True)


def passages(text: str) -> list[Passage]:
    """Splits a whole text, of which a tag may end what nothing has begun.

    Args:
        text: What a model wrote.

    Returns:
        Its passages in order, none of which reaches back.
    """
    if _OPENING not in text and _CLOSING not in text:
        return [Passage(text)] if text else []
    splitter = ReasoningSplitter()
    found: list[Passage] = []
    since = 0  # the first content behind the last reasoning
    for passage in [*splitter.feed(text), *splitter.finish()]:
        if passage.reaches_back:
            before = "".join(content.text for content in found[since:])
            found[since:] = [Passage(before.strip(), is_reasoning=True)]
        else:
            found.append(passage)
        if passage.is_reasoning:
            since = len(found)
    return found


def split_reasoning(text: str) -> tuple[tuple[str, ...], str]:
    """Returns the passages of reasoning of a whole text, and its content.

    Args:
        text: What a model wrote. Without tags it is all content, as it is.
    """
    found = passages(text)
    reasoning = tuple(p.text for p in found if p.is_reasoning and p.text)
    return reasoning, "".join(p.text for p in found if not p.is_reasoning)


def without_reasoning(text: str) -> str:
    """Returns the content of a whole text: what a model wrote but its reasoning.

    Args:
        text: What a model wrote.
    """
    return split_reasoning(text)[1]
