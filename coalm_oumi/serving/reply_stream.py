r"""A reply taken apart while it is being written: the calls in it, and the rest.

In, in whatever pieces: ``Let me see. [find_bus(to="Ely"), clock()]``.
Out: `Content("Let me see.")`, `Call(0, find_bus(to="Ely"))`, `Call(1, clock())`.

- A call comes whole, as soon as its end is there. Nobody sees half a call, and the events
  of a reply are the same wherever it is cut. What looks like a call and cannot be read
  is content.
- What stands in `<think>...</think>` is a thought, whatever it holds
  (`calls.reasoning`), and the rest is read as without it.
- Calls stand in brackets, as a JSON list, or behind `Action:` at the start of a line; a
  reply may also begin with a call of a listed function alone, which is what CRA's prompt
  asks for. Lists may stand in a code fence. Before and behind calls, white space is not
  content.
- Of CRA's lines, `System:` loses its label, and a `Thought:` at the start is a thought of
  its own. What a model writes for others (`User:`, `Observation:`) ends its reply.
- No character is looked at more than a few times, however the reply is cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from coalm_oumi.calls import CRA, NOTATIONS, FunctionCall, ListNotation, Notation
from coalm_oumi.calls.notation import LONGEST_NAME, NO_CALL
from coalm_oumi.calls.reasoning import Passage, ReasoningSplitter
from coalm_oumi.serving.call_reader import MAX_CALL, Closing, called_name, maybe_list
from coalm_oumi.serving.events import AUTO, Event, check_notation
from coalm_oumi.serving.pending_text import NOT_BLANK, PendingText
from coalm_oumi.serving.said_so_far import SaidSoFar
from coalm_oumi.serving.speaker_labels import LONGEST_LABEL, label_length, label_of

_FENCE = "```"
_FENCE_LINE = re.compile(r"```(?:\w{0,20}[ \t]{0,40}\n)?")
_FENCE_SO_FAR = re.compile(r"`{1,2}|```\w{0,20}[ \t]{0,40}")
_LONGEST_FENCE = 100


class ReplyStream:
    """Takes one reply apart."""

    def __init__(
        self,
        *,
        functions: Iterable[str] | None = None,
        notation: str = AUTO,
        in_reasoning: bool = False,
    ) -> None:
        """Begins a reply.

        Args:
            functions: The names of the functions on offer; None if not known. In the
                middle of a text only they are looked for; at its start a call of another
                is a call too, so that the client can say that there is no such function.
            notation: How calls are written: one of `NOTATION_CHOICES`.
            in_reasoning: Whether the prompt ends with `<think>`, so that the reply
                begins inside reasoning. Else what comes before a `</think>` without
                `<think>` is already given out when that comes.

        Raises:
            OptionError: There is no such notation.
        """
        check_notation(notation)
        self._splitter = ReasoningSplitter(begun=in_reasoning)
        self._names = None if functions is None else frozenset(functions)
        # A name may go on in brackets: `Moving Average (MA)`.
        self._name_starts = {n.partition("(")[0].rstrip() for n in self._names or ()}
        self._longest_first = sorted(self._names or (), key=len, reverse=True)
        longest = max(LONGEST_NAME, *map(len, self._names or ("",)))
        self._look_ahead = longest + 10
        known = [n for n in NOTATIONS.values() if notation in (AUTO, n.name)]
        self._lists = [n for n in known if isinstance(n, ListNotation)]
        self._maybe_list = maybe_list(self._lists)
        self._labels = CRA in known
        self._has_speakers = self._labels and not self._lists
        self._pending = PendingText()
        self._said = SaidSoFar()
        self._step: Callable[[], bool] = self._start
        self._notation: Notation = CRA
        self._name = ""
        self._closing = Closing(quotes="")
        self._call_from = self._call_to = self._call_length = 0
        self._thought_from = 0
        self._fenced = False
        self._final = False

    @property
    def calls(self) -> list[FunctionCall]:
        """The calls so far."""
        return self._said.calls

    def feed(self, text: str) -> list[Event]:
        """Takes the next piece, and returns what is certain now."""
        return self.take(self._splitter.feed(text))

    def take(self, passages: Iterable[Passage]) -> list[Event]:
        """Takes the next passages of a reply that is already split (`calls.reasoning`)."""
        for passage in passages:
            if not passage.is_reasoning:
                self._pending.add(passage.text)
                self._run()
            elif passage.text:
                self._said.think(passage.text)
        return self._said.taken()

    def finish(self) -> list[Event]:
        """Ends the reply, and returns what was held back."""
        events = self.take(self._splitter.finish())
        self._final = True
        self._run()
        self._pending.hold(len(self._pending.buffer))
        self._say_held()
        self._said.end()
        return events + self._said.taken()

    def _run(self) -> None:
        # A step returns whether it got anywhere; else it waits for more text.
        while self._step():
            pass

    def _turn(self, step: Callable[[], bool]) -> bool:
        self._step = step
        return True

    def _say_held(self) -> bool:
        """Says what was kept back, and goes on with words."""
        self._said.say(self._pending.unheld())
        return self._turn(self._text)

    def _start(self) -> bool:
        """The beginning: white space, then a label, a fence, a list, a call, or words."""
        if not self._pending.hold_space():
            return False
        label = self._label()
        if label is None:
            return False
        if label:
            return self._speaker(label)
        if self._lists:
            text = self._pending.next(_LONGEST_FENCE)
            if not self._final and _FENCE_SO_FAR.fullmatch(text):
                return False
            fence = _FENCE_LINE.match(text)
            if fence:
                self._pending.hold(self._pending.at + fence.end())
                return self._turn(self._in_fence)
        if self._labels and self._names:
            name = self._called_name(any_name=False)
            if name is None:
                return False
            if name:
                return self._call_begins(CRA, name)
        return self._say_held()

    def _in_fence(self) -> bool:
        """Behind the line that opens a code fence."""
        if not self._pending.hold_space():
            return False
        self._fenced = self._pending.next() == "["
        return self._turn(self._list) if self._fenced else self._say_held()

    def _label(self) -> str | None:
        if not self._labels:
            return ""
        return label_of(self._pending.next(LONGEST_LABEL), complete=self._final)

    def _called_name(self, *, any_name: bool) -> str | None:
        return called_name(
            self._pending.next(self._look_ahead),
            self._longest_first,
            complete=self._final,
            any_name=any_name,
        )

    def _speaker(self, label: str) -> bool:
        """Goes on behind the label with which a line begins."""
        end = self._pending.at + label_length(self._pending.next(LONGEST_LABEL))
        if label == "Action":
            self._pending.hold(end)
            return self._turn(self._action)
        if label in ("User", "Observation") and not self._has_speakers:
            return self._say_held()
        self._has_speakers = True
        if label == "Thought":
            self._pending.hold(end)
            self._thought_from = len(self._pending.held)
            return self._turn(self._thought)
        self._pending.skip(end - self._pending.at)
        return self._turn(self._spoken if label == "System" else self._ended)

    def _spoken(self) -> bool:
        """The space behind `System:`."""
        self._said.at_line_start = False
        follows = self._pending.hold_space()
        self._pending.skip(0)
        return follows and self._turn(self._text)

    def _ended(self) -> bool:
        self._pending.skip(len(self._pending.buffer))
        self._said.drop_space()
        return False

    def _thought(self) -> bool:
        """Thinks up to the end of a line."""
        newline = self._pending.buffer.find("\n", self._pending.at)
        self._pending.hold(len(self._pending.buffer) if newline < 0 else newline + 1)
        return newline >= 0 and self._turn(self._behind_thought)

    def _behind_thought(self) -> bool:
        """The start of a line: another label ends the thought."""
        label = self._label()
        if not label:
            return label is not None and self._turn(self._thought)
        self._said.think("".join(self._pending.held[self._thought_from :]).strip())
        self._pending.skip(0)
        return self._speaker(label)

    def _text(self) -> bool:
        """Words, up to what may be a list of calls or a line with a label."""
        pending = self._pending
        if pending.at == len(pending.buffer):
            return False
        if self._said.at_line_start:
            label = self._label()
            if label is None:
                return False
            if label == "Action" or (label and self._has_speakers):
                return self._speaker(label)
        end = pending.buffer.find("\n", pending.at) + 1 or len(pending.buffer)
        found = None
        if self._lists:
            found = self._maybe_list.search(pending.buffer, pending.at, end)
        pending.hold(found.start() if found else end)
        self._say_held()
        return not found or self._turn(self._list)

    def _list(self) -> bool:
        """A bracket that may be the start of calls."""
        self._pending.hold(self._pending.at + 1)
        return self._turn(self._in_list)

    def _in_list(self) -> bool:
        """Behind a bracket, and whether it is the start of calls."""
        if not self._pending.hold_space():
            return False
        text = self._pending.next(self._look_ahead)
        for notation in self._lists:
            named = notation.begins(text, self._is_listed)
            if named is None:
                return False
            if named != NO_CALL:
                return self._call_begins(notation, text[:named])
        return self._say_held()

    def _is_listed(self, name: str, *, complete: bool) -> bool:
        if self._said.at_start or self._names is None:
            return True
        if complete:
            return name in self._name_starts
        return any(listed.startswith(name) for listed in self._names)

    def _action(self) -> bool:
        """What stands behind `Action:`: a call, or a list of calls."""
        if not self._pending.hold_space(NOT_BLANK):
            return False
        if self._lists and self._pending.next() == "[":
            self._said.at_start = True
            return self._turn(self._list)
        name = self._called_name(any_name=True)
        if name is None:
            return False
        return self._call_begins(CRA, name) if name else self._say_held()

    def _call_begins(self, notation: Notation, name: str) -> bool:
        self._notation, self._name = notation, name
        self._closing = Closing(quotes=notation.quotes)
        self._call_from, self._call_length = len(self._pending.held), len(name)
        # No bracket or quote in a name counts.
        self._pending.hold(self._pending.at + len(name))
        return self._turn(self._call)

    def _call(self) -> bool:
        """A call, up to its closing bracket."""
        room = max(0, MAX_CALL - self._call_length)
        end = min(len(self._pending.buffer), self._pending.at + room)
        closed = self._closing.find(self._pending.buffer, self._pending.at, end)
        self._call_length += (closed or end) - self._pending.at
        self._pending.hold(closed or end)
        self._call_to = len(self._pending.held)
        if closed is None:
            return self._call_length >= MAX_CALL and self._say_held()
        notation = self._notation
        if isinstance(notation, ListNotation) and notation.name_goes_on:
            return self._turn(self._perhaps_called)
        return self._read()

    def _perhaps_called(self) -> bool:
        """Behind a closing bracket: it may have been part of the name."""
        follows = self._pending.hold_space()
        if not follows and not self._final:
            return False
        first = self._pending.next()
        if not first or first in ",]":
            return self._read()
        if first != "(":
            goes_on = self._named()
            if goes_on is None or goes_on == NO_CALL:
                return goes_on is not None and self._say_held()
        self._call_length += sum(map(len, self._pending.held[self._call_to :]))
        return self._turn(self._call)

    def _read(self) -> bool:
        text = "".join(self._pending.held[self._call_from : self._call_to])
        try:
            call = self._notation.read_one(text, self._name)
        except ValueError:
            return self._say_held()
        self._pending.skip(0)
        self._said.call(call)
        in_list = isinstance(self._notation, ListNotation)
        return self._turn(self._behind_call if in_list else self._behind_action)

    def _behind_call(self) -> bool:
        """In a list, behind a call: another one, or the list's end."""
        if not self._pending.hold_space():
            return False
        if self._pending.next() == "]":
            self._pending.skip(1)
            return self._turn(self._behind_list)
        if self._pending.next() != ",":
            return self._say_held()
        self._pending.hold(self._pending.at + 1)
        return self._turn(self._behind_comma)

    def _behind_comma(self) -> bool:
        if not self._pending.hold_space():
            return False
        first = self._pending.next()
        if first == "]":
            self._pending.skip(0)
            return self._turn(self._behind_call)
        named = self._named()
        if named is None or named == NO_CALL:
            return named is not None and self._say_held()
        return self._call_begins(self._notation, self._pending.next(named))

    def _named(self) -> int | None:
        """Whether another call of the list begins, whatever its function is called."""
        notation, text = self._notation, self._pending.next(self._look_ahead)
        if not isinstance(notation, ListNotation):
            return NO_CALL
        return notation.begins(text, lambda name, complete: True)

    def _behind_list(self) -> bool:
        """The end of a list's code fence, if it has one."""
        if not self._fenced:
            return self._turn(self._text)
        follows = self._pending.hold_space()
        text = self._pending.next(len(_FENCE))
        if _FENCE.startswith(text) and text != _FENCE and not self._final:
            return False
        if follows and text == _FENCE:
            self._pending.skip(len(_FENCE))
        self._fenced = False
        return self._say_held()

    def _behind_action(self) -> bool:
        """Behind CRA's call: another one, another speaker, or words."""
        if not self._pending.hold_space():
            return False
        if self._pending.next() == ",":
            self._pending.hold(self._pending.at + 1)
            return self._turn(self._action)
        label = self._label()
        if label is None:
            return False
        if label == "Action":
            return self._speaker(label)
        return self._turn(self._ended) if label else self._say_held()
