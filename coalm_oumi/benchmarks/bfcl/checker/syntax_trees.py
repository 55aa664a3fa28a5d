"""tree-sitter 0.21, as bfcl-eval uses it, on a release that Python 3.13 has wheels of.

bfcl-eval reads Java and JavaScript with tree-sitter 0.21.3, of which there are no wheels
for Python 3.13. The grammars are the same; three names have changed since
(py-tree-sitter 0.22 and 0.24), and are given back here.
"""

from __future__ import annotations

import sys
import types
import warnings
from typing import Any


class _Root:
    """A tree's root, with the `sexp` of tree-sitter before 0.24."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def __getattr__(self, name: str) -> Any:
        return getattr(self._node, name)

    def sexp(self) -> str:
        return str(self._node)


def provide_earlier_names() -> None:
    """Has `import tree_sitter` find the earlier names, if the release lacks them."""
    import tree_sitter  # pyright: ignore[reportMissingImports]

    if hasattr(tree_sitter.Parser, "set_language"):
        return

    class Parser:
        def set_language(self, language: Any) -> None:
            self._parser = tree_sitter.Parser(language)

        def parse(self, source: bytes) -> Any:
            tree = self._parser.parse(source)
            return types.SimpleNamespace(root_node=_Root(tree.root_node))

    def language(grammar: int, name: str) -> Any:
        with warnings.catch_warnings():
            # A number, where newer grammars give a capsule.
            warnings.simplefilter("ignore", DeprecationWarning)
            return tree_sitter.Language(grammar)

    earlier: Any = types.ModuleType("tree_sitter")
    earlier.Parser, earlier.Language = Parser, language
    sys.modules["tree_sitter"] = earlier
