"""Where SGD may lie below a data folder: unpacked, or as the two archives."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.sources.catalogue import get_source
from coalm_oumi.sources.locate import find, status


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's data folder."""
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path))
    return tmp_path / "sgd"


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


def test_two_archives_are_one_source(own: Path) -> None:
    put(own, "sgd_train.tar.xz", "sgd_dev.tar.xz")
    found = find("sgd")
    assert found is not None
    assert found.folder == own
    assert [file.name for file in found.files] == ["sgd_dev.tar.xz", "sgd_train.tar.xz"]


def test_an_unpacked_folder_is_known_by_its_schemas(own: Path) -> None:
    put(own, "train/schema.json", "train/dialogues_001.json")
    found = find("sgd")
    assert found is not None
    assert found.files == (own / "train/schema.json",)


def test_dialogues_without_a_schema_are_there_in_part(own: Path) -> None:
    # The schemas are put in place last: a broken-off download has none.
    put(own, "train/dialogues_001.json", "train/dialogues_002.json")
    assert status("sgd").state == "partial"


def test_the_schemas_are_the_last_files_of_the_catalogue() -> None:
    names = [data.path for data in get_source("sgd").data_files()]
    assert len(names) == 149
    assert names[0] == "train/dialogues_001.json"
    assert names[-2:] == ["train/schema.json", "dev/schema.json"]


def test_most_files_have_a_digest() -> None:
    files = get_source("sgd").data_files()
    known = [data for data in files if data.sha256 is not None]
    assert len(known) == 115
    assert all(len(str(data.sha256)) == 64 for data in known)
