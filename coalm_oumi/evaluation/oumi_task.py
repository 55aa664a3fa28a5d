"""How a benchmark becomes a task of `oumi evaluate`.

`oumi_run` gives the benchmark a model's replies and writes the results; this module makes
Oumi call that.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from oumi.core.configs import EvaluationConfig, EvaluationTaskParams
from oumi.utils.logging import logger

from coalm_oumi.errors import CoalmError
from coalm_oumi.evaluation.benchmark import Benchmark, NotRunError
from coalm_oumi.evaluation.conductor.stopping import EXIT_INTERRUPTED
from coalm_oumi.evaluation.oumi_run import run_dialogues
from coalm_oumi.evaluation.sample_limit import sample_limit
from coalm_oumi.oumi_errors import errors_for_oumi

if TYPE_CHECKING:
    from oumi.core.inference import BaseInferenceEngine


class EvaluationFunction:
    """The function that Oumi registers for a benchmark.

    Oumi 0.9 takes every parameter of an evaluation function for required, a default or
    not, and answers an unknown one with a stack trace. For these functions missing
    options are filled in before Oumi checks, and an unknown one ends in one line. That
    takes a change to Oumi's `Evaluator`, which cannot be imported yet when Oumi loads its
    plug-ins. It can be when Oumi has looked up a function and tests it for truth.
    """

    def __init__(self, benchmark: Benchmark[Any, Any]) -> None:
        self.benchmark = benchmark
        # Oumi reads the names that a recipe may set off the signature.
        own = benchmark.options.option_names()
        names = ("task_params", "config", "inference_engine", *own)
        self.__signature__ = inspect.Signature(
            [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
        )

    def __call__(
        self,
        *,
        task_params: EvaluationTaskParams,
        config: EvaluationConfig,
        inference_engine: BaseInferenceEngine,
        **options: Any,
    ) -> dict[str, Any]:
        """Runs the benchmark.

        Returns:
            The metrics by name, as shares of 1, and their standard errors, which
            `oumi evaluate` prints in per cent; none if the benchmark is skipped.

        Raises:
            CoalmOumiError: An option cannot be used; data is missing or malformed.
            KeyboardInterrupt: The run was interrupted.
            SystemExit: The same under the `oumi` command, which would end with 1.
        """
        benchmark = self.benchmark
        with errors_for_oumi(), _exit_code_of_interruption(benchmark.name):
            _check_all(config.tasks)
            chosen = benchmark.options.read(options)
            try:
                limit = sample_limit(task_params.num_samples)
                dialogues = benchmark.dialogues(chosen, limit)
            except NotRunError as error:
                logger.warning(f"{benchmark.name}: not run: {error}")
                return {}
            return run_dialogues(benchmark.name, dialogues, config, inference_engine)

    def __bool__(self) -> bool:
        """True; and the moment to mend Oumi's check of the options."""
        _accept_defaults()
        return True


@contextmanager
def _exit_code_of_interruption(task: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        logger.warning(f"{task}: interrupted; the same command takes the run up again.")
        if click.get_current_context(silent=True) is None:
            raise  # called from a program, not by the `oumi` command
        raise SystemExit(EXIT_INTERRUPTED) from None


def _check_all(tasks: Sequence[EvaluationTaskParams]) -> None:
    """Refuses a wrong option of a later task before hours are spent on this one."""
    from oumi.core.registry import REGISTRY

    for params in tasks:
        if params.evaluation_backend != "custom":
            continue
        function = REGISTRY.get_evaluation_function(params.task_name or "")
        if isinstance(function, EvaluationFunction):
            try:
                function.benchmark.options.read(params.eval_kwargs)
            except CoalmError as error:
                raise CoalmError(f"task {params.task_name}: {error}") from error


def _accept_defaults() -> None:
    from oumi.core.evaluation import Evaluator

    original = Evaluator._validate_custom_kwargs
    if getattr(original, "fills_in_coalm_defaults", False):
        return

    def validate(
        custom_kwargs: dict[str, Any],
        evaluation_fn: Callable[..., Any],
        evaluation_fn_name: str,
    ) -> None:
        if isinstance(evaluation_fn, EvaluationFunction):
            with errors_for_oumi():
                chosen = evaluation_fn.benchmark.options.read(custom_kwargs)
            for name in chosen.option_names():
                custom_kwargs.setdefault(name, getattr(chosen, name))
        original(
            custom_kwargs=custom_kwargs,
            evaluation_fn=evaluation_fn,
            evaluation_fn_name=evaluation_fn_name,
        )

    setattr(validate, "fills_in_coalm_defaults", True)  # noqa: B010
    setattr(Evaluator, "_validate_custom_kwargs", staticmethod(validate))  # noqa: B010
