"""A process that answers requests, confined before it sees the first.

It is forked ahead of time, so that what that costs is paid while nobody waits. Both ways
go through pipes, and each message's length precedes it.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import struct
import time
from collections.abc import Callable

import sandbox

_MEMORY = 1 << 30
_LONGEST_ANSWER = 32 << 20
_REQUEST, _ANSWER = 3, 4
_LENGTH = struct.Struct("<Q")
_PIECE = 1 << 16

Answering = Callable[[bytes], bytes]


class Child:
    """A child that waits for its requests, one after another.

    Args:
        answer: What it does with a request.
        seconds: Processor time that it may take in its life.

    Attributes:
        lost: Whether it has broken, and is gone.
    """

    def __init__(self, answer: Answering, seconds: int) -> None:
        self._seconds = seconds
        # Precedes an answer: text that writes to the pipe itself does not know it.
        self._seal = os.urandom(16)
        reading, self._request = os.pipe()
        self._answer, writing = os.pipe()
        self.lost = False
        self._pid = os.fork()
        if self._pid == 0:
            self._answer_and_exit(answer, reading, writing)
        os.close(reading)
        os.close(writing)
        os.set_blocking(self._request, False)

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
        # Processor time is what is limited; one that sleeps is not waited for longer.
        patience = 4 * self._seconds + 5
        deadline = time.monotonic() + patience
        try:
            _write_until(self._request, _framed(request), deadline)
            head = _read_until(self._answer, len(self._seal) + _LENGTH.size, deadline)
            size = _LENGTH.unpack(head[len(self._seal) :])[0]
            if not head.startswith(self._seal) or size > _LONGEST_ANSWER:
                return self._broke("it wrote what is no answer")
            return _read_until(self._answer, size, deadline)
        except TimeoutError:
            return self._broke(f"it did not end within {patience} s")
        except OSError:
            return self._broke("")

    def resident(self) -> int | None:
        """Returns the bytes of memory that it has; None where that is not to be known."""
        try:
            with open(f"/proc/{self._pid}/statm", "rb") as file:
                return int(file.read().split()[1]) * resource.getpagesize()
        except (OSError, ValueError, IndexError):
            return None

    def end(self) -> int:
        """Ends the child, if it is still there; returns its status."""
        os.close(self._request)
        os.close(self._answer)
        # One that is on its way out already keeps the status that it has.
        os.kill(self._pid, signal.SIGKILL)
        return os.waitpid(self._pid, 0)[1]

    def _broke(self, why: str) -> bytes:
        self.lost = True
        status = self.end()
        if not why and os.WIFSIGNALED(status):
            why = _cause(os.WTERMSIG(status), self._seconds)
        why = why or f"it ended with status {os.WEXITSTATUS(status)} and no answer"
        return json.dumps({"broke": why}).encode()

    def _answer_and_exit(self, answer: Answering, reading: int, writing: int) -> None:
        status = 1
        try:
            _keep_only(reading, writing)
            sandbox.confine(self._seconds, _MEMORY)
            while (request := _next_request()) is not None:
                data = self._seal + _framed(answer(request))
                while data:
                    data = data[os.write(_ANSWER, data) :]
            status = 0
        finally:
            # Whatever was raised: nothing of this process may go on as its parent.
            os._exit(status)


def _framed(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def _next_request() -> bytes | None:
    """Returns what the parent asks; None if it asks no more."""
    head = _read_blocking(_LENGTH.size)
    return None if head is None else _read_blocking(_LENGTH.unpack(head)[0])


def _read_blocking(size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        part = os.read(_REQUEST, size - len(data))
        if not part:
            return None
        data += part
    return data


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
    os.closerange(_ANSWER + 1, 1 << 12)


def _write_until(pipe: int, data: bytes, deadline: float) -> None:
    """Writes all of it to a pipe that does not block.

    Raises:
        TimeoutError: The child has not read it by the deadline.
        OSError: The child is gone.
    """
    while data:
        try:
            data = data[os.write(pipe, data) :]
        except BlockingIOError:
            _wait_for(pipe, select.POLLOUT, deadline)


def _read_until(pipe: int, size: int, deadline: float) -> bytes:
    """Returns so many bytes of what the child writes.

    Raises:
        TimeoutError: The child has not written them by the deadline.
        OSError: The child is gone.
    """
    parts = []
    while size:
        _wait_for(pipe, select.POLLIN, deadline)
        part = os.read(pipe, min(size, _PIECE))
        if not part:
            raise BrokenPipeError
        size -= len(part)
        parts.append(part)
    return b"".join(parts)


def _wait_for(pipe: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(1000 * left):
        raise TimeoutError


def _cause(number: int, seconds: int) -> str:
    if number in (signal.SIGXCPU, signal.SIGKILL):
        return f"it used up {seconds} s of processor time"
    return f"it was ended by {signal.Signals(number).name}"
