r"""A reply taken apart while it is being written: the calls in it, and the rest.

In, in whatever pieces: ``Let me see. [find_bus(to="Ely"), clock()]``.
Out: `Content("Let me see.")`, `Call(0, find_bus(to="Ely"))`, `Call(1, clock())`.

- A call comes whole, as soon as its end is there. Nobody sees half a call, and the events
  of a reply are the same wherever it is cut. What looks like a call and cannot be read
  is content.
- Calls stand in brackets, as a JSON list, or behind `Action:` at the start of a line; a
  reply may also begin with a call of a listed function alone, which is what CRA's prompt
  asks for. Lists may stand in a code fence. Before and behind calls, white space is not
  content.
- Of CRA's lines, `System:` loses its label, and a `Thought:` at the start is a thought of
  its own. What a model writes for others (`User:`, `Observation:`) ends its reply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from coalm_oumi.calls import FunctionCall
from coalm_oumi.serving.call_reader import (
    LONGEST_NAME,
    MAX_CALL,
    Closing,
    action_call,
    begins_call,
    bracket_call,
    json_call,
)
from coalm_oumi.serving.events import (
    Call,
    Content,
    Event,
    Notation,
    Thought,
    check_notation,
)
from coalm_oumi.serving.speaker_labels import label_length, label_of

_FENCE = "```"
_FENCED = re.compile(r"```(?:\w{0,20}[ \t]*\n)?\s*(?=\[)")
_FENCE_SO_FAR = re.compile(r"`{0,3}|```\w{0,20}[ \t]*(?:\n\s*)?")
_PYTHON_NAME = re.compile(r"[A-Za-z_][\w.]*")
_QUOTES = {"json": '"', "bracket": "\"'", "action": "\"'"}
_READERS: dict[str, Callable[[str], FunctionCall | None]] = {
    "json": json_call,
    "bracket": bracket_call,
    "action": action_call,
}


class ReplyStream:
    """Takes one reply apart.

    Attributes:
        calls: The calls so far.
    """

    def __init__(
        self, *, functions: Iterable[str] | None = None, notation: Notation = "auto"
    ) -> None:
        """Begins a reply.

        Args:
            functions: The names of the functions on offer; None if not known. In the
                middle of a text only they are looked for; at its start a call of another
                is a call too, so that the client can say that there is no such function.
            notation: How calls are written.

        Raises:
            OptionError: There is no such notation.
        """
        check_notation(notation)
        self.calls: list[FunctionCall] = []
        self._names = None if functions is None else frozenset(functions)
        self._lists = notation != "cra"
        self._brackets = notation in ("auto", "bracket")
        self._json = notation in ("auto", "json")
        self._labels = notation in ("auto", "cra")
        self._has_speakers = notation == "cra"
        self._buffer = ""
        self._held = ""  # what stood before the buffer, content if there is no call
        self._space = ""  # white space that is content if more content follows
        self._events: list[Event] = []
        self._step: Callable[[], bool] = self._start
        self._kind = ""
        self._closing = Closing(quotes="")
        self._looked = 0
        self._fenced = False
        self._at_start = True
        self._line_start = True
        self._beside_call = False
        self._said = False
        self._final = False

    def feed(self, text: str) -> list[Event]:
        """Takes the next piece, and returns what is certain now."""
        self._buffer += text
        return self._run()

    def finish(self) -> list[Event]:
        """Ends the reply, and returns what was held back."""
        self._final = True
        events = self._run()
        self._content(self._held + self._buffer)
        self._held = self._buffer = ""
        if self._space and not self._beside_call:
            self._events.append(Content(self._space))
            self._space = ""
        return events + self._taken()

    def _run(self) -> list[Event]:
        # A step returns whether it got anywhere; else it waits for more text.
        while self._step():
            pass
        return self._taken()

    def _taken(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _content(self, text: str) -> None:
        """Says a text, but for the white space at its end."""
        if text:
            self._line_start = text.endswith("\n")
        text = self._space + text
        if self._beside_call and not self._said:
            text = text.lstrip()
        said = text.rstrip()
        self._space = text[len(said) :]
        if said:
            self._events.append(Content(said))
            self._said = True
            self._beside_call = self._at_start = False

    def _say(self, length: int) -> None:
        """Says what is held and so much of the buffer."""
        held, self._held = self._held, ""
        said, self._buffer = self._buffer[:length], self._buffer[length:]
        self._fenced = self._at_start = False
        self._content(held + said)

    def _called(self, call: FunctionCall) -> None:
        self._events.append(Call(len(self.calls), call))
        self.calls.append(call)
        self._held = self._space = ""
        self._beside_call, self._at_start = True, False

    def _turn(self, step: Callable[[], bool]) -> bool:
        self._step = step
        return True

    def _start(self) -> bool:
        """The beginning: white space, then a label, a fence, a list, a call, or words."""
        text = self._buffer.lstrip()
        if not text:
            return False
        if self._labels and self._label_of(text) is None:
            return False
        if self._labels and self._label_of(text):
            return self._speaker(text)
        if self._lists and not self._final and _FENCE_SO_FAR.fullmatch(text):
            return False
        fence = _FENCED.match(text) if self._lists else None
        if fence:
            self._fenced = True
            self._hold(len(self._buffer) - len(text) + fence.end())
            return self._turn(self._list)
        if self._labels and self._names:
            if any(text.startswith(f"{name}(") for name in self._names):
                self._hold(len(self._buffer) - len(text))
                return self._call_begins("action")
            if not self._final and any(f"{n}(".startswith(text) for n in self._names):
                return False
        return self._turn(self._text)

    def _hold(self, length: int) -> None:
        self._held += self._buffer[:length]
        self._buffer = self._buffer[length:]

    def _label_of(self, line: str) -> str | None:
        return label_of(line, whole=self._final)

    def _speaker(self, text: str) -> bool:
        """Goes on behind the label with which a line begins."""
        label = self._label_of(text)
        length = len(self._buffer) - len(text) + label_length(text)
        if label == "Action":
            self._hold(length)
            return self._turn(self._action)
        if label in ("User", "Observation") and not self._has_speakers:
            return self._turn(self._text)
        self._has_speakers = True
        if label == "Thought":
            self._hold(length)
            self._looked = 0
            return self._turn(self._thought)
        self._buffer = self._buffer[length:]
        if label == "System":
            return self._turn(self._spoken)
        return self._turn(self._ended)

    def _spoken(self) -> bool:
        """The space behind `System:`."""
        self._buffer = self._buffer.lstrip()
        self._line_start = False
        return bool(self._buffer) and self._turn(self._text)

    def _ended(self) -> bool:
        self._buffer = self._space = ""
        return False

    def _thought(self) -> bool:
        """Thinks up to the line that begins with another label."""
        newline = self._buffer.find("\n", self._looked)
        if newline < 0:
            return False
        label = self._label_of(self._buffer[newline + 1 :])
        if label is None:
            return False
        self._looked = newline + 1
        if label:
            self._events.append(Thought(self._buffer[:newline].strip()))
            self._held = ""
            self._buffer = self._buffer[newline + 1 :]
            return self._speaker(self._buffer)
        return True

    def _text(self) -> bool:
        """Words, up to what may be a list of calls or a line with a label."""
        place = self._buffer.find("[") if self._lists else -1
        line = self._next_line(len(self._buffer) if place < 0 else place)
        if line is not None:
            label = self._label_of(self._buffer[line:])
            self._words(line)
            return label is not None and self._speaker(self._buffer)
        if place < 0:
            self._words(len(self._buffer))
            return False
        self._words(place)
        return self._turn(self._list)

    def _words(self, length: int) -> None:
        if length:
            said, self._buffer = self._buffer[:length], self._buffer[length:]
            self._content(said)

    def _next_line(self, end: int) -> int | None:
        """Where a line with a label begins, or one that may become such."""
        if not self._labels:
            return None
        at = 0 if self._line_start else self._buffer.find("\n", 0, end) + 1
        while (at or self._line_start) and at <= end:
            label = self._label_of(self._buffer[at:])
            if label is None or label == "Action" or (label and self._has_speakers):
                return at
            at = self._buffer.find("\n", at, end) + 1
            if not at:
                return None
        return None

    def _list(self) -> bool:
        """A bracket, and whether it is the start of calls."""
        inside = self._buffer[1:].lstrip()
        if not inside:
            return False
        first = len(self._buffer) - len(inside)
        if inside[0] == "{" and self._json:
            self._hold(first)
            return self._call_begins("json")
        if self._brackets:
            named = begins_call(inside, self._is_listed)
            if named is None:
                return False
            if named:
                self._hold(first)
                return self._call_begins("bracket")
        self._say(1)
        return self._turn(self._text)

    def _is_listed(self, name: str, *, whole: bool) -> bool:
        if self._at_start or self._names is None:
            return True
        if whole:
            return name in self._names
        return any(listed.startswith(name) for listed in self._names)

    def _action(self) -> bool:
        """What stands behind `Action:`: a call, or a list of calls."""
        text = self._buffer.lstrip(" \t")
        if not text:
            return False
        self._hold(len(self._buffer) - len(text))
        if text[0] == "[" and self._lists:
            self._at_start = True
            return self._turn(self._list)
        name = _PYTHON_NAME.match(text[:LONGEST_NAME])
        length = name.end() if name else 0
        if name and length == len(text):
            return False
        if name and text[length] == "(":
            return self._call_begins("action")
        self._say(length)
        return self._turn(self._text)

    def _call_begins(self, kind: str) -> bool:
        self._kind = kind
        self._closing = Closing(quotes=_QUOTES[kind])
        return self._turn(self._call)

    def _call(self) -> bool:
        """A call, up to its closing bracket."""
        end = self._closing.find(self._buffer)
        if end is None and len(self._buffer) <= MAX_CALL:
            return False
        if end is None or end > MAX_CALL:
            self._say(MAX_CALL)
            return self._turn(self._text)
        if self._kind == "bracket":
            return self._turn(self._perhaps_called)
        return self._read(end)

    def _perhaps_called(self) -> bool:
        """Behind a closing bracket: it may have been part of the name."""
        end = self._closing.position
        behind = self._buffer[end:].lstrip()
        if not behind and not self._final:
            return False
        if behind.startswith("("):
            return self._turn(self._call)
        if behind and behind[0] not in ",]":
            self._say(end)
            return self._turn(self._text)
        return self._read(end)

    def _read(self, end: int) -> bool:
        call = _READERS[self._kind](self._buffer[:end])
        if call is None:
            self._say(end)
            return self._turn(self._text)
        self._buffer = self._buffer[end:]
        self._called(call)
        self._line_start = False
        return self._turn(
            self._behind_action if self._kind == "action" else self._behind_call
        )

    def _behind_call(self) -> bool:
        """In a list, behind a call: another one, or the list's end."""
        text = self._buffer.lstrip()
        if not text:
            return False
        if text[0] == "]":
            self._buffer = text[1:]
            return self._turn(self._behind_list)
        if text[0] != ",":
            return self._turn(self._text)
        following = text[1:].lstrip()
        if not following:
            return False
        if following[0] == "]":
            self._buffer = following
            return True
        if self._kind == "json":
            called: bool | None = following[0] == "{"
        else:
            called = begins_call(following, lambda name, whole: True)
        if not called:
            return called is False and self._turn(self._text)
        self._hold(len(self._buffer) - len(following))
        return self._call_begins(self._kind)

    def _behind_list(self) -> bool:
        """The end of a list's code fence, if it has one."""
        text = self._buffer.lstrip()
        may_come = _FENCE.startswith(text) and text != _FENCE
        if self._fenced and may_come and not self._final:
            return False
        if self._fenced and text.startswith(_FENCE):
            self._buffer = text[len(_FENCE) :]
        self._fenced = False
        return self._turn(self._text)

    def _behind_action(self) -> bool:
        """Behind CRA's call: another one, another speaker, or words."""
        text = self._buffer.lstrip()
        if not text:
            return False
        if text[0] == ",":
            self._hold(len(self._buffer) - len(text) + 1)
            return self._turn(self._action)
        label = self._label_of(text)
        if label is None:
            return False
        if label == "Action":
            return self._speaker(text)
        return self._turn(self._ended if label else self._text)
