"""Is `oumi train` started as the recipe is meant: processes, GPUs, samples of a step.

Two ways to start a recipe look right and are not. One process on a machine of several
GPUs spreads the model's layers over them, so that one GPU works at a time, in steps of an
eighth of the samples. And a number of processes that the recipe was not written for gives
steps of another size, for which its learning rate was not chosen.

What a step is to hold stands in the recipe's header (`Global batch: 8`). Oumi hands each
field of a recipe to the model, the trainer or a dataset, and has none for this.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from coalm_oumi.errors import CoalmError
from coalm_oumi.planning.hardware import Hardware
from coalm_oumi.planning.model_shape import lacks_gpu
from coalm_oumi.planning.shipped import Header, read_header

SEVERAL = "oumi distributed torchrun -m oumi train"
ALONE = "CUDA_VISIBLE_DEVICES=0 oumi train"
_ACCUMULATION = "training.gradient_accumulation_steps"


def recipe_header(path: str) -> Header:
    """Returns what a recipe's header says; nothing if the file cannot be read."""
    try:
        return read_header(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return read_header("")  # Oumi says what is wrong with the file.


def start_command(path: str, arguments: Sequence[str], hardware: Hardware) -> str:
    """Returns the command that trains a recipe, on each machine."""
    verb = SEVERAL if hardware.gpus > 1 else ALONE
    return shlex.join([*verb.split(), "-c", path, *arguments])


class BatchProblem(NamedTuple):
    """A step has another number of samples than it is to have: where, what, what helps."""

    field: str
    problem: str
    fix: str


def batch_problem(config: Any, processes: int, wanted: int) -> BatchProblem | None:
    """Says how a step has another number of samples than it is to have.

    Args:
        config: The recipe as Oumi has read it.
        processes: How many train, one a GPU.
        wanted: Samples that a step is to have.

    Returns:
        None where all is right, or where samples are packed: their number varies.
    """
    training = config.training
    rows = processes * training.per_device_train_batch_size
    real = rows * training.gradient_accumulation_steps
    if real == wanted or training.trainer_kwargs.get("packing"):
        return None
    problem = (
        f"{processes} process(es) of {training.per_device_train_batch_size} sample(s) "
        f"and {training.gradient_accumulation_steps} accumulation step(s) make a global "
        f"batch of {real}, not of {wanted}"
    )
    if wanted % rows:
        return BatchProblem(
            "training.per_device_train_batch_size",
            f"{problem}; {wanted} does not divide by {rows}.",
            f"Take a number of GPUs that divides {wanted}.",
        )
    return BatchProblem(_ACCUMULATION, f"{problem}.", f"Set it to {wanted // rows}.")


def check_launch(
    arguments: Sequence[str] | None = None, variables: Mapping[str, str] | None = None
) -> None:
    """Looks at how this process was started, if it is `oumi train -c RECIPE`.

    Args:
        arguments: The command line; this process's own if not given.
        variables: The environment; this process's own if not given.

    Raises:
        CoalmError: The command would not train as the recipe says.
    """
    found = _train_arguments(sys.argv if arguments is None else arguments)
    if found is None:
        return
    path, rest = found
    config = _read(path, rest)
    if config is None:
        return
    variables = os.environ if variables is None else variables
    processes = int(variables.get("WORLD_SIZE") or 1)
    header = recipe_header(path)
    wanted = header.global_batch
    _check_gpu(path, header, config)
    if processes == 1:
        _check_single(path, rest, config, wanted)
    if wanted is None:
        return
    if wrong := batch_problem(config, processes, wanted):
        raise CoalmError(
            f"{wrong.problem} {wrong.fix} Or write another Global batch into the "
            "recipe's header.",
            path=path,
            field=wrong.field,
        )


def _check_gpu(path: str, header: Header, config: Any) -> None:
    """Raises an error if a large model is to be trained without a GPU."""
    import torch

    if "GB" not in header.hardware:
        return
    if lacks_gpu(str(config.model.model_name), torch.cuda.device_count()):
        raise CoalmError(
            f"torch sees no GPU here, and the recipe is for {header.hardware}. Run it "
            "where the GPUs are (configs/jobs/ has the jobs).",
            path=path,
        )


def _check_single(
    path: str, rest: Sequence[str], config: Any, wanted: int | None
) -> None:
    """Raises an error if this one process is to train on several GPUs."""
    import torch

    gpus, sharded = torch.cuda.device_count(), config.fsdp.enable_fsdp
    if gpus < 2 and not sharded:
        return
    ending = shlex.join(["-c", path, *rest])
    if sharded:
        raise CoalmError(
            "the recipe shares the model among several GPUs (fsdp), and this is one "
            f"process. Run: {SEVERAL} {ending}",
            path=path,
        )
    alone = f"{ALONE} {ending}"
    if wanted and batch_problem(config, 1, wanted):
        steps = wanted // config.training.per_device_train_batch_size
        alone += f" --{_ACCUMULATION} {steps}"
    raise CoalmError(
        f"one process would spread the model over the {gpus} GPUs here, of which one "
        f"works at a time. Run: {SEVERAL} {ending} (or, on one GPU: {alone})",
        path=path,
    )


def _train_arguments(arguments: Sequence[str]) -> tuple[str, list[str]] | None:
    """Returns the recipe of an `oumi train` command, and its other arguments."""
    if Path(arguments[0]).stem not in ("oumi", "__main__"):
        return None
    if list(arguments[1:2]) != ["train"]:
        return None
    rest = list(arguments[2:])
    for number, argument in enumerate(rest):
        name, equals, value = argument.partition("=")
        if name in ("-c", "--config"):
            size = 1 if equals else 2
            path = value if equals else "".join(rest[number + 1 : number + 2])
            return path, rest[:number] + rest[number + size :]
    return None


def _read(path: str, rest: Sequence[str]) -> Any:
    """Returns the recipe with its changes; None where Oumi is to say what is wrong."""
    from oumi.core.configs import TrainingConfig

    changes, words = [], iter(rest)
    for word in words:
        if word.startswith("--") and "." in word:
            change = word.removeprefix("--")
            changes.append(change if "=" in change else f"{change}={next(words, '')}")
    try:
        return TrainingConfig.from_yaml_and_arg_list(path, changes)
    except Exception:  # errors of many kinds, all of which Oumi raises itself as well
        return None
