r"""One HTTP transfer into a `.part` file: redirects, tokens, retries, resuming.

Nothing here knows the catalogue or decides where a file belongs; `download` does.
Beside `NAME.part` lies `NAME.part.from`, which holds the address and the validator
(ETag) that the bytes so far came with, ``["https://example.org/a.json", "\"v1\""]``: a
file that changed in between is started over rather than glued together.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from coalm_oumi.errors import DownloadError, GatedSourceError

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 16
_REDIRECTS = 10
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


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
    """

    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0
    timeout: float = 60.0
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Request:
    """What to fetch, and how.

    Attributes:
        url: The address.
        part: Where the bytes go.
        size: Bytes expected, or None if that is not known.
        sha256: Digest expected, or None; only used to judge whether bytes of an earlier
            run that came without a validator may be continued.
        token: Bearer token, sent only to `token_site`; or None.
        token_site: The address whose scheme, host and port may see the token, and whose
            word on the file's digest counts; or None.
        gated: Whether a refusal (401, 403) by `token_site` means that access was not
            given.
        by_hand: The sentence that says what else the user can do.
    """

    url: str
    part: Path
    size: int | None
    sha256: str | None
    token: str | None
    token_site: str | None
    gated: bool
    by_hand: str


class _BrokenOffError(Exception):
    """A transfer that may succeed when tried again."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        self.reason = reason
        self.wait = wait
        super().__init__(reason)


def transfer(
    request: Request, retry: Retry, report: Callable[[int, int | None], None]
) -> str | None:
    """Fetches into `request.part`, continuing what an earlier run left there.

    Args:
        request: What to fetch.
        retry: How patient to be.
        report: Called with the bytes present and the total, if known, as they arrive.

    Returns:
        The SHA-256 that the server at `token_site` names for the file, if it does (the
        Hub sends it for large files), in lower-case hexadecimal.

    Raises:
        DownloadError: If the transfer failed for good.
        GatedSourceError: If `token_site` refused access.
        OSError: If the part cannot be written.
    """
    import requests

    reason, attempt = "nothing was tried", 0
    with requests.Session() as session:
        for attempt in range(1, retry.attempts + 1):
            try:
                return _attempt(session, request, retry, report)
            except _BrokenOffError as stop:
                reason, wait = stop.reason, stop.wait
            except requests.RequestException as error:
                reason, wait = _describe(error), None
            if attempt == retry.attempts:
                break
            if wait is not None and wait > retry.longest_wait:
                reason = f"{reason}; the server asks to wait {wait:.0f} s"
                break
            backoff = retry.first_wait * 2 ** (attempt - 1)
            retry.pause(min(backoff, retry.longest_wait) if wait is None else wait)
    kept = _length(request.part)
    again = f" The {kept} bytes so far are kept: run it again to go on." if kept else ""
    raise DownloadError(
        f"could not be downloaded: {reason} (attempt {attempt} of {retry.attempts})."
        f"{again} {request.by_hand}",
        path=request.url,
    )


def discard(part: Path) -> None:
    """Removes a part and what is noted beside it."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _attempt(
    session: requests.Session,
    request: Request,
    retry: Retry,
    report: Callable[[int, int | None], None],
) -> str | None:
    offset, validator = _resumable(request)
    headers = {"Accept-Encoding": "identity"}  # ranges and lengths count raw bytes
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if validator:
            headers["If-Range"] = validator
    response, named, site = _open(session, request, headers, retry.timeout)
    with response:
        if response.status_code == 416:
            discard(request.part)
            raise _BrokenOffError("the server cannot continue the earlier part", 0.0)
        if response.status_code not in (200, 206):
            _refuse(request, response, site)
        if response.status_code == 206:
            start, total = _content_range(response.headers.get("Content-Range", ""))
            if start != offset:
                discard(request.part)
                raise _BrokenOffError("the server sent another range than asked", 0.0)
        else:
            offset, total = 0, _content_length(response)
            discard(request.part)
            tag = response.headers.get("ETag") or response.headers.get("Last-Modified")
            _note(request.part).write_text(json.dumps([request.url, tag]))
        if request.size is not None and total not in (None, request.size):
            discard(request.part)
            raise DownloadError(
                f"expected {request.size} bytes, the server offers {total}; it is not "
                f"the file that the catalogue names. {request.by_hand}",
                path=request.url,
            )
        _receive(response, request, offset, total or request.size, report)
    return named


def _receive(
    response: requests.Response,
    request: Request,
    offset: int,
    total: int | None,
    report: Callable[[int, int | None], None],
) -> None:
    """Appends the response's body to the part, which has `offset` bytes."""
    done = offset
    with request.part.open("ab") as out:
        report(done, total)
        for chunk in response.iter_content(_CHUNK):
            out.write(chunk)
            done += len(chunk)
            if total is not None and done > total:
                break
            report(done, total)
    if total is not None and done > total:
        discard(request.part)
        raise DownloadError(
            f"expected {total} bytes, the server sent more. {request.by_hand}",
            path=request.url,
        )
    if total is not None and done < total:
        raise _BrokenOffError(f"the connection broke off after {done} of {total} bytes")


