"""How often the GPUs wait for each other in a step under FSDP.

Each unit is gathered before its forward pass and again before its backward pass; one with
trained weights then spreads its gradients (reduce-scatter). Under FSDP2 a decoder layer is
a unit with its adapters, and the embedding and the output layer are one each (accelerate).
Under FSDP1 PEFT's `fsdp_auto_wrap_policy`, which the trainer takes for LoRA, makes a unit
of each matrix of an adapter as well, and layers that are computed again gather these once
more.
"""

from __future__ import annotations

from dataclasses import dataclass

from coalm_oumi.planning.memory import TrainingSetup

MATRICES_OF_AN_ADAPTER = 2
FSDP2 = 2


@dataclass(frozen=True)
class Collectives:
    """What is sent in a forward and backward pass under FSDP.

    Attributes:
        units: Units of FSDP.
        gathers: All-gathers.
        reductions: Reduce-scatters of gradients.
    """

    units: int
    gathers: int
    reductions: int

    @property
    def number(self) -> int:
        """All of them."""
        return self.gathers + self.reductions


def collectives(setup: TrainingSetup) -> Collectives | None:
    """Returns the collectives of a pass; None without shards, or with one unit only."""
    if setup.shards == 1 or setup.whole_gather:
        return None
    layers = setup.shape.layers
    if setup.fsdp_version == FSDP2:
        units = layers + len(("embedding", "last norm and output layer"))
        return Collectives(units, 2 * units, layers if setup.rank else units)
    own = MATRICES_OF_AN_ADAPTER * len(setup.targets) if setup.rank else 0
    # The root holds the embedding, the last norm and the output layer.
    outer, inner = layers + 1, layers * own
    trained = inner if own else layers + (0 if setup.rank else 1)
    again = inner if setup.checkpointing else 0
    # The root stays gathered between the two passes.
    return Collectives(outer + inner, 2 * (outer + inner) - 1 + again, trained)
