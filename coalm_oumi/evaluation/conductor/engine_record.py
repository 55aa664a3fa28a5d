"""What is recorded of an engine: the settings that replies depend on, and no secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from oumi.core.configs import GenerationParams, RemoteParams

# The rest of the generation parameters is about speed.
_SAMPLING = (
    "max_new_tokens",
    "temperature",
    "top_p",
    "min_p",
    "use_sampling",
    "num_beams",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "stop_strings",
    "stop_token_ids",
    "logit_bias",
    "skip_special_tokens",
)


def sampling(generation: GenerationParams) -> dict[str, Any]:
    """Returns what replies depend on, of the parameters of generation.

    Args:
        generation: An engine's.
    """
    return {name: getattr(generation, name) for name in _SAMPLING}


def endpoint(remote: RemoteParams | None) -> str | None:
    """Returns a server's address, without a user's name or key in it.

    Args:
        remote: An engine's parameters; None without a server.
    """
    url = remote and remote.api_url
    if not url:
        return None
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()
