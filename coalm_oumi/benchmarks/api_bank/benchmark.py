"""The api_bank benchmark (README.md in this folder).

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: api_bank
        eval_kwargs: {level: [1, 2]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.api_bank.load import LEVELS, ApiBankData, load_api_bank
from coalm_oumi.benchmarks.api_bank.paper import TABLE
from coalm_oumi.benchmarks.api_bank.prompt import (
    OriginalTurns,
    PromptStyle,
    published_request,
)
from coalm_oumi.benchmarks.api_bank.score import score
from coalm_oumi.benchmarks.api_bank.text_overlap import PACKAGES
from coalm_oumi.errors import OptionError, expected_one_of, shorten
from coalm_oumi.evaluation.benchmark import SingleTurnBenchmark
from coalm_oumi.evaluation.conductor import Request
from coalm_oumi.evaluation.options import BenchmarkOptions
from coalm_oumi.evaluation.results import stored_ids

_NAMES = {
    "rouge_l": "Rouge-L",
    "rouge_1": "Rouge-1",
    "rouge_2": "Rouge-2",
    "bleu_4": "BLEU-4",
    "rouge_l_normalized": "Rouge-L without code fences",
    "rouge_1_normalized": "Rouge-1 without code fences",
    "rouge_2_normalized": "Rouge-2 without code fences",
    "bleu_4_normalized": "BLEU-4 without code fences",
    "exact_call_match": "exact call",
    "api_f1": "API name F1",
    "param_f1": "parameter F1",
    "api_f1_hammer": "API name F1 as Hammer counts",
    "param_f1_hammer": "parameter F1 as Hammer counts",
    "unparsable": "unparsable replies",
}
METRIC_NAMES = _NAMES | {
    f"l{level}_{name}": f"{words}, level {level}"
    for level in LEVELS
    for name, words in _NAMES.items()
}
"""The metrics in words: over all rows, and by level."""

_SPLITS = {"l1": (1,), "l2": (2,), "all": LEVELS}


@dataclass(frozen=True, kw_only=True)
class ApiBankOptions(BenchmarkOptions):
    """Options of the task (`eval_kwargs`).

    Attributes:
        level: 1, 2, or [1, 2].
        prompt_style: `hammer`, the published prompt as one message, as CoALM was scored;
            `original`, the dialogue as real turns.
    """

    level: Any = LEVELS
    prompt_style: PromptStyle = "hammer"

    def __post_init__(self) -> None:
        super().__post_init__()
        level = self.level
        given = level if isinstance(level, (list, tuple)) else [level]
        if not given or not all(type(v) is int and v in LEVELS for v in given):
            found = shorten(repr(level))
            raise OptionError(f"expected 1, 2 or [1, 2], found {found}.", field="level")
        object.__setattr__(self, "level", tuple(sorted(set(given))))


class ApiBank(SingleTurnBenchmark[ApiBankOptions, ApiBankData]):
    """API-Bank, levels 1 and 2, as CoALM was scored on it."""

    name = "api_bank"
    source = "api_bank"
    options = ApiBankOptions
    unit = "calls"
    protocol = "single turn, one call; Rouge and BLEU as LLaMA-Factory computes them"
    packages = PACKAGES
    published = {  # levels 1, 2, both
        "3f37a7b11303812528f52292eb2149ad5fe068215a8e57603ffd86645376d018": 399,
        "3b0616b6ee3411a93e15d958290802862e36c3effce812c3bf4987e801f15c2a": 127,
        "258b0027e6bb72399fb599db1e5c499f5f9e2a681e50a6546cc06012e6e6ae61": 526,
    }
    paper = TABLE
    main_metrics = ("exact_call_match",)
    metric_names = METRIC_NAMES
    score_cases = staticmethod(score)
    ceiling = {"rouge_l": 100, "exact_call_match": 100, "unparsable": 0}
    floor = {"rouge_l": 0, "exact_call_match": 0, "unparsable": 100}

    def load(self, options: ApiBankOptions) -> ApiBankData:
        return load_api_bank(
            levels=options.level, data=options.data, on_missing=options.on_missing
        )

    def requests(
        self, data: ApiBankData, options: ApiBankOptions
    ) -> Mapping[str, Request]:
        if options.prompt_style == "hammer":
            return {case.id: published_request(case) for case in data.cases}
        levels = {case.level for case in data.cases}
        turns = {level: OriginalTurns(data.folder, level) for level in levels}
        return {case.id: turns[case.level].request(case) for case in data.cases}

    def provenance(self, data: ApiBankData, options: ApiBankOptions) -> dict[str, Any]:
        return {**super().provenance(data, options), "levels": list(options.level)}

    def asked(self, data: ApiBankData, options: ApiBankOptions) -> dict[str, Any]:
        return {"prompt": f"api_bank_{options.prompt_style}"}

    def gold(self, data: ApiBankData) -> dict[str, str]:
        return {case.id: case.label for case in data.cases}

    def split_of(self, predictions: Path, given: str | None) -> str:
        if given is not None:
            return given
        levels = {key.partition("-")[0] for key in stored_ids(predictions)}
        return levels.pop() if levels in ({"l1"}, {"l2"}) else "all"

    def stored_options(self, split: str, data: str | None) -> ApiBankOptions:
        if split not in _SPLITS:
            raise OptionError(expected_one_of(split, tuple(_SPLITS)), field="split")
        return ApiBankOptions(level=_SPLITS[split], data=data, on_missing="embedded")


API_BANK = ApiBank()
