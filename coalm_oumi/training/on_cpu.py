"""A model in bf16 trains on a CPU in what the CPU computes in fast."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from coalm_oumi.cpu_arithmetic import fit_to_cpu
from coalm_oumi.training.corrected import correct


def correct_training() -> None:
    """Lets `oumi train` compute so; a second call changes nothing."""
    # Elsewhere TRL, which takes seconds to import, is not needed.
    if "oumi.train" in sys.modules:
        from trl.trainer.sft_trainer import SFTTrainer

        correct(SFTTrainer, "__init__", _with_fitting_arithmetic)


def _with_fitting_arithmetic(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def build_trainer(self: Any, *args: Any, **kwargs: Any) -> None:
        build(self, *args, **kwargs)
        fit_to_cpu(self.model)

    return build_trainer
