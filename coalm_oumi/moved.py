"""Modules under the names that they had before they got rooms of their own.

An import by an old name gives the module itself and a `DeprecationWarning` that says the
new one. The old names go with version 0.2.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_PACKAGE = "coalm_oumi"
MOVED = {
    "benchmarks.intervals": "evaluation.intervals",
    "benchmarks.multiwoz.data": "environments.multiwoz.data",
    "benchmarks.multiwoz.data.gold_states_22": "benchmarks.multiwoz.scorer.gold_states_22",
    "benchmarks.multiwoz.predicted_turn": "environments.multiwoz.predicted_turn",
    "benchmarks.multiwoz.scorer.delexicalise": "environments.multiwoz.users.delexicalise",
    "benchmarks.multiwoz.scorer.placeholders": "environments.multiwoz.users.placeholders",
    "benchmarks.multiwoz.scorer.predicted_turn": "environments.multiwoz.predicted_turn",
    "benchmarks.multiwoz.users": "environments.multiwoz.users",
    "benchmarks.multiwoz.users.goal_judge": "benchmarks.multiwoz.protocols.goal_judge",
    "benchmarks.multiwoz.users.simulated_user": (
        "benchmarks.multiwoz.protocols.simulated_user"
    ),
    "benchmarks.multiwoz.world": "environments.multiwoz.world",
    "benchmarks.oumi_run": "evaluation.oumi_run",
    "benchmarks.oumi_task": "evaluation.oumi_task",
    "benchmarks.results": "evaluation.results",
    "build": "mixture",
    "build.files": "storage",
    "build.located": "mixture.resolved_sources",
    "build.part": "datasets.part",
    "conductor": "evaluation.conductor",
    "conductor.line_file": "storage",
    "conductor.progress": "progress",
    "conductor.under_way": "evaluation.conductor.scheduler",
    "conductor.vllm_options": "planning.vllm_options",
    "corpus": "embedded",
    "cra.check.scene": "cra.check.turn_context",
    "cra.write.known": "cra.write.reports",
    "cra.write.moment": "cra.write.exchange",
    "cra.generate.shown": "cra.generate.cost_progress",
    "evaluation.conductor.progress": "progress",
    "evaluation.conductor.under_way": "evaluation.conductor.scheduler",
    "generation": "cra.generate",
    "generation.shown": "cra.generate.cost_progress",
    "merging": "training.merging",
    "merging.whole_folder": "training.merging.atomic_folder",
    "training.merging.whole_folder": "training.merging.atomic_folder",
    "mixture.located": "mixture.resolved_sources",
    "report": "evaluation.report",
    "review": "cra.review",
    "rewards": "training.rewards",
    "samples": "datasets",
    "samples.order": "seeding",
    "samples.sample": "sample",
    "sources.api_catalogue": "own_apis.catalogue",
    "sources.api_document": "own_apis.document",
    "sources.api_function": "own_apis.function",
    "sources.api_names": "own_apis.names",
    "sources.api_schema": "own_apis.plain_schema",
    "sources.openapi": "own_apis.openapi",
    "sources.published": "sources",
    "sources.schema_keywords": "own_apis.schema_keywords",
    "sources.seed_dialogues": "own_apis.seed_dialogues",
    "sources.transfer": "sources.attempts",
    "sources.transfer_progress": "sources.progress",
    "sources.yaml_document": "own_apis.yaml_document",
    "validation": "cra.validate",
}
"""Modules and packages, and where they are now; what is in a package moved with it."""
DIVIDED = {
    "benchmarks.multiwoz": (
        "benchmarks.multiwoz.protocols",
        "benchmarks.multiwoz.scorer",
        "environments.multiwoz.data",
        "environments.multiwoz.users",
        "environments.multiwoz.world",
    ),
    "cra": ("cra.check", "cra.read", "cra.write"),
    "datasets": ("datasets.sft",),
}
"""Packages whose modules are now in several others."""


def new_name(name: str, path: Sequence[str] | None = None) -> str | None:
    """Returns the name of a module that had another; None for any other module.

    Args:
        name: The whole old name.
        path: Where the modules of its package are.
    """
    own = name.removeprefix(f"{_PACKAGE}.")
    parts = own.split(".")
    for length in range(len(parts), 0, -1):
        target = MOVED.get(".".join(parts[:length]))
        if target is not None:
            return ".".join((_PACKAGE, target, *parts[length:]))
    room, _, module = own.rpartition(".")
    if room in DIVIDED and PathFinder.find_spec(name, path) is None:
        for package in DIVIDED[room]:
            found = f"{_PACKAGE}.{package}.{module}"
            if _is_there(found):
                return found
    return None


def _is_there(name: str) -> bool:
    # Imported late, as `coalm` starts with this module.
    from importlib.util import find_spec

    return find_spec(name) is not None


class _OldNames:
    """Gives the module of the new name for the old one; a finder and a loader.

    It has no base of `importlib.abc`, which is slow to import: `coalm` starts with it.
    """

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Returns a spec for an old name."""
        if not fullname.startswith(f"{_PACKAGE}."):
            return None
        new = new_name(fullname, path)
        # What is no longer there fails by the name that was asked for.
        if new is None or not _is_there(new):
            return None
        return ModuleSpec(fullname, self, origin=new)  # pyright: ignore[reportArgumentType]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Returns the module itself."""
        new = str(spec.origin)
        warnings.warn(f"{spec.name} is now {new}", DeprecationWarning, stacklevel=2)
        module = import_module(new)
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Gives the module, which has been run, its own spec back."""
        spec = module.__spec__
        if spec is not None and spec.loader is self:
            module.__spec__ = spec.loader_state


def find_moved_modules() -> None:
    """Has Python find modules by their old names."""
    if not any(isinstance(finder, _OldNames) for finder in sys.meta_path):
        # First: else a package's module would be loaded once more, by its old name.
        sys.meta_path.insert(0, _OldNames())
