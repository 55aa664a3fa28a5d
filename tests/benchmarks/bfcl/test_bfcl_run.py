"""Which simulated APIs cases are played on; the scorer loads nothing heavy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.bfcl.checker_process import Broken, Checker
from coalm_oumi.benchmarks.bfcl.environment import package_data
from coalm_oumi.benchmarks.bfcl.load import BfclCase, BfclData, load_bfcl
from coalm_oumi.benchmarks.bfcl.simulators import SOURCE, find_simulators
from coalm_oumi.sources.catalogue import get_source

Cases = dict[str, BfclCase]


def published(small_cases: Cases) -> BfclData:
    return BfclData(tuple(small_cases.values()), "here", "00", as_published=True)


def test_published_cases_are_played_on_the_apis_of_their_revision(
    small_cases: Cases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = get_source(SOURCE)
    for file in source.data_files():
        path = tmp_path / source.folder / file.path
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path))

    found = find_simulators(published(small_cases))

    assert (found.folder, found.name) == (tmp_path / source.folder, "gorilla 8bf675c")
    assert found.note == ""


def test_without_them_the_packages_own_are_used_and_the_reader_is_told(
    small_cases: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    found = find_simulators(published(small_cases))

    assert (found.folder, found.name) == (None, "bfcl-eval 2025.8.6.2")
    assert "refuse a right call in 164 of the 800" in found.note
    assert "coalm download bfcl_v3_simulators" in found.note


def test_other_cases_are_played_on_the_packages_own_apis(small_cases: Cases) -> None:
    own = replace(published(small_cases), as_published=False)
    single = replace(published(small_cases), cases=(small_cases["simple_0"],))

    assert find_simulators(own).note == find_simulators(single).note == ""
    assert find_simulators(own).folder is None


def test_the_checker_executes_calls_on_the_apis_that_it_is_given(
    checker_python: Path, small_cases: Cases, tmp_path: Path
) -> None:
    package = package_data(checker_python).parent / "eval_checker" / "multi_turn_eval"
    folder = tmp_path / "apis"
    shutil.copytree(package / "func_source_code", folder)
    code = (folder / "posting_api.py").read_text()
    (folder / "posting_api.py").write_text(code.replace('"tweet_count"', '"posts"'))
    asked = {
        "op": "step",
        "stage": small_cases["multi_turn_base_0"].stage,
        "before": [],
        "text": "[get_user_stats(username='ann')]",
    }

    with (
        Checker(checker_python) as own,
        Checker(checker_python, simulators=folder) as given,
    ):
        answers = own.ask(asked), given.ask(asked)

    told = [a["results"][0] for a in answers if not isinstance(a, Broken)]
    assert [next(iter(json.loads(text))) for text in told] == ["tweet_count", "posts"]


def test_the_data_of_the_checkers_package_is_the_later_edition(
    checker_python: Path,
) -> None:
    data = load_bfcl(categories=["live_relevance"], data=package_data(checker_python))

    assert not data.as_published
    assert data.cases[-1].id == "live_relevance_17-17-0"


def test_loading_and_scoring_import_nothing_heavy(repository: Path) -> None:
    script = (
        "import sys, coalm_oumi.benchmarks.bfcl\n"
        "heavy = {'torch', 'oumi', 'transformers', 'numpy', 'pyarrow', 'requests'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(repository)},
    )
    assert done.stdout == "[]\n"
