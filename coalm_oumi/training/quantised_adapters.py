"""A correction to TRL: the adapters of a quantised model are trained in float32.

TRL 1.6, `trainer/sft_trainer.py`, casts the adapters of a model in 4 or 8 bits to bf16
(PEFT issue 2889), where an update of less than 0.2 % of a weight is lost: more and more of
them as the learning rate falls. Beside a bf16 base PEFT keeps adapters in float32; here
they are so beside a quantised one as well. Under FSDP2 float32 adapters are gathered with
4-bit weights of a layer as bf16 ones are: only what is trained must be of one type.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from coalm_oumi.training.corrected import correct


def correct_adapters() -> None:
    """Corrects TRL's trainer, where `oumi train` runs; a second call changes nothing."""
    # Elsewhere TRL, which takes seconds to import, is not needed.
    if "oumi.train" in sys.modules:
        from trl.trainer.sft_trainer import SFTTrainer

        correct(SFTTrainer, "__init__", adapters_in_float32)


def adapters_in_float32(build: Callable[..., None]) -> Callable[..., None]:
    """Gives the adapters of a quantised model back the type that PEFT gave them."""

    @functools.wraps(build)
    def build_trainer(self: Any, *args: Any, **kwargs: Any) -> None:
        import torch

        build(self, *args, **kwargs)
        model = self.model
        if any(getattr(model, f"is_loaded_in_{bits}bit", False) for bits in (4, 8)):
            for parameter in model.parameters():
                if parameter.requires_grad:
                    parameter.data = parameter.data.to(torch.float32)

    return build_trainer
