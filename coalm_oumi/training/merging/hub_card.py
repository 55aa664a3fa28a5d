"""The card of a trained adapter or a merged model, as the Hugging Face Hub reads it.

README.md with front matter: base model, data, licence, tags, and `model-index`, from which
the Hub shows results::

    model-index:
    - name: 8b_merged
      results:
      - task: {type: text-generation}
        dataset: {name: snips_dst, type: snips_dst}
        metrics:
        - {type: slot_f1, value: 51.6, name: slot_f1}
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

import coalm_oumi
from coalm_oumi.errors import CoalmError, DataFormatError
from coalm_oumi.storage import write_text
from coalm_oumi.training.merging.adapter import read_adapter
from coalm_oumi.training.merging.card import result_rows

_TAGS = ("coalm", "oumi", "dialogue-state-tracking", "function-calling")
_FILLED_IN = ("[More Information Needed]", "by coalm-oumi ")
"""What tells a card that a program wrote, and that may be replaced."""
_ON_HUB = re.compile(r"/datasets/([^/\s]+/[^/\s]+?)/?$")


def write_hub_card(
    folder: Path,
    results: Sequence[Path],
    *,
    base: str | None = None,
    licence: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Writes README.md into a model's folder.

    Args:
        folder: A trained adapter, or a merged model.
        results: Files `results.json` of benchmarks it was measured with, or folders that
            hold them.
        base: The base model's name; None for what the folder says.
        licence: The licence's short name, such as `llama3.1`; None for what the folder's
            card says, else `other`.
        overwrite: Whether to replace a card that a person wrote.

    Returns:
        The card's path.

    Raises:
        CoalmError: The folder holds no model; its base is not known; its card is a
            person's; results cannot be read.
    """
    is_adapter = (folder / "adapter_config.json").is_file()
    if not is_adapter and not (folder / "config.json").is_file():
        raise CoalmError(
            "it holds neither adapter_config.json nor config.json; expected a model's "
            "folder, as `oumi train` or `coalm merge` leaves it.",
            path=folder,
        )
    path = folder / "README.md"
    before = _front_matter(_replaceable(path, overwrite=overwrite))
    if base is None and is_adapter:
        base = read_adapter(folder).base
    base = base or before.get("base_model")
    if not base:
        raise CoalmError("the folder does not name its base. Pass --base.", path=folder)
    files = _result_files(results)
    head = {
        "base_model": base,
        "base_model_relation": "adapter" if is_adapter else "finetune",
        "library_name": "peft" if is_adapter else "transformers",
        "pipeline_tag": "text-generation",
        "license": licence or before.get("license") or "other",
        "language": ["en"],
        "tags": list(_TAGS),
        "datasets": _hub_datasets(_trained_on(folder)),
        "model-index": [{"name": folder.name, "results": _index(files)}],
    }
    kept = {key: value for key, value in head.items() if value}
    if not files:
        del kept["model-index"]
    shown = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)
    body = _body(folder, str(base), is_adapter=is_adapter, files=files)
    write_text(path, f"---\n{shown}---\n\n{body}")
    return path


def _replaceable(path: Path, *, overwrite: bool) -> str:
    """Returns the card that is there, empty if none, where it may be replaced."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if text and not overwrite and not any(mark in text for mark in _FILLED_IN):
        raise CoalmError(
            "this card was not written by coalm or peft. Pass --overwrite to replace it.",
            path=path,
        )
    return text


def _front_matter(text: str) -> dict[str, Any]:
    if not text.startswith("---\n"):
        return {}
    try:
        found = yaml.safe_load(text.split("---\n", 2)[1])
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def _result_files(given: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in given:
        inside = sorted(path.rglob("results.json")) if path.is_dir() else [path]
        if not inside:
            raise DataFormatError("there is no results.json in it.", path=path)
        found += inside
    return found


def _index(files: Sequence[Path]) -> list[dict[str, Any]]:
    entries = []
    for path in files:
        result_rows(path)  # says what is wrong with the file
        content = json.loads(path.read_text(encoding="utf-8"))
        metrics = [
            {"type": name, "value": round(metric["value"], 4), "name": name}
            for name, metric in content["metrics"].items()
        ]
        task = content["task"]
        entries.append(
            {
                "task": {"type": "text-generation"},
                "dataset": {"name": task, "type": task},
                "metrics": metrics,
            }
        )
    return entries


def _trained_on(folder: Path) -> list[str]:
    """Returns the datasets of the training, where Oumi left its configuration."""
    path = folder / "telemetry" / "training_config.yaml"
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        return [str(d["dataset_name"]) for d in config["data"]["train"]["datasets"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return []


def _hub_datasets(names: Sequence[str]) -> list[str]:
    """Returns the datasets of the Hub that our datasets are made of."""
    from coalm_oumi.datasets.parts import PARTS

    pages = [
        source.homepage
        for part in PARTS.values()
        if part.dataset in names
        for source in part.sources
    ]
    found = [match[1] for page in pages if (match := _ON_HUB.search(page))]
    return list(dict.fromkeys(found))


def _body(folder: Path, base: str, *, is_adapter: bool, files: Sequence[Path]) -> str:
    what = "A LoRA adapter for" if is_adapter else "Made of"
    lines = [
        f"# {folder.name}",
        "",
        f"{what} `{base}`: a model that tracks dialogue state and calls functions, after "
        f"CoALM (arXiv 2502.08820). Trained and measured by coalm-oumi "
        f"{coalm_oumi.__version__}.",
        "",
    ]
    if names := _trained_on(folder):
        lines += [f"Trained on {', '.join(f'`{name}`' for name in names)}.", ""]
    lines += [
        "The base model's licence holds, and beside it the licences of the training data.",
        "",
    ]
    if files:
        lines += [
            "## Results",
            "",
            "| benchmark | metric | value | 95 % interval | n |",
            "|---|---|--:|---|--:|",
            *(row for path in files for row in result_rows(path)),
            "",
        ]
    return "\n".join(lines)
