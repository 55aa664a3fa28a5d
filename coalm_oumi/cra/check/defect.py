"""What can be wrong with a CRA dialogue: the four classes of the paper's Appendix D.

A defect names its class, the rule that found it, the turn, and what was found::

    Defect(ErrorClass.ARGUMENT_HALLUCINATION, "ungrounded value", 3, "FindFerry",
           "the value of 'port' stands nowhere before the call", "port='Ely'")
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ErrorClass(StrEnum):
    """The classes of errors that the paper's reviewers found (Appendix D)."""

    UNDEFINED_FUNCTION = "undefined_function"
    """A function or an argument that is not listed, or a required argument missing."""
    ARGUMENT_TYPE = "argument_type"
    """A value of another type, or one that the closed list or schema does not allow."""
    ARGUMENT_HALLUCINATION = "argument_hallucination"
    """A value that nothing in the dialogue so far supports."""
    REASONING = "reasoning"
    """Reasoning or planning of low quality."""

    @property
    def words(self) -> str:
        """The class in the paper's words."""
        return _TITLES[self.value]


_TITLES = {
    "undefined_function": "Undefined function call",
    "argument_type": "Incorrect argument type",
    "argument_hallucination": "Argument hallucination",
    "reasoning": "Low-quality reasoning and planning",
}


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong in a dialogue.

    Attributes:
        error_class: Its class.
        rule: The rule that found it, in a few words; always the same for one rule.
        turn: The turn, counted from 0.
        function: The function called there, or the one that should have been; empty for
            a turn without a call.
        message: What is wrong, in a sentence.
        excerpt: The words of the dialogue that show it.
        service: The turn's service; empty if the dialogue does not say it.
    """

    error_class: ErrorClass
    rule: str
    turn: int
    function: str
    message: str
    excerpt: str
    service: str = ""
