"""The options of `coalm build`, as its help says them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MOST_WORKERS = 8

Folder = Annotated[
    Path, typer.Option("--output", help="New folder to write to.", metavar="DIR")
]
Seed = Annotated[int, typer.Option(help="Fixes every draw and the order of the rows.")]
Limit = Annotated[
    int | None,
    typer.Option(min=1, help="Read the first N rows of each source only."),
]
Only = Annotated[
    str | None,
    typer.Option(help="Parts to build, such as snips,hammer; all if left out."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Processes to use (as many as there are cores, up to "
        f"{MOST_WORKERS}). The result does not depend on it.",
        show_default=False,
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Finish a build that was interrupted.")
]
OnMissing = Annotated[
    str,
    typer.Option(
        help="For a source that is not on this machine: download it, take the "
        "small embedded corpus, skip it, or end with an error."
    ),
]
RowFormat = Annotated[
    str,
    typer.Option(
        "--format",
        help="alpaca: instruction, input, output; messages: messages and tools.",
    ),
]
Tokenizer = Annotated[
    str | None,
    typer.Option(
        help="Count tokens with this tokenizer: a folder or a name on the Hub.",
    ),
]
FunctionList = Annotated[
    str,
    typer.Option(
        help="Functions in CRA's prompts: all, as in the paper, or those of the "
        "dialogue's services (dialogue), for models with little room."
    ),
]
ActionTurns = Annotated[
    str,
    typer.Option(
        help="Turns with CRA's action prompt: calls, as in the paper, or all, so "
        "that not calling is learnt as well."
    ),
]
FunctionNames = Annotated[
    str,
    typer.Option(
        help="Functions of CRA that share a name: by_service (FindBus_Buses_1), or "
        "as_published, as in the paper."
    ),
]
StateDate = Annotated[
    bool,
    typer.Option(
        help="State today's date in CRA's prompts, where it is known; the paper's "
        "do not."
    ),
]
UndatedActions = Annotated[
    str,
    typer.Option(
        help="Actions of CRA with a date that nothing in the prompt states: keep, or "
        "drop. The ledger counts them."
    ),
]
DropOverlaps = Annotated[
    bool,
    typer.Option(
        "--drop-overlaps",
        help="Leave out samples that repeat or nearly repeat a benchmark's text.",
    ),
]
NoOverlaps = Annotated[
    bool,
    typer.Option("--no-overlaps", help="Do not compare with the benchmarks."),
]
Catalogue = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Make the part cra of your own functions, not of SGD: an OpenAPI file, "
        "or tools with JSON schemas. Goes with --dialogues.",
    ),
]
Dialogues = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Seed dialogues about them (configs/own_apis/)."),
]
Generated = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="Make the part cra of what a model wrote, not of SGD: the folder that "
        "coalm generate-cra or coalm validate-cra has left.",
    ),
]
