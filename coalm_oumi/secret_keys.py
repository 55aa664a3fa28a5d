"""Keys and tokens, hidden in all that is shown or stored.

A provider's error may quote the key that it was sent, and a server can send anything
back. What is known to be secret, in whatever spelling, and what looks like a key becomes
`[hidden]`. Text is hidden before it is shortened: half of a key is known no more.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from coalm_oumi.errors import CoalmError, shorten

HIDDEN = "[hidden]"
LOGGERS = ("oumi", "asyncio", "aiohttp.client", "transformers", "vllm", "urllib3")
"""The loggers of the libraries that speak with servers."""

_SHORTEST = 6
# So many characters at a key's beginning are hidden where a text was cut inside it.
_BEGINNING = 10
_SHORTEST_CODED = 8
_NAMES = re.compile(
    r"(?:API_?KEY|ACCESS_KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL)S?(?:$|_(?!FILE|PATH|DIR))",
    re.IGNORECASE,
)
# A bearer token, and the keys of OpenAI and Anthropic, Hugging Face, AWS, Google; the
# first also with a middle that the provider has replaced by stars.
_LOOKS = re.compile(
    r"(?<=Bearer )[\w.~+/=-]{8,}|\b(?:sk-|hf_|AKIA|AIza|gsk_|xai-)[\w-]{12,}"
    r"|\b(?:sk-|hf_|gsk_|xai-)[\w-]*\*{2,}[\w*-]*"
)
_PLAIN = frozenset({"true", "false", "parallel"})


class Hider:
    """Replaces secrets in text."""

    def __init__(self, secrets: Iterable[str], *, only_known: bool = False) -> None:
        """Takes what is to be hidden; very short texts, which stand anywhere, are not.

        Args:
            secrets: What is known to be secret.
            only_known: Leave what merely looks like a key, and beginnings of keys, as they
                are: for the replies of a model, whose wording is measured.
        """
        known = {s for s in secrets if len(s) >= _SHORTEST and s.lower() not in _PLAIN}
        spelled = {form for secret in known for form in _spellings(secret)}
        # The longest first: a key may begin with another.
        ordered = sorted(spelled, key=lambda text: (-len(text), text))
        patterns = [re.escape(text) for text in ordered]
        if not only_known:
            patterns += [_cut(secret) for secret in sorted(known) if _is_key(secret)]
        joined = "|".join(patterns)
        self._known = re.compile(joined, re.IGNORECASE) if patterns else None
        self._only_known = only_known

    def __call__(self, text: str) -> str:
        """Returns the text with `[hidden]` in place of each secret."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return text if self._only_known else _LOOKS.sub(HIDDEN, text)

    def line(self, text: object, width: int = 300) -> str:
        """Returns what an endpoint or a library says in one short line, without keys.

        Args:
            text: Anything; its `str` is used.
            width: The most characters.
        """
        return shorten(self(str(text)), width)

    def value(self, value: Any) -> Any:
        """Returns a JSON value with all its texts treated so."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value


def _spellings(secret: str) -> Iterator[str]:
    """Yields how servers and libraries may write a secret."""
    yield secret
    yield from (quote(secret, safe=""), quote(secret), quote_plus(secret))
    for ascii_only in (True, False):
        quoted = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield from (quoted, quoted.replace("/", "\\/"))
    yield from (repr(secret)[1:-1], html.escape(secret))
    data = secret.encode("utf-8", "surrogateescape")
    coded = [data.hex()]
    for before in range(3):
        # The characters of the secret's own bits, whatever stands before and behind it.
        text = base64.b64encode(b"\0" * before + data).decode("ascii")
        inner = text[-(-8 * before // 6) : 8 * (before + len(data)) // 6]
        coded += [inner, inner.replace("+", "-").replace("/", "_")]
    yield from (text for text in coded if len(text) >= _SHORTEST_CODED)


def _is_key(secret: str) -> bool:
    """Says whether the beginning of a secret is not an ordinary word or address."""
    return len(secret) > _BEGINNING and "://" not in secret and " " not in secret


def _cut(secret: str) -> str:
    """Returns a pattern for a secret of which the end is missing."""
    return re.escape(secret[:_BEGINNING]) + r"[\w.~+/=-]*"


def known_secrets(
    environment: Mapping[str, str],
    *,
    keys: Iterable[str | None] = (),
    names: Iterable[str | None] = (),
    url: str | None = None,
) -> Iterator[str]:
    """Yields the secrets of a run.

    Args:
        environment: The environment variables; those named like a key or token count.
        keys: Keys of the config.
        names: Environment variables that the config names.
        url: The endpoint, whose address may hold a password or a key.
    """
    named = {name for name in names if name}
    yield from (key for key in keys if key)
    for name, value in environment.items():
        if name in named or _NAMES.search(name):
            yield value
        elif "://" in value and "@" in value:  # such as a proxy's
            yield from secrets_of_url(value)
    if url:
        yield from secrets_of_url(url)


def secrets_of_url(url: str) -> Iterator[str]:
    """Yields the user's name, the password and the values of the query of an address."""
    try:
        parts = urlsplit(url)
        found = (parts.password, parts.username)
    except ValueError:  # no address that anything could be sent to
        return
    for text in found:
        if text:
            yield from {text, unquote(text)}
    if parts.password:
        user, password = unquote(parts.username or ""), unquote(parts.password)
        yield base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    yield from (value for _, value in parse_qsl(parts.query))