def _open(
    session: requests.Session,
    request: Request,
    headers: dict[str, str],
    timeout: float,
) -> tuple[requests.Response, str | None, bool]:
    """Sends the request and follows redirects.

    Redirects are followed here, not by `requests`, because the Hub answers with the
    file's digest on the redirect itself and because the token must stay with the Hub.

    Returns:
        The final response, the SHA-256 that `token_site` named, and whether
        `token_site` itself sent the response.
    """
    url, named = request.url, None
    for _ in range(_REDIRECTS):
        own = request.token_site is not None and _same_site(url, request.token_site)
        send = dict(headers)
        if own and request.token:
            send["Authorization"] = f"Bearer {request.token}"
        # Without an `auth` of ours, requests would put in what ~/.netrc says.
        response = session.get(
            url,
            headers=send,
            stream=True,
            allow_redirects=False,
            timeout=timeout,
            auth=lambda prepared: prepared,
        )
        if own:
            tag = response.headers.get("X-Linked-Etag", "").strip('"').lower()
            named = tag if re.fullmatch(r"[0-9a-f]{64}", tag) else named
        if not response.is_redirect:
            return response, named, own
        with response:
            target = urljoin(url, response.headers["Location"])
        was, now = urlsplit(url).scheme, urlsplit(target).scheme
        if now not in ("http", "https") or (was, now) == ("https", "http"):
            raise DownloadError(
                f"is redirected to an address of scheme '{now}', which is not "
                f"followed. {request.by_hand}",
                path=request.url,
            )
        url = target
    raise DownloadError(
        f"is redirected more than {_REDIRECTS} times. {request.by_hand}",
        path=request.url,
    )


def _refuse(request: Request, response: requests.Response, own: bool) -> None:
    """Raises the error that the response's status stands for."""
    status = response.status_code
    if status in _TRY_AGAIN:
        raise _BrokenOffError(
            f"the server answered HTTP {status}",
            _retry_after(response.headers.get("Retry-After", "")),
        )
    if own and request.gated and status in (401, 403):
        if not request.token:
            why = "no token was found (HF_TOKEN is not set, and nobody is logged in)"
        elif status == 401:
            why = "the token was not accepted: it is wrong, expired or revoked"
        else:
            why = "the token's account has no access: accept the terms with it"
        raise GatedSourceError(
            f"HTTP {status}: access is given on request only, and {why}. "
            f"{request.by_hand}",
            path=request.url,
        )
    reason = {404: "there is no such file (any more)", 410: "the file was removed"}
    raise DownloadError(
        f"HTTP {status}: {reason.get(status, 'the server refused')}. {request.by_hand}",
        path=request.url,
    )


def _resumable(request: Request) -> tuple[int, str | None]:
    """Returns how many bytes of the part may be kept, and their validator."""
    length = _length(request.part)
    if not length:
        return 0, None
    try:
        url, validator = json.loads(_note(request.part).read_text())
    except (OSError, ValueError, TypeError):
        return 0, None
    if isinstance(validator, str) and validator.startswith("W/"):
        validator = None  # a weak one does not vouch for bytes (RFC 9110, 13.1.5)
    known = bool(validator) or request.sha256 is not None
    too_long = request.size is not None and length >= request.size
    if url != request.url or not known or too_long:
        return 0, None
    return length, validator


def _note(part: Path) -> Path:
    return part.with_name(part.name + ".from")


def _length(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _same_site(url: str, other: str) -> bool:
    ports = {"http": 80, "https": 443}
    a, b = urlsplit(url), urlsplit(other)
    return (a.scheme, a.hostname, a.port or ports.get(a.scheme)) == (
        b.scheme,
        b.hostname,
        b.port or ports.get(b.scheme),
    )


def _content_range(value: str) -> tuple[int | None, int | None]:
    """Reads 'bytes START-END/TOTAL' (RFC 9110, 14.4); TOTAL may be '*'."""
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", value.strip())
    if match is None:
        return None, None
    return int(match[1]), None if match[2] == "*" else int(match[2])


def _content_length(response: requests.Response) -> int | None:
    encoding = response.headers.get("Content-Encoding", "identity")
    length = response.headers.get("Content-Length", "")
    return int(length) if encoding == "identity" and length.isdigit() else None


def _retry_after(value: str) -> float | None:
    """Reads a Retry-After header, seconds or a date (RFC 9110, 10.2.3)."""
    from email.utils import parsedate_to_datetime

    if value.strip().isdigit():
        return float(value)
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    return None


def _describe(error: Exception) -> str:
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
    return f"no connection to the server ({type(error).__name__})"
