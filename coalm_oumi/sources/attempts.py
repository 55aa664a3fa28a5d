"""Asking a server again when it fails: how often, how long between, and when to stop."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.request import getproxies

from coalm_oumi.errors import DownloadError
from coalm_oumi.retry_after import retry_after_seconds, spoken_seconds

_ANNOUNCED_WAIT = 5.0
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = {404: "there is no such file (any more)", 410: "the file was removed"}
_REASONS = {
    "SSLError": "the server's certificate could not be checked",
    "ProxyError": "the proxy could not be reached",
    "Timeout": "the server did not answer in time",
    "TimeoutException": "the server did not answer in time",
    "ChunkedEncodingError": "the connection broke off",
    "RemoteProtocolError": "the connection broke off",
    "ReadError": "the connection broke off",
    "ContentDecodingError": "the server sent a damaged compressed body",
    "InvalidHeader": "the server sent headers that contradict each other",
}
_UNREACHABLE = frozenset({"ConnectionError", "ConnectError"})


@dataclass(frozen=True)
class Retry:
    """How patient a transfer is.

    Attributes:
        attempts: Requests made before giving up.
        first_wait: Seconds before the second request; doubled each time after.
        longest_wait: Longest wait in seconds. A server that asks for more (Retry-After)
            ends the transfer with an error that says so.
        timeout: Seconds without a byte after which a connection counts as broken.
        pause: Waits for so many seconds.
        say: Shows a line; None to show none.
    """

    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0
    timeout: float = 60.0
    pause: Callable[[float], None] = time.sleep
    say: Callable[[str], None] | None = None


class BrokenOffError(Exception):
    """A transfer that may succeed when tried again.

    Args:
        reason: What went wrong.
        wait: Seconds that the server asks to wait; None if it does not say.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


def attempt(transfer: Callable[[], str | None], retry: Retry) -> str | None:
    """Returns what a transfer does, tried again while it breaks off.

    Raises:
        DownloadError: It failed for good; the message names neither address nor source.
    """
    for number in range(1, retry.attempts + 1):
        try:
            return transfer()
        except BrokenOffError as error:
            reason, wait = error.reason, error.wait
        if wait is None:
            wait = min(retry.first_wait * 2 ** (number - 1), retry.longest_wait)
        elif wait > retry.longest_wait:
            reason += f"; the server asks to wait {spoken_seconds(wait)}"
        if wait > retry.longest_wait or number == retry.attempts:
            raise DownloadError(
                f"could not be downloaded: {reason} (attempt {number} of "
                f"{retry.attempts})."
            )
        if retry.say is not None and wait >= _ANNOUNCED_WAIT:
            retry.say(f"{reason}; asking again in {spoken_seconds(wait)}")
        retry.pause(wait)
    raise DownloadError("could not be downloaded: no attempt was allowed.")


def check_status(status: int, retry_after: str | None) -> None:
    """Accepts HTTP 200 alone.

    Args:
        status: The response's status.
        retry_after: Its Retry-After header.

    Raises:
        BrokenOffError: The server may answer otherwise later.
        DownloadError: It will not.
    """
    if status in _TRY_AGAIN:
        wait = retry_after_seconds(retry_after)
        raise BrokenOffError(f"the server answered HTTP {status}", wait)
    if status != 200:
        raise DownloadError(
            f"HTTP {status}: {_GONE.get(status, 'the server refused')}."
        )


def what_broke(error: BaseException) -> str:
    """Says what broke, by the classes that `requests` and `httpx` both name so.

    The error's own text is left out: it holds the address asked last, which may be a
    signed one.
    """
    kind = type(error).__name__
    link: BaseException | None = error
    while link is not None:  # httpx has one class for all that keeps it from connecting
        if isinstance(link, ssl.SSLError):
            return _REASONS["SSLError"]
        link = link.__cause__ or link.__context__
    for name in (cls.__name__ for cls in type(error).__mro__):
        if name in _REASONS:
            return _REASONS[name]
        if name in _UNREACHABLE:
            by_proxy = name == "ConnectError" and getproxies().keys() - {"no"}
            return (
                f"no connection to the server{', or to the proxy' if by_proxy else ''} "
                f"({kind})"
            )
    return f"the server's answer cannot be read ({kind})"
