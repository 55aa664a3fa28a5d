"""Which tokens of a rendered conversation are the assistant's reply.

In: the token ids of a chat, the reply at its end. Out: a mask of the same length::

    <|start_header_id|>user ... <|eot_id|><|start_header_id|>assistant<|end_header_id|>
    0                  0    0   0         0                  0        0

    System: {"domain": ...}<|eot_id|>
    1       1              1

The header and the end of a turn are found as Oumi's `text_completions_only_with_padding`
finds them, so that packed samples train on the very tokens that padded ones do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coalm_oumi.errors import CoalmError


class ReplyFinder:
    """Finds the reply in the tokens of a conversation that ends with it."""

    def __init__(self, tokenizer: Any) -> None:
        """Learns from the chat template how a reply begins and ends.

        Args:
            tokenizer: Tokenizer with a chat template.

        Raises:
            CoalmError: The template does not show it.
        """
        # Oumi's builders import its datasets, among them those of this package.
        from oumi.builders.collators import resolve_collator_templates

        try:
            header, end = resolve_collator_templates(tokenizer)
        except ValueError as error:
            raise CoalmError(
                f"the chat template does not show where a reply begins: {error}",
                field="completion_mask",
            ) from error
        self._header = tokenizer.encode(header, add_special_tokens=False)
        self._end = tokenizer.encode(end, add_special_tokens=False)

    def mask(self, ids: Sequence[int]) -> list[int]:
        """Returns 1 for each token of the reply and its end, and 0 for the others.

        Args:
            ids: The conversation's tokens.
        """
        start = _last(ids, self._header)
        if start is None:
            return [0] * len(ids)
        start += len(self._header)
        ends = _first(ids, self._end, start)
        stop = len(ids) if ends is None else ends + len(self._end)
        return [0] * start + [1] * (stop - start) + [0] * (len(ids) - stop)


def _last(ids: Sequence[int], part: Sequence[int]) -> int | None:
    """Returns where a part stands last, or None."""
    for at in range(len(ids) - len(part), -1, -1):
        if ids[at] == part[0] and list(ids[at : at + len(part)]) == list(part):
            return at
    return None


def _first(ids: Sequence[int], part: Sequence[int], start: int) -> int | None:
    """Returns where a part stands first from `start` on, or None."""
    for at in range(start, len(ids) - len(part) + 1):
        if ids[at] == part[0] and list(ids[at : at + len(part)]) == list(part):
            return at
    return None
