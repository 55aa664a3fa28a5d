"""How a benchmark becomes a task of `oumi evaluate`.

A benchmark is a `BenchmarkTask`: a name, a dataclass of options (`eval_kwargs` in the
recipe), a function from options to dialogues (or, for single-turn cases, to requests),
and a scorer. `oumi_run` gives it a model's replies and writes the results; this module
makes Oumi call that.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from oumi.core.configs import EvaluationConfig, EvaluationTaskParams
from oumi.core.types.conversation import Conversation
from oumi.utils.logging import logger

from coalm_oumi.benchmarks.oumi_run import Dialogues, run_dialogues
from coalm_oumi.benchmarks.results import Scores
from coalm_oumi.conductor import single_step
from coalm_oumi.conductor.stopping import EXIT_INTERRUPTED
from coalm_oumi.errors import CoalmError, OptionError, expected_one_of
from coalm_oumi.oumi_errors import shown_by_oumi

if TYPE_CHECKING:
    from oumi.core.inference import BaseInferenceEngine


@dataclass(frozen=True)
class Requests:
    """What to ask the model in a benchmark of single turns.

    Attributes:
        conversations: One per case, with the case's id as `conversation_id`, up to the
            assistant's turn.
        score: Scores the replies, given by case id.
        provenance: Data version, protocol, prompt version: what makes the number anew.
        packages: Packages that the score depends on, whose versions are recorded.
    """

    conversations: Sequence[Conversation]
    score: Callable[[Mapping[str, str]], Scores]
    provenance: Mapping[str, Any]
    packages: Sequence[str] = ()

    def as_dialogues(self) -> Dialogues:
        """Returns the same as dialogues of one step."""
        return Dialogues(
            start={
                str(c.conversation_id): partial(single_step, c)
                for c in self.conversations
            },
            score=self.score,
            provenance=self.provenance,
            packages=self.packages,
        )


@dataclass(frozen=True)
class Skipped:
    """A benchmark that cannot be run here, where the recipe allows that.

    Attributes:
        reason: Why, and what to do, in one line.
    """

    reason: str


@dataclass(frozen=True)
class BenchmarkTask:
    """A benchmark as Oumi runs it.

    Attributes:
        name: The task's name in a recipe.
        options: Dataclass whose fields are the options, each with a default.
        prepare: Makes the dialogues or requests from the options and the number of
            cases to take (None for all), or says why there is nothing to run.
        check: Checks the options as far as that takes neither data nor a model; raises
            `CoalmError`. It runs before the model is loaded, and in `coalm check`.
    """

    name: str
    options: type
    prepare: Callable[[Any, int | None], Requests | Dialogues | Skipped]
    check: Callable[[Any], None]

    @property
    def option_names(self) -> tuple[str, ...]:
        """The names that `eval_kwargs` may hold."""
        return tuple(field.name for field in fields(self.options))

    def check_given(self, given: Mapping[str, Any]) -> None:
        """Checks `eval_kwargs` as a recipe has them.

        Raises:
            CoalmError: A name is unknown, or a value cannot be used.
        """
        for name in given:
            if name not in self.option_names:
                raise OptionError(
                    expected_one_of(name, self.option_names), field="eval_kwargs"
                )
        self.check(self.options(**given))


class EvaluationFunction:
    """The function that Oumi registers for a benchmark.

    Oumi 0.9 takes every parameter of an evaluation function for required, a default or
    not, and answers an unknown one with a stack trace. For these functions missing
    options are filled in before Oumi checks, and an unknown one ends in one line. That
    takes a change to Oumi's `Evaluator`, which cannot be imported yet when Oumi loads its
    plug-ins. It can be when Oumi has looked up a function and tests it for truth.
    """

    def __init__(self, task: BenchmarkTask) -> None:
        self.task = task
        # Oumi reads the names that a recipe may set off the signature.
        names = ("task_params", "config", "inference_engine", *task.option_names)
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
        with shown_by_oumi(), _exit_code_of_interruption(self.task.name):
            _check_all(config.tasks)
            chosen = self.task.options(**options)
            prepared = self.task.prepare(chosen, task_params.num_samples)
            if isinstance(prepared, Skipped):
                logger.warning(f"{self.task.name}: not run: {prepared.reason}")
                return {}
            if isinstance(prepared, Requests):
                prepared = prepared.as_dialogues()
            return run_dialogues(self.task.name, prepared, config, inference_engine)

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
                function.task.check_given(params.eval_kwargs)
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
            with shown_by_oumi():
                _fill_in(custom_kwargs, evaluation_fn.task)
        original(
            custom_kwargs=custom_kwargs,
            evaluation_fn=evaluation_fn,
            evaluation_fn_name=evaluation_fn_name,
        )

    setattr(validate, "fills_in_coalm_defaults", True)  # noqa: B010
    setattr(Evaluator, "_validate_custom_kwargs", staticmethod(validate))  # noqa: B010


def _fill_in(given: dict[str, Any], task: BenchmarkTask) -> None:
    task.check_given(given)
    defaults = task.options()
    for name in task.option_names:
        given.setdefault(name, getattr(defaults, name))
