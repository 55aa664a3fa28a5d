"""What a server's response says: lengths, ranges, and what went wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests


def same_site(url: str, other: str) -> bool:
    """Says whether two addresses have the same scheme, host and port."""
    ports = {"http": 80, "https": 443}
    a, b = urlsplit(url), urlsplit(other)
    return (a.scheme, a.hostname, a.port or ports.get(a.scheme)) == (
        b.scheme,
        b.hostname,
        b.port or ports.get(b.scheme),
    )


def content_range(value: str) -> tuple[int | None, int | None]:
    """Reads 'bytes START-END/TOTAL' (RFC 9110, 14.4); TOTAL may be '*'."""
    number = "([0-9]{1,18})"
    match = re.fullmatch(rf"bytes {number}-{number}/(?:{number}|\*)", value.strip())
    if match is None:
        return None, None
    start, end = int(match[1]), int(match[2])
    total = None if match[3] is None else int(match[3])
    if end < start or (total is not None and end >= total):
        return None, None
    return start, total


def content_length(response: requests.Response) -> int | None:
    """Returns the bytes that a response says it has; None if that is not known."""
    encoding = response.headers.get("Content-Encoding", "identity")
    length = response.headers.get("Content-Length", "")
    # Digits of other scripts are none here, and a length of thousands of digits neither.
    known = encoding == "identity" and re.fullmatch("[0-9]{1,18}", length)
    return int(length) if known else None


def what_broke(error: Exception) -> str:
    """Says what broke, without the error's own text.

    That text holds the address asked last, which may be a signed one.
    """
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate could not be checked"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy could not be reached"
    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "the server sent a damaged compressed body"
    if isinstance(error, requests.exceptions.InvalidHeader):
        return "the server sent headers that contradict each other"
    if not isinstance(error, requests.ConnectionError):
        return f"the server's answer cannot be read ({type(error).__name__})"
    return f"no connection to the server ({type(error).__name__})"
