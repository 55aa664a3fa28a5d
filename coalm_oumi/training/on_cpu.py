"""Training on a CPU: in what the CPU computes in fast, in memory that it has already.

A step needs the same large tensors as the one before. glibc gives each back to the system
and has it filled with zeros again the next time: 9 of 110 processor seconds of steps of
SmolLM2-135M, of which 2 are left where freed memory is kept.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable
from typing import Any

from coalm_oumi.cpu_arithmetic import fit_to_cpu
from coalm_oumi.training.corrected import correct

# Of glibc's malloc.h, for mallopt.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 2**30


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
        if self.model.device.type == "cpu":
            keep_freed_memory()

    return build_trainer


def keep_freed_memory() -> bool:
    """Has the process keep what it frees, for what it needs next.

    Returns:
        Whether it does: the C library is glibc.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    options = (_MMAP_THRESHOLD, _TRIM_THRESHOLD)
    return all(set_option(option, _LARGEST) == 1 for option in options)
