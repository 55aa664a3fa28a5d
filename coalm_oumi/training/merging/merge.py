"""Base and adapter in, a merged model's folder out: whole, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coalm_oumi.errors import CoalmError
from coalm_oumi.training.merging.adapter import Adapter, read_adapter
from coalm_oumi.training.merging.atomic_folder import written_atomically
from coalm_oumi.training.merging.output_layer import OUTPUT, part, parted_by
from coalm_oumi.training.merging.shards import INDEX_FILE, change_weights, shards_of

if TYPE_CHECKING:
    import torch

CARD = "README.md"
"""The model card."""
_TOKENIZER = ("tokenizer*", "special_tokens_map.json", "chat_template*", "vocab*")
_TOKENIZER += ("merges.txt", "added_tokens.json")
_BESIDE = (
    "config.json",
    "generation_config.json",
    "LICENSE*",
    "USE_POLICY*",
    "NOTICE*",
)
_NO_CHANGE = (
    "the merged model would not differ from its base in a single weight: the adapter is "
    "untrained, or so small that the weights' precision swallows it. Nothing was written: "
    "train it further, or serve the adapter beside its base."
)


@dataclass(frozen=True)
class Merged:
    """What a merge did.

    Attributes:
        folder: The merged model.
        base: The base's folder.
        adapter: The adapter.
        files: Files of weights.
        changed: Weights of the adapter that differ from the base's.
        unchanged: Weights that the adapter names, but that it leaves as they were.
        parted: Whether its output layer has become another than its embedding, which in
            the base it is.
        template: Where the tokenizer and chat template come from: `adapter` or `base`.
    """

    folder: Path
    base: Path
    adapter: Adapter
    files: int
    changed: int
    unchanged: int
    parted: bool
    template: str


def merge(
    adapter_folder: Path,
    base: Path,
    output: Path,
    *,
    note: Callable[[str, int, int], None] = lambda name, number, of: None,
    card: Callable[[Merged], str] | None = None,
) -> Merged:
    """Adds an adapter into its base.

    The result is bit for bit that of PEFT's `merge_and_unload` on a CPU, but for a base
    whose output layer is its embedding: where the adapter trains one of the two, PEFT
    changes both, and here each becomes what it was in training. Memory stays under that
    of one file of weights and two weights more.

    Args:
        adapter_folder: The adapter, as `oumi train` leaves it.
        base: The base model's folder.
        output: The merged model's folder; must not be there yet.
        note: Is told each file, with its number and their number, before it is written.
        card: Returns the model card, which becomes the folder's `README.md`.

    Raises:
        CoalmError: The two do not belong together, the result would not differ from the
            base, or there is no room.
    """
    adapter = read_adapter(adapter_folder)
    shards = shards_of(base)
    tie = parted_by(adapter, base, shards)
    own = {name for names in shards.values() for name in names}
    _check_match(adapter, base, own | ({OUTPUT} if tie else set()))
    _check_free(output)
    need = sum((base / file).stat().st_size for file in shards)
    _check_room(need + (tie.room(base) if tie else 0), output)
    changed = 0
    with written_atomically(output) as folder:
        for number, (file, names) in enumerate(shards.items(), 1):
            note(file, number, len(shards))
            shutil.copyfile(base / file, folder / file)
            chosen = [name for name in names if name in adapter.changes]
            changed += change_weights(folder / file, chosen, _changer(adapter))
        template = _copy_rest(adapter_folder, base, folder)
        parted = tie is not None and part(tie, adapter, base, folder)
        if not changed and not parted:
            raise CoalmError(_NO_CHANGE, path=adapter_folder)
        if tie is not None and tie.copy is None and OUTPUT in adapter.changes:
            changed += 1
        merged = Merged(
            folder=output,
            base=base,
            adapter=adapter,
            files=len(shards) + (parted and tie is not None and tie.copy is None),
            changed=changed,
            unchanged=len(adapter.changes) - changed,
            parted=parted,
            template=template,
        )
        if card is not None:
            (folder / CARD).write_text(card(merged), encoding="utf-8")
    return merged


def _changer(adapter: Adapter) -> Callable[[str, torch.Tensor], bool]:
    def change(name: str, weight: torch.Tensor) -> bool:
        import torch

        new = adapter.merged(name, weight)
        differs = not torch.equal(new, weight)
        weight.copy_(new)
        return differs

    return change


def _check_match(adapter: Adapter, base: Path, names: set[str]) -> None:
    missing = sorted(set(adapter.changes) - names)
    if missing:
        raise CoalmError(
            f"the base has no weight '{missing[0]}', which the adapter changes (and "
            f"{len(missing) - 1} more): they do not belong together. The adapter was "
            f"trained on '{adapter.base}'; pass --base.",
            path=base,
        )


def _check_free(output: Path) -> None:
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise CoalmError("it is there already. Choose another folder.", path=output)


def _check_room(need: int, output: Path) -> None:
    place = output.absolute().parent
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CoalmError(
            f"a part of it is not a folder, or none can be made there ({error}). Choose "
            "another.",
            path=output,
        ) from error
    free = shutil.disk_usage(place).free
    if free < need * 1.01:
        raise CoalmError(
            f"there are {free / 1e9:.1f} GB free, and the merged model has "
            f"{need / 1e9:.1f} GB. Make room, or choose another disk.",
            path=place,
        )


def _copy_rest(adapter: Path, base: Path, folder: Path) -> str:
    """Copies what is no weight; the tokenizer and template are the trained ones."""
    origin = adapter if (adapter / "tokenizer_config.json").is_file() else base
    for source, patterns in ((base, (*_BESIDE, INDEX_FILE)), (origin, _TOKENIZER)):
        for path in (p for pattern in patterns for p in source.glob(pattern)):
            if path.is_file():
                shutil.copyfile(path, folder / path.name)
    return "adapter" if origin is adapter else "base"