def server_secrets(remote: Any) -> Iterator[str]:
    """Yields the secrets that are sent to a server, which alone it can send back.

    Args:
        remote: An engine's `RemoteParams`; None without a server.
    """
    if remote is None:
        return
    variable = getattr(remote, "api_key_env_varname", None)
    for key in (getattr(remote, "api_key", None), os.environ.get(variable or "")):
        if key:
            yield key
    yield from secrets_of_url(str(getattr(remote, "api_url", None) or ""))


def hider_of(*remotes: Any) -> Hider:
    """Returns what hides the secrets of servers and of the environment.

    Args:
        *remotes: The engines' `RemoteParams`; None for one without a server.
    """
    found = [secret for remote in remotes for secret in server_secrets(remote)]
    return Hider([*known_secrets(os.environ), *found])


class _Filter(logging.Filter):
    def __init__(self, hider: Hider) -> None:
        super().__init__()
        self._hider = hider

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            told = record.getMessage()
        except Exception:  # its arguments do not fit
            told = f"{record.msg} {record.args}"
        record.msg, record.args = self._hider(told), None
        if record.exc_info:
            # A stack holds messages of its own; the caller tells what went wrong.
            record.exc_info, record.exc_text = None, None
        return True


@contextmanager
def hidden_in_logs(hider: Hider, *names: str) -> Iterator[None]:
    """Hides secrets in what loggers write, for the length of the block.

    Args:
        hider: Hides them.
        *names: The loggers; `LOGGERS` if none is named.
    """
    own = _Filter(hider)
    loggers = [logging.getLogger(name) for name in names or LOGGERS]
    for logger in loggers:
        logger.addFilter(own)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(own)


@contextmanager
def hidden_in_errors(hider: Hider) -> Iterator[None]:
    """Hides secrets in the errors of the block.

    A user error stays one, of its kind. Of any other error whose stack would show a
    secret, what is said without it becomes a user error.
    """
    try:
        yield
    except CoalmError as error:
        told = str(error)
        if hider(told) == told:
            raise
        error.args, error.problem = (hider(told),), hider(error.problem)
        raise error from None
    except Exception as error:
        told = "".join(traceback.format_exception(error))
        if hider(told) == told:
            raise
        raise CoalmError(hider.line(f"{type(error).__name__}: {error}")) from None


__all__ = [
    "HIDDEN",
    "LOGGERS",
    "Hider",
    "hidden_in_errors",
    "hidden_in_logs",
    "hider_of",
    "known_secrets",
    "secrets_of_url",
    "server_secrets",
]
