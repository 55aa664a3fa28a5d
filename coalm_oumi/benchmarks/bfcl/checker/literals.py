"""Values out of the text of an expression, which is never run.

Upstream evaluates a reply's text as Python in two places: sums (`10 ** 8`), while it reads
calls, and the calls of multi-turn cases. Both are worked out here instead, from the syntax
tree: literals, arithmetic on them, and whatever names and calls the caller allows. All
else is code, and is refused (`RefusedError`).
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

CODE = "code"
LIMITS = "limits"

MOST_MADE = 1 << 17
"""Characters and items that arithmetic may make, in all."""

_MOST_BITS = 1 << 16
_WIDTH = re.compile(r"%[^%a-zA-Z]*(\*|\d{4})")

_TWO: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_ONE: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}


class RefusedError(BaseException):
    """A reply wants what is not done for any reply.

    It is no `Exception`: upstream catches those, and goes on.

    Attributes:
        kind: `CODE` or `LIMITS`.
        reason: What it wants, in words.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class Literals:
    """Works out an expression.

    Args:
        name: Gives what a name stands for; may raise `NameError`.
        call: Gives the result of a call.
    """

    def __init__(
        self,
        name: Callable[[str], Any],
        call: Callable[[ast.Call, Literals], Any],
    ) -> None:
        self._name = name
        self._call = call
        self._left = MOST_MADE

    def value(self, node: ast.AST | None) -> Any:
        """Returns an expression's value.

        Raises:
            RefusedError: It is code, or its value would be too large.
            Exception: As Python raises it for such an expression.
        """
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.List):
            return [self.value(item) for item in node.elts]
        if isinstance(node, ast.Tuple):
            return tuple([self.value(item) for item in node.elts])
        if isinstance(node, ast.Set):
            return {self.value(item) for item in node.elts}
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            return {self.value(key): self.value(value) for key, value in pairs}
        if isinstance(node, ast.UnaryOp):
            return _ONE[type(node.op)](self.value(node.operand))
        if isinstance(node, ast.BinOp):
            return self._two(node.op, self.value(node.left), self.value(node.right))
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.Call):
            return self._call(node, self)
        raise code_in(node)

    def _two(self, operation: ast.operator, left: Any, right: Any) -> Any:
        kind = type(operation)
        if isinstance(left, int) and isinstance(right, int):
            _refuse_bits(kind, left, right)
        elif kind is ast.Mult:
            self._spend(_repeated(left, right) or _repeated(right, left))
        elif kind is ast.Mod and isinstance(left, (str, bytes)):
            self._spend(_formatted(left, right))
        elif kind is ast.Add:
            self._spend(_weight(left) + _weight(right))
        return _TWO[kind](left, right)

    def _spend(self, made: int) -> None:
        self._left -= made
        if self._left < 0:
            raise _too_large()


def code_in(node: ast.AST | None) -> RefusedError:
    """Returns the refusal of an expression that only running it would work out."""
    what = "" if node is None else f": {type(node).__name__}"
    return RefusedError(CODE, f"an argument is code, which is not run{what}")


def _too_large() -> RefusedError:
    return RefusedError(LIMITS, "a value would be too large")


def _refuse_bits(kind: type[ast.operator], left: int, right: int) -> None:
    """Refuses an operation whose whole number would have too many bits."""
    if kind is ast.Pow:
        bits = left.bit_length() * right if abs(left) > 1 else 0
    elif kind is ast.LShift:
        bits = left.bit_length() + right
    elif kind is ast.Mult:
        bits = left.bit_length() + right.bit_length()
    else:
        return
    if bits > _MOST_BITS:
        raise _too_large()


def _repeated(items: Any, times: Any) -> int:
    if isinstance(items, (str, bytes, list, tuple)) and isinstance(times, int):
        return max(times, 0) * _weight(items)
    return 0


def _formatted(template: str | bytes, values: Any) -> int:
    text = template.decode("latin-1") if isinstance(template, bytes) else template
    if _WIDTH.search(text):
        raise _too_large()
    return len(text) + text.count("%") * _weight(values)


def _weight(value: Any) -> int:
    """Returns how many characters a value has, about, when it is written out."""
    if isinstance(value, (str, bytes)):
        return 1 + len(value)
    if isinstance(value, int):
        return 1 + value.bit_length() // 3
    if isinstance(value, dict):
        return 1 + sum(_weight(k) + _weight(v) for k, v in value.items())
    if isinstance(value, (list, tuple, set)):
        return 1 + sum(map(_weight, value))
    return 1
