"""The events of a reply that comes in pieces, to be compared wherever it was cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from coalm_oumi.serving import Content, Event, ReplyStream


def events(pieces: Iterable[str], **options: Any) -> list[Event]:
    """The events of a reply, pieces of content beside each other joined."""
    stream = ReplyStream(**options)
    found: list[Event] = []
    for piece in pieces:
        found += stream.feed(piece)
    joined: list[Event] = []
    for event in [*found, *stream.finish()]:
        last = joined[-1] if joined else None
        if isinstance(event, Content) and isinstance(last, Content):
            joined[-1] = Content(last.text + event.text)
        else:
            joined.append(event)
    return joined
