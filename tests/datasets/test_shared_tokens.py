"""Processes of one machine: one makes the tokens, all map the same file."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from coalm_oumi.datasets import CraDataset, HammerMaskedDataset, SnipsDstDataset
from coalm_oumi.datasets.sft.sample_dataset import SampleDataset
from coalm_oumi.datasets.sft.shared_tokens import shared_tokens, tokens_key
from coalm_oumi.datasets.sft.tokenizing import TOKENS
from coalm_oumi.errors import CoalmError
from coalm_oumi.oumi_errors import CoalmOumiError

ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"
BATCH = pa.record_batch([[[1, 2], [3]], [[1, 1], [1]]], schema=TOKENS)
_RANK = """
import json, os, resource
from transformers import AutoTokenizer
from coalm_oumi.datasets import HammerMaskedDataset
from coalm_oumi.datasets.sft import sample_dataset

made = []
original = sample_dataset.text_batches
def counted(*arguments):
    made.append(1)
    return original(*arguments)
sample_dataset.text_batches = counted
tokenizer = AutoTokenizer.from_pretrained({asset!r}, model_max_length=4096)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = HammerMaskedDataset(on_missing="embedded", tokenizer=tokenizer).to_hf()
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(dict(
    made=len(made), rows=len(rows), tokens=sum(map(len, rows["input_ids"])),
    file=rows.cache_files[0]["filename"], mib=(after - before) // 1024,
)))
"""


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Four processes here, whose files lie in a folder of this test."""
    from coalm_oumi.datasets.sft import shared_tokens as module

    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    monkeypatch.setattr(module, "HF_DATASETS_CACHE", tmp_path / "datasets")
    return tmp_path / "datasets/coalm_tokens"


@pytest.fixture
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(ASSET, model_max_length=768)


@pytest.mark.slow
def test_four_processes_make_the_tokens_once(tmp_path: Path) -> None:
    variables = {k: v for k, v in os.environ.items() if k != "OUMI_EXTRA_DEPS_FILE"}
    variables |= {
        "HF_DATASETS_CACHE": str(tmp_path),
        "LOCAL_WORLD_SIZE": "4",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    script = _RANK.format(asset=str(ASSET))

    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            env={**variables, "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(4)
    ]
    ended = [process.communicate()[0] for process in processes]
    found = [json.loads(text.splitlines()[-1]) for text in ended]

    print("MiB more in each process:", [one["mib"] for one in found])
    assert sorted(one["made"] for one in found) == [0, 0, 0, 1]
    assert len({(one["file"], one["rows"], one["tokens"]) for one in found}) == 1
    assert found[0]["rows"] == 3 * 450
    assert [path.suffix for path in (tmp_path / "coalm_tokens").iterdir()].count(
        ".arrow"
    ) == 1


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (SnipsDstDataset, {}),
        (SnipsDstDataset, {"completion_mask": True, "max_samples": 1500}),
        (HammerMaskedDataset, {"copies": 1}),
        (CraDataset, {"function_list": "dialogue", "max_samples": 300}),
    ],
)
def test_shared_tokens_are_those_of_one_process(
    kind: type[SampleDataset],
    options: dict[str, Any],
    several: Path,
    tokenizer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {**options, "on_missing": "embedded", "tokenizer": tokenizer}

    first, second = kind(**options), kind(**options)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "1")
    alone = kind(**options)

    assert len(list(several.glob("*.arrow"))) == 1
    assert len(first) == len(second) == len(alone)
    assert second[3] == alone[3]
    for shared in (first, second):
        assert shared.to_hf().to_dict() == alone.to_hf().to_dict()
        assert shared.to_hf().features == alone.to_hf().features
    assert first.ledgers == alone.ledgers
    assert not alone.data.columns.empty


@pytest.mark.parametrize(
    "change",
    [
        {"sample_seed": 7},
        {"max_samples": 9},
        {"completion_mask": True},
        {"prompt_layout": "system"},
        {"split": "test"},
    ],
    ids=str,
)
def test_other_options_are_other_tokens(
    change: dict[str, Any], several: Path, tokenizer: Any
) -> None:
    options = {"on_missing": "embedded", "tokenizer": tokenizer}

    SnipsDstDataset(**options)
    SnipsDstDataset(**options, **change)

    assert len(list(several.glob("*.arrow"))) == 2


