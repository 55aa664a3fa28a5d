"""What a reply has said and called so far, as events."""

from __future__ import annotations

from coalm_oumi.calls import FunctionCall
from coalm_oumi.serving.events import Call, Content, Event, Thought


class SaidSoFar:
    """Makes the events of a reply; white space around its calls is no content.

    Attributes:
        calls: The calls so far.
        at_start: Whether nothing was said or called yet.
        at_line_start: Whether what is said next begins a line, but for blanks.
    """

    def __init__(self) -> None:
        self.calls: list[FunctionCall] = []
        self.at_start = True
        self.at_line_start = True
        self._events: list[Event] = []
        self._space: list[str] = []  # content if more content follows
        self._beside_call = False
        self._has_words = False

    def taken(self) -> list[Event]:
        """Returns the events since the last time."""
        events, self._events = self._events, []
        return events

    def think(self, text: str) -> None:
        """Adds a thought."""
        self._events.append(Thought(text))

    def say(self, text: str) -> None:
        """Says a text, but for the white space at its end."""
        if not text:
            return
        _, newline, line = text.rpartition("\n")
        begins = bool(newline) or self.at_line_start
        self.at_line_start = begins and not line.strip(" \t")
        words = text.rstrip()
        if not words:
            self._space.append(text)
            return
        said = "".join([*self._space, words])
        self._space = [text[len(words) :]]
        if self._beside_call and not self._has_words:
            said = said.lstrip()
        self._events.append(Content(said))
        self._has_words = True
        self._beside_call = self.at_start = False

    def call(self, call: FunctionCall) -> None:
        """Adds a call."""
        self._events.append(Call(len(self.calls), call))
        self.calls.append(call)
        self._beside_call = True
        self._space = []
        self.at_start = self.at_line_start = False

    def end(self) -> None:
        """Says the white space at the end, unless it stands behind a call."""
        if not self._beside_call and any(self._space):
            self._events.append(Content("".join(self._space)))
        self._space = []

    def drop_space(self) -> None:
        """Forgets the white space at the end so far."""
        self._space = []
