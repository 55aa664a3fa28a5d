"""Keys and tokens, hidden in all that is shown or stored.

A provider's error may quote the key that it was sent, and a server can send anything
back. What is known to be secret, and what looks like a key, becomes `[hidden]`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from coalm_oumi.errors import CoalmError

HIDDEN = "[hidden]"
_SHORTEST = 6
_NAMES = re.compile(
    r"(?:API_?KEY|ACCESS_KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL)S?(?:$|_(?!FILE|PATH|DIR))",
    re.IGNORECASE,
)
# A bearer token, and the keys of OpenAI and Anthropic, Hugging Face, AWS, Google.
_LOOKS = re.compile(
    r"(?<=Bearer )[\w.~+/=-]{8,}|\b(?:sk-|hf_|AKIA|AIza|gsk_|xai-)[\w-]{12,}"
)
_PLAIN = frozenset({"true", "false", "parallel"})


class Hider:
    """Replaces secrets in text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Takes what is to be hidden; very short texts, which stand anywhere, are not."""
        known = {s for s in secrets if len(s) >= _SHORTEST and s.lower() not in _PLAIN}
        # The longest first: a key may begin with another.
        ordered = sorted(known, key=lambda text: (-len(text), text))
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """Returns the text with `[hidden]` in place of each secret."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return _LOOKS.sub(HIDDEN, text)

    def value(self, value: Any) -> Any:
        """Returns a JSON value with all its texts treated so."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value


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
    if url:
        parts = urlsplit(url)
        for text in (parts.password, parts.username):
            if text:
                yield from {text, unquote(text)}
        yield from (value for _, value in parse_qsl(parts.query))


class _Filter(logging.Filter):
    def __init__(self, hider: Hider) -> None:
        super().__init__()
        self._hider = hider

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._hider(record.getMessage()), None
        if record.exc_info:
            # A stack holds messages of its own; the caller tells what went wrong.
            record.exc_info, record.exc_text = None, None
        return True


@contextmanager
def hidden_in_logs(hider: Hider, *names: str) -> Iterator[None]:
    """Hides secrets in what loggers write, for the length of the block.

    Args:
        hider: Hides them.
        *names: The loggers.
    """
    own = _Filter(hider)
    loggers = [logging.getLogger(name) for name in names]
    for logger in loggers:
        logger.addFilter(own)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(own)


@contextmanager
def hidden_in_errors(hider: Hider) -> Iterator[None]:
    """Hides secrets in the user errors of the block."""
    try:
        yield
    except CoalmError as error:
        told = str(error)
        if hider(told) == told:
            raise
        raise CoalmError(hider(told)) from None
