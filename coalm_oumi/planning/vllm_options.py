"""vLLM in this process: the options that a recipe gives it, and a share that fits.

In a recipe::

    model:
      model_kwargs: {enforce_eager: false, tensor_parallel_size: 4}

Oumi 0.9 starts vLLM without CUDA graphs (`enforce_eager`) and shares the model among all
GPUs, whether they divide its attention heads or not; `build_inference_engine` passes
neither on from a recipe. Here the engine's class takes both from `model_kwargs`, where
Oumi itself looks for `tensor_parallel_size` with lm-evaluation-harness. The NATIVE engine,
which hands `model_kwargs` to the model, is spared them, so that a recipe runs on either.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

from coalm_oumi.errors import CoalmError, OptionError, shorten

OPTIONS = ("enforce_eager", "tensor_parallel_size")
_VLLM, _NATIVE = "VLLMInferenceEngine", "NativeTextInferenceEngine"
_ALL = -1  # Oumi's own word for all GPUs
_MARK = "takes_options_of_coalm"


def correct_engines() -> None:
    """Lets Oumi's two local engines take `OPTIONS`, also if they are defined later.

    Oumi defines them after it has imported plug-ins.
    """
    from oumi.core.inference import BaseInferenceEngine

    if getattr(BaseInferenceEngine, _MARK, False):
        return
    setattr(BaseInferenceEngine, _MARK, True)
    for engine in _subclasses(BaseInferenceEngine):
        _correct(engine)

    BaseInferenceEngine.__init_subclass__ = classmethod(_correct)  # type: ignore


def options_problem(options: dict[str, Any]) -> tuple[str, str]:
    """Returns the first option that cannot be used, and why; empty if all can."""
    eager, share = (options.get(name) for name in OPTIONS)
    if eager is not None and not isinstance(eager, bool):
        return OPTIONS[0], f"expected true or false, found {shorten(repr(eager))}."
    whole = isinstance(share, int) and not isinstance(share, bool)
    if share not in (None, _ALL) and not (whole and share >= 1):
        return OPTIONS[1], f"expected a number of GPUs, found {shorten(repr(share))}."
    return "", ""


def _subclasses(base: type) -> Iterator[type]:
    for engine in base.__subclasses__():
        yield engine
        yield from _subclasses(engine)


def _correct(engine: type) -> None:
    if engine.__name__ in (_VLLM, _NATIVE) and "__init__" in vars(engine):
        corrected = _taking_options(engine.__init__, vllm=engine.__name__ == _VLLM)
        engine.__init__ = corrected  # type: ignore[misc]


def _taking_options(start: Callable[..., None], *, vllm: bool) -> Callable[..., None]:
    @functools.wraps(start)
    def start_with_options(
        self: Any, model_params: Any, *args: Any, **kwargs: Any
    ) -> None:
        given = dict(model_params.model_kwargs or {})
        options = {name: given.pop(name) for name in OPTIONS if name in given}
        if options:
            model_params = copy.copy(model_params)
            model_params.model_kwargs = given
        if vllm:
            kwargs = {**options, **kwargs}
            _share_evenly(str(model_params.model_name), kwargs)
        start(self, model_params, *args, **kwargs)

    return start_with_options


def _share_evenly(model: str, options: dict[str, Any]) -> None:
    """Chooses how many GPUs share a model, if that is left open, or checks it."""
    import torch
    from oumi.utils.logging import logger

    from coalm_oumi.oumi_errors import errors_for_oumi
    from coalm_oumi.planning.model_shape import find_shape

    asked = options.get("tensor_parallel_size", _ALL)
    with errors_for_oumi():
        name, problem = options_problem(options)
        if problem:
            raise OptionError(problem, field=f"model.model_kwargs.{name}")
        try:
            shape = find_shape(model)
        except CoalmError:  # vLLM says what is wrong with the model's folder
            return
        if shape is None:
            return
        if asked == _ALL:
            gpus = torch.cuda.device_count()
            share = shape.even_share(gpus)
            if share < gpus:
                logger.info(
                    f"{share} of {gpus} GPUs share {model}: all of them cannot share "
                    f"{shape.heads} attention heads evenly."
                )
                options["tensor_parallel_size"] = share
        elif shape.even_share(asked) != asked:
            raise OptionError(
                f"{asked} GPUs cannot share {shape.heads} attention heads evenly. Set "
                f"it to {shape.even_share(asked)}, or leave it out.",
                field="model.model_kwargs.tensor_parallel_size",
            )
