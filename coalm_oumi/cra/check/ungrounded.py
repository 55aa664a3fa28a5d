"""Which argument of a dialogue's calls is not grounded, found at the speed of a build.

The rule is that of the validator (`grounding.grounded`), and so is the result; but numbers,
times and dates are read from utterance after utterance, the last one first, and only until
a value is found. That takes a quarter of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from coalm_oumi.calls import FunctionSchema
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.check.grounding import Evidence, grounded
from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.functions import FunctionCatalogue


@dataclass(frozen=True)
class Ungrounded:
    """An argument whose value stands nowhere before the call.

    Attributes:
        turn: The turn of the call, from 0.
        function: The function.
        name: The argument.
        value: Its value.
    """

    turn: int
    function: str
    name: str
    value: JsonValue

    def __str__(self) -> str:
        return f"turn {self.turn}: {self.function} {self.name}={self.value!r}"


def ungrounded_arguments(
    dialogue: CraDialogue, functions: FunctionCatalogue, *, today: date | None = None
) -> Iterator[Ungrounded]:
    """Yields the arguments of a dialogue that are not grounded.

    Args:
        dialogue: A dialogue with at most one call in a turn.
        functions: The functions on offer.
        today: The day on which it is held; see `validate.validate`.
    """
    heard = _Heard(Evidence(today))
    for number, turn in enumerate(dialogue.turns):
        heard.hear(turn.user, user=True)
        if turn.step is not None:
            call = turn.step.call
            named = [f for f in functions.functions if f.name == call.name]
            for name, value in call.arguments.items():
                if not heard.grounds(value, name, named):
                    yield Ungrounded(number, call.name, name, value)
            heard.observe(turn.step.observation)
        heard.hear(turn.response)


@dataclass
class _Heard:
    """Evidence of which some is not read for numbers, times and dates yet."""

    evidence: Evidence
    utterances: list[str] = field(default_factory=list)
    observations: list[JsonValue] = field(default_factory=list)

    def hear(self, utterance: str, *, user: bool = False) -> None:
        self.evidence.hear(utterance, user=user, read=False)
        self.utterances.append(utterance)

    def observe(self, observation: JsonValue) -> None:
        self.evidence.observe(observation, read=False)
        self.observations.append(observation)

    def grounds(
        self, value: JsonValue, name: str, functions: Sequence[FunctionSchema]
    ) -> bool:
        # More evidence never makes a value less grounded.
        while not grounded(value, name, self.evidence, functions):
            if self.utterances:
                self.evidence.read_utterance(self.utterances.pop())
            elif self.observations:
                self.evidence.observe(self.observations.pop())
            else:
                return False
        return True
