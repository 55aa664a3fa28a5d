"""The batch API: half the price, and never a batch paid for twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.generation.config import GenerationConfig
from coalm_oumi.generation.run import generate
from tests.generation.conftest import Read, contents, lines
from tests.generation.scripted_server import Script

PRICES = {"input": 2.0, "output": 8.0, "as_of": "2026-11-21"}
BATCH = {"requests": 100, "poll_seconds": 0.01}


@pytest.fixture
def batch(config: Read) -> GenerationConfig:
    """A config that puts batches."""
    return config("batched", cra__batch=BATCH, cra__prices=PRICES)


def put_and_killed(batch: GenerationConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends as soon as it has put its batch."""

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("coalm_oumi.generation.batches.BatchWriter._finish", killed)
        with pytest.raises(KeyboardInterrupt):
            generate(batch)


def test_the_same_files_for_half_the_price(
    server: Script, config: Read, batch: GenerationConfig, tmp_path: Path
) -> None:
    online = generate(config(cra__prices=PRICES))
    made = generate(batch)
    assert len(server.batches) == 1
    assert contents(tmp_path / "batched") == contents(tmp_path / "run")
    assert made.record["cost_usd"] == pytest.approx(online.record["cost_usd"] / 2)
    assert not (tmp_path / "batched/batch.json").exists()


def test_what_failed_in_a_batch_is_put_in_another(
    server: Script, batch: GenerationConfig
) -> None:
    places: dict[str, int] = {}

    def first_two(prompt: str) -> tuple[str, ...]:
        place = places.setdefault(prompt, len(places))
        return ("500", "length") if place < 2 else ()

    server.faults = first_two
    made = generate(batch)
    assert made.record["counts"]["dialogues"] == 6
    assert len(server.batches) == 3


def test_a_run_killed_while_it_waited_takes_the_batch_up(
    server: Script, batch: GenerationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_and_killed(batch, monkeypatch)
    assert len(server.batches) == 1
    assert generate(batch).record["counts"]["dialogues"] == 6
    assert len(server.batches) == 1


def test_a_run_killed_before_it_knew_its_batch_finds_it(
    server: Script,
    batch: GenerationConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_and_killed(batch, monkeypatch)
    file = tmp_path / "batched/batch.json"
    known = json.loads(file.read_text())
    file.write_text(json.dumps(known | {"batch": None}))
    assert generate(batch).record["counts"]["dialogues"] == 6
    assert len(server.batches) == 1


def test_an_expired_batch_keeps_what_it_has_finished(
    server: Script,
    batch: GenerationConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_and_killed(batch, monkeypatch)
    (name,) = server.batches
    server.batches[name]["status"] = "expired"
    out = server.batches[name]["output_file_id"]
    server.files[out] = "\n".join(server.files[out].splitlines()[:4])
    made = generate(batch)
    assert made.record["counts"]["dialogues"] == 6
    (_, second) = server.batches.values()
    assert len(server.files[second["input_file_id"]].splitlines()) == 2
    assert len(lines(tmp_path / "batched/replies.jsonl")) == 6


def test_a_batch_in_which_all_fails_stops_the_run(
    server: Script, batch: GenerationConfig
) -> None:
    server.faults = lambda p: ("500", "500", "500")
    with pytest.raises(
        CoalmError, match=r"6 of the first 6 requests failed: in the ba"
    ):
        generate(batch)
