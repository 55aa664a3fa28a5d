"""The catalogue: complete, pinned entries that agree with the real files."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from coalm_oumi.errors import OptionError
from coalm_oumi.sources.catalogue import SOURCES, get_source


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(OptionError) as caught:
        get_source("snip")

    message = str(caught.value)
    assert "'snip' is unknown; did you mean 'snips'?" in message
    assert "snips, snips_split, xlam, xlam_irrelevance" in message


@pytest.mark.parametrize(
    ("name", "licence", "files"),
    [
        ("snips", "CC0-1.0", 14),
        ("snips_split", "MIT", 3),
        ("xlam", "CC-BY-4.0", 1),
        ("xlam_irrelevance", "CC-BY-4.0", 1),
        ("toolace", "Apache-2.0", 1),
        ("multiwoz24", "MIT", 2),
        ("multiwoz22", "MIT", 2),
        ("bfcl_v3", "Apache-2.0", 39),
        ("bfcl_v3_simulators", "Apache-2.0", 9),
        ("multiwoz_databases", "NOASSERTION", 4),
    ],
)
def test_licence_and_number_of_files(name: str, licence: str, files: int) -> None:
    source = get_source(name)

    assert (source.name, source.licence) == (name, licence)
    assert len(source.data_files()) == files


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_address_is_pinned_to_a_full_commit(name: str) -> None:
    source = SOURCES[name]

    assert re.fullmatch(r"[0-9a-f]{40}", source.revision)
    for file in source.files:
        assert source.revision in file.url
        assert re.match(r"https://|hf://datasets/", file.url)
        assert file.path == file.path.strip("/")
        assert ".." not in file.path


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_source_says_how_to_cite_it(name: str) -> None:
    citation = SOURCES[name].citation

    assert citation.startswith("@")
    assert citation.count("{") == citation.count("}")


def test_only_xlam_is_gated_and_says_how_to_get_access() -> None:
    assert [s.name for s in SOURCES.values() if s.gated] == ["xlam"]
    steps = " ".join(get_source("xlam").access)
    assert "https://huggingface.co/datasets/Salesforce/xlam-function-calling-60k" in (
        steps
    )
    for words in (
        "Agree and access repository",
        "https://huggingface.co/settings/tokens",
        "HF_TOKEN",
        "hf auth login",
        "coalm download xlam",
        "$COALM_DATA_DIR/xlam/xlam_function_calling_60k.json",
    ):
        assert words in steps


def test_irrelevance_file_keeps_the_publishers_spelling() -> None:
    (file,) = get_source("xlam_irrelevance").files

    assert file.path == "xlam-7.5k-irrelevancek.json"
    assert get_source("xlam_irrelevance").folder == "xlam"


@pytest.mark.parametrize(
    "name", ["snips", "snips_split", "multiwoz_databases", "bfcl_v3"]
)
def test_digests_are_those_of_the_real_files(real_data: Path, name: str) -> None:
    source = get_source(name)
    for data in source.data_files():
        content = (real_data / source.folder / data.path).read_bytes()
        assert len(content) == data.size, data.path
        assert hashlib.sha256(content).hexdigest() == data.sha256, data.path


def test_import_is_light(repository: Path) -> None:
    script = (
        "import sys, coalm_oumi.sources.catalogue, coalm_oumi.sources.locate,"
        " coalm_oumi.sources.download\n"
        "heavy = {'requests', 'rich', 'huggingface_hub', 'filelock', 'yaml', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=repository,
    )
    assert done.stdout == "[]\n"
