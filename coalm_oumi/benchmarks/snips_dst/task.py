"""The snips_dst benchmark as a task of `oumi evaluate`.

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: snips_dst
        eval_kwargs: {prompt_layout: plain}
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import cast, get_args

from oumi.core.types.conversation import Conversation

from coalm_oumi.benchmarks.oumi_task import BenchmarkTask, Requests
from coalm_oumi.benchmarks.snips_dst.load import load_snips_dst
from coalm_oumi.benchmarks.snips_dst.score import score
from coalm_oumi.datasets.options import check_options, one_of, text
from coalm_oumi.datasets.sft.layout import PROMPT_LAYOUTS, prompt_messages
from coalm_oumi.datasets.snips_dst import state_tracking_prompt
from coalm_oumi.prompts import snips_template
from coalm_oumi.sources.locate import OnMissing
from coalm_oumi.sources.snips import SnipsPart

_CHECKS = {
    "prompt_layout": one_of(PROMPT_LAYOUTS),
    "split": one_of(get_args(SnipsPart)),
    "data": text(optional=True),
    "on_missing": one_of(get_args(OnMissing)),
}


@dataclass(frozen=True)
class SnipsDstOptions:
    """Options of the task (`eval_kwargs`).

    Attributes:
        prompt_layout: How instruction and input become messages; the layout that the
            model was trained with.
        split: Part of the data to test on: `test`, or `validation`.
        data: A folder or file to test on instead of the source's own place.
        on_missing: What to do when the data is nowhere: `download`, `embedded`, `error`.
    """

    prompt_layout: str = "plain"
    split: str = "test"
    data: str | None = None
    on_missing: str = "download"


def check(options: SnipsDstOptions) -> None:
    """Checks the options, without data or a model.

    Raises:
        OptionError: One of them cannot be used.
    """
    check_options(_CHECKS, vars(options))


def prepare(options: SnipsDstOptions, limit: int | None) -> Requests:
    """Makes the requests.

    Args:
        options: The task's options.
        limit: How many utterances to take from the start; None for all.

    Raises:
        CoalmError: An option cannot be used; the data is missing or malformed.
    """
    check(options)
    data = load_snips_dst(
        data=options.data,
        part=cast(SnipsPart, options.split),
        on_missing=cast(OnMissing, options.on_missing),
    )
    cases = data.cases[:limit]
    conversations = [
        Conversation(
            conversation_id=case.id,
            messages=prompt_messages(
                *state_tracking_prompt(case.text), options.prompt_layout
            ),
        )
        for case in cases
    ]
    provenance = {
        "benchmark": "snips_dst",
        "protocol": "single turn, exact match of intent and slot values",
        "data": data.origin,
        "data_sha256": data.digest,
        "split": options.split,
        "n": len(cases),
        "limit": limit,
        "prompt": snips_template().id,
        "prompt_layout": options.prompt_layout,
    }
    return Requests(conversations, partial(score, cases), provenance)


SNIPS_DST = BenchmarkTask("snips_dst", SnipsDstOptions, prepare, check)
