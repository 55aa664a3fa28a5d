"""The cra_actions benchmark as a task of `oumi evaluate`.

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: cra_actions
        eval_kwargs: {prompt_layout: plain, limit: 200} # dialogues; null for all
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import cast, get_args

from oumi.core.types.conversation import Conversation

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
from coalm_oumi.benchmarks.oumi_task import BenchmarkTask, Requests
from coalm_oumi.cra.dates import undated_values
from coalm_oumi.cra.function_lists import FunctionList
from coalm_oumi.cra.function_names import FunctionNames
from coalm_oumi.datasets.options import check_options, flag, one_of, text, whole
from coalm_oumi.datasets.sft.layout import PROMPT_LAYOUTS, prompt_messages
from coalm_oumi.sources.locate import OnMissing
from coalm_oumi.sources.sgd import SgdPart

_CHECKS = {
    "prompt_layout": one_of(PROMPT_LAYOUTS),
    "thought": one_of(get_args(ThoughtGiven)),
    "function_list": one_of(get_args(FunctionList)),
    "function_names": one_of(get_args(FunctionNames)),
    "state_date": flag(),
    "split": one_of(get_args(SgdPart)),
    "limit": whole(1, optional=True),
    "sample_seed": whole(),
    "data": text(optional=True),
    "on_missing": one_of(get_args(OnMissing)),
}


@dataclass(frozen=True)
class CraActionsOptions:
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
        data: A folder or archive to test on instead of the source's own place.
        on_missing: What to do when the data is nowhere: `download`, `embedded`, `error`.
    """

    prompt_layout: str = "plain"
    thought: str = "given"
    function_list: str = "all"
    function_names: str = "by_service"
    state_date: bool = True
    split: str = "dev"
    limit: int | None = 200
    sample_seed: int = DEFAULT_SEED
    data: str | None = None
    on_missing: str = "download"


def check(options: CraActionsOptions) -> None:
    """Checks the options, without data or a model.

    Raises:
        OptionError: One of them cannot be used.
    """
    check_options(_CHECKS, vars(options))


def prepare(options: CraActionsOptions, limit: int | None) -> Requests:
    """Makes the requests.

    Args:
        options: The task's options.
        limit: How many turns to take from the start of the sample; None for all.

    Raises:
        CoalmError: An option cannot be used; the data is missing or malformed.
    """
    check(options)
    thought = cast(ThoughtGiven, options.thought)
    data = load_cra_actions(
        data=options.data,
        part=cast(SgdPart, options.split),
        on_missing=cast(OnMissing, options.on_missing),
        limit=options.limit,
        seed=options.sample_seed,
        function_list=cast(FunctionList, options.function_list),
        function_names=cast(FunctionNames, options.function_names),
    )
    cases = data.cases[:limit]
    provenance = {
        "benchmark": "cra_actions",
        "protocol": protocol(
            PROTOCOLS[thought],
            function_names=options.function_names,
            state_date=options.state_date,
        ),
        "data": data.origin,
        "data_sha256": data.digest,
        "split": options.split,
        "n": len(cases),
        "limit": limit,
        "dialogues": len(data.dialogues),
        "usable_dialogues": data.usable,
        "left_out_dialogues": dict(data.left_out),
        "sample_seed": options.sample_seed,
        "prompt": prompt_id(data.lists.label, state_date=options.state_date),
        "function_list": options.function_list,
        "function_names": options.function_names,
        "state_date": options.state_date,
        "undated_actions": _undated_actions(data, state_date=options.state_date),
        "prompt_layout": options.prompt_layout,
    }
    conversations = _conversations(data, thought, options)[:limit]
    return Requests(conversations, partial(score, cases), provenance)


def _conversations(
    data: CraActionsData, thought: ThoughtGiven, options: CraActionsOptions
) -> list[Conversation]:
    prompts = [
        prompt
        for dialogue in data.dialogues
        for prompt in action_prompts(
            dialogue,
            data.lists.of(dialogue),
            thought=thought,
            state_date=options.state_date,
        )
    ]
    return [
        Conversation(
            conversation_id=case.id,
            messages=prompt_messages(*prompt, options.prompt_layout),
        )
        for case, prompt in zip(data.cases, prompts, strict=True)
    ]


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


CRA_ACTIONS = BenchmarkTask("cra_actions", CraActionsOptions, prepare, check)
