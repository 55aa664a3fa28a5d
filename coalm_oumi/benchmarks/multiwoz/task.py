"""The multiwoz24 benchmark as a task of `oumi evaluate`.

In a recipe::

    tasks:
      - evaluation_backend: custom
        task_name: multiwoz24           # gold_history, 999 dialogues
      - evaluation_backend: custom
        task_name: multiwoz24
        num_samples: 100                # dialogues
        eval_kwargs:
          protocol: simulated_user
          user:                         # as an inference recipe; or `rules`
            engine: OPENAI
            model: {model_name: gpt-4o-mini}
            generation: {max_new_tokens: 128, temperature: 0.0}
          judge: configs/multiwoz_judge.yaml  # optional, beside the rules

The results of `gold_history` are in `<output_dir>/multiwoz24`, those of another protocol in
`<output_dir>/multiwoz24_<protocol>`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

from coalm_oumi.benchmarks.multiwoz.cases import score_turns
from coalm_oumi.benchmarks.multiwoz.data.dialogues import Dialogue
from coalm_oumi.benchmarks.multiwoz.data.load import MultiwozData, load_multiwoz
from coalm_oumi.benchmarks.multiwoz.dst_prompt import (
    dst_prompt,
    state_prompt,
    state_prompt_id,
)
from coalm_oumi.benchmarks.multiwoz.gold_history import assembled, gold_history
from coalm_oumi.benchmarks.multiwoz.prompt import (
    SLOT_RULES,
    STOP,
    SlotRule,
    prompt_id,
    system_prompt,
)
from coalm_oumi.benchmarks.multiwoz.scorer.delexicalise import (
    DELEXICALISER,
    Delexicaliser,
)
from coalm_oumi.benchmarks.multiwoz.users.goal_judge import GoalJudge, judge_config
from coalm_oumi.benchmarks.multiwoz.users.goal_user import GOAL_USER, GoalUser
from coalm_oumi.benchmarks.multiwoz.users.simulated_user import (
    MOST_TURNS,
    USER,
    USER_VERSION,
    ModelUser,
    simulated_user,
)
from coalm_oumi.benchmarks.multiwoz.users.user_engine import engine_config, told_engine
from coalm_oumi.benchmarks.oumi_run import Dialogues
from coalm_oumi.benchmarks.oumi_task import BenchmarkTask
from coalm_oumi.conductor import StartDialogue
from coalm_oumi.datasets.options import check_options, flag, one_of, text, whole
from coalm_oumi.errors import OptionError, shorten
from coalm_oumi.sources.locate import OnMissing

PROTOCOLS = ("gold_history", "simulated_user", "dst_prompt")

RULES = "rules"
"""The `user` that needs no model."""


def _user(value: Any) -> str:
    if value is None or value == RULES or isinstance(value, Mapping):
        return ""
    return (
        f"expected '{RULES}', or an engine as in an inference recipe (engine, model, "
        f"generation, remote_params), found {shorten(repr(value))}."
    )


_CHECKS = {
    "protocol": one_of(PROTOCOLS),
    "slots": one_of(SLOT_RULES),
    "example": flag(),
    "user": _user,
    "judge": text(optional=True),
    "most_turns": whole(1),
    "world_seed": whole(0),
    "data": text(optional=True),
    "on_missing": one_of(get_args(OnMissing)),
}


@dataclass(frozen=True)
class MultiwozOptions:
    """Options of the task (`eval_kwargs`).

    Attributes:
        protocol: `gold_history`, `simulated_user` or `dst_prompt` (README.md).
        slots: What the prompt says of open slots: `any`, `omit`, `dontcare`.
        example: Whether a worked example stands in the prompt (one-shot).
        user: Who plays the user in `simulated_user`: `rules`, or an engine.
        judge: An Oumi judge config, such as `configs/multiwoz_judge.yaml`, whose
            verdicts on dialogues of `simulated_user` are told beside the rules'.
        most_turns: After how many turns such a dialogue ends.
        world_seed: Fixes the reference numbers of bookings, and the words of `rules`.
        data: A folder or file to test on instead of the source's own place.
        on_missing: What to do when the data is nowhere: `download`, `embedded`, `error`.
    """

    protocol: str = "gold_history"
    slots: str = "any"
    example: bool = True
    user: Any = None
    judge: str | None = None
    most_turns: int = MOST_TURNS
    world_seed: int = 0
    data: str | None = None
    on_missing: str = "download"


def check(options: MultiwozOptions) -> None:
    """Checks the options, the user's engine and the judge among them.

    Raises:
        CoalmError: One of them cannot be used, or does not go with the protocol.
    """
    check_options(_CHECKS, vars(options))
    simulated = options.protocol == "simulated_user"
    for name in ("user", "judge"):
        if getattr(options, name) is not None and not simulated:
            raise OptionError(
                f"only simulated_user has a {name}; the protocol is "
                f"{options.protocol}.",
                field=name,
            )
    if simulated and options.user is None:
        raise OptionError(
            f"simulated_user needs one: '{RULES}', or an engine as in an inference "
            "recipe (engine, model, generation, remote_params).",
            field="user",
        )
    if isinstance(options.user, Mapping):
        engine_config(options.user)
    if options.judge is not None:
        judge_config(Path(options.judge))


def prepare(options: MultiwozOptions, limit: int | None) -> Dialogues:
    """Makes the dialogues.

    Args:
        options: The task's options.
        limit: How many test dialogues to take from the start; None for all.

    Raises:
        CoalmError: An option cannot be used; the data is missing or malformed.
    """
    check(options)
    data = load_multiwoz(
        data=options.data, on_missing=cast(OnMissing, options.on_missing)
    )
    dialogues = [data.dialogues[key] for key in data.test_ids[:limit]]
    made = _MAKERS[options.protocol](options, data, dialogues)
    provenance = {
        "benchmark": "multiwoz24",
        "protocol": options.protocol,
        "data": data.origin,
        "data_sha256": data.digest,
        "n": len(dialogues),
        "limit": limit,
        "prompt": made.prompt,
        "stop": list(made.stop),
        "delexicaliser": DELEXICALISER,
        **made.provenance,
    }
    return Dialogues(
        start=made.start,
        score=partial(score_turns, data),
        provenance=provenance,
        stop=made.stop,
        others=made.others,
        review=made.review,
        assembled=None if options.protocol == "simulated_user" else assembled,
        variant="" if options.protocol == "gold_history" else options.protocol,
    )


@dataclass(frozen=True)
class _Made:
    """What a protocol makes: dialogues, and how they are told."""

    start: Mapping[str, StartDialogue]
    prompt: str
    provenance: Mapping[str, Any]
    stop: Sequence[str] = ()
    others: Mapping[str, Any] = field(default_factory=dict)
    review: GoalJudge | None = None


def _gold_history(
    options: MultiwozOptions, data: MultiwozData, dialogues: Sequence[Dialogue]
) -> _Made:
    name, task = _prompt(options)
    seed = options.world_seed
    start = gold_history(dialogues, data.databases, task, seed)
    return _Made(start, name, {"world_seed": seed}, STOP)


def _simulated_user(
    options: MultiwozOptions, data: MultiwozData, dialogues: Sequence[Dialogue]
) -> _Made:
    name, task = _prompt(options)
    user, others, make = GOAL_USER, {}, ModelUser
    if options.user == RULES:
        make = partial(
            GoalUser,
            delexicalise=Delexicaliser(data.databases),
            seed=options.world_seed,
        )
    else:
        config = engine_config(options.user)
        others = {USER: config}
        user = {"prompt": f"multiwoz_user_v{USER_VERSION}", **told_engine(config)}
    start = simulated_user(
        dialogues,
        data.databases,
        task,
        seed=options.world_seed,
        most_turns=options.most_turns,
        user=make,
    )
    told = {
        "user": user,
        "most_turns": options.most_turns,
        "world_seed": options.world_seed,
    }
    judge = None
    if options.judge is not None:
        judge = GoalJudge(judge_config(Path(options.judge)), data.dialogues)
        told["judge"] = judge.told()
    return _Made(start, name, told, STOP, others, judge)


def _dst_prompt(
    options: MultiwozOptions, data: MultiwozData, dialogues: Sequence[Dialogue]
) -> _Made:
    task = state_prompt(example=options.example)
    name = state_prompt_id(example=options.example)
    return _Made(dst_prompt(dialogues, task), name, {})


_MAKERS = {
    "gold_history": _gold_history,
    "simulated_user": _simulated_user,
    "dst_prompt": _dst_prompt,
}


def _prompt(options: MultiwozOptions) -> tuple[str, str]:
    slots = cast(SlotRule, options.slots)
    return (
        prompt_id(slots, example=options.example),
        system_prompt(slots, example=options.example),
    )


MULTIWOZ24 = BenchmarkTask("multiwoz24", MultiwozOptions, prepare, check)
