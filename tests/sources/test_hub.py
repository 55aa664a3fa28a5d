"""Files of the Hugging Face Hub, from a local server in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import constants
from huggingface_hub.utils.tqdm import are_progress_bars_disabled

from coalm_oumi.errors import DownloadError, GatedSourceError
from coalm_oumi.sources.catalogue import Source
from coalm_oumi.sources.download import Retry, download_source, real_url
from coalm_oumi.sources.progress import reporting
from tests.sources.http_server import Reply, Server, running_server
from tests.sources.toy_source import BODY, SHA, error_of, fetch, left, toy

TOKEN = "hf_" + "secret" * 4
HUB_PATH = "/datasets/me/toy/resolve/abc/toy.bin"
COMMIT = {"X-Repo-Commit": "0" * 40, "ETag": '"v1"'}
LARGE = {"X-Repo-Commit": "0" * 40, "X-Linked-Etag": f'"{SHA}"'}
SIZE = {"X-Linked-Size": str(len(BODY))}


def hub_toy(server: Server, monkeypatch: pytest.MonkeyPatch, **more: bool) -> Source:
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    return toy("hf://datasets/me/toy@abc/toy.bin", sha256=None, size=None, **more)


def test_hub_address_honours_hf_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    file = toy("hf://datasets/me/toy@abc/sub/toy.bin").files[0]
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example.org/")

    assert real_url(file) == (
        "https://hub.example.org/datasets/me/toy/resolve/abc/sub/toy.bin"
    )


def test_digest_that_the_hub_names_is_checked(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = hub_toy(server, monkeypatch)
    server.serve(HUB_PATH, Reply(BODY[::-1], headers=LARGE))
    message = error_of(source, tmp_path)
    assert f"expected SHA-256 {SHA}" in message
    assert server.url + HUB_PATH in message
    assert left(tmp_path) == []

    server.serve(HUB_PATH, Reply(BODY, headers=LARGE))
    assert fetch(source, tmp_path)[0].read_bytes() == BODY
    assert left(tmp_path) == ["toys/here/toy.bin"]


@pytest.mark.parametrize(
    ("status", "token", "why"),
    [
        (401, None, "no token was found"),
        (403, None, "no token was found"),
        (401, TOKEN, "the token was not accepted"),
        (403, TOKEN, "the token's account has no access"),
    ],
)
def test_refused_access_names_the_steps_and_no_token(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    token: str | None,
    why: str,
) -> None:
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    server.serve(HUB_PATH, Reply(status=status))
    source = hub_toy(server, monkeypatch, gated=True)

    with pytest.raises(GatedSourceError) as caught:
        fetch(source, tmp_path)
    message = str(caught.value)
    assert f"HTTP {status}" in message
    assert why in message
    assert "1. Accept the terms at the page. 2. Set HF_TOKEN." in message
    assert TOKEN not in message + repr(caught.value) + repr(caught.value.__cause__)
    assert len(server.seen) == 1
    assert left(tmp_path) == []


def test_token_goes_to_the_hub_and_to_no_other_host(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    source = hub_toy(server, monkeypatch, gated=True)
    with running_server() as store:
        away = store.serve("/store?signature=s3cret", Reply(BODY))
        moved = {**LARGE, **SIZE, "Location": away}
        server.serve(HUB_PATH, Reply(status=302, headers=moved))
        assert fetch(source, tmp_path)[0].read_bytes() == BODY
        assert set(store.header("Authorization")) == {None}
    assert set(server.header("Authorization")) == {f"Bearer {TOKEN}"}
    assert TOKEN not in caplog.text


def test_signature_of_a_redirect_is_not_shown(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.3)
    source = hub_toy(server, monkeypatch)
    with running_server() as store:
        silent = Reply(BODY, delay=1.0)
        away = store.serve("/store?signature=s3cret", silent, Reply(BODY))
        moved = {**LARGE, **SIZE, "Location": away}
        server.serve(HUB_PATH, Reply(status=302, headers=moved))
        assert fetch(source, tmp_path)[0].read_bytes() == BODY
        assert len(store.seen) == 2
    assert "s3cret" not in "".join(capfd.readouterr())


def test_token_is_not_sent_for_open_sources(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    server.serve(HUB_PATH, Reply(BODY, headers=COMMIT))
    fetch(hub_toy(server, monkeypatch), tmp_path)

    assert set(server.header("Authorization")) == {None}


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What came is kept by pieces of 1,000 bytes in place of 10 MB."""
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)


