"""The engine of the simulated user or of the judge, as it is configured.

In, `user` of the task's options, in the form of an Oumi inference recipe::

    {"engine": "OPENAI", "model": {"model_name": "gpt-4o-mini"},
     "generation": {"max_new_tokens": 128, "temperature": 0.0}}

Out: an `InferenceConfig`, checked. Keys stand in the environment, never in the recipe.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from oumi.core.configs import InferenceConfig
from oumi.core.configs.inference_engine_type import InferenceEngineType

from coalm_oumi.errors import OptionError, expected_one_of
from coalm_oumi.evaluation.conductor.engine_record import endpoint, sampling
from coalm_oumi.secret_keys import hider_of

_FIELDS = ("engine", "model", "generation", "remote_params")
_ENGINES = tuple(kind.name for kind in InferenceEngineType)


def engine_config(given: Mapping[str, Any]) -> InferenceConfig:
    """Returns the configuration of an engine.

    Args:
        given: Its fields as the recipe has them.

    Raises:
        OptionError: A field is unknown or cannot be used; no model is named; the
            server's address or its key is missing.
    """
    from omegaconf import OmegaConf

    if "model" not in given:
        raise OptionError(
            "model is missing; expected model: {model_name: ...}.", field="user"
        )
    engine = given.get("engine", InferenceEngineType.NATIVE)
    if str(engine) not in _ENGINES and not isinstance(engine, InferenceEngineType):
        raise OptionError(
            f"engine: {expected_one_of(str(engine), _ENGINES)}", field="user"
        )
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
            "this is no engine as in an inference recipe: "
            f"{hider_of().line(error, 200)}",
            field="user",
        ) from None
    check_server(config, "user")
    return config


def check_server(config: InferenceConfig, name: str) -> None:
    """Looks whether a server's address and key are there; no connection is made.

    Args:
        config: The engine's configuration.
        name: The option that it belongs to, for errors.

    Raises:
        OptionError: One of them is missing, or the engine cannot be made.
    """
    from oumi.builders.inference_engines import ENGINE_MAP
    from oumi.inference import RemoteInferenceEngine

    kind = ENGINE_MAP.get(config.engine or InferenceEngineType.NATIVE)
    if kind is None or not issubclass(kind, RemoteInferenceEngine):
        return
    try:
        engine: Any = kind(
            config.model,
            generation_params=config.generation,
            remote_params=config.remote_params,
        )
    except Exception as error:  # whatever an engine's libraries raise
        raise OptionError(
            f"the engine {kind.__name__} cannot be made: "
            f"{hider_of(config.remote_params).line(error, 200)} Correct model or "
            "remote_params (api_url).",
            field=name,
        ) from None
    remote = engine._remote_params
    if not remote.api_url:
        raise OptionError(
            "remote_params.api_url is missing: the server's address, such as "
            "http://localhost:8000/v1/chat/completions.",
            field=name,
        )
    variable = remote.api_key_env_varname
    if variable and not remote.api_key and not os.environ.get(variable):
        raise OptionError(
            f"the environment variable {variable} is not set, which holds the key of "
            "its endpoint. Set it, or name another in "
            "remote_params.api_key_env_varname.",
            field=name,
        )


def engine_provenance(config: InferenceConfig) -> dict[str, Any]:
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
