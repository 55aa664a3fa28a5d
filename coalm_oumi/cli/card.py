"""`coalm card`: the model card of a trained adapter or a merged model, for the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coalm_oumi.cli import output


def card(
    folder: Annotated[
        Path, typer.Argument(help="The model: a trained adapter, or a merged model.")
    ],
    results: Annotated[
        list[Path] | None,
        typer.Option(
            help="A results.json, or a folder of results as `oumi evaluate` leaves it; may "
            "be repeated."
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(help="The base model's name, where the folder does not say it."),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="The licence's short name, such as llama3.1.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a card that a person wrote.")
    ] = False,
) -> None:
    """Write a model's card (README.md) as the Hugging Face Hub reads it.

    Base model, data, licence, tags, and the results as `model-index`. Then `hf upload
    NAME/MODEL FOLDER . --exclude "checkpoint-*/*"` publishes the folder.
    """
    from coalm_oumi.training.merging.hub_card import write_hub_card

    path = write_hub_card(
        folder, results or (), base=base, licence=licence, overwrite=overwrite
    )
    output.line(f"{path} is written. Publish the folder:")
    output.line(
        f'  hf upload YOUR_NAME/{folder.name} {folder} . --exclude "checkpoint-*/*"'
    )
