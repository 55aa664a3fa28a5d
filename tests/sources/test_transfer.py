"""Transfers over a bad line: tried again, or given up with a clear error."""

from __future__ import annotations

import ssl
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest
from httpx import ConnectError

from coalm_oumi.sources.attempts import what_broke
from coalm_oumi.sources.download import download_source
from tests.sources.http_server import Reply, Server, running_server
from tests.sources.toy_source import BODY, QUICK, error_of, fetch, left, toy


@pytest.mark.parametrize(
    "cut",
    [
        Reply(BODY, cut_after=70_000),
        Reply(BODY, ranges=False, cut_after=70_000),
        Reply(BODY[:50_000], with_length=False),
    ],
    ids=["with ranges", "without ranges", "without length"],
)
def test_transfer_that_breaks_off_is_made_again(
    server: Server, tmp_path: Path, cut: Reply
) -> None:
    url = server.serve("/a", cut, Reply(BODY))

    assert fetch(toy(url), tmp_path)[0].read_bytes() == BODY
    assert len(server.seen) == 2
    assert left(tmp_path) == ["toys/here/toy.bin"]


def test_broken_transfer_leaves_nothing(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(BODY, cut_after=70_000))

    assert "the connection broke off" in error_of(toy(url), tmp_path)
    assert left(tmp_path) == []


def test_part_of_a_killed_run_is_not_used(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "toys/here"
    folder.mkdir(parents=True)
    (folder / "toy.bin.part").write_bytes(b"x" * (len(BODY) + 5))
    url = server.serve("/a", Reply(BODY))

    assert fetch(toy(url), tmp_path)[0].read_bytes() == BODY
    assert left(tmp_path) == ["toys/here/toy.bin"]


def test_of_several_files_those_that_came_are_kept(
    server: Server, tmp_path: Path
) -> None:
    first = toy(server.serve("/a", Reply(BODY)))
    second = replace(first.files[0], path="more.bin", url=server.url + "/none")
    both = replace(first, files=(*first.files, second))

    assert "HTTP 404" in error_of(both, tmp_path)
    assert left(tmp_path) == ["toys/here/toy.bin"]

    server.serve("/none", Reply(BODY))
    assert len(fetch(both, tmp_path)) == 2
    assert [seen.path for seen in server.seen] == ["/a", "/none", "/none"]


def test_endless_body_is_cut_off(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(BODY + b"more", with_length=False))

    assert "the server sends more" in error_of(toy(url), tmp_path)
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


def test_what_keeps_httpx_from_connecting_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It raises `ConnectError` for a certificate, a proxy and a server alike."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert what_broke(ConnectError("")) == "no connection to the server (ConnectError)"
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert "or to the proxy" in what_broke(ConnectError(""))

    error = ConnectError("")
    error.__context__ = ssl.SSLCertVerificationError("self-signed certificate")
    assert what_broke(error) == "the server's certificate could not be checked"
