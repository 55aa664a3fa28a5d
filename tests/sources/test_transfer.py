"""Transfers over a bad line: resuming, retrying, giving up with a clear word."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from coalm_oumi.errors import DownloadError
from coalm_oumi.sources.download import Retry, download_source
from tests.sources.http_server import Reply, Server, running_server
from tests.sources.toy_source import BODY, QUICK, SHA, error_of, fetch, left, toy


def test_broken_transfer_continues_where_it_stopped(
    server: Server, tmp_path: Path
) -> None:
    tag = {"ETag": '"v1"'}
    cut = Reply(BODY, headers=tag, cut_after=70_000)
    url = server.serve("/a", cut, Reply(BODY, headers=tag))

    assert fetch(toy(url), tmp_path)[0].read_bytes() == BODY
    first, second = server.header("Range")
    assert first is None
    assert second is not None
    start = int(second.removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 70_000
    assert server.header("If-Range") == [None, '"v1"']


def test_a_later_run_continues_the_part(server: Server, tmp_path: Path) -> None:
    tag = {"ETag": '"v1"'}
    url = server.serve("/a", Reply(BODY, headers=tag, cut_after=70_000))
    once = Retry(attempts=1, timeout=5.0)
    with pytest.raises(DownloadError, match=r"bytes so far are kept: run it again"):
        download_source(toy(url), tmp_path, progress=False, retry=once)
    assert left(tmp_path) == ["toys/here/toy.bin.part", "toys/here/toy.bin.part.from"]
    kept = (tmp_path / "toys/here/toy.bin.part").stat().st_size

    server.serve("/a", Reply(BODY, headers=tag))
    assert fetch(toy(url), tmp_path)[0].read_bytes() == BODY
    assert server.header("Range") == [None, f"bytes={kept}-"]
    assert left(tmp_path) == ["toys/here/toy.bin"]


@pytest.mark.parametrize("sha256", [SHA, None], ids=["digest known", "unknown"])
def test_file_that_changed_meanwhile_is_started_over(
    server: Server, tmp_path: Path, sha256: str | None
) -> None:
    old = Reply(b"o" * len(BODY), headers={"ETag": '"v1"'}, cut_after=70_000)
    url = server.serve("/a", old, Reply(BODY, headers={"ETag": '"v2"'}))

    source = toy(url, sha256=sha256)
    assert fetch(source, tmp_path)[0].read_bytes() == BODY


def test_part_without_validator_or_digest_is_started_over(
    server: Server, tmp_path: Path
) -> None:
    weak = {"ETag": 'W/"v1"'}
    old = Reply(b"o" * len(BODY), headers=weak, cut_after=70_000)
    url = server.serve("/a", old, Reply(BODY, headers=weak))

    assert fetch(toy(url, sha256=None), tmp_path)[0].read_bytes() == BODY
    assert server.header("Range") == [None, None]


def test_wrong_part_of_an_earlier_run_is_fetched_anew(
    server: Server, tmp_path: Path
) -> None:
    url = server.serve("/a", Reply(BODY))
    folder = tmp_path / "toys/here"
    folder.mkdir(parents=True)
    (folder / "toy.bin.part").write_bytes(b"x" * 1000)
    (folder / "toy.bin.part.from").write_text(f'["{url}", null]')

    assert fetch(toy(url), tmp_path)[0].read_bytes() == BODY
    assert server.header("Range") == ["bytes=1000-", None]


def test_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    cut = Reply(BODY, ranges=False, cut_after=70_000)
    url = server.serve("/a", cut, Reply(BODY, ranges=False))

    assert fetch(toy(url), tmp_path)[0].read_bytes() == BODY
    assert str(server.header("Range")[1]).startswith("bytes=")


def test_416_starts_over(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(BODY))
    folder = tmp_path / "toys/here"
    folder.mkdir(parents=True)
    (folder / "toy.bin.part").write_bytes(b"x" * (len(BODY) + 5))
    (folder / "toy.bin.part.from").write_text(f'["{url}", null]')

    source = toy(url, size=None)
    assert fetch(source, tmp_path)[0].read_bytes() == BODY
    assert server.header("Range") == [f"bytes={len(BODY) + 5}-", None]


def test_body_that_just_ends_is_not_taken_for_whole(
    server: Server, tmp_path: Path
) -> None:
    short = Reply(BODY[:50_000], with_length=False)
    url = server.serve("/a", short, Reply(BODY))

    assert fetch(toy(url), tmp_path)[0].read_bytes() == BODY
    assert server.header("Range") == [None, "bytes=50000-"]


def test_endless_body_is_cut_off(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(BODY + b"more", with_length=False))

    assert "the server sent more" in error_of(toy(url), tmp_path)
    assert left(tmp_path) == []


@pytest.mark.parametrize("status", [429, 503])
def test_busy_server_is_asked_again_when_it_says(
    server: Server, tmp_path: Path, status: int
) -> None:
    waits: list[float] = []
    patient = replace(QUICK, pause=waits.append)
    busy = Reply(status=status, headers={"Retry-After": "2"})
    url = server.serve("/a", busy, Reply(status=status), Reply(BODY))

    download_source(toy(url), tmp_path, progress=False, retry=patient)
    assert waits == [2.0, 0.02]  # its own wish, then our doubled first wait


def test_retry_after_may_be_a_date(server: Server, tmp_path: Path) -> None:
    waits: list[float] = []
    patient = replace(QUICK, pause=waits.append)
    past = Reply(status=503, headers={"Retry-After": formatdate(0, usegmt=True)})
    url = server.serve("/a", past, Reply(BODY))

    download_source(toy(url), tmp_path, progress=False, retry=patient)
    assert waits == [0.0]


def test_longer_wait_than_allowed_is_an_error(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(status=429, headers={"Retry-After": "3600"}))

    assert "asks to wait 3600 s" in error_of(toy(url), tmp_path)
    assert len(server.seen) == 1


def test_gives_up_after_the_last_attempt(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(status=500))

    message = error_of(toy(url), tmp_path)
    assert "HTTP 500 (attempt 3 of 3)" in message
    assert len(server.seen) == 3


def test_no_server_at_all(online: None, tmp_path: Path) -> None:
    with running_server() as gone:
        url = gone.url + "/a"

    message = error_of(toy(url), tmp_path)
    assert "no connection to the server" in message
    assert "put it under $COALM_DATA_DIR/toys/here/ (toy.bin)" in message


def test_404_is_not_retried(server: Server, tmp_path: Path) -> None:
    message = error_of(toy(server.url + "/none"), tmp_path)

    assert "HTTP 404: there is no such file" in message
    assert f"{server.url}/none" in message
    assert len(server.seen) == 1
    assert left(tmp_path) == []
