"""`coalm review`: a page on which people score CRA dialogues, and what they found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from coalm_oumi.cli import output
from coalm_oumi.errors import OptionError

if TYPE_CHECKING:
    import click

    from coalm_oumi.cra.review.dialogues import Drawn
    from coalm_oumi.cra.review.scores import Review
    from coalm_oumi.evaluation.intervals import Interval

_PAGE = "page"


class _PageFirst(TyperGroup):
    """The page is what is made unless another command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the page's name before arguments that begin with no command."""
        first = next((arg for arg in args if not arg.startswith("-")), None)
        if args and first not in self.commands and args[0] not in ("--help", "-h"):
            args = [_PAGE, *args]
        return super().parse_args(ctx, args)


review = typer.Typer(
    cls=_PageFirst,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Have people score CRA dialogues: `coalm review FILE` makes a page to do it "
    "on, `coalm review collect FILE...` counts what they saved.",
)


@review.command(_PAGE)
def page(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CRA samples or dialogues: a build, the published set, the folder of a "
            "generation, or one of their files.",
        ),
    ],
    page_file: Annotated[
        Path, typer.Option("--output", "-o", metavar="HTML", help="The page to write.")
    ] = Path("review.html"),
    n: Annotated[int, typer.Option("-n", min=1, help="Dialogues to draw.")] = 100,
    seed: Annotated[int, typer.Option(help="Fixes which ones, and their order.")] = 42,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Functions to show with types and descriptions: OpenAPI, tools with "
            "JSON schemas, or SGD's folder. Without it SGD's, if the dialogues are "
            "SGD's and it is on this machine.",
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Title of the page; else the file's name.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a page that is there.")
    ] = False,
) -> None:
    """Make the page: a random sample of dialogues, each beside its functions.

    The page works without a network. What is scored on it stays in the browser, and is
    saved to a file for `coalm review collect`.
    """
    import coalm_oumi
    from coalm_oumi.cra.function_files import read_functions
    from coalm_oumi.cra.review.dialogues import draw_sample
    from coalm_oumi.cra.review.page import review_page
    from coalm_oumi.cra.review.schemas import known_functions
    from coalm_oumi.storage import write_text

    _check_free(page_file, force)
    functions = read_functions(catalogue) if catalogue is not None else None
    drawn = draw_sample(path, n=n, seed=seed)
    if functions is None:
        functions = known_functions(drawn.dialogues)
    name = path.resolve().name
    text = review_page(
        drawn.dialogues,
        functions,
        title=title or f"CRA review: {name}, seed {seed}",
        version=coalm_oumi.__version__,
    )
    write_text(page_file, text)
    _show_drawn(drawn, n, page_file)
    if functions is None:
        output.warning(
            "Only the names of functions and arguments are known. --catalogue shows "
            "their types and descriptions."
        )


def _check_free(page_file: Path, force: bool) -> None:
    if page_file.exists() and not force:
        raise OptionError(
            "the file is there already. Name another, or pass --force.",
            path=page_file,
            field="--output",
        )


def _show_drawn(drawn: Drawn, n: int, page_file: Path) -> None:
    output.line(
        f"{len(drawn.dialogues):,} of {drawn.of:,} dialogues "
        f"({drawn.ledger.read:,} rows read) are in {page_file}: open it in a browser."
    )
    left_out = drawn.ledger.read - drawn.ledger.kept
    if left_out:
        output.warning(
            f"{left_out:,} row(s) cannot be shown and are left out; the first: "
            f"{drawn.ledger.first_rejection()}."
        )
    if len(drawn.dialogues) < n:
        output.warning(f"There are fewer than {n} dialogues: the page has all of them.")


@review.command()
def collect(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="What reviewers saved.")
    ],
    report: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="JSON", help="Write it as JSON as well."
        ),
    ] = None,
) -> None:
    """Count errors per class with intervals, and how well reviewers agree."""
    from coalm_oumi.cra.review.collected import collected
    from coalm_oumi.cra.review.scores import read_reviews
    from coalm_oumi.storage import write_json

    by_review: dict[str, list[Review]] = {}
    for found in read_reviews(files):
        by_review.setdefault(found.review, []).append(found)
    counts = [collected(reviews) for reviews in by_review.values()]
    for one in counts:
        _show(one)
    if report is not None:
        write_json(report, counts)


def _show(found: dict[str, Any]) -> None:
    output.heading(f"{found['title']} ({found['review']})")
    for part in found["scored"]:
        output.line(
            f"{part['by']}: {part['scored']:,} of {found['dialogues']:,} dialogues scored"
        )
    for line in found["unusable"]:
        output.warning(f"{line} This score is not counted.")
    head = ("errors", "by", "#dialogues", "#errors", "#rate", "95 % interval")
    rows = [
        (
            rate["title"],
            part["by"],
            f"{rate['n']:,}",
            f"{rate['errors']:,}",
            f"{rate['percent']:.1f} %",
            _interval(rate["interval"], " %"),
        )
        for part in found["scored"]
        for rate in part["rates"]
    ]
    output.table(head, rows)
    if found["agreement"]:
        output.heading("Agreement (Cohen's kappa)")
        output.table(
            ("reviewers", "of", "#both scored", "#alike", "#kappa", "95 % interval"),
            [
                (
                    " and ".join(pair["reviewers"]),
                    pair["of"],
                    f"{pair['n']:,}",
                    f"{pair['agreed']:,}",
                    "-" if pair["kappa"] is None else f"{pair['kappa']:.2f}",
                    _interval(pair["interval"], "", 2),
                )
                for pair in found["agreement"]
            ],
        )
        if any(pair["kappa"] is None for pair in found["agreement"]):
            output.line("-: not defined, as both gave every dialogue the same score")
    _show_feedback(found)


def _show_feedback(found: dict[str, Any]) -> None:
    if found["errors"]:
        output.heading("Errors")
    for error in found["errors"]:
        output.line(
            f"{error['dialogue']}: {error['title']} ({error['by']}): "
            f"{' '.join(error['feedback'].split())}"
        )
    if found["disagreements"]:
        output.heading("Scored differently")
    for dialogue, scores in found["disagreements"].items():
        scored = ", ".join(f"{who}: {what}" for who, what in scores.items())
        output.line(f"{dialogue}: {scored}")


def _interval(
    ends: Sequence[float] | Interval | None, unit: str, digits: int = 1
) -> str:
    if ends is None:
        return "-"
    return f"{ends[0]:.{digits}f} to {ends[1]:.{digits}f}{unit}"
