"""The sample: one instruction, input and output for training, with its origin."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Origin:
    """Where a sample came from and how to make it again.

    Attributes:
        source: Name of the source in the catalogue (`snips`, `xlam`).
        record_id: The record in that source.
        prompt: Name and version of the prompt template.
        transformation: What was done to the record (`masked`, `unmasked`, ...).
        seed: Seed of the transformation; None when nothing is drawn.
        copy: Which copy of the record this is, from 0.
    """

    source: str
    record_id: str
    prompt: str
    transformation: str = ""
    seed: int | None = None
    copy: int = 0


@dataclass(frozen=True)
class Sample:
    """One row of a training set, in the Alpaca columns of CoALM-IT.

    Attributes:
        instruction: What the model is asked to do.
        input: What it is asked to do it with; may be empty.
        output: The reply to learn.
        origin: Where the sample came from.
    """

    instruction: str
    input: str
    output: str
    origin: Origin = field(default_factory=lambda: Origin("", "", ""))