def test_other_data_tokenizer_or_template_are_other_tokens(
    several: Path, tokenizer: Any, tmp_path: Path
) -> None:
    data = tmp_path / "data.json"
    data.write_text("[]")
    keys = [tokens_key({}, tokenizer, [data])]
    data.write_text("[ ]")
    keys.append(tokens_key({}, tokenizer, [data]))
    tokenizer.model_max_length = 700
    keys.append(tokens_key({}, tokenizer, [data]))
    tokenizer.chat_template += " "
    keys.append(tokens_key({}, tokenizer, [data]))
    tokenizer.add_tokens(["<new>"])
    keys.append(tokens_key({}, tokenizer, [data]))

    assert len(set(keys)) == len(keys)
    assert tokens_key({}, tokenizer, [data]) == keys[-1]


def test_max_samples_counts_those_that_fit(tokenizer: Any) -> None:
    """As Oumi's `sample_count` does, but without tokenising the rest."""
    options: dict[str, Any] = {
        "on_missing": "embedded",
        "function_list": "dialogue",
    }
    tokenizer.model_max_length = 600
    every = CraDataset(**options, tokenizer=tokenizer)

    some = CraDataset(**options, tokenizer=tokenizer, max_samples=500)

    assert len(some) == 500
    assert some._sample_ledger.read < every._sample_ledger.read
    assert some.to_hf().to_dict() == every.to_hf().take(500).to_dict()
    assert list(some.data["output"]) == list(every.data["output"])[:500]
    assert some._sample_ledger.kept == 500 < some._sample_ledger.read


def test_a_failure_leaves_no_file_and_is_told(several: Path, tokenizer: Any) -> None:
    tokenizer.model_max_length = 5

    for _ in range(2):
        with pytest.raises(CoalmOumiError, match="every one is longer than"):
            SnipsDstDataset(on_missing="embedded", tokenizer=tokenizer)

    assert not list(several.glob("*.arrow")) + list(several.glob("*.part"))


def _failing(folder: str, started: Any, released: Any) -> None:
    def make() -> Iterator[pa.RecordBatch]:
        yield BATCH
        started.set()
        released.wait()
        raise CoalmError("row 7 is broken")

    try:
        shared_tokens("key", make, TOKENS, folder=Path(folder))
    except CoalmError:
        os._exit(3)


def test_who_waits_for_a_process_that_fails_says_why(tmp_path: Path) -> None:
    forked = multiprocessing.get_context("fork")
    started, released = forked.Event(), forked.Event()
    other = forked.Process(target=_failing, args=(str(tmp_path), started, released))
    other.start()
    assert started.wait(120)

    with pytest.raises(CoalmError, match=r"has been making the tokens for 0\.001 min"):
        shared_tokens("key", list, TOKENS, folder=tmp_path, wait_minutes=0.001)
    threading.Timer(1, released.set).start()
    with pytest.raises(CoalmError, match="for all failed: row 7 is broken"):
        shared_tokens("key", list, TOKENS, folder=tmp_path)

    other.join()
    assert other.exitcode == 3


def test_after_a_failure_or_a_kill_the_next_run_makes_them(tmp_path: Path) -> None:
    forked = multiprocessing.get_context("fork")
    started, released = forked.Event(), forked.Event()
    other = forked.Process(target=_failing, args=(str(tmp_path), started, released))
    other.start()
    assert started.wait(120)
    other.kill()
    other.join()
    (tmp_path / "key.failed").write_text("long ago")
    os.utime(tmp_path / "key.failed", (time.time() - 9, time.time() - 9))

    def make() -> Iterator[pa.RecordBatch]:
        return iter([BATCH])

    tokens, lines = shared_tokens(
        "key", make, TOKENS, lambda: ["7 rejected"], folder=tmp_path
    )
    again, later = shared_tokens("key", list, TOKENS, folder=tmp_path)

    assert tokens["input_ids"][:] == again["input_ids"][:] == [[1, 2], [3]]
    assert lines[0] == later[0] == "7 rejected"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(
        CoalmError, match=r"the tokens cannot be kept: .*HF_DATASETS_CACHE"
    ):
        shared_tokens("key", list, TOKENS, folder=tmp_path / "file")
