"""A machine, as far as a recipe depends on it: GPUs, packages, keys, servers, the Hub."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from coalm_oumi.errors import shorten

_PATIENCE = 5.0
_WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)

Access = Literal["cached", "open", "offline", "gated", "unknown name", "no answer"]


class HubAnswer(NamedTuple):
    """Whether a model can be had from the Hub.

    Attributes:
        access: `cached` if its weights are on this machine, `open` if it may be fetched;
            `offline` if downloads are switched off, `gated` if it is refused, `unknown
            name` if there is none (or it is private), `no answer` if that cannot be told.
        detail: What the Hub or the network said, in a line.
    """

    access: Access
    detail: str = ""


@dataclass(frozen=True)
class Machine:
    """What is asked of a machine.

    Attributes:
        gpus: CUDA devices that torch sees.
        environment: The environment variables.
        has_package: Whether a Python module can be imported.
        has_program: Whether a program is on the PATH.
        why_silent: Why a server does not answer at an address; empty if it does.
        hub: Whether a model, at a revision, can be had from the Hub.
        cached: The folder in the Hub's cache that holds a model's tokenizer; None if there
            is none.
    """

    gpus: int
    environment: Mapping[str, str]
    has_package: Callable[[str], bool]
    has_program: Callable[[str], bool]
    why_silent: Callable[[str], str]
    hub: Callable[[str, str | None], HubAnswer]
    cached: Callable[[str, str | None], Path | None]


def this_machine() -> Machine:
    """Returns the machine that this process runs on; only its GPUs are counted yet."""
    return Machine(
        gpus=_count_gpus(),
        environment=os.environ,
        has_package=_has_package,
        has_program=lambda name: shutil.which(name) is not None,
        why_silent=_why_silent,
        hub=_ask_hub,
        cached=_cached_folder,
    )


def _count_gpus() -> int:
    import torch

    try:
        return torch.cuda.device_count()
    except Exception:  # a broken driver fails in many ways
        return 0


def _has_package(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _why_silent(address: str) -> str:
    """Asks for an address; any answer, also one that refuses, is an answer."""
    import requests

    try:
        requests.get(address, timeout=_PATIENCE, stream=True).close()
    except requests.Timeout:
        return f"no answer within {_PATIENCE:.0f} seconds"
    except requests.ConnectionError as error:
        told = str(error)
        for words, meaning in _CONNECTION:
            if words in told:
                return meaning
        return shorten(told, 120)
    except (requests.RequestException, ValueError) as error:
        return shorten(error, 120)
    return ""


_CONNECTION = (
    ("refused", "the connection is refused"),
    ("NameResolution", "there is no such host"),
    ("Name or service not known", "there is no such host"),
    ("unreachable", "the network cannot be reached"),
)


def _cached_folder(name: str, revision: str | None) -> Path | None:
    return _in_cache(name, revision, ("tokenizer_config.json", "tokenizer.json"))


def _in_cache(name: str, revision: str | None, files: tuple[str, ...]) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for file in files:
        try:
            found = try_to_load_from_cache(name, file, revision=revision)
        except (HFValidationError, OSError):
            return None
        if isinstance(found, str):
            return Path(found).parent
    return None


def _ask_hub(name: str, revision: str | None) -> HubAnswer:
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        RepositoryNotFoundError,
    )

    if _in_cache(name, revision, _WEIGHTS) is not None:
        return HubAnswer("cached")
    if constants.HF_HUB_OFFLINE:
        return HubAnswer("offline")
    try:
        HfApi().model_info(name, revision=revision, timeout=_PATIENCE)
        HfApi().auth_check(name)
    except GatedRepoError as error:
        return HubAnswer("gated", _first_line(error))
    except (RepositoryNotFoundError, HFValidationError) as error:
        return HubAnswer("unknown name", _first_line(error))
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        if status in (401, 403):
            return HubAnswer("gated", _first_line(error))
        return HubAnswer("no answer", _first_line(error))
    except Exception as error:  # the network's libraries have errors of many kinds
        return HubAnswer("no answer", _first_line(error))
    return HubAnswer("open")


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return shorten(lines[0], 160) if lines else type(error).__name__
