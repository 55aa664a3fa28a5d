"""The configuration of a study (`configs/smol_study.yaml`), read and checked.

::

    models:
      base: {model: output/smollm2}
      tuned: {train: recipes/smol_train.yaml, seeds: [42, 43, 44]}
    evaluate: recipes/smol_evaluate.yaml
    passes:
      - {seeds: 1, cases: {snips_dst: 100, multiwoz24 dst_prompt: 4}}
      - {cases: {snips_dst: 700, multiwoz24 dst_prompt: 40}}
    output: output/smol_study
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from coalm_oumi.errors import CoalmError, expected_one_of, shorten
from coalm_oumi.yaml_files import read_yaml

Size = Annotated[int, Field(ge=1)] | Literal["all"]
"""How many cases of a task, as the benchmark counts them (`Benchmark.size_option`)."""

# Folders are named so.
_ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelEntry(_Strict):
    """A model of the study: one that is there, or one that a recipe trains.

    Attributes:
        model: The folder of a model that is evaluated as it is.
        train: The training recipe.
        seeds: The seeds with which it is trained, in order.
        steps: How many steps it is trained; the recipe's `max_steps` if not given.
    """

    model: Path | None = None
    train: Path | None = None
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (42,)
    steps: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.model is None) == (self.train is None):
            raise ValueError(
                "expected `model`, a folder, or `train`, a recipe, and not both"
            )
        if self.model is not None and {"seeds", "steps"} & self.model_fields_set:
            raise ValueError(
                "only a model that is trained has seeds and steps; remove them"
            )
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("a seed stands twice; remove one")
        return self


class Pass(_Strict):
    """One pass over the models.

    Attributes:
        seeds: How many of each model's seeds; all if not given.
        cases: How many cases of each task, by its name (`snips_dst`), with a protocol
            behind it where it has several (`multiwoz24 dst_prompt`).
    """

    seeds: Annotated[int | None, Field(ge=1)] = None
    cases: Annotated[dict[str, Size], Field(min_length=1)]


class StudyConfig(_Strict):
    """A study.

    Attributes:
        models: The models by name. The first that is not trained is the base, the first
            that is trained is the one that the other trained ones are compared with.
        evaluate: The evaluation recipe; its tasks are run with the sizes of the passes.
        passes: What to do first, and then with more cases or seeds.
        output: The folder for models, results and tables.
        checkpoint_steps: After how many steps a training stores a checkpoint; a multiple
            of the recipe's `logging_steps`, lest tokens between the two go uncounted.
        show: Metrics shown by task; the benchmark's main metric if not given.
    """

    models: Annotated[dict[_ModelName, ModelEntry], Field(min_length=1)]
    evaluate: Path
    passes: Annotated[tuple[Pass, ...], Field(min_length=1)]
    output: Path
    checkpoint_steps: Annotated[int, Field(ge=1)] = 20
    show: dict[str, tuple[str, ...]] = {}

    @property
    def base(self) -> str | None:
        """The first model that is not trained; None if all are."""
        return next((k for k, m in self.models.items() if m.train is None), None)

    @property
    def main(self) -> str | None:
        """The first model that is trained; None if none is."""
        return next((k for k, m in self.models.items() if m.train is not None), None)


def read_config(path: Path) -> StudyConfig:
    """Reads the configuration.

    Raises:
        CoalmError: It cannot be used; the message names the field.
    """
    found = read_yaml(path)
    try:
        config = StudyConfig.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _explained(first, path) from None
    _check_widening(config, path)
    _check_places(config, path)
    for task in config.show:
        known = tuple(config.passes[-1].cases)
        if task not in known:
            raise CoalmError(expected_one_of(task, known), path=path, field="show")
    return config


def _explained(found: Any, path: Path) -> CoalmError:
    place = [str(part) for part in found["loc"]]
    of_cases = "cases" in place[:-1]
    if of_cases:  # behind the task's name pydantic names the kind of number
        place = place[: place.index("cases") + 2]
    field = ".".join(place)
    if found["type"] == "extra_forbidden":
        holders = {"models": ModelEntry, "passes": Pass}
        holder = holders.get(place[0], StudyConfig) if len(place) > 1 else StudyConfig
        problem = expected_one_of(place[-1], tuple(holder.model_fields))
        return CoalmError(problem, path=path, field=field)
    if found["type"] == "missing":
        return CoalmError("it is missing. Add it.", path=path, field=field)
    problem = str(found["msg"]).removeprefix("Value error, ")
    if of_cases:
        problem = "expected a whole number from 1, or `all`"
    told = found["input"]
    value = "" if isinstance(told, Mapping) else f", found {shorten(repr(told), 40)}"
    return CoalmError(f"{problem}{value}.", path=path, field=field)


def _check_widening(config: StudyConfig, path: Path) -> None:
    """Refuses a pass with less than the one before it."""
    for number, (before, after) in enumerate(
        zip(config.passes, config.passes[1:], strict=False), 1
    ):
        seeds = (before.seeds or float("inf"), after.seeds or float("inf"))
        if seeds[1] < seeds[0]:
            raise CoalmError(
                f"a pass cannot have fewer seeds than the one before it, which has "
                f"{before.seeds or 'all'}.",
                path=path,
                field=f"passes.{number}.seeds",
            )
        for task, size in before.cases.items():
            wider = after.cases.get(task)
            if wider is None or _number(wider) < _number(size):
                raise CoalmError(
                    f"a pass cannot have fewer cases than the one before it, which has "
                    f"{size}; found {'none' if wider is None else wider}.",
                    path=path,
                    field=f"passes.{number}.cases.{task}",
                )


def _number(size: Size) -> float:
    return float("inf") if size == "all" else size


def _check_places(config: StudyConfig, path: Path) -> None:
    for name, entry in config.models.items():
        if entry.train is not None and not entry.train.is_file():
            raise CoalmError(
                f"there is no recipe {entry.train}. `coalm recipes` lists those that "
                "came with the package.",
                path=path,
                field=f"models.{name}.train",
            )
        if entry.model is not None and not (entry.model / "config.json").is_file():
            raise CoalmError(
                f"there is no model in {entry.model}: it has no config.json. Such as "
                f"`coalm download smollm2 --output {entry.model}` puts one there.",
                path=path,
                field=f"models.{name}.model",
            )
    if not config.evaluate.is_file():
        problem = f"there is no recipe {config.evaluate}."
        raise CoalmError(problem, path=path, field="evaluate")
