"""Digests of what `coalm build` writes and of what each dataset gives, for fixed seeds.

Run as a script (`python -m tests.mixture.digests FILE [REAL_DATA]`) it writes them anew,
after a change of the samples that is meant, and then with a note in the changelog.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa

from coalm_oumi.mixture import BuildOptions, build

REPOSITORY = Path(__file__).resolve().parents[2]
OWN_APIS: dict[str, Any] = {
    "catalogue": "configs/own_apis/openapi.yaml",
    "dialogues": "configs/own_apis/dialogues.jsonl",
}
BUILDS: dict[str, tuple[dict[str, Any], int]] = {
    "seed 42": ({"seed": 42}, 1),
    "seed 42, two processes": ({"seed": 42}, 2),
    "seed 7": ({"seed": 7}, 1),
    "messages": ({"limit": 40, "format": "messages"}, 1),
    "own APIs": ({"only": ("cra",), "format": "messages", **OWN_APIS}, 1),
    "CRA's options": (
        {
            "only": ("cra",),
            "limit": 20,
            "function_list": "dialogue",
            "action_turns": "all",
            "function_names": "as_published",
            "state_date": False,
            "undated_actions": "drop",
        },
        1,
    ),
}
"""Builds of the embedded corpus: options, and processes."""
REAL_BUILD: dict[str, Any] = {"limit": 200, "on_missing": "skip"}
EMBEDDED: dict[str, Any] = {"on_missing": "embedded"}
DATASETS: dict[str, tuple[str, dict[str, Any]]] = {
    "snips_dst": ("SnipsDstDataset", EMBEDDED),
    "snips_dst raw": ("SnipsDstDataset", {**EMBEDDED, "layout": "raw"}),
    "snips_dst test": ("SnipsDstDataset", {**EMBEDDED, "split": "test"}),
    "hammer_masked": ("HammerMaskedDataset", EMBEDDED),
    "hammer_masked own share": (
        "HammerMaskedDataset",
        {**EMBEDDED, "mask_ratio": 1.0, "copies": 1, "irrelevance": False},
    ),
    "toolace": ("ToolAceDataset", EMBEDDED),
    "toolace reject": ("ToolAceDataset", {**EMBEDDED, "own_notation": "reject"}),
    "cra": ("CraDataset", EMBEDDED),
    "cra validation": ("CraDataset", {**EMBEDDED, "split": "validation"}),
    "cra own APIs": ("CraDataset", OWN_APIS),
}
"""Datasets of the embedded corpus."""


def build_digests(
    options: dict[str, Any], workers: int, folder: Path
) -> dict[str, str]:
    """Builds and returns the SHA-256 of each file, versions left out of the manifest."""
    made: dict[str, Any] = {"on_missing": "embedded"} | options
    built = build(folder, BuildOptions(**made), workers=workers)
    found = {
        path.relative_to(folder).as_posix(): _sha256(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".parquet"
    }
    manifest = {k: v for k, v in built.manifest.items() if k != "versions"}
    files = manifest.pop("files")
    manifest["files"] = [f for f in files if not f["path"].endswith(".parquet")]
    found["manifest.json"] = _sha256(json.dumps(manifest).encode())
    for file in files:
        if file["path"].endswith(".parquet"):
            found[f"pyarrow {pa.__version__}: {file['path']}"] = file["sha256"]
    return found


def dataset_digests(kind: str, options: dict[str, Any]) -> dict[str, str]:
    """Returns the SHA-256 of a dataset's rows, and of two conversations by layout."""
    from coalm_oumi import datasets  # not in the processes of a build: it takes seconds
    from coalm_oumi.prompts.layout import PROMPT_LAYOUTS

    found = {}
    for layout in PROMPT_LAYOUTS:
        dataset = getattr(datasets, kind)(prompt_layout=layout, **options)
        last = len(dataset.data) - 1
        ends = [dataset.conversation(n).to_dict() for n in (0, last)]
        found[layout] = _sha256(json.dumps(ends).encode())
        if layout == PROMPT_LAYOUTS[0]:
            rows = dataset.data.to_dict("records")
            found["rows"] = _sha256(json.dumps(rows, default=repr).encode())
    return found


def mixture_dataset_digests(folder: Path) -> dict[str, str]:
    """Returns the digests of `coalm/it` over a build."""
    build(folder, BuildOptions(limit=20, on_missing="embedded"))
    options = {"dataset_path": str(folder), "include": ["snips", "toolace", "cra"]}
    return dataset_digests("CoalmItDataset", options)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _all(real_data: str | None, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {
        "builds": {
            name: build_digests(*build, folder / name) for name, build in BUILDS.items()
        },
        "datasets": {
            name: dataset_digests(*dataset) for name, dataset in DATASETS.items()
        },
    }
    found["datasets"]["it"] = mixture_dataset_digests(folder / "it")
    if real_data:
        with mock.patch.dict(os.environ, {"COALM_DATA_DIR": real_data}):
            found["real"] = build_digests(REAL_BUILD, 2, folder / "real")
    return found


if __name__ == "__main__":
    file = Path(sys.argv[1]).resolve()
    os.chdir(REPOSITORY)
    os.environ.pop("COALM_DATA_DIR", None)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["COALM_CACHE_DIR"] = f"{scratch}/cache"
        made = _all(sys.argv[2] if len(sys.argv) > 2 else None, Path(scratch))
    file.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
