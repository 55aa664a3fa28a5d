"""The process in which upstream's code reads, executes and checks a model's text.

Run by the interpreter of the checker's environment, never imported. A request is one line
of JSON on standard input, its answer one line on standard output::

    {"op": "check_calls", "category": "simple", "text": "[divide(a=3, b=4)]",
     "functions": [...], "answer": [...]}
    {"valid": true, "error_type": null, "errors": [], "found": ["divide(a=3, b=4)"]}

Each request is answered in a process of its own (`confined_child`), gone afterwards:
text of one case cannot reach another case's, nor this process, which hands it on unread.
A child that dies or hangs gives `{"broke": "..."}`.

The steps of a dialogue may have one process for them all, which then need not execute
again what came before. Their requests have a number in front, which is the dialogue's;
the number alone says that it is over, and gets no answer::

    7 {"op": "step", "stage": {...}, "before": [...], "text": "[add(a=2, b=3)]"}
    7

The checks are bfcl-eval's own functions; what is written here is what its command line
does around them (`eval_checker/eval_runner.py`).
"""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import json
import os
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

import sandbox
from children import Children
from confined_child import Child

_LONGEST_ERROR = 1000
# What is imported while answering; the children can read little.
_NEEDED_LATER = ("_strptime", "encodings.idna", "unicodedata", "decimal", "copy")

Request = dict[str, Any]
Answer = dict[str, Any]


class Upstream:
    """The functions of bfcl-eval that are used.

    Args:
        simulators: A folder with the simulated APIs of another revision; the package's
            own if there is none.
    """

    def __init__(self, simulators: str | None) -> None:
        _without_vendors()
        self.ast_checker = self._of("eval_checker.ast_eval.ast_checker", "ast_checker")
        prompting = self._module("model_handler.utils")
        self.decode_ast = prompting.default_decode_ast_prompting
        self.decode_execute = prompting.default_decode_execute_prompting
        formats = self._module("utils")
        self.has_call_format = formats.is_function_calling_format_output
        self.is_empty = formats.is_empty_output
        multi_turn = "eval_checker.multi_turn_eval"
        if simulators is not None:
            package = self._module(f"{multi_turn}.func_source_code")
            package.__path__.insert(0, simulators)
        running = self._module(f"{multi_turn}.multi_turn_utils")
        for name in running.CLASS_FILE_PATH_MAPPING.values():
            importlib.import_module(name)
        self.execute = running.execute_multi_turn_func_call
        self.executes_nothing = running.is_empty_execute_response
        self.executed: list[list[str]] = []
        self.check_dialogue = self._of(
            f"{multi_turn}.multi_turn_checker", "multi_turn_checker"
        )
        for name in _NEEDED_LATER:
            importlib.import_module(name)
        self.versions: dict[str, Any] = {
            "bfcl_eval": importlib.metadata.version("bfcl-eval"),
            "python": ".".join(map(str, sys.version_info[:3])),
        }

    def _of(self, module: str, name: str) -> Callable[..., Any]:
        return getattr(self._module(module), name)

    def _module(self, name: str) -> Any:
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


def hello(upstream: Upstream, request: Request) -> Answer:
    """Says which versions check."""
    return dict(upstream.versions)


def check_calls(upstream: Upstream, request: Request) -> Answer:
    """Compares a reply's calls with the right ones."""
    language = {"java": "Java", "javascript": "JavaScript"}.get(
        request["category"], "Python"
    )
    try:
        found = upstream.decode_ast(request["text"], language)
    except Exception as error:
        return _wrong("ast_decoder:decoder_failed", [str(error)])
    if not upstream.has_call_format(found):
        return _wrong("ast_decoder:decoder_wrong_output_format", [], found)
    try:
        result = upstream.ast_checker(
            request["functions"],
            found,
            request["answer"],
            language,
            request["category"],
            "coalm",
        )
    except Exception as error:
        return _wrong("checker:raised", [f"{type(error).__name__}: {error}"], found)
    if result["valid"]:
        return _right(found)
    return {
        **_wrong(result["error_type"], result["error"], found),
        "sub_errors": _sub_errors(result["error"]),
    }


