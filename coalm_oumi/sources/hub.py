"""Files of the Hugging Face Hub, by `huggingface_hub`.

The library continues what broke off (in a folder beside the file, by pieces of 10 MB),
takes the Hub's own way for large files (Xet) and draws its own bar on a terminal. It does
not compare a file with the digest that the Hub names for it; that is returned here.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from coalm_oumi.errors import DownloadError, GatedSourceError
from coalm_oumi.sources.attempts import BrokenOffError, check_status, what_broke
from coalm_oumi.sources.source import HUB_SCHEME


@dataclass(frozen=True)
class HubFile:
    """A file of a dataset on the Hub.

    Attributes:
        repo: The dataset, `OWNER/NAME`.
        revision: The commit.
        name: The file's path in it.
    """

    repo: str
    revision: str
    name: str

    @classmethod
    def of(cls, address: str) -> HubFile | None:
        """Reads `hf://datasets/OWNER/NAME@REVISION/FILE`; None for another address.

        Raises:
            DownloadError: It begins so and goes on otherwise.
        """
        if not address.startswith(HUB_SCHEME):
            return None
        match = re.fullmatch(r"([^@]+)@([^/]+)/(.+)", address[len(HUB_SCHEME) :])
        if match is None:
            raise DownloadError(
                f"expected {HUB_SCHEME}OWNER/NAME@REVISION/FILE.", path=address
            )
        return cls(*match.groups())

    @property
    def url(self) -> str:
        """Its address, at HF_ENDPOINT if that is set."""
        from huggingface_hub import hf_hub_url

        return hf_hub_url(
            self.repo,
            self.name,
            repo_type="dataset",
            revision=self.revision,
            endpoint=hub_endpoint(),
        )


def hub_endpoint() -> str:
    """Returns the Hugging Face Hub's address: HF_ENDPOINT, or the public one."""
    from huggingface_hub import constants

    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def fetch(file: HubFile, part: Path, timeout: float, *, gated: bool) -> str | None:
    """Fetches a file in one attempt.

    Args:
        file: The file.
        part: Where its bytes go. What has come of it lies in `unfinished(part)` until all
            of it is there.
        timeout: Seconds without an answer after which the Hub counts as silent.
        gated: Whether it wants a token; it is sent for no other file.

    Returns:
        The SHA-256 that the Hub names for it, if it does (for large files).

    Raises:
        BrokenOffError: It may succeed when tried again.
        GatedSourceError: The Hub refused access.
        DownloadError: It will not succeed; the message names neither address nor source.
        OSError: The file cannot be written.
    """
    from huggingface_hub import get_hf_file_metadata, get_token, hf_hub_download

    token = (get_token() if gated else None) or False
    folder = unfinished(part)
    # Its warnings quote the address asked last, which may be a signed one.
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        metadata = get_hf_file_metadata(file.url, token=token, timeout=timeout)
        if not metadata.commit_hash or not metadata.etag:
            raise DownloadError(
                "another server answers in the Hub's place, such as a proxy's login page."
            )
        came = hf_hub_download(
            file.repo,
            file.name,
            repo_type="dataset",
            revision=file.revision,
            endpoint=hub_endpoint(),
            token=token,
            local_dir=folder,
            etag_timeout=timeout,
        )
        os.replace(came, part)
    except DownloadError:
        raise
    except Exception as error:  # of httpx or requests, by version, or of Xet's own
        raise _plain_error(error, bool(token), gated=gated) from None
    finally:
        logger.setLevel(level)
    shutil.rmtree(folder)
    return metadata.etag if re.fullmatch("[0-9a-f]{64}", metadata.etag) else None


def unfinished(part: Path) -> Path:
    """Returns the folder of what has come of a file so far."""
    return part.with_name(f".{part.name}")


def remove_if_empty(part: Path) -> bool:
    """Says whether anything has come of a file; if not, removes its folder."""
    came = unfinished(part).rglob("*.incomplete")
    if any(path.stat().st_size for path in came):
        return False
    shutil.rmtree(unfinished(part), ignore_errors=True)
    return True


def _plain_error(error: Exception, token: bool, *, gated: bool) -> Exception:
    """Returns what an error of the library means, without its text."""
    response = getattr(error, "response", getattr(error.__cause__, "response", None))
    if response is None:
        of_the_disk = isinstance(error, OSError) and error.errno is not None
        return error if of_the_disk else BrokenOffError(what_broke(error))
    status = response.status_code
    if gated and status in (401, 403):
        if not token:
            why = "no token was found (HF_TOKEN is not set, and nobody is logged in)"
        elif status == 401:
            why = "the token was not accepted: it is wrong, expired or revoked"
        else:
            why = "the token's account has no access: accept the terms with it"
        return GatedSourceError(
            f"HTTP {status}: access is given on request only, and {why}."
        )
    try:
        check_status(status, response.headers.get("Retry-After"))
    except (BrokenOffError, DownloadError) as plain:
        return plain
    return BrokenOffError(what_broke(error))
