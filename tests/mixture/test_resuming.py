"""The same bytes for any number of processes, and after kills; resuming."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coalm_oumi.errors import CoalmError, OptionError
from coalm_oumi.mixture import BuildOptions, Built, build
from coalm_oumi.mixture import run as run_module
from tests.mixture.conftest import LIMIT, contents

OPTIONS = BuildOptions(limit=LIMIT, on_missing="embedded")
CLI = "from coalm_oumi.cli import main; main()"


@pytest.mark.parametrize("workers", [2, 8])
def test_any_number_of_processes_gives_the_same_bytes(
    small: tuple[Path, Built], tmp_path: Path, workers: int
) -> None:
    build(tmp_path / "built", OPTIONS, workers=workers)
    assert contents(tmp_path / "built") == contents(small[0])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_ten_kills_leave_no_half_file_and_the_same_bytes(
    tmp_path: Path, repository: Path
) -> None:
    script = Path(__file__).with_name("killed_builds.py")
    printed = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(repository)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    whole, *killed = map(json.loads, printed.splitlines())
    assert len(killed) == 10
    assert {one["digest"] for one in killed} == {whole["digest"]}
    assert all(one["half"] == [] for one in killed)
    assert {one["status"] for one in (whole, *killed)} == {0}
    assert not all(one["complete"] for one in killed)  # some were really cut short


def interrupted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves a build whose shards are made and whose files are not written."""

    def stop(*_: object) -> None:
        raise CoalmError("stopped")

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "_write_files", stop)
        with pytest.raises(CoalmError, match="stopped"):
            build(folder, OPTIONS)


def test_a_resumed_build_does_no_finished_shard_again(
    small: tuple[Path, Built], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(tmp_path / "built", monkeypatch)
    shards = tmp_path / "built" / ".build" / "shards"
    made = sorted(path.name for path in shards.glob("*.json"))
    assert made == [
        "cra-00000-of-00002.json",
        "cra-00001-of-00002.json",
        "hammer-00000-of-00002.json",
        "hammer-00001-of-00002.json",
        "snips-00000-of-00001.json",
        "toolace-00000-of-00001.json",
    ]
    (shards / "hammer-00001-of-00002.json").unlink()
    again: list[str] = []
    make = run_module.make_shard
    monkeypatch.setattr(
        run_module,
        "make_shard",
        lambda task, *a: (again.append(task.name), make(task, *a)),
    )
    build(tmp_path / "built", OPTIONS, resume=True)
    assert again == ["hammer-00001-of-00002"]
    assert contents(tmp_path / "built") == contents(small[0])


def test_an_unfinished_build_is_only_continued_if_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(tmp_path / "built", monkeypatch)
    with pytest.raises(
        OptionError, match=r"an unfinished build is there\. Pass --resume"
    ):
        build(tmp_path / "built", OPTIONS)


def test_other_options_are_refused_on_resuming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(tmp_path / "built", monkeypatch)
    other = BuildOptions(limit=LIMIT, seed=7, format="messages", on_missing="embedded")
    with pytest.raises(OptionError, match=r"another options\.format, options\.seed"):
        build(tmp_path / "built", other, resume=True)


def test_changed_sources_are_refused_on_resuming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data" / "snips" / "slotgated" / "snips"
    data.mkdir(parents=True)
    row = {"dialog_id": "a", "domain": "GetWeather", "utterance": "Rain in Ely?"}
    text = json.dumps([{**row, "slot_values": {"city": "Ely"}}])
    for name in ("train.json", "valid.json", "test.json"):
        (data / name).write_text(text, "utf-8")
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path / "data"))
    interrupted(tmp_path / "built", monkeypatch)
    (data / "train.json").write_text(text.replace("Rain", "Snow"), "utf-8")
    with pytest.raises(OptionError, match=r"another sources\.snips_split"):
        build(tmp_path / "built", OPTIONS, resume=True)


def test_a_finished_build_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "built"
    first = build(folder, OPTIONS)
    before = contents(folder)
    with pytest.raises(OptionError, match="a finished build is there"):
        build(folder, OPTIONS)
    again = build(folder, OPTIONS, resume=True)
    assert (again.again, again.accounts) == (True, first.accounts)
    assert contents(folder) == before


@pytest.mark.slow
def test_the_workers_of_a_killed_build_end_and_its_lock_is_free(
    small: tuple[Path, Built], tmp_path: Path, repository: Path
) -> None:
    psutil = pytest.importorskip("psutil")
    command = [sys.executable, "-c", CLI, "build", "--output", str(tmp_path / "built")]
    command += ["--limit", str(LIMIT), "--on-missing", "embedded", "--workers", "2"]
    process = subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(repository)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    parent = psutil.Process(process.pid)
    workers: list = []
    while process.poll() is None and not workers:
        workers = [
            c for c in parent.children() if "spawn_main" in " ".join(c.cmdline())
        ]
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert workers
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == []
    build(tmp_path / "built", OPTIONS, resume=True)
    assert contents(tmp_path / "built") == contents(small[0])
