"""The cra_actions benchmark (README.md in this folder).

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: cra_actions
        eval_kwargs: {prompt_layout: plain, limit: 200} # dialogues; null for all
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from coalm_oumi.benchmarks.cra_actions.load import (
    DEFAULT_SEED,
    CraActionsData,
    load_cra_actions,
)
from coalm_oumi.benchmarks.cra_actions.prompt import (
    PROTOCOLS,
    ThoughtGiven,
    action_prompts,
    prompt_id,
    protocol,
)
from coalm_oumi.benchmarks.cra_actions.score import score
from coalm_oumi.cra.dates import undated_values
from coalm_oumi.cra.function_lists import FunctionList
from coalm_oumi.cra.function_names import FunctionNames
from coalm_oumi.errors import OptionError
from coalm_oumi.evaluation.benchmark import SingleTurnBenchmark
from coalm_oumi.evaluation.conductor import Request
from coalm_oumi.evaluation.floors import most_frequent
from coalm_oumi.evaluation.options import BenchmarkOptions
from coalm_oumi.evaluation.results import read_predictions, stored_ids
from coalm_oumi.prompts.layout import PromptLayout, prompt_turns
from coalm_oumi.sources.rows import read_json_lines
from coalm_oumi.sources.sgd import SgdPart

DEFAULT_SPLIT: SgdPart = "dev"


@dataclass(frozen=True, kw_only=True)
class CraActionsOptions(BenchmarkOptions):
    """Options of the task (`eval_kwargs`).

    Attributes:
        prompt_layout: How instruction and input become messages; the layout that the
            model was trained with.
        thought: Whether the thought before the action is `given`, as in training, or
            the model's `own`.
        function_list: Whether prompts list `all` functions of the part, or those of the
            `dialogue`'s services; as the model was trained.
        function_names: Whether functions that share a name are told apart `by_service`,
            or named `as_published`; as the model was trained.
        state_date: Whether prompts state today's date; as the model was trained.
        split: Part of the data to test on: `dev`, or another that the data has.
        limit: How many dialogues to take, by a seeded draw; None for all.
        sample_seed: Fixes the draw, and the wording of the thoughts.
    """

    prompt_layout: PromptLayout = "plain"
    thought: ThoughtGiven = "given"
    function_list: FunctionList = "all"
    function_names: FunctionNames = "by_service"
    state_date: bool = True
    split: SgdPart = DEFAULT_SPLIT
    limit: int | None = field(default=200, metadata={"ge": 1})
    sample_seed: int = DEFAULT_SEED


class CraActions(SingleTurnBenchmark[CraActionsOptions, CraActionsData]):
    """Next actions on held-out SGD dialogues."""

    name = "cra_actions"
    source = "sgd"
    options = CraActionsOptions
    unit = "turns"
    size_option = "limit"
    protocol = "cra_actions: stored predictions"
    trained_on = (
        "coalm/cra",
        ("function_list", "function_names", "state_date", "prompt_layout"),
    )
    score_cases = staticmethod(score)
    main_metrics = ("name_accuracy", "next_action_accuracy")
    metric_names = {
        "name_accuracy": "right function, where a call is due",
        "arguments_accuracy": "right function and arguments, where a call is due",
        "arguments_accuracy_normalized": "right function and arguments, as text",
        "decision_accuracy": "right decision to call or to answer",
        "unparsable": "unparsable replies",
    }
    constant_replies = ("", "System: ok")
    ceiling = {"next_action_accuracy": 100, "arguments_accuracy": 100, "unparsable": 0}
    floor = {"next_action_accuracy": 0, "arguments_accuracy": 0, "unparsable": 100}

    def load(self, options: CraActionsOptions) -> CraActionsData:
        return load_cra_actions(
            data=options.data,
            part=options.split,
            on_missing=options.on_missing,
            limit=options.limit,
            seed=options.sample_seed,
            function_list=options.function_list,
            function_names=options.function_names,
        )

    def requests(
        self, data: CraActionsData, options: CraActionsOptions
    ) -> Mapping[str, Request]:
        prompts = (
            prompt
            for dialogue in data.dialogues
            for prompt in action_prompts(
                dialogue,
                data.lists.of(dialogue),
                thought=options.thought,
                state_date=options.state_date,
            )
        )
        return {
            case.id: Request.of_turns(prompt_turns(*prompt, options.prompt_layout))
            for case, prompt in zip(data.cases, prompts, strict=False)
        }

    def provenance(
        self, data: CraActionsData, options: CraActionsOptions
    ) -> dict[str, Any]:
        found = super().provenance(data, options)
        return {**found, "function_names": options.function_names}

    def asked(self, data: CraActionsData, options: CraActionsOptions) -> dict[str, Any]:
        dated = options.state_date
        return {
            "protocol": protocol(
                PROTOCOLS[options.thought],
                function_names=options.function_names,
                state_date=dated,
            ),
            "dialogues": len(data.dialogues),
            "usable_dialogues": data.usable,
            "left_out_dialogues": dict(data.left_out),
            "sample_seed": options.sample_seed,
            "prompt": prompt_id(data.lists.label, state_date=dated),
            "function_list": options.function_list,
            "state_date": dated,
            "undated_actions": _undated_actions(data, state_date=dated),
            "prompt_layout": options.prompt_layout,
        }

    def gold(self, data: CraActionsData) -> dict[str, str]:
        turns = (turn for dialogue in data.dialogues for turn in dialogue.turns)
        return {
            case.id: turn.action_output() or turn.response_output()
            for case, turn in zip(data.cases, turns, strict=False)
        }

    def constants(self, data: CraActionsData, ids: Collection[str]) -> tuple[str, ...]:
        """Returns also the call, and the function alone, that is due most often."""
        gold = self.gold(data)
        due = [case for case in data.cases if case.call is not None and case.id in ids]
        names = most_frequent(case.call.name for case in due if case.call)
        calls = most_frequent(gold[case.id] for case in due)
        functions = [f"Action: {name}()" for name in names]
        return tuple(dict.fromkeys((*self.constant_replies, *functions, *calls)))

    def split_of(self, predictions: Path, given: str | None) -> str:
        """Returns the part, and behind a colon what functions are called in it."""
        split = given or _part_of(predictions)
        if ":" in split:
            return split
        # A prediction that does not say it was made before there was a choice.
        names = {
            str(row.get("function_names") or "as_published")
            for _, row in read_json_lines(predictions)
        }
        if len(names) > 1:
            raise OptionError(
                f"its lines are of several forms: {', '.join(sorted(names))}. Score "
                "those of each on their own.",
                path=predictions,
            )
        return ":".join([split, *names])

    def stored_options(self, split: str, data: str | None) -> CraActionsOptions:
        part, _, names = split.partition(":")
        given: dict[str, Any] = {"split": part, "limit": None, "data": data}
        if names:
            given["function_names"] = names
        return CraActionsOptions(**given, on_missing="embedded")

    def read(
        self, path: Path, data: CraActionsData, ids: tuple[str, ...]
    ) -> dict[str, Any]:
        """Reads the predictions for the dialogues that the file names.

        A run takes a sample of the dialogues, but every turn of each: a dialogue with a
        turn missing is an error, a dialogue that is not named at all is not. With a limit
        exactly the ids within it have to be there.
        """
        if len(ids) == len(data.cases):
            named = set(map(_dialogue, stored_ids(path)))
            ids = tuple(key for key in ids if _dialogue(key) in named) or ids
        return read_predictions(path, ids)


def _part_of(predictions: Path) -> str:
    """Returns the part that ids such as `dev/1_00000#0` are of; `dev` if unclear."""
    known = {key.partition("/")[0] for key in stored_ids(predictions)}
    known &= {*get_args(SgdPart)}
    return known.pop() if len(known) == 1 else DEFAULT_SPLIT


def _dialogue(case_id: str) -> str:
    return case_id.rpartition("#")[0]


def _undated_actions(data: CraActionsData, *, state_date: bool) -> int:
    """Counts the turns whose call has a date that nothing in the prompt states."""
    return sum(
        len(
            {
                (v.turn, v.step)
                for v in undated_values(d, d.today if state_date else None)
            }
        )
        for d in data.dialogues
    )


CRA_ACTIONS = CraActions()
