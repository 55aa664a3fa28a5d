"""What a function of the function-calling corpus is, and the list of all of them.

A phrase asks for one call. In it ``{param}`` stands for a value of that parameter,
which is printed in the query and passed in the call; ``{+param=true}`` passes a JSON
value and prints nothing; the rest is the notation of `tests.corpus.generator.grammar`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | list[Any]
"""An argument or a default; lists hold scalars."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of an invented function.

    Attributes:
        name: Its name.
        type: Its type as xLAM writes it, such as ``int`` or ``str, optional``.
        description: One sentence.
        draw: How to draw a value: a pattern of `grammar`, or ``int 1 9``,
            ``float 1 9`` (one or two decimals), ``ints 1 9``, ``floats 1 9``,
            ``strs <list>`` (lists of two to four).
        default: The default, or None for a parameter that has none.
    """

    name: str
    type: str
    description: str
    draw: str
    default: Value | None = None

    @property
    def relied_on(self) -> bool:
        """Whether a call passes the default when the query does not mention it.

        xLAM is of two minds about this; here the type decides, so that it can be
        learnt: ``int`` with a default is always passed, ``int, optional`` only when
        asked for.
        """
        empty = self.default is None or self.default == "" or self.default == []
        return not empty and "optional" not in self.type


@dataclass(frozen=True)
class Function:
    """One invented function, and the ways to ask for it.

    Attributes:
        name: Its name; some hold dots or underscores.
        domain: Irrelevant tools are taken from other domains than the query's.
        description: One sentence.
        parameters: Its parameters, in the order in which they are listed.
        phrases: Requests in the imperative, without a full stop.
    """

    name: str
    domain: str
    description: str
    parameters: tuple[Parameter, ...]
    phrases: tuple[str, ...]


def all_functions() -> tuple[Function, ...]:
    """Returns the functions of every domain."""
    from tests.corpus.generator import functions_everyday, functions_numbers

    return functions_everyday.FUNCTIONS + functions_numbers.FUNCTIONS
