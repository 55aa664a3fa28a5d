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
class WorkerConfig:
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
class WorkerState:
    """`WorkerConfig`, ready for use."""

    config: WorkerConfig
    index: OverlapIndex | None
    count: Count | None


Job = Callable[[Task, WorkerState], None]
_state: WorkerState | None = None


def make_state(config: WorkerConfig) -> WorkerState:
    """Reads the benchmarks' texts and the tokenizer, where they are wanted."""
    index = OverlapIndex(read_benchmarks(config.work)) if config.overlaps else None
    count = token_counter(config.tokenizer) if config.tokenizer else None
    return WorkerState(config, index, count)


class WorkerPool:
    """Runs jobs in this process (one worker) or in several."""

    def __init__(self, config: WorkerConfig, workers: int) -> None:
        """Notes what is needed; processes start with the first job."""
        self._config = config
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._own: WorkerState | None = None

    def run(self, job: Job[Task], tasks: Sequence[Task]) -> Iterator[Task]:
        """Does the job for each task, and yields each task once it is done.

        Args:
            job: A function of a module, so that other processes find it.
            tasks: The tasks, the longest first.

        Raises:
            CoalmError: A task failed because of its data, or a process was killed.
        """
        if self._workers == 1:
            self._own = self._own or make_state(self._config)
            for task in tasks:
                job(task, self._own)
                yield task
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers, get_context("spawn"), _begin, (self._config,)
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
def worker_pool(config: WorkerConfig, workers: int) -> Iterator[WorkerPool]:
    """Gives a pool of workers, and ends its processes in the end."""
    made = WorkerPool(config, workers)
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


def _begin(config: WorkerConfig) -> None:
    """Prepares a worker process."""
    global _state
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    _state = make_state(config)


def _end_with(sentinel: int) -> None:
    # Without this, the workers of a killed build would wait for tasks for ever.
    wait([sentinel])
    os._exit(1)


def _do(job: Job[Any], task: Any) -> None:
    if _state is None:
        raise RuntimeError("the process was not prepared")
    job(task, _state)
