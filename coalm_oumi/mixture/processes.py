"""The processes that make shards and files, and that die with the one that asked."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, TypeVar

from coalm_oumi.errors import CoalmError
from coalm_oumi.mixture.overlaps import OverlapIndex
from coalm_oumi.mixture.token_counts import Count, token_counter
from coalm_oumi.mixture.work_folder import read_benchmarks

Task = TypeVar("Task")


@dataclass(frozen=True)
class Means:
    """What a process needs beside its tasks; it makes the costly parts once.

    Attributes:
        work: The work folder.
        output: The build's folder.
        overlaps: Whether samples are compared with the benchmarks.
        tokenizer: Counts the tokens, if given.
    """

    work: Path
    output: Path
    overlaps: bool
    tokenizer: str | None


@dataclass(frozen=True)
class Tools:
    """`Means`, ready for use."""

    means: Means
    index: OverlapIndex | None
    count: Count | None


Job = Callable[[Task, Tools], None]
_tools: Tools | None = None


def make_tools(means: Means) -> Tools:
    """Reads the benchmarks' texts and the tokenizer, where they are wanted."""
    index = OverlapIndex(read_benchmarks(means.work)) if means.overlaps else None
    count = token_counter(means.tokenizer) if means.tokenizer else None
    return Tools(means, index, count)


class Crew:
    """Runs jobs in this process (one worker) or in several."""

    def __init__(self, means: Means, workers: int) -> None:
        """Notes what is needed; processes start with the first job."""
        self._means = means
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._own: Tools | None = None

    def run(self, job: Job[Task], tasks: Sequence[Task]) -> Iterator[Task]:
        """Does the job for each task, and yields each task once it is done.

        Args:
            job: A function of a module, so that other processes find it.
            tasks: The tasks, the longest first.

        Raises:
            CoalmError: A task failed because of its data, or a process was killed.
        """
        if self._workers == 1:
            self._own = self._own or make_tools(self._means)
            for task in tasks:
                job(task, self._own)
                yield task
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers, get_context("spawn"), _begin, (self._means,)
            )
        with _born_without_interrupts():
            doing = {self._pool.submit(_do, job, task): task for task in tasks}
        try:
            for future in as_completed(doing):
                future.result()
                yield doing[future]
        except BrokenProcessPool as error:
            raise CoalmError(
                "a worker process was ended from outside, perhaps because memory ran "
                "out. Run the same command with --resume, and with fewer --workers."
            ) from error

    def close(self) -> None:
        """Ends the processes; what is not begun is not done."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def end(self) -> None:
        """Ends the processes at once, in the middle of what they do.

        They write files whole or not at all, so that the build can be resumed.
        """
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.terminate()


@contextmanager
def crew(means: Means, workers: int) -> Iterator[Crew]:
    """Gives a crew, and ends its processes in the end."""
    made = Crew(means, workers)
    try:
        yield made
    except KeyboardInterrupt:
        made.end()
        raise
    finally:
        made.close()


@contextmanager
def _born_without_interrupts() -> Iterator[None]:
    """Lets processes begin deaf to Ctrl-C: while they load, they could not ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(means: Means) -> None:
    """Prepares a worker process."""
    global _tools
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _tools = make_tools(means)


def _end_with(sentinel: int) -> None:
    # Without this, the workers of a killed build would wait for tasks for ever.
    wait([sentinel])
    os._exit(1)


def _do(job: Job[Any], task: Any) -> None:
    if _tools is None:
        raise RuntimeError("the process was not prepared")
    job(task, _tools)
