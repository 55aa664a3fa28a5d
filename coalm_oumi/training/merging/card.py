"""The card of a merged model: what it was made of, its licence, its results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import coalm_oumi
from coalm_oumi.errors import DataFormatError
from coalm_oumi.training.merging.merge import Merged

_SPDX = "other"


def model_card(
    merged: Merged, base: str, licence: str | None, results: Sequence[str]
) -> str:
    """Returns a card in the form that the Hugging Face Hub reads.

    Args:
        merged: What was merged.
        base: The base model's name.
        licence: The licence's short name; None if it is not known here.
        results: Rows of its results, by `result_rows`.
    """
    adapter = merged.adapter
    lines = [
        "---",
        f"base_model: {json.dumps(base)}",
        f"license: {licence or _SPDX}",
        "library_name: transformers",
        "tags: [coalm, dialogue-state-tracking, function-calling]",
        "---",
        "",
        f"# {merged.folder.name}",
        "",
        f"A LoRA adapter (r {adapter.rank}, alpha {adapter.alpha:g}) merged into `{base}` "
        f"by coalm-oumi {coalm_oumi.__version__}: {merged.changed} weights differ from "
        "the base.",
        *(
            ["", "Its output layer is no longer its embedding, as it is in the base."]
            if merged.parted
            else []
        ),
        "",
        "Tokenizer and chat template are "
        + (
            "those it was trained with."
            if merged.template == "adapter"
            else "the base's."
        ),
        "",
        "Licence: "
        + (licence or f"that of the base model, `{base}`; see its page.")
        + " The training data's own licences hold beside it: `coalm check` names them.",
        "",
    ]
    if results:
        lines += [
            "## Results",
            "",
            "| benchmark | metric | value | 95 % interval | n |",
        ]
        lines += ["|---|---|--:|---|--:|"]
        lines += results
        lines.append("")
    return "\n".join(lines)


def result_rows(path: Path) -> list[str]:
    """Returns a benchmark's results as rows of a card.

    Args:
        path: A `results.json` of a benchmark that the model was measured with.

    Raises:
        DataFormatError: It cannot be used.
    """
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return [
            f"| {content['task']} | {name} | {metric['value']:.2f} | "
            f"{metric['interval'][0]:.2f} to {metric['interval'][1]:.2f} | {metric['n']} |"
            for name, metric in content["metrics"].items()
        ]
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
    ) as error:
        raise DataFormatError(
            f"expected a results.json of one of our benchmarks ({type(error).__name__}: "
            f"{error}).",
            path=path,
        ) from error
