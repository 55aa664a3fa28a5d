"""A LoRA adapter as PEFT saves it: `adapter_config.json`, `adapter_model.safetensors`.

In::

    base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight   [16, 4096]
    base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight   [4096, 16]
    base_model.model.model.embed_tokens.lora_embedding_A             [16, 128256]
    base_model.model.model.embed_tokens.lora_embedding_B             [4096, 16]
    base_model.model.model.norm.weight                               [4096]

Out: what becomes of `model.layers.0.self_attn.q_proj.weight`: it plus B A, times
alpha / r; of `model.embed_tokens.weight`: it plus the same, transposed; of
`model.norm.weight`, which was trained whole: that. Beside the LoRA of an embedding or an
output layer PEFT stores the layer's own weight (`lm_head.base_layer.weight`) and puts it
into the base when it loads the adapter; so it is here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalm_oumi.errors import CoalmError, DataFormatError, shorten
from coalm_oumi.training.merging.options import check_options

if TYPE_CHECKING:
    import torch

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"
_PREFIX = "base_model.model."
_OWN = ".base_layer"
_LINEAR = (".lora_A.weight", ".lora_B.weight")
_EMBEDDING = (".lora_embedding_A", ".lora_embedding_B")


@dataclass(frozen=True)
class Change:
    """What becomes of one weight of the base.

    Attributes:
        whole: The adapter's tensor that takes its place; None if it stays.
        low: The tensor A; None without a LoRA.
        high: The tensor B; None without a LoRA.
        scaling: What B A is multiplied with.
        transposed: Whether B A is transposed, as it is for an embedding.
    """

    whole: str | None = None
    low: str | None = None
    high: str | None = None
    scaling: float = 0.0
    transposed: bool = False


@dataclass(frozen=True)
class Adapter:
    """An adapter on disk.

    Attributes:
        folder: Where it lies.
        base: The model it was trained on, as its config names it.
        revision: The version of that model, as its config names it.
        rank: Its rank, where it has no other for a layer.
        alpha: Its alpha, where it has no other for a layer.
        changes: What becomes of the base's weights, by their names.
    """

    folder: Path
    base: str | None
    revision: str | None
    rank: int
    alpha: float
    changes: Mapping[str, Change]

    def merged(self, name: str, weight: torch.Tensor) -> torch.Tensor:
        """Returns what becomes of a weight, in the base's number format.

        Args:
            name: Its name; one that is not among `changes` stays.
            weight: The weight in the base.

        Raises:
            CoalmError: The two do not fit, or the result has numbers that are not finite.
        """
        import torch
        from safetensors import safe_open

        change = self.changes.get(name, Change())
        new = weight.clone()
        with safe_open(str(self.folder / WEIGHTS_FILE), framework="pt") as file:
            if change.whole is not None:
                whole = file.get_tensor(change.whole)
                self._check_shape(name, weight, whole)
                new.copy_(whole)
            if change.low is not None and change.high is not None:
                low, high = file.get_tensor(change.low), file.get_tensor(change.high)
                added = (high.float() @ low.float()) * change.scaling
                if change.transposed:
                    # PEFT rounds an embedding's change before it adds it.
                    added = added.T.to(weight.dtype)
                self._check_shape(name, weight, added)
                new += added
        if not torch.isfinite(new).all():
            raise CoalmError(
                f"the merged weight '{name}' has numbers that are not finite: the "
                "training has diverged.",
                path=self.folder,
            )
        return new

    def _check_shape(
        self, name: str, weight: torch.Tensor, other: torch.Tensor
    ) -> None:
        ours, theirs = list(weight.shape), list(other.shape)
        if ours == theirs:
            return
        problem = (
            f"the weight '{name}' has the shape {ours} in the base and {theirs} in the "
            "adapter"
        )
        if len(ours) == len(theirs) == 2 and ours[1] == theirs[1]:
            raise CoalmError(
                f"{problem}: it was trained on a base with another vocabulary, or one "
                "that tokens were added to. Pass --base with that one, saved after its "
                "embeddings were resized.",
                path=self.folder,
            )
        raise CoalmError(f"{problem}: they do not belong together.", path=self.folder)


def read_adapter(folder: Path) -> Adapter:
    """Opens an adapter.

    Raises:
        CoalmError: There is none, or it is of a kind that cannot be merged here.
    """
    path = folder / CONFIG_FILE
    config = _read_config(path)
    shapes = _shapes(folder / WEIGHTS_FILE)
    check_options(config, path)
    try:
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
        changes = _changes(config, shapes, folder / WEIGHTS_FILE)
    except (
        *(KeyError, TypeError, ValueError, AttributeError, OverflowError),
        *(ZeroDivisionError, re.error, RecursionError),
    ) as error:
        raise DataFormatError(
            "expected the numbers r and lora_alpha, and for single layers rank_pattern "
            f"and alpha_pattern ({type(error).__name__}: {shorten(error)}).",
            path=path,
        ) from error
    return Adapter(
        folder=folder,
        base=_text(config, "base_model_name_or_path", path),
        revision=_text(config, "revision", path),
        rank=rank,
        alpha=alpha,
        changes=changes,
    )


def _changes(
    config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], path: Path
) -> dict[str, Change]:
    """Returns what becomes of each weight of the base that the file has tensors for."""
    changes: dict[str, Change] = {}
    loras: dict[str, set[str]] = {}
    for name in shapes:
        end = next((e for e in (*_LINEAR, *_EMBEDDING) if name.endswith(e)), None)
        if end is not None:
            loras.setdefault(name.removesuffix(end), set()).add(end)
        elif "lora_" in name or not name.startswith(_PREFIX):
            raise DataFormatError(
                f"the tensor '{shorten(name)}' is none that PEFT stores for a linear "
                "layer, an embedding or a layer trained whole.",
                path=path,
            )
        else:
            changes[name.removeprefix(_PREFIX).replace(f"{_OWN}.", ".")] = Change(name)
    if not loras:
        raise DataFormatError("expected a lora_A and a lora_B, found none.", path=path)
    for stem, ends in loras.items():
        if ends not in (set(_LINEAR), set(_EMBEDDING)) or not stem.startswith(_PREFIX):
            raise DataFormatError(
                f"expected a lora_A and a lora_B for '{shorten(stem)}', found "
                f"{', '.join(sorted(ends))}: the adapter is incomplete.",
                path=path,
            )
        module = stem.removeprefix(_PREFIX)
        transposed = ends == set(_EMBEDDING)
        low, high = (stem + end for end in (_EMBEDDING if transposed else _LINEAR))
        own = changes.get(f"{module}.weight", Change())
        scaling = _scaling(config, module, shapes[low][0], path)
        changes[f"{module}.weight"] = Change(own.whole, low, high, scaling, transposed)
    return changes


def _scaling(config: Mapping[str, Any], module: str, found: int, path: Path) -> float:
    """Returns what B A of a layer is multiplied with, as PEFT computes it."""
    rank = int(_of_layer(config.get("rank_pattern"), module, config["r"]))
    alpha = float(_of_layer(config.get("alpha_pattern"), module, config["lora_alpha"]))
    if rank < 1:
        raise ValueError(f"a rank of {rank}")
    if rank != found:
        raise DataFormatError(
            f"the LoRA of '{module}' has the rank {found}, and {CONFIG_FILE} names {rank}: "
            "the two files are not of one adapter.",
            path=path,
        )
    scaling = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    if not math.isfinite(scaling):
        raise DataFormatError(
            f"what B A of '{module}' is multiplied with is not finite: lora_alpha (or "
            f"alpha_pattern) is {alpha}.",
            path=path.with_name(CONFIG_FILE),
        )
    return scaling


def _of_layer(pattern: Mapping[str, Any] | None, module: str, default: Any) -> Any:
    """Returns a layer's own value: the first whose key its name ends with."""
    for key, value in (pattern or {}).items():
        if re.match(rf"(.*\.)?({key})$", module):
            return value
    return default


def _text(config: Mapping[str, Any], field: str, path: Path) -> str | None:
    value = config.get(field)
    if value is None or isinstance(value, str):
        return value
    raise DataFormatError(
        f"expected a text, found {shorten(repr(value))}.", path=path, field=field
    )


def _read_config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CoalmError(
            "the file is missing: expected a folder with a LoRA adapter, as `oumi train` "
            "leaves it.",
            path=path,
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataFormatError(f"it is not JSON: {error}.", path=path) from error
    if not isinstance(config, dict):
        raise DataFormatError("expected a JSON object.", path=path)
    return config


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each tensor of the adapter, by name."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise CoalmError(
            "the adapter's weights are missing. Only safetensors are read; convert older "
            "files with PEFT.",
            path=path,
        )
    try:
        with safe_open(str(path), framework="pt") as file:
            return {n: tuple(file.get_slice(n).get_shape()) for n in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise DataFormatError(f"it cannot be read: {error}.", path=path) from error
