"""The weights of a base model on disk, changed in place through the file's own pages.

A safetensors file is a length (8 bytes), a JSON header and the tensors' bytes::

    {"model.norm.weight": {"dtype": "BF16", "shape": [4096], "data_offsets": [0, 8192]}}

A merged weight has the size of the base's, so a copy of the file is mapped and only the
bytes of those weights are written: never more than one of them is in memory twice.
"""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalm_oumi.errors import CoalmError, DataFormatError

if TYPE_CHECKING:
    import torch

INDEX_FILE = "model.safetensors.index.json"
SINGLE_FILE = "model.safetensors"
_LONGEST_HEADER = 100 * 2**20
_LENGTH = struct.Struct("<Q")


def shards_of(folder: Path) -> dict[str, tuple[str, ...]]:
    """Returns the weights' names, by the file in which they lie.

    Raises:
        CoalmError: There are none, or one is missing or damaged.
    """
    index = folder / INDEX_FILE
    if index.is_file():
        try:
            places = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
            files = sorted(set(places.values()))
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            RecursionError,
        ) as error:
            raise DataFormatError(
                f"expected an index with a weight_map ({error}).", path=index
            ) from error
    elif (folder / SINGLE_FILE).is_file():
        files = [SINGLE_FILE]
    else:
        raise CoalmError(
            f"there are no weights: neither {SINGLE_FILE} nor {INDEX_FILE}.",
            path=folder,
        )
    for name in files:
        if not isinstance(name, str) or Path(name).name != name:
            raise DataFormatError(f"'{name}' lies outside the folder.", path=index)
        if not (folder / name).is_file():
            raise CoalmError("this part of the weights is missing.", path=folder / name)
    return {
        name: tuple(n for n in read_header(folder / name)[0] if n != "__metadata__")
        for name in files
    }


def read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Returns the header of a safetensors file, and where the tensors' bytes begin.

    Raises:
        DataFormatError: It is damaged.
    """
    try:
        with path.open("rb") as file:
            (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
            if length > _LONGEST_HEADER:
                raise ValueError(f"a header of {length} bytes")
            header = json.loads(file.read(length))
        ends = [v["data_offsets"][1] for k, v in header.items() if k != "__metadata__"]
        start = _LENGTH.size + length
        if path.stat().st_size != start + max(ends, default=0):
            raise ValueError("the file's size is not what its header says")
    except (struct.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataFormatError(
            f"it is no whole safetensors file ({error}). Fetch it again.", path=path
        ) from error
    return header, start


def read_weight(path: Path, name: str) -> torch.Tensor:
    """Returns a weight of a file.

    Raises:
        CoalmError: It is not of a floating point kind.
    """
    from safetensors import safe_open

    _check_kind(read_header(path)[0][name]["dtype"], path, name)
    with safe_open(str(path), framework="pt") as file:
        return file.get_tensor(name)


def write_index(folder: Path) -> None:
    """Writes the index of a folder's files of weights, by what the files hold."""
    headers = {p.name: read_header(p)[0] for p in sorted(folder.glob("*.safetensors"))}
    weights = {
        name: (file, entry["data_offsets"])
        for file, header in headers.items()
        for name, entry in header.items()
        if name != "__metadata__"
    }
    index = {
        "metadata": {"total_size": sum(e - b for _, (b, e) in weights.values())},
        "weight_map": {name: file for name, (file, _) in sorted(weights.items())},
    }
    text = json.dumps(index, indent=2) + "\n"
    (folder / INDEX_FILE).write_text(text, encoding="utf-8")


def change_weights(
    path: Path, names: list[str], change: Callable[[str, torch.Tensor], bool]
) -> int:
    """Changes weights of a file in place.

    Args:
        path: A safetensors file of one's own.
        names: The weights to change.
        change: Changes a weight in place, given its name; says whether it differs now.

    Returns:
        How many of the weights differ.

    Raises:
        CoalmError: A weight is not of a floating point kind.
    """
    header, start = read_header(path)
    differ = 0
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as pages:
        for name in names:
            weight = _tensor(pages, header[name], start, path, name)
            differ += change(name, weight)
            # The pages cannot be closed while a tensor looks at them.
            del weight
        pages.flush()
    return differ


def _tensor(
    pages: mmap.mmap, entry: dict[str, Any], start: int, path: Path, name: str
) -> torch.Tensor:
    import torch

    kind = _check_kind(entry["dtype"], path, name)
    begin, end = entry["data_offsets"]
    count = (end - begin) // kind.itemsize
    flat = torch.frombuffer(pages, dtype=kind, count=count, offset=start + begin)
    return flat.view(entry["shape"])


def _check_kind(dtype: str, path: Path, name: str) -> torch.dtype:
    import torch

    kinds = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    if dtype not in kinds:
        raise CoalmError(
            f"the weight '{name}' is of kind {dtype}; expected a model that is not "
            "quantised: take the original (`--base` of `coalm merge`).",
            path=path,
        )
    return kinds[dtype]
