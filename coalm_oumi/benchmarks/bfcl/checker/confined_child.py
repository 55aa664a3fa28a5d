"""A process that answers one request, confined before it sees it.

It is forked ahead of time, so that what that costs is paid while nobody waits.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable

import sandbox

_MEMORY = 1 << 30
_LONGEST_ANSWER = 32 << 20
_REQUEST, _ANSWER = 3, 4


class Child:
    """A child that waits for its request.

    Args:
        answer: What it does with a request.
        seconds: Processor time that it may take.
    """

    def __init__(self, answer: Callable[[bytes], bytes], seconds: int) -> None:
        self._seconds = seconds
        # Precedes the answer: text that writes to the pipe itself does not know it.
        self._seal = os.urandom(16).hex().encode()
        reading, self._request = os.pipe()
        self._answer, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._answer_and_exit(answer, reading, writing)
        os.close(reading)
        os.close(writing)

    @staticmethod
    def measures() -> list[str]:
        """Returns how a child is confined."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                told = ",".join(sandbox.confine(1, _MEMORY))
                os.write(writing, told.encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read().decode()
        os.waitpid(child, 0)
        return told.split(",")

    def ask(self, request: bytes) -> bytes:
        """Returns the answer to a request, or what became of the child that tried."""
        patience = 4 * self._seconds + 5
        try:
            with os.fdopen(self._request, "wb") as pipe:
                pipe.write(request)
        except OSError:
            pass  # it is gone, as its status will tell
        # Processor time is what is limited; one that sleeps is not waited for longer.
        told = _read_until(self._answer, time.monotonic() + patience)
        os.close(self._answer)
        if told is None:
            os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        if told is None:
            return _broke(f"it did not end within {patience} s")
        if os.WIFSIGNALED(status):
            return _broke(_cause(os.WTERMSIG(status), self._seconds))
        if not told.startswith(self._seal) or os.WEXITSTATUS(status):
            ended = f"it ended with status {os.WEXITSTATUS(status)} and no answer"
            return _broke(ended)
        return told[len(self._seal) :]

    def end(self) -> None:
        """Ends a child that was asked nothing."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def _answer_and_exit(
        self, answer: Callable[[bytes], bytes], reading: int, writing: int
    ) -> None:
        status = 1
        try:
            _keep_only(reading, writing)
            sandbox.confine(self._seconds, _MEMORY)
            parts = []
            while part := os.read(_REQUEST, 1 << 16):
                parts.append(part)
            data = self._seal + answer(b"".join(parts))
            while data:
                data = data[os.write(_ANSWER, data) :]
            status = 0
        finally:
            # Whatever was raised: nothing of this process may go on as its parent.
            os._exit(status)


def _keep_only(reading: int, writing: int) -> None:
    """Leaves this process two open files, at known numbers."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    # Out of the way first: one may have the number that the other is to have.
    spare = max(reading, writing, nothing, _ANSWER) + 1
    reading, writing = os.dup2(reading, spare), os.dup2(writing, spare + 1)
    os.dup2(reading, _REQUEST)
    os.dup2(writing, _ANSWER)
    os.closerange(_ANSWER + 1, 1 << 10)


def _read_until(reading: int, deadline: float) -> bytes | None:
    """Returns all that a child writes; None if it is not done by the deadline."""
    poll = select.poll()
    poll.register(reading, select.POLLIN | select.POLLHUP)
    parts: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(1000 * left):
            return None
        part = os.read(reading, 1 << 16)
        if not part:
            return b"".join(parts)
        size += len(part)
        if size > _LONGEST_ANSWER:
            return None
        parts.append(part)


def _cause(number: int, seconds: int) -> str:
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return f"it used up {seconds} s of processor time"
    return f"it was ended by {signal.Signals(number).name}"


def _broke(why: str) -> bytes:
    return json.dumps({"broke": why}).encode()
