"""`coalm recipes`: the recipes that come with the package, and a copy of one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from coalm_oumi.cli import output
from coalm_oumi.errors import CoalmError


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="Copy this one: 8b_train, or configs/serve/8b.sh."
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="Where to copy it; else to recipes/ or configs/ in this folder.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the list as one JSON object.")
    ] = False,
) -> None:
    """List the recipes that come with the package, or copy one of them."""
    if name is None:
        _list(as_json)
    else:
        _copy(name, folder, force)


def _list(as_json: bool) -> None:
    from coalm_oumi.planning.check import recipe_verb
    from coalm_oumi.planning.shipped import read_header, shipped_files

    files = shipped_files()
    found = {
        full: read_header(path.read_text(encoding="utf-8"))
        for full, path in files.items()
    }
    if as_json:
        print(json.dumps({name: asdict(header) for name, header in found.items()}))
        return
    rows = [
        (
            Path(full).stem,
            Path(full).stem.split("_")[0],
            recipe_verb(full),
            header.hardware,
            header.time,
        )
        for full, header in found.items()
        if full.startswith("recipes/") and full.endswith(".yaml")
    ]
    output.table(("recipe", "size", "verb", "hardware", "time"), rows)
    others = [full for full in found if full.startswith("configs/")]
    output.heading("Jobs, servers and other configurations")
    for full in others:
        output.line(f"{full}: {found[full].title}")
    output.line()
    output.line(
        "coalm recipes NAME copies one; coalm check -c FILE says what it needs."
    )


def _copy(name: str, folder: Path | None, force: bool) -> None:
    from coalm_oumi.planning.shipped import find_shipped
    from coalm_oumi.storage import write_text

    full, source = find_shipped(name)
    target = folder / source.name if folder is not None else Path(full)
    if target.exists() and target.resolve() == source.resolve():
        raise CoalmError(
            "this is the file itself: there is nothing to copy.", path=target
        )
    if target.exists() and not force:
        raise CoalmError(
            "the file is there already. Pass --force to write over it, or --output for "
            "another folder.",
            path=target,
        )
    write_text(target, source.read_text(encoding="utf-8"))
    if source.suffix == ".sh":
        target.chmod(0o755)
    output.line(f"copied to {target}")
