"""`coalm export`: a model as a GGUF file, for llama.cpp and Ollama."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from coalm_oumi.cli import output


def export(
    model: Annotated[
        Path,
        typer.Argument(
            help="The model's folder, as `coalm merge` leaves it, or `oumi train` with "
            "peft_save_mode MERGED."
        ),
    ],
    file: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The GGUF file.")
    ],
    weights: Annotated[
        Literal["f16", "q8_0"],
        typer.Option(
            "--type",
            help="The weights' number format: 16 bits, or 8, which halves the file and "
            "may change a small model's replies.",
        ),
    ] = "f16",
) -> None:
    """Write a model as a GGUF file, which llama.cpp and Ollama run.

    For models of Llama's and Qwen3's architecture with a byte-level BPE tokenizer. Needs
    memory for one weight, whatever the model's size.
    """
    from coalm_oumi.training.exporting.gguf_file import export_gguf

    size = export_gguf(model, file, weights)
    output.line(f"{file}: {size / 1e6:,.0f} MB, {weights}")
