"""Whatever a server sends, a download is complete, or ends in one clear `DownloadError`."""

from __future__ import annotations

import gzip
import io
import os
import signal
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import pytest

from coalm_oumi.errors import DownloadError
from coalm_oumi.sources.catalogue import DataFile, Source
from coalm_oumi.sources.download import Retry, download_source
from tests.sources.http_server import Reply, Server
from tests.sources.toy_source import BODY, QUICK, error_of, fetch, left, toy

pytestmark = pytest.mark.usefixtures("online")

KEY = "hf_canary0123456789abcdef"


@contextmanager
def raw_server(*answers: bytes, endless: bytes = b"") -> Iterator[str]:
    """Sends each connection the next of some bytes, the last again and again."""
    left_, ended = list(answers), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError):
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(left_.pop(0) if left_[1:] else left_[0])
                        while endless and not ended.is_set():
                            connection.sendall(endless)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/a"
        finally:
            ended.set()
            with suppress(OSError):
                socket.create_connection(listening.getsockname(), 1).close()
            thread.join(5)


def head(*lines: str, status: str = "200 OK") -> bytes:
    text = "\r\n".join([f"HTTP/1.1 {status}", *lines, "Connection: close"])
    return text.encode("latin-1") + b"\r\n\r\n"


def unknown(url: str, largest: int = 1 << 31) -> Source:
    """A source of which neither digest nor size is known."""
    source = toy(url, sha256=None)
    files = tuple(replace(f, size=None, largest=largest) for f in source.files)
    return replace(source, files=files)


@pytest.mark.parametrize(
    "length", ["1\u00b2", "-5", "+5", "5_0", "0x10", "nine", "", "9" * 5000, "1.5"]
)
def test_a_length_that_is_none_is_not_believed(tmp_path: Path, length: str) -> None:
    answer = head(f"Content-Length: {length}") + b"hello"
    with raw_server(answer) as url, suppress(DownloadError):
        assert fetch(unknown(url), tmp_path)[0].read_bytes() in (b"hello", b"")


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1",
        "http://[:::]/",
        "http://h:99999/a",
        "http://h:port/a",
        "http://" + "x" * 300 + "/",
        "http://.../a",
        "http://\u00e9\u00ff..\u00e9/",
        "http:///a",
        "http://%/",
    ],
)
def test_a_redirect_that_leads_nowhere(tmp_path: Path, location: str) -> None:
    with raw_server(head(f"Location: {location}", status="302 Found")) as url:
        message = error_of(unknown(url), tmp_path)
    assert message.startswith(url)
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "FILE:/etc/passwd", "ftp://h/a", "data:,x", "gopher://h/"],
)
def test_a_redirect_to_another_scheme(tmp_path: Path, location: str) -> None:
    with raw_server(head(f"Location: {location}", status="301 Moved")) as url:
        assert "which is not followed" in error_of(unknown(url), tmp_path)
    assert left(tmp_path) == []


