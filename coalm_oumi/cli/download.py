"""`coalm download`: sources into the cache, where recipes find them."""

from __future__ import annotations

from typing import Annotated

import typer

from coalm_oumi.cli import output
from coalm_oumi.errors import CoalmError


def download(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Sources to get.", show_default=False),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Get every source of the catalogue.")
    ] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List the sources and get none.")
    ] = False,
) -> None:
    """Download sources into the cache ($COALM_CACHE_DIR, else ~/.cache/coalm-oumi).

    A source that is already there, or in $COALM_DATA_DIR, is left as it is. Run the
    command again after an interruption: it goes on with what is missing.
    """
    from coalm_oumi.sources.catalogue import SOURCES, get_source

    if listing:
        _list()
        return
    if not names and not everything:
        raise typer.BadParameter(
            f"name one of {', '.join(SOURCES)}, or pass --all.", param_hint="NAME"
        )
    asked = list(SOURCES) if everything else list(dict.fromkeys(names or ()))
    sources = [get_source(name) for name in asked]
    # One that fails does not keep the others back.
    failed = [source for source in sources if not _get(source.name)]
    if failed:
        raise typer.Exit(1)


def _get(name: str) -> bool:
    """Gets a source, and says whether that succeeded."""
    from coalm_oumi.sources.locate import locate

    try:
        found = locate(name)
    except CoalmError as error:
        output.error(str(error))
        return False
    count = f"{len(found.files)} file{'s' if len(found.files) != 1 else ''}"
    if found.origin == "download":
        output.line(f"{name}: {count} downloaded to {found.folder}")
    else:
        output.line(f"{name}: already there ({found.origin}, {count}): {found.folder}")
    return True


def _list() -> None:
    from coalm_oumi.sources.catalogue import SOURCES
    from coalm_oumi.sources.locate import status

    output.table(
        ("source", "data", "licence", "access", "title"),
        [
            (
                source.name,
                status(source).state,
                source.licence,
                "gated" if source.gated else "open",
                source.title,
            )
            for source in SOURCES.values()
        ],
    )
