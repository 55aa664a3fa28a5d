"""What each protocol makes of the test dialogues: dialogues for the conductor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.multiwoz.protocols.dst_prompt import (
    dst_prompt,
    state_prompt,
    state_prompt_id,
)
from coalm_oumi.benchmarks.multiwoz.protocols.goal_judge import GoalJudge, judge_config
from coalm_oumi.benchmarks.multiwoz.protocols.gold_history import gold_history
from coalm_oumi.benchmarks.multiwoz.protocols.options import RULES, MultiwozOptions
from coalm_oumi.benchmarks.multiwoz.protocols.prompt import (
    STOP,
    prompt_id,
    system_prompt,
)
from coalm_oumi.benchmarks.multiwoz.protocols.simulated_user import simulated_user
from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue
from coalm_oumi.environments.multiwoz.data.load import MultiwozData
from coalm_oumi.environments.multiwoz.users.delexicalise import Delexicaliser
from coalm_oumi.environments.multiwoz.users.goal_user import GOAL_USER, GoalUser
from coalm_oumi.environments.multiwoz.users.model_user import (
    USER,
    USER_VERSION,
    ModelUser,
)
from coalm_oumi.environments.multiwoz.users.user_engine import (
    engine_config,
    engine_provenance,
)
from coalm_oumi.evaluation.conductor import StartDialogue


def protocol_dialogues(
    options: MultiwozOptions, data: MultiwozData, dialogues: Sequence[Dialogue]
) -> ProtocolDialogues:
    """Returns what the options' protocol makes of some test dialogues."""
    return _MAKERS[options.protocol](options, data, dialogues)


@dataclass(frozen=True)
class ProtocolDialogues:
    """What a protocol makes: dialogues, and what results record of them."""

    start: Mapping[str, StartDialogue]
    prompt: str
    provenance: Mapping[str, Any]
    stop: Sequence[str] = ()
    others: Mapping[str, Any] = field(default_factory=dict)
    review: GoalJudge | None = None


def _gold_history(
    options: MultiwozOptions, data: MultiwozData, dialogues: Sequence[Dialogue]
) -> ProtocolDialogues:
    name, task = _prompt(options)
    seed = options.world_seed
    start = gold_history(dialogues, data.databases, task, seed)
    return ProtocolDialogues(start, name, {"world_seed": seed}, STOP)


def _simulated_user(
    options: MultiwozOptions, data: MultiwozData, dialogues: Sequence[Dialogue]
) -> ProtocolDialogues:
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
        user = {"prompt": f"multiwoz_user_v{USER_VERSION}", **engine_provenance(config)}
    start = simulated_user(
        dialogues,
        data.databases,
        task,
        seed=options.world_seed,
        most_turns=options.most_turns,
        user=make,
    )
    provenance = {
        "user": user,
        "most_turns": options.most_turns,
        "world_seed": options.world_seed,
    }
    judge = None
    if options.judge is not None:
        judge = GoalJudge(judge_config(Path(options.judge)), data.dialogues)
        provenance["judge"] = judge.provenance()
    return ProtocolDialogues(start, name, provenance, STOP, others, judge)


def _dst_prompt(
    options: MultiwozOptions, data: MultiwozData, dialogues: Sequence[Dialogue]
) -> ProtocolDialogues:
    task = state_prompt(example=options.example)
    name = state_prompt_id(example=options.example)
    return ProtocolDialogues(dst_prompt(dialogues, task), name, {})


_MAKERS = {
    "gold_history": _gold_history,
    "simulated_user": _simulated_user,
    "dst_prompt": _dst_prompt,
}


def _prompt(options: MultiwozOptions) -> tuple[str, str]:
    return (
        prompt_id(options.slots, example=options.example),
        system_prompt(options.slots, example=options.example),
    )
