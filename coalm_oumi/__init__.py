"""CoALM as an Oumi plug-in: datasets, benchmarks and recipes for dialogue state and tools.

Installing the package is enough: `oumi train`, `oumi infer` and `oumi evaluate` then know
everything registered in `coalm_oumi.plugin`. For use from Python::

    from coalm_oumi.datasets import SnipsDstDataset

Nothing heavy is imported here; `coalm_oumi.datasets` and `coalm_oumi.benchmarks` load on
first use.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from coalm_oumi.moved import find_moved_modules

__version__ = "0.1.0"

_LAZY = (
    "benchmarks",
    "calls",
    "cra",
    "datasets",
    "evaluation",
    "prompts",
    "sources",
)


find_moved_modules()


def __getattr__(name: str) -> ModuleType:
    if name in _LAZY:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
