"""The functions of bfcl-eval that are used, and what they have in place of `eval`.

They name `eval` in two modules. There it is a function of ours, which works the text out
(`literals`): sums in `model_handler.utils`, calls of the simulated APIs' public methods in
`multi_turn_utils`. Where that gives a value, it is the one that Python would give. What it
does not do, and Python would:

- In a sum: calls, attributes, subscripts, comparisons, conditions, comprehensions and
  formatted strings. If a name in the sum is not known to upstream's module either, the
  reply cannot be read, there as here; otherwise it is refused.
- Among executed calls: functions that Python or upstream's module knows. They are not
  defined, like any other function that no simulated API has.
"""

from __future__ import annotations

import ast
import builtins
import copy
import importlib
import importlib.metadata
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from literals import LIMITS, Literals, RefusedError, code_in
from syntax_trees import provide_earlier_names

_MULTI_TURN = "eval_checker.multi_turn_eval"
_MODEL = "coalm"

Calls = list[str]


class Upstream:
    """The functions of bfcl-eval.

    Args:
        simulators: A folder with the simulated APIs of another revision; the package's
            own if there is none.
    """

    def __init__(self, simulators: str | None) -> None:
        _without_vendors()
        provide_earlier_names()
        self.ast_checker = _module("eval_checker.ast_eval.ast_checker").ast_checker
        prompting = _module("model_handler.utils")
        prompting.eval = _Sums(vars(prompting)).worked_out
        self.decode_ast = prompting.default_decode_ast_prompting
        self._decode_execute = prompting.default_decode_execute_prompting
        self._read_call = prompting.resolve_ast_call
        formats = _module("utils")
        self.has_call_format = formats.is_function_calling_format_output
        self.is_empty = formats.is_empty_output
        if simulators is not None:
            package = _module(f"{_MULTI_TURN}.func_source_code")
            package.__path__.insert(0, simulators)
        running = _module(f"{_MULTI_TURN}.multi_turn_utils")
        self._fresh = _FreshApis(running)
        self._execute = running.execute_multi_turn_func_call
        self._executes_nothing = running.is_empty_execute_response
        calls = _ApiCalls(vars(running), running._process_method_calls)
        running.eval = calls.executed
        running._process_method_calls = calls.named
        self._check = _module(f"{_MULTI_TURN}.multi_turn_checker").multi_turn_checker
        self.versions = {
            "bfcl_eval": importlib.metadata.version("bfcl-eval"),
            "python": sys.version.split()[0],
        }

    def read_over_lines(self, text: str) -> list[dict[str, Any]]:
        """Returns the calls of a list that upstream cannot read for its white space.

        That are lists written over several lines, or with a space behind the bracket:
        upstream takes the brackets away before it reads Python. Here they stay, as in
        bfcl-eval 2026.3.23. None if there is no such list.

        Raises:
            RefusedError: A call has an argument that is code, or too large.
        """
        text = text.strip("`\n ")
        text = text if text.startswith("[") else f"[{text}"
        text = text if text.endswith("]") else f"{text}]"
        try:
            node = ast.parse(text.strip("'"), mode="eval").body
            if not isinstance(node, ast.List):
                return []
            if not all(isinstance(item, ast.Call) for item in node.elts):
                return []
            return [self._read_call(item) for item in node.elts]
        except Exception:
            return []

    def executable_calls(self, text: str) -> Calls:
        """Returns a reply's calls as text that can be executed; none if it has none."""
        try:
            calls = self._decode_execute(text)
        except Exception:
            return []
        return [] if self._executes_nothing(calls) else calls

    def play(self, stage: Mapping[str, Any], steps: list[Calls]) -> list[str]:
        """Executes steps one after another; returns the results of the last."""
        results: list[str] = []
        with self._fresh:
            for calls in steps:
                results, _ = self._execute(
                    calls,
                    stage["initial_config"],
                    stage["involved_classes"],
                    _MODEL,
                    stage["id"],
                    long_context="long_context" in stage["id"],
                )
        return [str(result) for result in results]

    def check_dialogue(
        self, turns: list[list[Calls]], answer: list[Calls], stage: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Executes a dialogue's calls and the right ones, and compares turn by turn."""
        with self._fresh:
            return self._check(turns, answer, stage, "", _MODEL)


class _Sums:
    """What stands for `eval` where replies are read.

    Args:
        names: The variables of the module that reads them.
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        # `value` is what upstream's function calls the sum itself.
        self._known = {**vars(builtins), **names, "value": None}

    def worked_out(self, text: str) -> Any:
        """Returns a sum's value."""
        node = ast.parse(text, mode="eval").body
        for name in _free_names(node):
            if name not in self._known:
                raise NameError(f"name '{name}' is not defined")
        return Literals(self._of_python, _refuse_call).value(node)

    def _of_python(self, name: str) -> _Known:
        return _Known(repr(self._known[name]))


class _Known:
    """What stands for a name that Python knows, such as `max`: no operator takes it."""

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def __repr__(self) -> str:
        return self._shown


def _refuse_call(node: ast.Call, literals: Literals) -> Any:
    raise code_in(node)


def _free_names(node: ast.AST) -> list[str]:
    """Returns the names in an expression that it does not bind, as they stand in it."""
    parts = list(ast.walk(node))
    names = [part for part in parts if isinstance(part, ast.Name)]
    bound = {part.arg for part in parts if isinstance(part, ast.arg)}
    bound |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    names.sort(key=lambda name: (name.lineno, name.col_offset))
    return [name.id for name in names if name.id not in bound]


class _ApiCalls:
    """What stands for `eval` where calls are executed.

    Args:
        instances: The module's variables, where upstream keeps the simulated APIs.
        named: Upstream's function that puts such a variable before a method's name.
    """

    def __init__(
        self,
        instances: Mapping[str, Any],
        named: Callable[[str, dict[str, str]], str],
    ) -> None:
        self._instances = instances
        self._named = named
        self._methods: dict[str, str] = {}

    def named(self, text: str, methods: dict[str, str]) -> str:
        """Keeps which methods there are, for the call that is executed next."""
        self._methods = methods
        return self._named(text, methods)

    def executed(self, text: str) -> Any:
        """Returns the result of a call."""
        # What `eval` leaves out, and the file name that stands in its messages.
        tree = ast.parse(text.lstrip(" \t"), "<string>", "eval")
        return Literals(_undefined, self._call).value(tree.body)

    def _call(self, node: ast.Call, literals: Literals) -> Any:
        method = self._method(node.func)
        arguments = [literals.value(item) for item in node.args]
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise code_in(node)
            named[keyword.arg] = literals.value(keyword.value)
        try:
            return method(*arguments, **named)
        except MemoryError as error:
            raise RefusedError(LIMITS, "a call used up the memory") from error

    def _method(self, node: ast.expr) -> Callable[..., Any]:
        root: ast.AST = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            raise code_in(node)
        if not isinstance(node, ast.Attribute) or node.value is not root:
            return _undefined(root.id)
        if self._methods.get(node.attr) != root.id:
            return _undefined(root.id)
        return getattr(self._instances[root.id], node.attr)


def _undefined(name: str) -> Any:
    raise NameError(f"name '{name}' is not defined")


class _FreshApis:
    """A dialogue's simulated APIs, gone when it ends.

    Upstream keeps them among the variables of its module, and some of their state is
    shared by all (a predefined credit card, for one).

    Args:
        running: The module that executes calls.
    """

    def __init__(self, running: Any) -> None:
        self._variables = vars(running)
        self._own = {*self._variables, "eval"}
        names = running.CLASS_FILE_PATH_MAPPING.values()
        self._modules = [vars(importlib.import_module(name)) for name in names]
        self._shared = [_state(module) for module in self._modules]
        self._pristine = copy.deepcopy(self._shared)

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        for name in self._variables.keys() - self._own:
            del self._variables[name]
        found = [_state(module) for module in self._modules]
        if found != self._pristine:
            fresh = copy.deepcopy(self._pristine)
            for module, state in zip(self._modules, fresh, strict=True):
                module.update(state)


def _state(module: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in module.items()
        if isinstance(value, (dict, list, set)) and not name.startswith("__")
    }


def _module(name: str) -> Any:
    return importlib.import_module(f"bfcl_eval.{name}")


def _without_vendors() -> None:
    """Puts a stand-in where the checker looks up whether a model's names have dots.

    The real table imports the client library of every vendor; CoALM's entry is False.
    """

    class Table(dict):  # type: ignore[type-arg]
        def __missing__(self, key: str) -> Any:
            return types.SimpleNamespace(underscore_to_dot=False)

    name = "bfcl_eval.constants.model_config"
    module = types.ModuleType(name)
    module.MODEL_CONFIG_MAPPING = Table()  # type: ignore[attr-defined]
    sys.modules[name] = module
