"""A generation config: one of Oumi's for inference, with a `cra` block."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
from oumi.core.configs import InferenceConfig, InferenceEngineType

from coalm_oumi.cra.generate.batches import ENGINES
from coalm_oumi.cra.generate.options import CraOptions, cra_options
from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.evaluation.conductor.engine_record import endpoint, sampling
from coalm_oumi.secret_keys import Hider, hider_of
from coalm_oumi.yaml_files import check_aliases

if TYPE_CHECKING:
    from oumi.core.inference import BaseInferenceEngine

_SECONDS_TO_CONNECT = 10.0


@dataclass
class CraInferenceConfig(InferenceConfig):
    """Oumi's inference config with the `cra` block.

    Attributes:
        cra: The block, as YAML has it; `CraOptions` says what stands in it.
    """

    cra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GenerationConfig:
    """A config, read and checked.

    Attributes:
        inference: Oumi's part.
        options: The `cra` block.
        hider: Hides the keys that the config and the environment hold.
    """

    inference: InferenceConfig
    options: CraOptions
    hider: Hider

    @property
    def engine_name(self) -> str:
        """The engine, as the config names it."""
        return (self.inference.engine or InferenceEngineType.NATIVE).value

    @property
    def longest(self) -> int:
        """The most tokens of a reply."""
        return self.inference.generation.max_new_tokens


def read_config(path: str, overrides: Sequence[str] = ()) -> GenerationConfig:
    """Reads and checks a config.

    Args:
        path: The YAML file.
        overrides: Fields to change, such as `cra.limit=10`.

    Raises:
        CoalmError: The config cannot be used; the message names the field.
    """
    hider = hider_of()
    check_aliases(path)
    try:
        config = CraInferenceConfig.from_yaml_and_arg_list(path, list(overrides))
        # A path of a model, a URL, a number of workers: Oumi checks its own fields.
        config.finalize_and_validate()
    except Exception as error:  # YAML, OmegaConf and Oumi have errors of their own
        raise CoalmError(
            f"not a config that Oumi can read: {hider.line(error)}",
            path=path,
        ) from None
    try:
        options = cra_options(config.cra)
    except CoalmError as error:
        raise CoalmError(hider(error.problem), path=path, field=error.field) from None
    found = GenerationConfig(config, options, hider_of(config.remote_params))
    if options.batch is not None and found.engine_name not in ENGINES:
        raise CoalmError(
            f"the engine {found.engine_name} has no batch API; it is there for "
            f"{' and '.join(ENGINES)}. Remove the block.",
            path=path,
            field="cra.batch",
        )
    return found


def build_engine(config: GenerationConfig) -> BaseInferenceEngine:
    """Makes the engine, after a look whether its endpoint can be reached.

    Raises:
        CoalmError: The endpoint does not answer, its key is missing, or the engine
            cannot be made.
    """
    from oumi.builders.inference_engines import build_inference_engine

    kind = config.inference.engine or InferenceEngineType.NATIVE
    try:
        engine = build_inference_engine(
            kind,
            config.inference.model,
            remote_params=config.inference.remote_params,
            generation_params=config.inference.generation,
        )
    except Exception as error:  # whatever an engine's libraries raise
        reason = config.hider.line(f"{type(error).__name__}: {error}")
        raise CoalmError(
            f"the engine {config.engine_name} cannot be made: {reason}. Correct model, "
            "engine or remote_params.",
            field="engine",
        ) from None
    _check_endpoint(engine, config.hider)
    return engine


def _check_endpoint(engine: Any, hider: Hider) -> None:
    """Asks for a connection and for the key, which costs nothing.

    Raises:
        CoalmError: There is none.
    """
    remote = getattr(engine, "_remote_params", None)
    if remote is None:
        return
    variable = remote.api_key_env_varname
    if variable and not remote.api_key and not os.environ.get(variable):
        raise CoalmError(
            f"the environment variable {variable} is not set, which holds the key of "
            "the endpoint. Set it and run the same command again.",
            field="remote_params.api_key_env_varname",
        )
    key = remote.api_key or os.environ.get(variable or "") or ""
    if not (key.isascii() and key.isprintable()):
        raise CoalmError(
            "the key has a line break or a character that no key has. Set it again; it "
            "is not shown here.",
            field="remote_params.api_key_env_varname",
        )
    url = str(remote.api_url or "")
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CoalmError(
            f"expected an address such as http://localhost:8000/v1/chat/completions, "
            f"found '{shorten(hider(url))}'.",
            field="remote_params.api_url",
        )
    try:
        socket.create_connection((parts.hostname, port), _SECONDS_TO_CONNECT).close()
    except OSError as error:
        raise CoalmError(
            f"nothing answers at {parts.hostname}:{port} ({error.strerror or error}). Is "
            "the server up, and the address right? Nothing was asked or paid.",
            field="remote_params.api_url",
        ) from None


def identity(config: GenerationConfig, prompt: str, source: Any) -> dict[str, Any]:
    """Returns what the replies depend on, by name: what tells one run from another.

    Limits, prices, retries and the number of workers are not among them, so that a run
    can be taken up with others.

    Args:
        config: The config.
        prompt: Name and version of the prompt.
        source: What tells the data from another version of it.
    """
    options = config.options
    model = {f"model.{k}": v for k, v in asdict(config.inference.model).items()}
    drawn = sampling(config.inference.generation)
    # NATIVE writes the tokenizer's own end into the config's at its first batch.
    del drawn["stop_token_ids"]
    found = {
        "mode": options.mode,
        "rephrase": options.rephrase,
        "listed_arguments": options.listed_arguments,
        "sample_seed": options.sample_seed,
        "prompt": prompt,
        **{f"source.{k}": v for k, v in source.items()},
        **model,
        **{f"generation.{k}": v for k, v in drawn.items()},
        "engine": config.engine_name,
        "endpoint": endpoint(config.inference.remote_params),
    }
    return config.hider.value({k: _plain(v) for k, v in found.items()})


def _plain(value: Any) -> Any:
    return (
        value if isinstance(value, (bool, int, float, str, type(None))) else str(value)
    )


def with_limit(config: GenerationConfig, n: int) -> GenerationConfig:
    """Returns the config for its first `n` dialogues."""
    limit = min(n, config.options.limit or n)
    options = config.options.model_copy(update={"limit": limit})
    return replace(config, options=options)


def check_writable(folder: Path) -> None:
    """Makes the output folder.

    Raises:
        CoalmError: It cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".unfinished-probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise CoalmError(
            f"cannot be written to: {error.strerror}. Choose another folder.",
            path=folder,
            field="cra.output_dir",
        ) from None
