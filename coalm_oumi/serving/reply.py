"""A whole reply at once."""

from __future__ import annotations

from collections.abc import Iterable

from coalm_oumi.calls.reasoning import passages
from coalm_oumi.serving.events import AUTO, Call, Content, Reply, Thought
from coalm_oumi.serving.reply_stream import ReplyStream


def read_reply(
    text: str,
    *,
    functions: Iterable[str] | None = None,
    notation: str = AUTO,
) -> Reply:
    """Takes a whole reply apart, as if it came in pieces.

    Of a whole reply it is also known whether a `</think>` ends reasoning that began
    before the reply.

    Args:
        text: What the model wrote.
        functions: The names of the functions on offer; None if not known.
        notation: How calls are written: one of `NOTATION_CHOICES`.

    Raises:
        OptionError: There is no such notation.
    """
    stream = ReplyStream(functions=functions, notation=notation)
    events = [*stream.take(passages(text)), *stream.finish()]
    content = "".join(event.text for event in events if isinstance(event, Content))
    return Reply(
        content or None,
        tuple(event.call for event in events if isinstance(event, Call)),
        tuple(event.text for event in events if isinstance(event, Thought)),
    )
