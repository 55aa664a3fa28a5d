"""One process of the checker, and the lines to and from it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from typing import Any

Request = Mapping[str, Any]
Answer = dict[str, Any]

_LONGEST_ANSWER = 32 << 20
_SECONDS_TO_END = 5.0

_TEXT_OR_NONE = (str, type(None))
_CHECKED = {
    "valid": bool,
    "error_type": _TEXT_OR_NONE,
    "errors": list,
    "sub_errors": list,
    "found": _TEXT_OR_NONE,
    "count": int,
    "over_lines": (bool, type(None)),
}
_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "hello": {"bfcl_eval": str, "python": str},
    "check_calls": _CHECKED,
    "check_presence": _CHECKED,
    "check_dialogue": _CHECKED,
    "step": {"calls": list, "results": list},
}
_REFUSED = {"refused": str, "reason": str}


class DiedError(Exception):
    """A worker is gone, or does not answer."""


class Worker:
    """The process, without our environment variables.

    Args:
        command: What runs it.

    Raises:
        OSError: It does not start.
    """

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
        )
        self._numbers = itertools.count(1)
        self._rest = b""

    def ask(self, request: Request, patience: float) -> Answer:
        """Returns the answer to a request.

        Args:
            request: `op` and what that wants (`checker/worker.py`).
            patience: Seconds to wait.

        Raises:
            DiedError: There is none, or none that fits the request.
        """
        number = next(self._numbers)
        line = json.dumps({**request, "number": number}).encode() + b"\n"
        stdin = self._process.stdin
        try:
            if stdin is None:
                raise DiedError("its input is closed")
            stdin.write(line)
            stdin.flush()
            answer = json.loads(self._line(time.monotonic() + patience))
        except BrokenPipeError as error:
            raise DiedError(self._end()) from error
        except (OSError, ValueError, RecursionError) as error:
            raise DiedError(f"{type(error).__name__}: {error}") from error
        if not _fits(answer, request["op"], number):
            raise DiedError("its answer does not fit the request")
        return answer

    def close(self) -> None:
        """Ends the process and all that it may have left."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process.wait()

    def _line(self, deadline: float) -> bytes:
        stdout = self._process.stdout
        if stdout is None:
            raise DiedError("its output is closed")
        poll = select.poll()  # which, unlike `select`, takes any number of open files
        poll.register(stdout, select.POLLIN | select.POLLHUP)
        parts, size = [self._rest], len(self._rest)
        while b"\n" not in parts[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(1000 * left):
                raise DiedError("it does not answer")
            part = os.read(stdout.fileno(), 1 << 16)
            size += len(part)
            if not part or size > _LONGEST_ANSWER:
                raise DiedError(self._end() if not part else "its answer has no end")
            parts.append(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def _end(self) -> str:
        """Returns how the process ended, in words."""
        try:
            status = self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return "it has closed its output"
        if status == -signal.SIGXCPU:
            return "it used up its processor time"
        if status < 0:
            return f"it was ended by {signal.Signals(-status).name}"
        return f"it ended with status {status}"


def _fits(answer: Any, operation: str, number: int) -> bool:
    """Returns whether an answer has the fields of its operation, and nothing else."""
    if not isinstance(answer, dict) or answer.pop("number", None) != number:
        return False
    fields = _REFUSED if "refused" in answer else _FIELDS[operation]
    return answer.keys() == fields.keys() and all(
        isinstance(answer[name], kind)
        and (not isinstance(answer[name], list) or _is_text(answer[name]))
        for name, kind in fields.items()
    )


def _is_text(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    # Simulated APIs print sets.
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
}
"""All the variables that a worker has: none of ours, so no secrets."""
