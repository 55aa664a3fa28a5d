"""A LoRA adapter as PEFT saves it: `adapter_config.json`, `adapter_model.safetensors`.

In::

    base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight   [16, 4096]
    base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight   [4096, 16]

Out: what is added to `model.layers.0.self_attn.q_proj.weight`: B A, times alpha / r.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalm_oumi.errors import CoalmError, DataFormatError

if TYPE_CHECKING:
    import torch

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"
_PREFIX = "base_model.model."
_A, _B = ".lora_A.weight", ".lora_B.weight"
# What would have to be merged otherwise than vanilla LoRA is.
_UNKNOWN = {
    "use_dora": False,
    "fan_in_fan_out": False,
    "bias": "none",
    "lora_bias": False,
    "rank_pattern": {},
    "alpha_pattern": {},
}


@dataclass(frozen=True)
class Adapter:
    """An adapter on disk.

    Attributes:
        folder: Where it lies.
        base: The model it was trained on, as its config names it.
        rank: Its rank.
        alpha: Its alpha.
        scaling: What B A is multiplied with.
        targets: Names of the base's weights that it changes.
        replaced: Names of the base's weights that were trained whole.
    """

    folder: Path
    base: str | None
    rank: int
    alpha: float
    scaling: float
    targets: frozenset[str]
    replaced: frozenset[str]

    def change(self, name: str) -> torch.Tensor:
        """Returns what is added to a weight of the base, in float32."""
        from safetensors import safe_open

        stem = _PREFIX + name.removesuffix(".weight")
        with safe_open(str(self.folder / WEIGHTS_FILE), framework="pt") as file:
            low, high = file.get_tensor(stem + _A), file.get_tensor(stem + _B)
        return (high.float() @ low.float()) * self.scaling

    def replacement(self, name: str) -> torch.Tensor:
        """Returns a weight that was trained whole."""
        from safetensors import safe_open

        with safe_open(str(self.folder / WEIGHTS_FILE), framework="pt") as file:
            return file.get_tensor(_PREFIX + name)


def read_adapter(folder: Path) -> Adapter:
    """Opens an adapter.

    Raises:
        CoalmError: There is none, or it is of a kind that cannot be merged here.
    """
    config = _read_config(folder / CONFIG_FILE)
    names = _weight_names(folder / WEIGHTS_FILE)
    if config.get("peft_type") != "LORA":
        raise CoalmError(
            f"expected a LoRA adapter, found peft_type {config.get('peft_type')!r}.",
            path=folder / CONFIG_FILE,
        )
    for field, plain in _UNKNOWN.items():
        if config.get(field) not in (plain, None):
            raise CoalmError(
                f"adapters with {field}: {config[field]!r} are not merged here. Use "
                "PEFT's own merge_and_unload.",
                path=folder / CONFIG_FILE,
                field=field,
            )
    try:
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
        scaling = alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise DataFormatError(
            f"expected the numbers r and lora_alpha ({type(error).__name__}: {error}).",
            path=folder / CONFIG_FILE,
        ) from error
    low = {n.removesuffix(_A) for n in names if n.endswith(_A)}
    high = {n.removesuffix(_B) for n in names if n.endswith(_B)}
    rest = {n for n in names if not n.endswith((_A, _B))}
    if not low or low != high or any("lora_" in name for name in rest):
        raise DataFormatError(
            "expected a lora_A and a lora_B for each layer; the adapter is incomplete, or "
            "not of linear layers only.",
            path=folder / WEIGHTS_FILE,
        )
    return Adapter(
        folder=folder,
        base=config.get("base_model_name_or_path"),
        rank=rank,
        alpha=alpha,
        scaling=scaling,
        targets=frozenset(f"{n.removeprefix(_PREFIX)}.weight" for n in low),
        replaced=frozenset(n.removeprefix(_PREFIX) for n in rest),
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


def _weight_names(path: Path) -> list[str]:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise CoalmError(
            "the adapter's weights are missing. Only safetensors are read; convert older "
            "files with PEFT.",
            path=path,
        )
    try:
        with safe_open(str(path), framework="pt") as file:
            return list(file.keys())
    except SafetensorError as error:
        raise DataFormatError(f"it cannot be read: {error}.", path=path) from error
