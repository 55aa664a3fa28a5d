"""The engine of the simulated user, as a recipe configures it.

In, `user` of the task's options, in the form of an Oumi inference recipe::

    {"engine": "OPENAI", "model": {"model_name": "gpt-4o-mini"},
     "generation": {"max_new_tokens": 128, "temperature": 0.0}}

Out: an `InferenceConfig`, checked. Keys stand in the environment, never in the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oumi.core.configs import InferenceConfig
from oumi.core.configs.inference_engine_type import InferenceEngineType

from coalm_oumi.conductor.engine_record import endpoint, sampling
from coalm_oumi.errors import OptionError, expected_one_of, shorten

_FIELDS = ("engine", "model", "generation", "remote_params")


def engine_config(given: Mapping[str, Any]) -> InferenceConfig:
    """Returns the configuration of an engine.

    Args:
        given: Its fields as the recipe has them.

    Raises:
        OptionError: A field is unknown or cannot be used; no model is named.
    """
    from omegaconf import OmegaConf

    for name in given:
        if name not in _FIELDS:
            raise OptionError(expected_one_of(name, _FIELDS), field="user")
    try:
        merged = OmegaConf.merge(
            OmegaConf.structured(InferenceConfig), OmegaConf.create(dict(given))
        )
        config = OmegaConf.to_object(merged)
        if not isinstance(config, InferenceConfig):
            raise TypeError("it is no mapping")
        if not config.model.model_name:
            raise ValueError("model.model_name is missing")
        config.engine = config.engine or InferenceEngineType.NATIVE
        config.finalize_and_validate()
    except Exception as error:
        raise OptionError(
            f"this is no engine as in an inference recipe: {shorten(error, 200)}",
            field="user",
        ) from error
    return config


def told_engine(config: InferenceConfig) -> dict[str, Any]:
    """Returns what is recorded of the user's engine; no key is among it.

    Args:
        config: The engine's configuration.
    """
    return {
        "model": config.model.model_name,
        "model_revision": config.model.model_revision,
        "adapter": config.model.adapter_model,
        "engine": config.engine.value if config.engine else None,
        "endpoint": endpoint(config.remote_params),
        "sampling": sampling(config.generation),
    }