def check_presence(upstream: Upstream, request: Request) -> Answer:
    """Says whether a reply holds a call, and whether it should."""
    found = None
    try:
        found = upstream.decode_ast(request["text"], "Python")
        called = not upstream.is_empty(found)
    except Exception:
        called = False
    if called == ("irrelevance" not in request["category"]):
        return _right(found)
    if called:
        return _wrong("irrelevance_error:decoder_success", [], found)
    return _wrong("relevance_error:decoder_failed", [], found)


def check_dialogue(upstream: Upstream, request: Request) -> Answer:
    """Executes a dialogue's calls and the right ones, and compares turn by turn."""
    turns = [
        [calls for text in turn if (calls := _decoded(upstream, text))]
        for turn in request["turns"]
    ]
    try:
        result = upstream.check_dialogue(
            turns, request["answer"], request["stage"], "", "coalm"
        )
    except Exception as error:
        return _wrong("checker:raised", [f"{type(error).__name__}: {error}"], turns)
    if result["valid"]:
        return _right(turns)
    return _wrong(result["error_type"], [result.get("error_message", "")], turns)


def step(upstream: Upstream, request: Request) -> Answer:
    """Executes the calls of a reply, after those of the replies before it.

    Those that this process has executed already are not executed again.
    """
    calls = _decoded(upstream, request["text"])
    if not calls:
        return {"calls": [], "results": []}
    stage, before, done = request["stage"], request["before"], upstream.executed
    if before[: len(done)] != done:
        raise ValueError("these are the steps of another dialogue")
    results: list[str] = []
    for group in [*before[len(done) :], calls]:
        results, _ = upstream.execute(
            group,
            stage["initial_config"],
            stage["involved_classes"],
            "coalm",
            stage["id"],
            long_context="long_context" in stage["id"],
        )
        done.append(group)
    return {"calls": calls, "results": [str(result) for result in results]}


def _decoded(upstream: Upstream, text: str) -> list[str]:
    """Returns a reply's calls as text that can be executed; none if it has none."""
    try:
        calls = upstream.decode_execute(text)
    except Exception:
        return []
    return [] if upstream.executes_nothing(calls) else calls


def _right(found: Any) -> Answer:
    return {"valid": True, "error_type": None, "errors": [], "found": _told(found)}


def _wrong(error_type: str, errors: list[Any], found: Any = None) -> Answer:
    return {
        "valid": False,
        "error_type": error_type,
        "errors": [str(error)[:_LONGEST_ERROR] for error in errors[:5]],
        "found": _told(found),
        "count": len(found) if isinstance(found, list) else 0,
    }


def _told(found: Any) -> str | None:
    return None if found is None else str(found)[: 4 * _LONGEST_ERROR]


def _sub_errors(errors: list[Any]) -> list[str]:
    """Returns upstream's error types for each call that was compared, if it says so."""
    return [
        str(detail.get("sub_error_type"))
        for error in errors
        if isinstance(error, dict)
        for detail in error.values()
    ]


_OPERATIONS = {
    "hello": hello,
    "check_calls": check_calls,
    "check_presence": check_presence,
    "check_dialogue": check_dialogue,
    "step": step,
}


def serve(
    upstream: Upstream, seconds: int, most_kept: int, requests: Any, answers: Any
) -> None:
    """Answers requests until there are none; the children end with this process."""

    def answer(line: bytes) -> bytes:
        request = json.loads(line)
        return json.dumps(_OPERATIONS[request["op"]](upstream, request)).encode()

    children = Children(answer, seconds, most_kept)
    for line in requests:
        if line.startswith(b"{"):
            told = children.answer_once(line)
        else:
            dialogue, _, request = line.strip().partition(b" ")
            if not request:
                children.end(dialogue)
                continue
            told = children.answer_step(dialogue, request)
        answers.write(told + b"\n")
        answers.flush()
        children.get_ready()


def main() -> None:
    """Serves on what standard input and output were; neither is left to others."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)
    # Showing one opens files, which the children may not.
    warnings.simplefilter("ignore")
    upstream = Upstream(sys.argv[3] if len(sys.argv) > 3 else None)
    sandbox.prepare()
    upstream.versions["isolation"] = Child.measures()
    gc.freeze()
    serve(upstream, int(sys.argv[1]), int(sys.argv[2]), requests, answers)


if __name__ == "__main__":
    main()
