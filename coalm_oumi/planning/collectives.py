"""How often the GPUs wait for each other in a step under FSDP.

Each unit of FSDP is gathered before its forward pass and again before its backward pass;
one with trained weights then spreads its gradients (reduce-scatter). A unit inside a layer
that is computed again is gathered once more for that.
"""

from __future__ import annotations

from dataclasses import dataclass

from coalm_oumi.planning.memory import TrainingSetup

MATRICES_OF_AN_ADAPTER = 2


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


def adapter_units(setup: TrainingSetup) -> int:
    """Returns how many units of its own each layer's adapter has.

    PEFT's `fsdp_auto_wrap_policy`, which the trainer takes for LoRA, makes one of each
    matrix. 0 if all weights of a layer are one unit.
    """
    return MATRICES_OF_AN_ADAPTER * len(setup.targets) if setup.rank else 0


def collectives(setup: TrainingSetup) -> Collectives | None:
    """Returns the collectives of a pass; None without shards, or with one unit only."""
    if setup.shards == 1 or setup.whole_gather:
        return None
    layers, own = setup.shape.layers, adapter_units(setup)
    # The root holds the embedding, the last norm and the output layer.
    outer, inner = layers + 1, layers * own
    trained = inner if own else layers + (0 if setup.rank else 1)
    again = inner if setup.checkpointing else 0
    # The root stays gathered between the two passes.
    return Collectives(outer + inner, 2 * (outer + inner) - 1 + again, trained)
