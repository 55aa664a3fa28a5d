"""A file of the web, by `requests`: one request, and never more bytes than allowed.

`pooch` 1.9 in its place would lose Retry-After (it stops at the first 503), the ceiling
(of a body without end it wrote 161 MB in 3 s) and addresses that stay unshown (its errors
quote a redirect's signature): `test_transfer.py`, `test_hostile_servers.py` and
`test_download.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import InvalidURL, TooManyRedirects
from urllib3.exceptions import HTTPError

from coalm_oumi.errors import DownloadError
from coalm_oumi.sources.attempts import BrokenOffError, check_status, what_broke
from coalm_oumi.sources.source import RemoteFile

_CHUNK = 1 << 16
_REDIRECTS = 10


class _Session(requests.Session):
    """Follows redirects to `http` and `https` alone, and never back to `http`.

    It sends no password of ~/.netrc, neither at first nor to where it is redirected.
    """

    def __init__(self) -> None:
        super().__init__()
        self.max_redirects = _REDIRECTS
        # Without an `auth` of ours, requests would put in what ~/.netrc says.
        self.auth = lambda prepared: prepared

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        target = super().get_redirect_target(resp)
        if target is not None:
            now = urlsplit(urljoin(resp.url, target)).scheme
            if now not in ("https", urlsplit(resp.url).scheme):
                raise DownloadError(
                    f"is redirected to an address of scheme '{now}', which is not "
                    "followed."
                )
        return target

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Adds nothing."""


def fetch(
    url: str,
    file: RemoteFile,
    part: Path,
    timeout: float,
    report: Callable[[int, int | None], None],
) -> None:
    """Fetches a file in one attempt.

    Args:
        url: Its address.
        file: What the catalogue says of it.
        part: Where its bytes go; what is there is overwritten.
        timeout: Seconds without a byte after which the connection counts as broken.
        report: Called with the bytes present and the total, if known, as they arrive.

    Raises:
        BrokenOffError: It may succeed when tried again.
        DownloadError: It will not; the message names neither address nor source.
        OSError: `part` cannot be written.
    """
    headers = {"Accept-Encoding": "identity"}  # lengths count raw bytes
    try:
        with (
            _Session() as session,
            session.get(url, headers=headers, stream=True, timeout=timeout) as response,
        ):
            check_status(response.status_code, response.headers.get("Retry-After"))
            _receive(response, file, part, report)
    except TooManyRedirects:
        raise DownloadError(f"is redirected more than {_REDIRECTS} times.") from None
    except (InvalidURL, UnicodeError):
        # The address is not named, as it may be signed.
        raise DownloadError("leads to an address that cannot be used.") from None
    except (
        requests.RequestException,
        HTTPError,
        HTTPException,
        ValueError,  # such as a chunk of negative length
    ) as error:
        raise BrokenOffError(what_broke(error)) from None


def _receive(
    response: requests.Response,
    file: RemoteFile,
    part: Path,
    report: Callable[[int, int | None], None],
) -> None:
    """Writes the response's body to `part`."""
    total = _content_length(response)
    if file.size is not None and total not in (None, file.size):
        raise DownloadError(
            f"expected {file.size} bytes, the server offers {total}; it is not the file "
            "that the catalogue names."
        )
    total = total or file.size
    most = file.largest if file.size is None else file.size
    at_most = "at most " if file.size is None else ""
    too_large = DownloadError(
        f"expected {at_most}{most} bytes, the server sends more. Nothing was kept."
    )
    if total is not None and total > most:
        raise too_large
    done = 0
    with part.open("wb") as out:
        report(0, total)
        for chunk in response.iter_content(_CHUNK):
            done += len(chunk)
            if done > most:
                raise too_large
            out.write(chunk)
            report(done, total)
    if total is not None and done < total:
        raise BrokenOffError(f"the connection broke off after {done} of {total} bytes")


def _content_length(response: requests.Response) -> int | None:
    """Returns the bytes that a response says it has; None if that is not known."""
    encoding = response.headers.get("Content-Encoding", "identity")
    length = response.headers.get("Content-Length", "")
    # Digits of other scripts are none here, and a length of thousands of digits neither.
    known = encoding == "identity" and re.fullmatch("[0-9]{1,18}", length)
    return int(length) if known else None
