"""One process of the checker, and the lines to and from it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from typing import Any

Request = Mapping[str, Any]
Answer = dict[str, Any]


class DiedError(Exception):
    """A worker is gone, or does not answer."""


class Worker:
    """The process, in an empty folder and without our environment variables.

    Args:
        command: What runs it.

    Raises:
        OSError: It does not start.
    """

    def __init__(self, command: list[str]) -> None:
        self._folder = tempfile.mkdtemp(prefix="bfcl-checker-")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env=_environment(self._folder),
            start_new_session=True,
        )
        self._rest = b""

    def ask(
        self,
        request: Request,
        patience: float,
        dialogue: int | None = None,
        over: Iterable[int] = (),
    ) -> Answer:
        """Returns the answer to a request.

        Args:
            request: `op` and what that wants (`checker/worker.py`).
            patience: Seconds to wait.
            dialogue: The number of the dialogue that this is a step of.
            over: Numbers of dialogues that are over.

        Raises:
            DiedError: There is none.
        """
        line = "".join(f"{number}\n" for number in over).encode()
        line += b"" if dialogue is None else f"{dialogue} ".encode()
        line += json.dumps(request).encode() + b"\n"
        stdin = self._process.stdin
        try:
            if stdin is None:
                raise DiedError("its input is closed")
            stdin.write(line)
            stdin.flush()
            return json.loads(self._line(time.monotonic() + patience))
        except (OSError, ValueError) as error:
            raise DiedError(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Ends the process and all that it may have left."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, 9)
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _line(self, deadline: float) -> bytes:
        stdout = self._process.stdout
        if stdout is None:
            raise DiedError("its output is closed")
        poll = select.poll()  # which, unlike `select`, takes any number of open files
        poll.register(stdout, select.POLLIN | select.POLLHUP)
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(1000 * left):
                raise DiedError("it does not answer")
            part = os.read(stdout.fileno(), 1 << 16)
            if not part:
                raise DiedError("it is gone")
            parts.append(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line


def _environment(folder: str) -> dict[str, str]:
    """Returns all the variables that a worker has: none of ours, so no secrets."""
    return {
        "HOME": folder,
        "TMPDIR": folder,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        # Simulated APIs print sets.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }
