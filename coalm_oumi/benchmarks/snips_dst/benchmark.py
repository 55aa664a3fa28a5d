"""The snips_dst benchmark (README.md in this folder).

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: snips_dst
        eval_kwargs: {prompt_layout: plain}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalm_oumi.benchmarks.snips_dst.load import load_snips_dst
from coalm_oumi.benchmarks.snips_dst.score import GoldCase, score
from coalm_oumi.evaluation.benchmark import SingleTurnBenchmark
from coalm_oumi.evaluation.cases import Cases
from coalm_oumi.evaluation.conductor import Request
from coalm_oumi.evaluation.options import BenchmarkOptions
from coalm_oumi.prompts import snips_template
from coalm_oumi.prompts.layout import PromptLayout, prompt_turns
from coalm_oumi.sources.snips import SnipsPart


@dataclass(frozen=True, kw_only=True)
class SnipsDstOptions(BenchmarkOptions):
    """Options of the task (`eval_kwargs`).

    Attributes:
        prompt_layout: How instruction and input become messages; the layout that the
            model was trained with.
        split: Part of the data to test on: `test`, or `validation`.
    """

    prompt_layout: PromptLayout = "plain"
    split: SnipsPart = "test"


class SnipsDst(SingleTurnBenchmark[SnipsDstOptions, Cases[GoldCase]]):
    """SNIPS as single-turn dialogue state tracking."""

    name = "snips_dst"
    source = "snips_split"
    options = SnipsDstOptions
    unit = "utterances"
    protocol = "single turn, exact match of intent and slot values"
    prompt = snips_template().id
    score_cases = staticmethod(score)
    main_metrics = ("joint_goal_accuracy",)
    metric_names = {
        "joint_goal_accuracy_normalized": "joint goal accuracy, case and spaces ignored",
        "unparsable": "unparsable replies",
        "repeated_slot": "replies that name a slot twice",
    }
    ceiling = {"joint_goal_accuracy": 100, "slot_f1": 100, "unparsable": 0}
    floor = {"joint_goal_accuracy": 0, "slot_f1": 0, "unparsable": 100}

    def load(self, options: SnipsDstOptions) -> Cases[GoldCase]:
        return load_snips_dst(
            data=options.data, part=options.split, on_missing=options.on_missing
        )

    def requests(
        self, data: Cases[GoldCase], options: SnipsDstOptions
    ) -> Mapping[str, Request]:
        # Not at the top: scores and reports need none of it.
        from coalm_oumi.datasets.snips_dst import state_tracking_prompt

        layout = options.prompt_layout
        return {
            case.id: Request.of_turns(
                prompt_turns(*state_tracking_prompt(case.text), layout)
            )
            for case in data.cases
        }

    def asked(self, data: Cases[GoldCase], options: SnipsDstOptions) -> dict[str, Any]:
        return {"prompt": self.prompt, "prompt_layout": options.prompt_layout}

    def gold(self, data: Cases[GoldCase]) -> dict[str, str]:
        from coalm_oumi.datasets.snips_dst import write_state

        return {
            case.id: write_state(case.state.intent, dict(case.state.slot_values))
            for case in data.cases
        }


SNIPS_DST = SnipsDst()
