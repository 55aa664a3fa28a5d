"""Base and adapter in, a merged model's folder out: whole, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coalm_oumi.errors import CoalmError
from coalm_oumi.merging.adapter import Adapter, read_adapter
from coalm_oumi.merging.shards import INDEX_FILE, change_weights, shards_of

if TYPE_CHECKING:
    import torch

_TOKENIZER = ("tokenizer*", "special_tokens_map.json", "chat_template*", "vocab*")
_TOKENIZER += ("merges.txt", "added_tokens.json")
_BESIDE = (
    "config.json",
    "generation_config.json",
    "LICENSE*",
    "USE_POLICY*",
    "NOTICE*",
)


@dataclass(frozen=True)
class Merged:
    """What a merge did.

    Attributes:
        folder: The merged model.
        base: The base's folder.
        adapter: The adapter.
        files: Files of weights.
        changed: Weights that differ from the base's.
        unchanged: Weights that the adapter names, but that it leaves as they were.
        template: Where the tokenizer and chat template come from: `adapter` or `base`.
    """

    folder: Path
    base: Path
    adapter: Adapter
    files: int
    changed: int
    unchanged: int
    template: str


def merge(
    adapter_folder: Path,
    base: Path,
    output: Path,
    *,
    note: Callable[[str, int, int], None] = lambda name, number, of: None,
) -> Merged:
    """Adds an adapter into its base.

    The result is bit for bit that of PEFT's `merge_and_unload` on a CPU. Memory stays
    under that of one file of weights and one weight more.

    Args:
        adapter_folder: The adapter, as `oumi train` leaves it.
        base: The base model's folder.
        output: The merged model's folder; must not be there yet.
        note: Is told each file, with its number and their number, before it is written.

    Raises:
        CoalmError: The two do not belong together, the result would not differ from the
            base, or there is no room.
    """
    adapter = read_adapter(adapter_folder)
    shards = shards_of(base)
    _check_match(adapter, base, {n for names in shards.values() for n in names})
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise CoalmError("it is there already. Choose another folder.", path=output)
    _check_room(base, shards, output)
    changed = 0
    with _whole_or_not(output) as folder:
        for number, (file, names) in enumerate(shards.items(), 1):
            note(file, number, len(shards))
            shutil.copyfile(base / file, folder / file)
            chosen = [n for n in names if n in adapter.targets | adapter.replaced]
            changed += change_weights(folder / file, chosen, _changer(adapter))
        if not changed:
            raise CoalmError(
                "the merged model would not differ from its base in a single weight: "
                "the adapter is untrained, or so small that the weights' precision "
                "swallows it. Nothing was written.",
                path=adapter_folder,
            )
        template = _copy_rest(adapter_folder, base, folder)
    total = len(adapter.targets | adapter.replaced)
    return Merged(
        output, base, adapter, len(shards), changed, total - changed, template
    )


def _changer(adapter: Adapter) -> Callable[[str, torch.Tensor], bool]:
    def change(name: str, weight: torch.Tensor) -> bool:
        import torch

        if name in adapter.replaced:
            new = adapter.replacement(name)
        else:
            new = weight.clone()
            new += adapter.change(name)
        if new.shape != weight.shape:
            raise CoalmError(
                f"the weight '{name}' has the shape {list(weight.shape)} in the base and "
                f"{list(new.shape)} in the adapter: they do not belong together.",
                path=adapter.folder,
            )
        if not torch.isfinite(new).all():
            raise CoalmError(
                f"the merged weight '{name}' has numbers that are not finite: the "
                "training has diverged.",
                path=adapter.folder,
            )
        new = new.to(weight.dtype)
        differs = not torch.equal(new, weight)
        weight.copy_(new)
        return differs

    return change


def _check_match(adapter: Adapter, base: Path, names: set[str]) -> None:
    missing = sorted((adapter.targets | adapter.replaced) - names)
    if missing:
        raise CoalmError(
            f"the base has no weight '{missing[0]}', which the adapter changes (and "
            f"{len(missing) - 1} more): they do not belong together. The adapter was "
            f"trained on '{adapter.base}'; pass --base.",
            path=base,
        )


def _check_room(base: Path, shards: dict[str, tuple[str, ...]], output: Path) -> None:
    need = sum((base / file).stat().st_size for file in shards)
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


@contextmanager
def _whole_or_not(output: Path) -> Iterator[Path]:
    """Gives a folder beside the output, which takes its place if all goes well."""
    folder = output.absolute().with_name(f".{output.name}.unfinished")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
        if output.exists():
            output.rmdir()
        folder.rename(output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