def ranges(server: Server) -> list[str | None]:
    """The ranges that were asked for, one a download."""
    return [seen.headers.get("Range") for seen in server.seen if seen.method == "GET"]


@pytest.mark.usefixtures("small_pieces")
def test_what_breaks_off_is_continued(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = hub_toy(server, monkeypatch)
    cut = Reply(BODY, headers=COMMIT, cut_after=70_000)
    server.serve(HUB_PATH, cut, Reply(BODY, headers=COMMIT))

    assert fetch(source, tmp_path)[0].read_bytes() == BODY
    assert ranges(server) == [None, "bytes=70000-"]
    assert left(tmp_path) == ["toys/here/toy.bin"]


@pytest.mark.usefixtures("small_pieces")
def test_a_later_run_continues(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = hub_toy(server, monkeypatch)
    server.serve(HUB_PATH, Reply(BODY, headers=COMMIT, cut_after=70_000))
    once = Retry(attempts=1, timeout=5.0)
    with pytest.raises(DownloadError, match="so far is kept: run it again"):
        download_source(source, tmp_path, progress=False, retry=once)

    server.serve(HUB_PATH, Reply(BODY, headers=COMMIT))
    assert fetch(source, tmp_path)[0].read_bytes() == BODY
    assert ranges(server) == [None, "bytes=70000-"]
    assert left(tmp_path) == ["toys/here/toy.bin"]


def test_file_that_changed_meanwhile_is_started_over(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = hub_toy(server, monkeypatch)
    old = Reply(b"o" * len(BODY), headers=COMMIT, cut_after=70_000)
    new = {**COMMIT, "ETag": '"v2"'}
    server.serve(HUB_PATH, old, Reply(BODY, headers=new))

    assert fetch(source, tmp_path)[0].read_bytes() == BODY


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_hub_is_asked_again_when_it_says(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    waits: list[float] = []
    source = hub_toy(server, monkeypatch)
    busy = Reply(status=status, headers={"Retry-After": "2"})
    server.serve(HUB_PATH, busy)

    def pause(seconds: float) -> None:
        waits.append(seconds)
        server.serve(HUB_PATH, Reply(BODY, headers=COMMIT))

    download_source(source, tmp_path, progress=False, retry=Retry(pause=pause))
    assert waits == [2.0]


@pytest.mark.parametrize("headers", [{}, {"X-Repo-Commit": "0" * 40}, {"ETag": '"v1"'}])
def test_a_server_that_is_no_hub(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
) -> None:
    source = hub_toy(server, monkeypatch)
    server.serve(HUB_PATH, Reply(b"<html>please log in</html>", headers=headers))
    message = error_of(source, tmp_path)
    assert "another server answers in the Hub's place" in message
    assert "Or fetch it yourself from" in message
    assert left(tmp_path) == []


def test_a_file_that_the_hub_lacks(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = error_of(hub_toy(server, monkeypatch), tmp_path)
    assert "HTTP 404: there is no such file" in message
    assert len(server.seen) == 1


def test_full_disk(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = hub_toy(server, monkeypatch)
    server.serve(HUB_PATH, Reply(BODY, headers=COMMIT))
    (tmp_path / "toys/here").mkdir(parents=True)
    (tmp_path / "toys/here/.toy.bin.part").write_text("a file where a folder goes")
    assert "cannot be written" in error_of(source, tmp_path)


def test_without_a_terminal_two_lines_are_written(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = hub_toy(server, monkeypatch)
    server.serve(HUB_PATH, Reply(BODY, headers=COMMIT))
    download_source(source, tmp_path)
    start, end = capsys.readouterr().err.splitlines()
    assert start == f"Downloading toy (1 file(s)) to {tmp_path / 'toys/here'}"
    assert end.startswith("Downloaded toy: 0.1 MB in ")


def test_without_progress_the_hub_draws_no_bar_either(tmp_path: Path) -> None:
    source = toy("hf://datasets/me/toy@abc/toy.bin")
    before = are_progress_bars_disabled()

    with reporting(source, list(source.files), tmp_path, progress=False):
        assert are_progress_bars_disabled()

    assert are_progress_bars_disabled() == before
