"""A CRA dialogue: User - Thought - Action - Observation - Thought - System, turn by turn.

A turn that calls a function, and the lines that it is in a history (Figure 6)::

    User: Is there a ferry from Hull?
    Thought: The user wants to find a ferry, and FindFerry needs no more than the port.
    Action: FindFerry(port='Hull')
    Observation: {'count': 1, 'results': [{'port': 'Hull', 'fare': '12'}]}
    Thought: One result came back: the fare is 12. I tell the user.
    System: There is one, for $12.

A turn that calls none has `User`, `Thought` and `System` only. A turn that calls several
functions repeats `Action`, `Observation` and `Thought` for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from coalm_oumi.calls import FunctionCall, write_action, write_literal
from coalm_oumi.calls.strict_json import JsonValue


@dataclass(frozen=True)
class Step:
    """A call with what came of it.

    Attributes:
        call: The call.
        observation: What it returned.
        thought: The thought after the observation (Thought2).
    """

    call: FunctionCall
    observation: JsonValue
    thought: str


@dataclass(frozen=True)
class CraTurn:
    """One turn of the user with the system's answer.

    Attributes:
        user: What the user says.
        thought: The thought before the call, or the only one (Thought1).
        step: The call, if there is one.
        response: What the system says.
        service: The service that the turn is about; empty if that is not known.
        further: The calls after the first one; only where models write dialogues.
    """

    user: str
    thought: str
    step: Step | None
    response: str
    service: str = ""
    further: tuple[Step, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All its calls, in order."""
        return (self.step, *self.further) if self.step else ()

    @property
    def thoughts(self) -> tuple[str, ...]:
        """Its thoughts: the first, then the one after each observation."""
        return (self.thought, *(step.thought for step in self.steps))

    def user_line(self) -> str:
        """The line with what the user says."""
        return f"User: {_line(self.user)}"

    def action_input(self) -> str:
        """The lines from which the action is to be predicted."""
        return f"{self.user_line()}\nThought: {self.thought}"

    def action_output(self) -> str | None:
        """The line with the action; None for a turn without one."""
        return _action_line(self.step) if self.step else None

    def actions(self) -> Iterator[tuple[str, str]]:
        """Yields, for each call, the lines from which it is to be predicted and it."""
        lines = [self.action_input()]
        for step in self.steps:
            yield "\n".join(lines), _action_line(step)
            lines += _step_lines(step)

    def response_input(self) -> str:
        """The lines from which the response is to be generated."""
        lines = [self.action_input()]
        for step in self.steps:
            lines += _step_lines(step)
        return "\n".join(lines)

    def response_output(self) -> str:
        """The line with the response."""
        return f"System: {_line(self.response)}"

    def lines(self) -> str:
        """The whole turn, as it stands in a history."""
        return f"{self.response_input()}\n{self.response_output()}"


@dataclass(frozen=True)
class CraDialogue:
    """A dialogue in CRA's form.

    Attributes:
        record_id: Its name in the source.
        turns: The turns.
        today: The day on which it is held; None if that is not known.
    """

    record_id: str
    turns: tuple[CraTurn, ...]
    today: date | None = None

    def unwritable(self) -> str:
        """Says why its lines cannot be written; empty if they can.

        A call may bear a name, or a call or an observation hold a value, that no line
        can hold (`calls.action`).
        """
        for number, turn in enumerate(self.turns):
            try:
                turn.response_input()
            except ValueError as error:
                return f"turn {number}: {error}"
        return ""


def _action_line(step: Step) -> str:
    return f"Action: {write_action(step.call)}"


def _step_lines(step: Step) -> list[str]:
    return [
        _action_line(step),
        f"Observation: {write_literal(step.observation)}",
        f"Thought: {step.thought}",
    ]


def _line(text: str) -> str:
    # An utterance is one line of a history: a break inside would look like a new one.
    return " ".join(text.split()) if "\n" in text or "\r" in text else text
