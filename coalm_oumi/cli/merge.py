"""`coalm merge`: a trained adapter and its base made one model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coalm_oumi.cli import output
from coalm_oumi.errors import CoalmError, shorten

if TYPE_CHECKING:
    from coalm_oumi.training.merging.merge import Merged

_FILES = ["*.safetensors", "*.json", "*.model", "*.txt", "*.jinja", "LICENSE*"]


def merge(
    adapter: Annotated[
        Path, typer.Argument(help="The adapter's folder, as `oumi train` leaves it.")
    ],
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The merged model.")
    ],
    base: Annotated[
        str | None,
        typer.Option(
            help="The base: a folder, or a name on the Hub. Without it, the one that the "
            "adapter names."
        ),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="The base's licence, for the model card.")
    ] = None,
    results: Annotated[
        list[Path] | None,
        typer.Option(help="A results.json for the model card; may be repeated."),
    ] = None,
) -> None:
    """Merge a LoRA adapter into its base model, file by file, for serving.

    Needs memory for one file of weights, whatever the model's size. Refuses to write a
    model that does not differ from its base.
    """
    from coalm_oumi.training.merging.adapter import read_adapter
    from coalm_oumi.training.merging.card import model_card, result_rows
    from coalm_oumi.training.merging.merge import merge as merge_adapter

    named = read_adapter(adapter)
    name = base or named.base
    revision = None if base else named.revision
    if not name:
        raise CoalmError(
            "the adapter does not name the model it was trained on. Pass --base.",
            path=adapter,
        )
    rows = [row for path in results or () for row in result_rows(path)]

    def card(merged: Merged) -> str:
        return model_card(merged, name, licence, rows)

    merged = merge_adapter(
        adapter, _base_folder(name, revision), folder, note=_note, card=card
    )
    _show(merged, name, folder)


def _show(merged: Merged, name: str, folder: Path) -> None:
    output.line(
        f"{folder}: {merged.changed} weights of {merged.files} file(s) differ from {name}"
    )
    if merged.parted:
        output.line(
            "The base's output layer is its embedding; the adapter trained one of them "
            "or both, so that the model has both now (tie_word_embeddings: false)."
        )
    if merged.unchanged:
        output.warning(
            f"{merged.unchanged} weights that the adapter names are as they were."
        )
    if merged.template == "base":
        output.warning(
            "the adapter's folder has no tokenizer: the base's chat template was taken, "
            "which need not be the one it was trained with."
        )


def _note(file: str, number: int, of: int) -> None:
    output.line(f"{number} of {of}: {file}", style="dim")


def _base_folder(name: str, revision: str | None) -> Path:
    """Returns the folder of the base; fetches it from the Hub if need be."""
    if Path(name).is_dir():
        return Path(name)
    import huggingface_hub

    try:
        return Path(
            huggingface_hub.snapshot_download(
                name, revision=revision, allow_patterns=_FILES
            )
        )
    except Exception as error:  # the Hub, the network and the disk all have their own
        raise CoalmError(
            f"the base model '{name}' is no folder, and could not be fetched: "
            f"{shorten(error, 200)} ({type(error).__name__}). Pass --base with a folder, "
            "or set HF_TOKEN if it is gated."
        ) from error
