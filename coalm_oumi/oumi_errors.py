"""Our user errors in the form in which the `oumi` command prints them.

`oumi` prints an `OumiConfigError` as one line and exits with 1; anything else it takes for
a bug and shows the stack. The packages that read and score data do not import Oumi, so
they raise `CoalmError`, and datasets and evaluation tasks translate at their boundary.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from oumi.exceptions import OumiConfigError
from rich.markup import escape

from coalm_oumi.errors import CoalmError


class CoalmOumiError(CoalmError, OumiConfigError):
    """A `CoalmError` on its way to the `oumi` command."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def __format__(self, spec: str) -> str:
        """Escapes rich's markup: `oumi` formats the error into a marked-up line.

        Without this, a message that quotes `[/b]` from a row would itself be an error.
        """
        return format(escape(str(self)), spec)


@contextmanager
def errors_for_oumi() -> Iterator[None]:
    """Raises a `CoalmError` from the block as a `CoalmOumiError`."""
    try:
        yield
    except CoalmOumiError:
        raise
    except CoalmError as error:
        raise CoalmOumiError(str(error)) from error
