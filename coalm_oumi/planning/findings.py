"""What `coalm check` has found wrong with a recipe, each with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from coalm_oumi.planning.collectives import Collectives
from coalm_oumi.planning.memory import MemoryPart

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes:
        level: `error` if the recipe fails or does something else than it says, `warning`
            if it does something that is rarely meant.
        field: The field of the recipe, such as `peft.lora_target_modules`.
        problem: What is wrong.
        fix: What to change.
    """

    level: Level
    field: str
    problem: str
    fix: str


@dataclass
class Findings:
    """Findings in the order in which they were made, each once."""

    found: list[Finding] = field(default_factory=list)

    def error(self, name: str, problem: str, fix: str) -> None:
        """Notes something that has to be changed."""
        self._note(Finding("error", name, problem, fix))

    def warning(self, name: str, problem: str, fix: str) -> None:
        """Notes something that is rarely meant."""
        self._note(Finding("warning", name, problem, fix))

    def _note(self, finding: Finding) -> None:
        if finding not in self.found:
            self.found.append(finding)


@dataclass(frozen=True)
class Duration:
    """How long training takes.

    Attributes:
        samples: Samples of an epoch.
        tokens: Tokens of all epochs, without padding.
        steps: Optimiser steps of all epochs.
        global_batch: Samples of a step.
        hours: Expected hours; None without hardware.
        assumption: What samples, tokens and hours rest on.
    """

    samples: int
    tokens: int
    steps: int
    global_batch: float
    hours: float | None
    assumption: str


@dataclass(frozen=True)
class Preparation:
    """What is done before the first step, once on each machine.

    Attributes:
        samples: Samples that are made.
        tokens: Their tokens.
        core_minutes: Minutes of one core that it takes.
    """

    samples: int
    tokens: int
    core_minutes: float


@dataclass(frozen=True)
class Report:
    """What is known of a recipe without running it.

    Attributes:
        verb: `train`, `infer` or `evaluate`.
        model: The model's name.
        parameters: Its weights; None if its shape is not known.
        trained: Weights that are trained; None if the shape is not known, or for others
            than training.
        hardware: What the figures are for; None if none was given.
        memory: Parts of a GPU's memory, in bytes.
        available: Usable memory of a GPU in GiB; None without hardware.
        host: For training, parts of each machine's own memory, in bytes.
        host_available: What common machines of that kind have, in GiB; None without
            hardware.
        preparation: For training, what is done before the first step; None if
            that is not known.
        collectives: What is sent in a step under FSDP; None without it.
        cache_tokens: For serving, how many tokens the cache holds.
        duration: For training, how long it takes; None if that cannot be told.
        findings: What is wrong.
        machine: What the recipe lacks on this machine; empty if it is to run elsewhere.
    """

    verb: str
    model: str
    parameters: int | None
    hardware: str | None
    available: float | None
    findings: tuple[Finding, ...]
    trained: int | None = None
    memory: tuple[MemoryPart, ...] = ()
    host: tuple[MemoryPart, ...] = ()
    host_available: float | None = None
    preparation: Preparation | None = None
    collectives: Collectives | None = None
    cache_tokens: int | None = None
    duration: Duration | None = None
    machine: tuple[Finding, ...] = ()

    @property
    def errors(self) -> int:
        """How many findings are errors, of the recipe and of this machine."""
        found = (*self.findings, *self.machine)
        return sum(finding.level == "error" for finding in found)
