"""Downloads: complete and checked files, or an error that says what to do."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from coalm_oumi.errors import DataNotFoundError
from coalm_oumi.sources.download import download_source
from tests.sources.http_server import Reply, Server, running_server
from tests.sources.toy_source import BODY, QUICK, SHA, error_of, fetch, left, toy


def test_file_lands_in_the_data_folders_layout(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(BODY))

    assert fetch(toy(url), tmp_path) == [tmp_path / "toys/here/toy.bin"]
    assert (tmp_path / "toys/here/toy.bin").read_bytes() == BODY
    assert left(tmp_path) == ["toys/here/toy.bin"]


def test_present_file_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(BODY))
    fetch(toy(url), tmp_path)
    fetch(toy(url), tmp_path)

    assert len(server.seen) == 1


def test_damaged_file_is_fetched_again(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(BODY))
    (tmp_path / "toys/here").mkdir(parents=True)
    (tmp_path / "toys/here/toy.bin").write_bytes(BODY[:-1] + b"?")

    assert fetch(toy(url), tmp_path)[0].read_bytes() == BODY


def test_wrong_digest_leaves_nothing(server: Server, tmp_path: Path) -> None:
    changed = b"!" + BODY[1:]
    url = server.serve("/a", Reply(changed))

    message = error_of(toy(url), tmp_path)
    assert url in message
    assert f"expected SHA-256 {SHA}" in message
    assert f"found {hashlib.sha256(changed).hexdigest()}" in message
    assert "Run it again" in message
    assert left(tmp_path) == []


def test_wrong_size_is_seen_before_the_body(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(b"<html>please log in</html>"))

    message = error_of(toy(url), tmp_path)
    assert "expected 102400 bytes, the server offers 26" in message
    assert left(tmp_path) == []


def test_passwords_of_netrc_are_not_sent(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    fetch(toy(server.serve("/a", Reply(BODY))), tmp_path / "data")

    assert server.header("Authorization") == [None]


def test_signature_of_a_redirect_is_not_shown(server: Server, tmp_path: Path) -> None:
    with running_server() as gone:
        away = gone.url + "/store?signature=s3cret"
    url = server.serve("/a", Reply(status=302, headers={"Location": away}))

    message = error_of(toy(url), tmp_path)
    assert "s3cret" not in message
    assert "no connection to the server" in message


@pytest.mark.parametrize("scheme", ["file", "ftp"])
def test_redirect_to_another_scheme_is_not_followed(
    server: Server, tmp_path: Path, scheme: str
) -> None:
    away = f"{scheme}://127.0.0.1/etc/passwd"
    url = server.serve("/a", Reply(status=302, headers={"Location": away}))

    assert f"scheme '{scheme}', which is not followed" in error_of(toy(url), tmp_path)


def test_redirects_without_end(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Reply(status=302, headers={"Location": "/a"}))

    assert "redirected more than 10 times" in error_of(toy(url), tmp_path)


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"])
def test_offline_variable_switches_downloads_off(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    url = server.serve("/a", Reply(BODY))

    with pytest.raises(DataNotFoundError, match=f"downloads are off because {name}=1"):
        fetch(toy(url), tmp_path)
    assert server.seen == []
    assert left(tmp_path) == []


def test_nothing_is_announced_while_downloads_are_off(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataNotFoundError):
        download_source(toy(server.serve("/a", Reply(BODY))), tmp_path)
    assert capsys.readouterr().err == ""


def test_folder_that_cannot_be_written(server: Server, tmp_path: Path) -> None:
    (tmp_path / "toys").write_text("a file where a folder should be")

    message = error_of(toy(server.serve("/a", Reply(BODY))), tmp_path)
    assert "cannot be written" in message
    assert "set COALM_CACHE_DIR" in message


def test_full_disk(server: Server, tmp_path: Path) -> None:
    (tmp_path / "toys/here").mkdir(parents=True)
    (tmp_path / "toys/here/toy.bin.part").symlink_to("/dev/full")

    message = error_of(toy(server.serve("/a", Reply(BODY))), tmp_path)
    assert "no space left" in message
    assert str(tmp_path) in message
    assert left(tmp_path) == []


# What the user sees, and company


def test_without_a_terminal_two_lines_are_written(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    download_source(toy(server.serve("/a", Reply(BODY))), tmp_path, retry=QUICK)

    out, err = capsys.readouterr()
    assert out == ""
    start, end = err.splitlines()
    assert start == f"Downloading toy (1 file(s), 0.1 MB) to {tmp_path / 'toys/here'}"
    assert end.startswith("Downloaded toy: 0.1 MB in ")


def test_bar_is_drawn_on_stderr(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = toy(server.serve("/a", Reply(BODY)))
    download_source(source, tmp_path, progress=True, retry=QUICK)

    out, err = capsys.readouterr()
    assert out == ""
    assert "Downloading toy" in err
    assert "102.4/102.4" in err


def test_two_processes_share_one_download(
    server: Server, tmp_path: Path, repository: Path
) -> None:
    url = server.serve("/a", Reply(BODY, delay=1.0))
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.sources.toy_source import toy, fetch\n"
        "print(fetch(toy(sys.argv[1]), Path(sys.argv[2]))[0].stat().st_size)\n"
    )
    command = [sys.executable, "-c", script, url, str(tmp_path)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=repository)
        for _ in range(2)
    ]

    assert [p.communicate(timeout=60)[0] for p in both] == ["102400\n"] * 2
    assert [p.returncode for p in both] == [0, 0]
    assert (tmp_path / "toys/here/toy.bin").read_bytes() == BODY
    assert len(server.seen) == 1
