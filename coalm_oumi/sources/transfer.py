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
from coalm_oumi.retry_after import retry_after_seconds, spoken_seconds
from coalm_oumi.sources.responses import (
    content_length,
    content_range,
    same_site,
    what_broke,
)

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 16
_REDIRECTS = 10
_WORTH_A_WORD = 5.0
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
        say: Shows a line; None to show none.
    """

    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0
    timeout: float = 60.0
    pause: Callable[[float], None] = time.sleep
    say: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Request:
    """What to fetch, and how.

    Attributes:
        url: The address.
        part: Where the bytes go.
        size: Bytes expected, or None if that is not known.
        largest: The most bytes that are taken where the size is not known.
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
    largest: int
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
    from http.client import HTTPException

    import requests
    from urllib3.exceptions import HTTPError

    reason, attempt = "nothing was tried", 0
    with requests.Session() as session:
        for attempt in range(1, retry.attempts + 1):
            try:
                return _attempt(session, request, retry, report)
            except _BrokenOffError as stop:
                reason, wait = stop.reason, stop.wait
            except (
                requests.RequestException,
                HTTPError,
                HTTPException,
                ValueError,  # such as chunks of negative length
            ) as error:
                reason, wait = what_broke(error), None
            if attempt == retry.attempts:
                break
            if wait is not None and wait > retry.longest_wait:
                asked = spoken_seconds(wait)
                reason = f"{reason}; the server asks to wait {asked}"
                break
            backoff = retry.first_wait * 2 ** (attempt - 1)
            wait = min(backoff, retry.longest_wait) if wait is None else wait
            if retry.say is not None and wait >= _WORTH_A_WORD:
                retry.say(f"{reason}; asking again in {spoken_seconds(wait)}")
            retry.pause(wait)
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
            total = _continued(request, response, offset, validator)
        else:
            offset, total = 0, content_length(response)
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
        if total is not None and total > _most(request):
            raise _too_large(request)
        _receive(response, request, offset, total or request.size, report)
    return named


def _continued(
    request: Request,
    response: requests.Response,
    offset: int,
    validator: str | None,
) -> int | None:
    """Returns the total of a response that continues the part, if it says so.

    Raises:
        _BrokenOffError: It is of another range or another file; the part is removed.
    """
    start, total = content_range(response.headers.get("Content-Range", ""))
    encoding = response.headers.get("Content-Encoding", "identity")
    tag = response.headers.get("ETag")
    other = validator and validator.startswith('"') and tag not in (None, validator)
    if start == offset and encoding == "identity" and not other:
        return total
    discard(request.part)
    what = "another file" if other else "another range"
    raise _BrokenOffError(f"the server sent {what} than asked", 0.0)


def _most(request: Request) -> int:
    return request.largest if request.size is None else request.size


def _too_large(request: Request) -> DownloadError:
    discard(request.part)
    most = _most(request)
    why = f"expected {most} bytes" if request.size else f"expected at most {most} bytes"
    return DownloadError(
        f"{why}, the server sends more. Nothing was kept. {request.by_hand}",
        path=request.url,
    )


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
            if done > (_most(request) if total is None else total):
                break
            report(done, total)
    if total is not None and done > total:
        discard(request.part)
        raise DownloadError(
            f"expected {total} bytes, the server sent more. {request.by_hand}",
            path=request.url,
        )
    if total is None and done > _most(request):
        raise _too_large(request)
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
    import requests

    url, named = request.url, None
    for _ in range(_REDIRECTS):
        own = request.token_site is not None and same_site(url, request.token_site)
        send = dict(headers)
        if own and request.token:
            send["Authorization"] = f"Bearer {request.token}"
        # Without an `auth` of ours, requests would put in what ~/.netrc says.
        try:
            response = session.get(
                url,
                headers=send,
                stream=True,
                allow_redirects=False,
                timeout=timeout,
                auth=lambda prepared: prepared,
            )
        except (requests.exceptions.InvalidURL, UnicodeError, ValueError) as error:
            if isinstance(error, requests.exceptions.InvalidHeader):
                raise
            raise _unusable_address(request) from None
        if own:
            tag = response.headers.get("X-Linked-Etag", "").strip('"').lower()
            named = tag if re.fullmatch(r"[0-9a-f]{64}", tag) else named
        if not response.is_redirect:
            return response, named, own
        with response:
            target = _redirected(request, url, response.headers["Location"])
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


def _redirected(request: Request, url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        _ = urlsplit(target).port
    except ValueError:  # such as a bracket that is not closed, or port 99999
        raise _unusable_address(request) from None
    return target


def _unusable_address(request: Request) -> DownloadError:
    # It is not shown, as it may be signed.
    return DownloadError(
        f"leads to an address that cannot be used. {request.by_hand}", path=request.url
    )


def _refuse(request: Request, response: requests.Response, own: bool) -> None:
    """Raises the error that the response's status stands for."""
    status = response.status_code
    if status in _TRY_AGAIN:
        raise _BrokenOffError(
            f"the server answered HTTP {status}",
            retry_after_seconds(response.headers.get("Retry-After")),
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