HOSTILE = {
    "chunks of garbage": head("Transfer-Encoding: chunked") + b"zz\r\nhello\r\n",
    "a chunk of negative length": head("Transfer-Encoding: chunked") + b"-5\r\nhello",
    "no gzip": head("Content-Encoding: gzip", "Content-Length: 5") + b"hello",
    "half a gzip": head("Content-Encoding: gzip") + gzip.compress(BODY)[:40],
    "no HTTP": b"\x00\xff" * 50 + b"\r\n\r\n",
    "nothing": b"",
    "a status that is none": b"HTTP/1.1 2x0 OK\r\n\r\n",
    "a hundred headers and more": head(*(f"X-{n}: y" for n in range(200))) + b"x",
    "a header without end": head("X: " + "y" * 100_000) + b"x",
    "two lengths": head("Content-Length: 5", "Content-Length: 7") + b"hello",
    "a part that was not asked for": head(
        "Content-Range: bytes 50-54/100", "Content-Length: 5", status="206 Partial"
    )
    + b"hello",
    "a range that is none": head("Content-Range: bytes 5", status="206 Partial") + b"x",
    "a part of no file": head(status="206 Partial Content") + b"hello",
    "416 again and again": head(status="416 Range"),
    "100 before nothing": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("name", [n for n in HOSTILE if n != "half a gzip"])
def test_a_hostile_server_is_one_error(tmp_path: Path, name: str) -> None:
    with raw_server(HOSTILE[name]) as url:
        message = error_of(toy(url), tmp_path)
    assert message.startswith(url)
    assert "\n" not in message


@pytest.mark.parametrize("with_length", [True, False], ids=["length known", "unknown"])
def test_a_file_of_unknown_size_has_a_ceiling(
    server: Server, tmp_path: Path, with_length: bool
) -> None:
    url = server.serve("/a", Reply(BODY, with_length=with_length))
    found = error_of(unknown(url, largest=len(BODY) - 1), tmp_path)
    assert f"expected at most {len(BODY) - 1} bytes, the server sends more" in found
    assert left(tmp_path) == []
    assert fetch(unknown(url, largest=len(BODY)), tmp_path)[0].read_bytes() == BODY


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_body_without_end_is_cut_off(tmp_path: Path, coding: str) -> None:
    zeros = gzip.compress(b"\0" * 50_000_000)
    lines = [f"Content-Encoding: {coding}"]
    endless = b"x" * 65536 if coding == "identity" else b""
    with raw_server(
        head(*lines) + (zeros if not endless else b""), endless=endless
    ) as url:
        found = error_of(unknown(url, largest=1_000_000), tmp_path)
    assert "expected at most 1000000 bytes" in found
    assert left(tmp_path) == []


def test_an_archive_that_unpacks_to_more_than_is_allowed(
    server: Server, tmp_path: Path
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one.json", b"\0" * 5_000_000)
    url = server.serve("/a", Reply(packed.getvalue()))
    source = toy(url, sha256=None)
    members = (DataFile("one.json"),)
    files = tuple(
        replace(f, size=None, largest=1_000_000, unpack="zip", members=members)
        for f in source.files
    )
    found = error_of(replace(source, files=files), tmp_path)
    assert "is larger than is allowed" in found
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "header",
    ["86400", "9" * 300, "a date of tomorrow"],
)
def test_a_wait_of_days_is_an_error_at_once(
    server: Server, tmp_path: Path, header: str
) -> None:
    if header == "a date of tomorrow":
        header = formatdate(time.time() + 86400, usegmt=True)
    url = server.serve("/a", Reply(status=429, headers={"Retry-After": header}))
    waited: list[float] = []
    retry = Retry(attempts=2, first_wait=0.5, pause=waited.append)
    with pytest.raises(DownloadError, match="HTTP 429") as raised:
        download_source(toy(url), tmp_path, progress=False, retry=retry)
    assert "the server asks to wait" in str(raised.value) or waited == [0.5]


@pytest.mark.parametrize("header", ["\u00b2", "-5", "inf", "nan", "soon", "1\u00b2"])
def test_a_wait_that_is_none_is_the_usual_one(
    server: Server, tmp_path: Path, header: str
) -> None:
    busy = Reply(status=503, headers={"Retry-After": header})
    url = server.serve("/a", busy, Reply(BODY))
    waited: list[float] = []
    retry = replace(QUICK, first_wait=0.25, pause=waited.append)
    download_source(toy(url), tmp_path, progress=False, retry=retry)
    assert waited == [0.25]


def test_what_is_waited_for_is_told(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    busy = Reply(status=429, headers={"Retry-After": "90"})
    url = server.serve("/a", busy, Reply(BODY))
    retry = replace(QUICK, longest_wait=120.0, pause=lambda seconds: None)
    download_source(toy(url), tmp_path, retry=retry)
    message = capsys.readouterr().err
    assert "toy: the server answered HTTP 429; asking again in 90 s" in message


def test_an_interrupted_download_is_continued(server: Server, tmp_path: Path) -> None:
    tag = {"ETag": '"v1"'}
    slow = Reply(BODY, headers=tag, delay=5.0)
    url = server.serve("/a", slow, Reply(BODY, headers=tag))
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        fetch(toy(url), tmp_path)
    assert time.monotonic() - began < 3
    assert fetch(toy(url), tmp_path)[0].read_bytes() == BODY


def test_a_password_in_the_hubs_address_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"http://someone:{KEY}%2F@127.0.0.1:9/hub")
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    source = toy("hf://datasets/a/b@main/toy.bin")
    message = error_of(source, tmp_path)
    assert KEY not in message
    assert "[hidden]" in message
