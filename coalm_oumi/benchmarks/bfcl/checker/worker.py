"""The process in which upstream's code reads, executes and checks a model's text.

Run by the interpreter of the checker's environment, never imported. A request is one line
of JSON on standard input, its answer one line on standard output, with the request's
number::

    {"number": 7, "op": "check_calls", "category": "simple",
     "text": "[divide(a=3, b=4)]", "functions": [...], "answer": [...]}
    {"number": 7, "valid": true, "error_type": null, "errors": [], "sub_errors": [],
     "found": "[{'divide': {'a': 3, 'b': 4}}]", "count": 1, "over_lines": null}

No text is ever run: `upstream` says what is done instead. A reply that wants it is refused
(`{"number": 7, "refused": "code", "reason": "..."}`). So nothing that a reply says can
reach another request's answer. As a second line, an audit hook refuses to run code, to
open files and sockets, and to start processes.

The checks are bfcl-eval's own functions; what is written here is what its command line
does around them (`eval_checker/eval_runner.py`).
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import sys
import warnings
from typing import Any

from literals import CODE, LIMITS, RefusedError
from upstream import Upstream

_MEMORY = 1 << 30
_LONGEST_ERROR = 1000
# What is imported while answering, which the audit hook refuses then.
_NEEDED_LATER = ("_strptime", "encodings.idna", "unicodedata", "decimal")
_REFUSED_EVENTS = ("exec", "open", "socket.", "subprocess.", "os.", "ctypes.")

Request = dict[str, Any]
Answer = dict[str, Any]


def hello(upstream: Upstream, request: Request) -> Answer:
    """Says which versions check."""
    return dict(upstream.versions)


def check_calls(upstream: Upstream, request: Request) -> Answer:
    """Compares a reply's calls with the right ones."""
    text, category = request["text"], request["category"]
    language = {"java": "Java", "javascript": "JavaScript"}.get(category, "Python")
    try:
        found = upstream.decode_ast(text, language)
    except Exception as error:
        unread = _wrong("ast_decoder:decoder_failed", [str(error)])
        if language == "Python" and (calls := _over_lines(upstream, text)):
            compared = _compared(upstream, request, language, calls)
            return {**unread, "over_lines": compared["valid"]}
        return unread
    return _compared(upstream, request, language, found)


def _compared(
    upstream: Upstream, request: Request, language: str, found: Any
) -> Answer:
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
    wanted = "irrelevance" not in request["category"]
    found = over_lines = None
    try:
        found = upstream.decode_ast(request["text"], "Python")
        called = not upstream.is_empty(found)
    except Exception:
        called = False
        if _over_lines(upstream, request["text"]):
            over_lines = wanted
    if called == wanted:
        answer = _right(found)
    elif called:
        answer = _wrong("irrelevance_error:decoder_success", [], found)
    else:
        answer = _wrong("relevance_error:decoder_failed", [], found)
    return {**answer, "over_lines": over_lines}


def check_dialogue(upstream: Upstream, request: Request) -> Answer:
    """Executes a dialogue's calls and the right ones, and compares turn by turn."""
    turns = [
        [calls for text in turn if (calls := upstream.executable_calls(text))]
        for turn in request["turns"]
    ]
    try:
        result = upstream.check_dialogue(turns, request["answer"], request["stage"])
    except Exception as error:
        return _wrong("checker:raised", [f"{type(error).__name__}: {error}"], turns)
    if result["valid"]:
        return _right(turns)
    return _wrong(result["error_type"], [result.get("error_message", "")], turns)


def step(upstream: Upstream, request: Request) -> Answer:
    """Executes the calls of a reply, after those of the replies before it."""
    calls = upstream.executable_calls(request["text"])
    if not calls:
        return {"calls": [], "results": []}
    results = upstream.play(request["stage"], [*request["before"], calls])
    return {"calls": calls, "results": results}


def _over_lines(upstream: Upstream, text: str) -> list[dict[str, Any]]:
    """Returns the calls of a list over several lines that upstream cannot read."""
    try:
        return upstream.read_over_lines(text)
    except RefusedError:
        return []


def _right(found: Any) -> Answer:
    return {**_answer(found), "valid": True, "error_type": None}


def _wrong(error_type: str, errors: list[Any], found: Any = None) -> Answer:
    told = [str(error)[:_LONGEST_ERROR] for error in errors[:5]]
    return {
        **_answer(found),
        "valid": False,
        "error_type": error_type,
        "errors": told,
        "count": len(found) if isinstance(found, list) else 0,
    }


def _answer(found: Any) -> Answer:
    return {
        "errors": [],
        "sub_errors": [],
        "found": None if found is None else _told(found),
        "count": 0,
        "over_lines": None,
    }


def _told(found: Any) -> str:
    try:
        return str(found)[: 4 * _LONGEST_ERROR]
    except ValueError as error:  # Python writes no number of more than 4,300 digits.
        return str(error)


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


def answer_to(upstream: Upstream, request: Request) -> Answer:
    """Returns the answer to a request, with its number."""
    try:
        answer = _OPERATIONS[request["op"]](upstream, request)
    except RefusedError as refused:
        answer = {"refused": refused.kind, "reason": refused.reason}
    except MemoryError:
        answer = {"refused": LIMITS, "reason": "it used up the memory"}
    return {"number": request["number"], **answer}


def _limit(name: str, most: int) -> None:
    """Limits what this process may use; where the system cannot, it is left."""
    number = getattr(resource, name, None)
    if number is not None:
        hard = resource.getrlimit(number)[1]
        try:
            resource.setrlimit(number, (most, hard))
        except (OSError, ValueError):
            return


def _refuse_events(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_REFUSED_EVENTS):
        raise RefusedError(CODE, f"it came to '{event}', which is not allowed")


def main() -> None:
    """Serves on what standard input and output were; neither is left to others."""
    seconds = int(sys.argv[1])
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)
    # Showing one opens files.
    warnings.simplefilter("ignore")
    upstream = Upstream(sys.argv[2] if len(sys.argv) > 2 else None)
    for name in _NEEDED_LATER:
        importlib.import_module(name)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", 0)
    _limit("RLIMIT_AS", _MEMORY)
    gc.freeze()
    sys.addaudithook(_refuse_events)
    for line in requests:
        _limit("RLIMIT_CPU", int(sum(os.times()[:2])) + 1 + seconds)
        answer = answer_to(upstream, json.loads(line))
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
