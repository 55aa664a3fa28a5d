"""A pytest plugin (`-p tests.serving.vllm_stand_ins`): vLLM is imported without a GPU.

Its compiled modules are empty, and its platform is the CPU's; all else is vLLM's own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_COMPILED = re.compile(r"vllm\.(_\w*C|_C\w*|cumem_allocator)")


class _EmptyModules(MetaPathFinder, Loader):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if _COMPILED.fullmatch(fullname) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def _stand_in() -> None:
    sys.meta_path.append(_EmptyModules())
    from vllm import platforms  # pyright: ignore
    from vllm.platforms.cpu import CpuPlatform  # pyright: ignore

    platforms._current_platform = CpuPlatform()


_stand_in()
