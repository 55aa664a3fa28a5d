"""Replies whose text was lost on the way: what an endpoint may do to a good model.

A server that takes calls out of the text, a proxy that answers with nothing, a limit on
tokens that a thought uses up: each scores like a bad model. Such replies are counted by
kind, told in the results' notes, and where nearly all are so, the run stops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from coalm_oumi.errors import CoalmError
from coalm_oumi.evaluation.conductor.dialogue import Failure, Reply

LOST: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "tool_calls": (
            "hold tool calls, which are no part of the text (finish_reason tool_calls)",
            "Start the server without a parser of tool calls: calls are scored as text",
        ),
        "cut_off": (
            "were cut off at the limit of tokens (finish_reason length)",
            "Raise generation.max_new_tokens, or see why the model does not end",
        ),
        "empty": (
            "are empty",
            "See what the endpoint answers to one request, and whether its content is "
            "given elsewhere (reasoning_content)",
        ),
    }
)
"""What is said of each kind, and what to do."""

TOLD_ABOVE = 0.01
"""The share of replies above which a note tells of a kind."""

STOPS_AT = 0.95
"""The share of such replies at which the run stops."""

ENOUGH = 16
"""Replies to have before it does, if their calls or all of their text is lost."""

ENOUGH_CUT = 64
"""Replies to have before it does, if some hold a text that was cut off: a model that is
hardly trained may write on and on, and a few cases of it shall be scored."""


def lost_kind(reply: Reply) -> str:
    """Returns which of `LOST` a reply is; nothing for a whole text."""
    if reply.tool_calls:
        return "tool_calls"
    if reply.cut_off:
        return "cut_off"
    return "" if reply.text.strip() else "empty"


def lost_notes(counts: Mapping[str, int], replies: int) -> Iterator[str]:
    """Yields a sentence for each kind that is more than a few.

    Args:
        counts: Replies of each kind.
        replies: All replies.
    """
    for kind, (what, remedy) in LOST.items():
        n = counts.get(kind, 0)
        if n > TOLD_ABOVE * replies:
            yield f"{n} of {replies} replies {what}. {remedy}."


class ReplyWatch:
    """Stops a run early whose endpoint loses nearly every text."""

    def __init__(self) -> None:
        self._replies = self._silent = 0
        self._lost: Counter[str] = Counter()

    def see(self, came: Iterable[Reply | Failure]) -> None:
        """Takes what came back.

        Raises:
            CoalmError: Nearly all replies so far are lost.
        """
        for reply in came:
            if isinstance(reply, Reply):
                self._replies += 1
                self._silent += reply.tool_calls or not reply.text.strip()
                self._lost[lost_kind(reply)] += 1
        lost, nearly_all = self._replies - self._lost[""], STOPS_AT * self._replies
        silent = self._replies >= ENOUGH and self._silent >= nearly_all
        if not silent and (self._replies < ENOUGH_CUT or lost < nearly_all):
            return
        kinds = [kind for kind, _ in self._lost.most_common() if kind]
        told = "; ".join(f"{self._lost[kind]} {LOST[kind][0]}" for kind in kinds)
        raise CoalmError(
            f"{lost} of {self._replies} replies hold no whole text to score: {told}. "
            f"{LOST[kinds[0]][1]}. Then remove the journal in output_dir, which may hold "
            "such replies, and run the same command again."
        )
