"""The application: its commands, and how every run of it ends.

A user's error ends in one line on stderr and exit code 1, a wrong use of the command
line in 2, an interruption in 130.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import coalm_oumi
from coalm_oumi.cli import output
from coalm_oumi.cli.build import build
from coalm_oumi.cli.card import card
from coalm_oumi.cli.check import check
from coalm_oumi.cli.download import download
from coalm_oumi.cli.export import export
from coalm_oumi.cli.generate_cra import generate_cra
from coalm_oumi.cli.interruption import EXIT_INTERRUPTED
from coalm_oumi.cli.merge import merge
from coalm_oumi.cli.preview import preview
from coalm_oumi.cli.recipes import recipes
from coalm_oumi.cli.report import report
from coalm_oumi.cli.review import review
from coalm_oumi.cli.score import score
from coalm_oumi.cli.study import study
from coalm_oumi.cli.validate_cra import validate_cra
from coalm_oumi.errors import CoalmError

# What a path or a disk, not this program, can be the reason of.
_FILE_SYSTEM = frozenset(
    {
        errno.EACCES,
        errno.EEXIST,
        errno.EFBIG,
        errno.EIO,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.ENOTEMPTY,
        errno.EPERM,
        errno.EROFS,
    }
)
EXIT_FAILURE = 1


class _Commands(TyperGroup):
    """The commands, with one place where their errors end."""

    def invoke(self, ctx: typer.Context) -> Any:  # pyright: ignore
        """Runs the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except Exception as error:
            if not _is_users(error):
                raise
            output.error(_message(error))
            raise typer.Exit(EXIT_FAILURE) from error


def _is_users(error: Exception) -> bool:
    """Says whether an error is one that a user can mend."""
    if isinstance(error, CoalmError):
        return True
    if isinstance(error, OSError) and error.errno in _FILE_SYSTEM:
        return True
    # Only who has imported Oumi can have caused one of its errors.
    oumi_errors = sys.modules.get("oumi.exceptions")
    return oumi_errors is not None and isinstance(error, oumi_errors.OumiConfigError)


def _message(error: Exception) -> str:
    if isinstance(error, CoalmError) or not isinstance(error, OSError):
        return str(error)
    path = error.filename2 or error.filename
    where = f"{os.fsdecode(path)}: " if isinstance(path, str | bytes) else ""
    return f"{where}{os.strerror(error.errno or 0)}"


app = typer.Typer(
    name="coalm",
    help="CoALM on Oumi: check the installation, get the data, build the training "
    "mixture, look at what a recipe trains on, score predictions again, and report "
    "on results.",
    cls=_Commands,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    # Drawn help takes a terminal for granted, and twice the time to start.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        output.line(f"coalm-oumi {coalm_oumi.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    del version  # its callback has ended the run


_WITH_FIELDS_OF_A_RECIPE = {"allow_extra_args": True, "ignore_unknown_options": True}

app.command(context_settings=_WITH_FIELDS_OF_A_RECIPE)(check)
app.command()(download)
app.command()(build)
app.command()(card)
app.command()(export)
app.command(context_settings=_WITH_FIELDS_OF_A_RECIPE)(generate_cra)
app.command()(merge)
app.command(context_settings=_WITH_FIELDS_OF_A_RECIPE)(preview)
app.command()(recipes)
app.command()(report)
app.command()(score)
app.add_typer(review, name="review")
app.command()(study)
app.command()(validate_cra)


def main() -> None:
    """Runs the `coalm` command; ends the process."""
    try:
        try:
            app(prog_name="coalm")
        finally:
            # What is still in the buffer may be more than the reader wants.
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`head`, a pager) has left: nothing more to say, also at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILURE)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
