"""The batch API: half the price, and never a batch paid for twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from oumi.core.types.conversation import Conversation

from coalm_oumi.cra.generate.config import GenerationConfig
from coalm_oumi.cra.generate.run import generate
from coalm_oumi.errors import CoalmError
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
        patch.setattr("coalm_oumi.cra.generate.batches.BatchWriter._finish", killed)
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


def test_the_server_of_these_tests_writes_what_openai_defines(
    server: Script, batch: GenerationConfig
) -> None:
    types = pytest.importorskip("openai.types")
    generate(batch)
    (made,) = server.batches.values()
    read = types.Batch.model_validate(made, strict=True)
    assert read.request_counts.completed == 6
    for line in server.files[read.output_file_id].splitlines():
        body = json.loads(line)["response"]["body"] | {"created": 0, "model": "m"}
        body.setdefault("usage", {})["total_tokens"] = 0
        body["choices"][0] |= {"logprobs": None}
        body["choices"][0]["message"] |= {"refusal": None}
        types.chat.ChatCompletion.model_validate(body, strict=True)


def test_a_batch_refused_as_a_whole_says_why_and_costs_nothing(
    server: Script, batch: GenerationConfig, tmp_path: Path
) -> None:
    reason = {"code": "token_limit", "message": "Enqueued token limit reached"}
    refused = {
        "status": "failed",
        "errors": {"object": "list", "data": [reason]},
        "output_file_id": None,
        "error_file_id": None,
    }
    server.changed = lambda name: refused
    with pytest.raises(CoalmError, match=r"is failed: Enqueued token limit reached"):
        generate(batch)
    assert lines(tmp_path / "batched/replies.jsonl") == []
    assert not (tmp_path / "batched/batch.json").exists()
    server.changed = lambda name: {}
    assert generate(batch).record["counts"]["dialogues"] == 6


def test_requests_that_ran_out_of_time_are_put_again_and_alone(
    server: Script, batch: GenerationConfig, tmp_path: Path
) -> None:
    late: set[str] = set()

    def faults(prompt: str) -> tuple[str, ...]:
        if len(late) < 2:
            late.add(prompt)
        return ("expired",) if prompt in late else ()

    server.faults = faults
    server.changed = lambda name: {"status": "expired"} if name == "batch-0" else {}
    made = generate(batch)
    assert made.record["counts"]["dialogues"] == 6
    assert sum(server.paid.values()) == len(lines(tmp_path / "batched/replies.jsonl"))
    assert {p: server.put[p] for p in late} == dict.fromkeys(late, 2)
    assert sum(server.put.values()) == 8


def test_results_that_cannot_be_fetched_are_fetched_later_not_paid_for_again(
    server: Script, batch: GenerationConfig, tmp_path: Path
) -> None:
    server.broken_files = 1
    assert generate(batch).record["counts"]["dialogues"] == 6
    assert len(server.batches) == 1
    assert sum(server.paid.values()) == 6

    server.broken_files = 1000
    again = generate_other(batch, tmp_path)
    with pytest.raises(CoalmError, match="the results of batch batch-1 cannot be read"):
        generate(again)
    server.broken_files = 0
    assert generate(again).record["counts"]["dialogues"] == 6
    assert len(server.batches) == 2


def test_a_run_killed_while_it_read_the_results_reads_them_to_the_end(
    server: Script,
    batch: GenerationConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from coalm_oumi.cra.generate.batches import BatchWriter

    taken = []
    take = BatchWriter.take

    def killed(self: BatchWriter, conversation: Conversation) -> None:
        take(self, conversation)
        taken.append(conversation)
        if len(taken) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(BatchWriter, "take", killed)
        with pytest.raises(KeyboardInterrupt):
            generate(batch)
    assert len(lines(tmp_path / "batched/replies.jsonl")) == 3
    made = generate(batch)
    assert made.record["counts"]["dialogues"] == made.record["replies_paid"] == 6
    assert len(server.batches) == 1
    assert len(lines(tmp_path / "batched/replies.jsonl")) == 6


def generate_other(batch: GenerationConfig, folder: Path) -> GenerationConfig:
    """The config with another folder, so that all is asked for anew."""
    options = batch.options.model_copy(update={"output_dir": folder / "other"})
    return replace(batch, options=options)
