"""Bases whose output layer is their embedding, and adapters that part the two.

`tie_word_embeddings: true` in a base's `config.json`: it stores `model.embed_tokens.weight`
alone. An adapter that trains one of the two leaves the other as it was, so that the merged
model needs both, and `tie_word_embeddings: false`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.errors import CoalmError, DataFormatError
from coalm_oumi.training.merging.adapter import Adapter
from coalm_oumi.training.merging.shards import (
    INDEX_FILE,
    SINGLE_FILE,
    read_header,
    read_weight,
    write_index,
)

MODEL_CONFIG = "config.json"
OUTPUT = "lm_head.weight"
OUTPUT_FILE = "model-lm_head.safetensors"
_FIRST_FILE = "model-00001.safetensors"
_EMBEDDINGS = (".embed_tokens.weight", ".wte.weight", ".word_embeddings.weight")
_OF_A_LAYER = re.compile(r"\.\d+\.")


@dataclass(frozen=True)
class Tie:
    """A base's embedding that is its output layer too.

    Attributes:
        file: The file of weights in which it lies.
        embedding: Its name.
        copy: The file that has the output layer as well; None if none has.
    """

    file: str
    embedding: str
    copy: str | None

    def room(self, base: Path) -> int:
        """Returns what an output layer of its own takes, in bytes."""
        if self.copy is not None:
            return 0
        begin, end = read_header(base / self.file)[0][self.embedding]["data_offsets"]
        return end - begin


def parted_by(
    adapter: Adapter, base: Path, shards: Mapping[str, tuple[str, ...]]
) -> Tie | None:
    """Returns the tie of a base's embedding to its output layer that an adapter parts.

    Args:
        adapter: The adapter.
        base: The base's folder.
        shards: Its weights' names, by file.

    Returns:
        None if the base has two layers, or if the adapter changes neither.

    Raises:
        CoalmError: Its files contradict each other, or it is built otherwise.
    """
    if all(_OF_A_LAYER.search(name) for name in adapter.changes):
        return None
    tied = _read_config(base).get("tie_word_embeddings")
    copy = next((file for file, names in shards.items() if OUTPUT in names), None)
    if tied is False or (copy and tied is None):
        return None
    ties = [
        Tie(file, name, copy)
        for file, names in shards.items()
        for name in names
        if name.endswith(_EMBEDDINGS)
    ]
    changed = {OUTPUT, *(tie.embedding for tie in ties)} & set(adapter.changes)
    if len(ties) == 1 and not changed:
        return None
    if len(ties) != 1:
        raise CoalmError(
            "its output layer is its embedding (tie_word_embeddings), and which of its "
            "weights that is is not known here. Merge with PEFT's own merge_and_unload.",
            path=base / MODEL_CONFIG,
        )
    if copy is not None and not _is_copy(ties[0], base, copy):
        raise CoalmError(
            f"tie_word_embeddings says that the output layer is the embedding, and yet "
            f"another '{OUTPUT}' is stored, so that versions of transformers read two "
            "different models. Correct the base, and train again.",
            path=base / MODEL_CONFIG,
        )
    return ties[0]


def part(tie: Tie, adapter: Adapter, base: Path, folder: Path) -> bool:
    """Gives a merged model an output layer of its own, if it differs from the embedding.

    Args:
        tie: The base's tie.
        adapter: The adapter.
        base: The base's folder.
        folder: The merged model, with the weights that the base stores as they became.

    Returns:
        Whether it has one now.

    Raises:
        CoalmError: The adapter does not fit.
    """
    import torch
    from safetensors.torch import save_file

    if tie.copy is None:
        output = adapter.merged(OUTPUT, read_weight(base / tie.file, tie.embedding))
    else:
        output = read_weight(folder / tie.copy, OUTPUT)
    if torch.equal(output, read_weight(folder / tie.file, tie.embedding)):
        return False
    if tie.copy is None:
        save_file({OUTPUT: output}, folder / OUTPUT_FILE, metadata={"format": "pt"})
        if not (folder / INDEX_FILE).is_file():
            # A file of this name is read as the whole model, whatever the index says.
            (folder / SINGLE_FILE).rename(folder / _FIRST_FILE)
        write_index(folder)
    config = {**_read_config(folder), "tie_word_embeddings": False}
    text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    (folder / MODEL_CONFIG).write_text(text, encoding="utf-8")
    return True


def _is_copy(tie: Tie, base: Path, copy: str) -> bool:
    import torch

    embedding = read_weight(base / tie.file, tie.embedding)
    return torch.equal(embedding, read_weight(base / copy, OUTPUT))


def _read_config(base: Path) -> dict[str, Any]:
    path = base / MODEL_CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataFormatError(
            f"expected the config of a model ({error}).", path=path
        ) from error
    if not isinstance(config, dict):
        raise DataFormatError("expected a JSON object.", path=path)
    return config
