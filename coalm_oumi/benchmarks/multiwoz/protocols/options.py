"""The options of multiwoz24, of a run and of stored predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from coalm_oumi.benchmarks.multiwoz.protocols.prompt import SlotRule
from coalm_oumi.benchmarks.multiwoz.protocols.simulated_user import MOST_TURNS
from coalm_oumi.errors import OptionError, shorten
from coalm_oumi.evaluation.options import BenchmarkOptions

RULES = "rules"
"""The `user` that needs no model."""

WITH_STATES_22 = "test:2.2"
"""The test part, with the gold states of 2.2 where predictions have no states."""

_ENGINE = (
    "an engine as in an inference recipe (engine, model, generation, remote_params)"
)


@dataclass(frozen=True, kw_only=True)
class MultiwozOptions(BenchmarkOptions):
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
    """

    protocol: Literal["gold_history", "simulated_user", "dst_prompt"] = "gold_history"
    slots: SlotRule = "any"
    example: bool = True
    user: Any = None
    judge: str | None = None
    most_turns: int = field(default=MOST_TURNS, metadata={"ge": 1})
    world_seed: int = field(default=0, metadata={"ge": 0})

    def __post_init__(self) -> None:
        """Checks what goes with the protocol, the user's engine and the judge."""
        super().__post_init__()
        if self.user not in (None, RULES) and not isinstance(self.user, Mapping):
            raise OptionError(
                f"expected '{RULES}', or {_ENGINE}, found {shorten(repr(self.user))}.",
                field="user",
            )
        simulated = self.protocol == "simulated_user"
        for name in ("user", "judge"):
            if getattr(self, name) is not None and not simulated:
                raise OptionError(
                    f"only simulated_user has a {name}; the protocol is "
                    f"{self.protocol}.",
                    field=name,
                )
        if simulated and self.user is None:
            raise OptionError(
                f"simulated_user needs one: '{RULES}', or {_ENGINE}.", field="user"
            )
        if isinstance(self.user, Mapping):
            from coalm_oumi.environments.multiwoz.users.user_engine import engine_config

            engine_config(self.user)
        if self.judge is not None:
            from coalm_oumi.benchmarks.multiwoz.protocols.goal_judge import judge_config

            judge_config(Path(self.judge))


@dataclass(frozen=True, kw_only=True)
class StoredOptions(MultiwozOptions):
    """How stored predictions are scored.

    Attributes:
        split: `test`, or `test:2.2` (`WITH_STATES_22`).
    """

    split: Literal["test", "test:2.2"] = "test"
