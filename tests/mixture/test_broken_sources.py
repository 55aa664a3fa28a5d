"""Broken sources: a build ends in one clear message, or the ledger has the row."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from coalm_oumi.cli import app
from coalm_oumi.errors import CoalmError
from coalm_oumi.mixture import BuildOptions, Built, build
from tests.corpus.generator import make as corpus

SOURCES = {
    "snips": "snips/slotgated/snips/train.json",
    "hammer": "xlam/xlam_function_calling_60k.json",
    "toolace": "toolace/data.json",
    "cra": "sgd/train/dialogues_001.json",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    corpus.generate(root, train_per_intent=2, test_per_intent=1, calls=4, irrelevant=2)
    return root


@pytest.fixture
def data(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all sources, to be broken."""
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path / "data"))
    return shutil.copytree(whole, tmp_path / "data")


def built(data: Path, part: str) -> Built:
    options = BuildOptions(on_missing="error", only=(part,), overlaps=False)
    return build(data.parent / "built", options)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def another_type(path: Path) -> None:
    path.write_text('"only a text"')


def rows_of_another_type(path: Path) -> None:
    path.write_text("[1, 2, 3]")


def garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 8)


@pytest.mark.parametrize(
    "broken", [cut, emptied, another_type, rows_of_another_type, garbage]
)
@pytest.mark.parametrize("part", SOURCES)
def test_a_broken_file_is_one_message_with_its_name(
    data: Path, part: str, broken: Callable[[Path], None]
) -> None:
    file = data / SOURCES[part]
    broken(file)
    with pytest.raises(CoalmError) as caught:
        built(data, part)
    told = str(caught.value)
    assert file.name in told
    assert "\n" not in told
    assert not (data.parent / "built" / "manifest.json").exists()


def test_the_command_prints_it_and_no_trace(data: Path) -> None:
    cut(data / SOURCES["toolace"])
    words = ["build", "--output", str(data.parent / "b"), "--on-missing", "error"]
    result = CliRunner().invoke(app, [*words, "--only", "toolace", "--workers", "1"])
    printed = " ".join(result.output.split())
    assert result.exit_code == 1
    assert "The file may be truncated; fetch or copy it again." in printed
    assert "Traceback" not in result.output


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.98])
def test_a_cut_archive_is_one_message(data: Path, kept: float) -> None:
    archive = data / "sgd" / "sgd_train.tar.xz"
    with tarfile.open(archive, "w:xz") as out:
        out.add(data / "sgd" / "train", "train")
    shutil.rmtree(data / "sgd" / "train")
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(CoalmError, match=r"sgd_train\.tar\.xz") as caught:
        built(data, "cra")
    assert "copy it again" in str(caught.value)


def test_an_archive_of_something_else_is_one_message(data: Path) -> None:
    archive = data / "sgd" / "sgd_train.tar.xz"
    with tarfile.open(archive, "w:xz") as out:
        out.addfile(tarfile.TarInfo("photos/1.jpg"), io.BytesIO())
    shutil.rmtree(data / "sgd" / "train")
    with pytest.raises(CoalmError, match=r"there is no train/"):
        built(data, "cra")


def rewritten(path: Path, change: Callable[[list[Any]], None]) -> None:
    rows = json.loads(path.read_text("utf-8"))
    change(rows)
    path.write_text(json.dumps(rows), "utf-8")


def test_a_toolace_call_with_an_unclosed_bracket_is_a_line_of_the_ledger(
    data: Path,
) -> None:
    def unclose(rows: list[Any]) -> None:
        turns = next(
            turn
            for row in rows
            for turn in row["conversations"]
            if turn["from"] == "assistant" and turn["value"].endswith(")]")
        )
        turns["value"] = turns["value"].removesuffix(")]")

    before = built(data, "toolace").accounts
    shutil.rmtree(data.parent / "built")
    rewritten(data / SOURCES["toolace"], unclose)
    after = {account.source: account for account in built(data, "toolace").accounts}
    turns = after["toolace, assistant turns"]
    assert sum(turns.rejected.values()) == 1 + sum(
        sum(account.rejected.values())
        for account in before
        if account.source == turns.source
    )
    assert turns.read == turns.kept + sum(turns.rejected.values())


def test_a_toolace_tool_list_that_does_not_close_is_a_line_of_the_ledger(
    data: Path,
) -> None:
    def unclose(rows: list[Any]) -> None:
        row = next(row for row in rows if "\n[{" in row["system"])
        row["system"] = row["system"][: row["system"].index("\n[{") + 30]

    rewritten(data / SOURCES["toolace"], unclose)
    rows, _ = built(data, "toolace").accounts
    assert rows.rejected == {"system unusable": 1}
    assert rows.read == rows.kept + 1


def test_dialogues_of_the_2019_layout_are_lines_of_the_ledger(data: Path) -> None:
    def as_of_2019(dialogues: list[Any]) -> None:
        for dialogue in dialogues:
            for turn in dialogue["turns"]:
                for frame in turn["frames"]:
                    frame.pop("service_call", None)
                    frame.pop("service_results", None)
                    if turn["speaker"] == "USER":
                        frame.pop("actions", None)

    rewritten(data / SOURCES["cra"], as_of_2019)
    n = len(json.loads((data / SOURCES["cra"]).read_text("utf-8")))
    (account,) = built(data, "cra").accounts
    assert account.rejected == {"no service calls (layout of 2019)": n}
    assert account.read == account.kept + n
    lines = (data.parent / "built" / "ledger.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["detail"] for line in lines} == {"dialogues_001.json"}


@pytest.mark.parametrize("part", ["hammer", "toolace"])
def test_rows_with_renamed_columns_are_lines_of_the_ledger(
    data: Path, part: str
) -> None:
    def rename(rows: list[Any]) -> None:
        rows[0] = {f"{name}_": value for name, value in rows[0].items()}

    rewritten(data / SOURCES[part], rename)
    first, *_ = built(data, part).accounts
    assert sum(first.rejected.values()) == 1
    assert first.read == first.kept + 1
