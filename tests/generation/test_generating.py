"""What a run asks, pays, writes and says; all against a scripted server."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from coalm_oumi.cra.generate.run import estimate_run, generate, preview_run
from coalm_oumi.cra.read.stored import read_dialogues
from coalm_oumi.datasets import CraDataset
from coalm_oumi.errors import CoalmError
from coalm_oumi.oumi_errors import CoalmOumiError
from tests.generation.conftest import Read, contents, lines
from tests.generation.scripted_server import RUBBISH, Script, number_of, written


@pytest.mark.parametrize("mode", ["paper", "grounded"])
def test_dialogues_samples_and_record(
    server: Script, config: Read, tmp_path: Path, mode: str
) -> None:
    made = generate(config(cra__mode=mode, cra__prices=PRICES))
    folder = tmp_path / "run"

    assert made.record["complete"]
    assert made.record["counts"]["dialogues"] == 6
    dialogues = list(read_dialogues(folder / "dialogues.jsonl"))
    assert [d.record_id for d in dialogues] == list(made.judged)
    rows = pq.read_table(folder / "data/train.parquet").to_pylist()
    assert rows == lines(folder / "jsonl/train.jsonl")
    assert len(rows) == made.record["counts"]["samples"]
    prompt = {"paper": "cra_generation_v1", "grounded": "cra_grounded_v1"}[mode]
    assert {row["prompt"].partition("+")[2] for row in rows} == {prompt}
    calls = sum(row["transformation"] == "action" for row in rows)
    assert calls == sum(1 for d in dialogues for t in d.turns if t.step)
    assert (calls > 0) == (mode == "grounded")

    record = json.loads((folder / "run.json").read_text())
    assert record["model"] == "gpt-scripted"
    assert record["prompt"] == prompt
    assert record["source"]["revision"].startswith("embedded corpus ")
    assert record["replies_paid"] == sum(server.paid.values()) == 6
    read = sum(len(p) // 4 for p in server.paid)
    made_tokens = sum(len(written(p)) // 4 for p in server.paid)
    assert record["tokens"]["read"] == read
    assert record["tokens"]["written"] == made_tokens
    assert record["cost_usd"] == pytest.approx((2 * read + 8 * made_tokens) / 1e6)


PRICES = {"input": 2.0, "output": 8.0, "as_of": "2026-11-21"}


def test_the_result_is_a_dataset(config: Read, tmp_path: Path) -> None:
    generate(config(cra__mode="grounded"))
    rows = lines(tmp_path / "run/jsonl/train.jsonl")
    found = CraDataset(mode="generated", dataset_path=str(tmp_path / "run"))
    assert list(found.data["output"]) == [row["output"] for row in rows]
    assert list(found.data["record_id"]) == [row["record_id"] for row in rows]
    with pytest.raises(CoalmOumiError, match="dataset_path"):
        CraDataset(mode="generated")


def test_a_second_run_asks_for_nothing(
    server: Script, config: Read, tmp_path: Path
) -> None:
    generate(config())
    first = contents(tmp_path / "run")
    generate(config())
    assert sum(server.put.values()) == 6
    assert contents(tmp_path / "run") == first


def test_a_higher_limit_asks_for_the_rest(server: Script, config: Read) -> None:
    generate(config(cra__limit=4))
    made = generate(config(cra__limit=9))
    assert made.record["counts"]["dialogues"] == 9
    assert sum(server.put.values()) == 9


def test_another_model_is_another_run(config: Read) -> None:
    generate(config())
    with pytest.raises(CoalmError, match=r"model\.model_name was .*, is now"):
        generate(config(model__model_name="other"))


def test_preview_asks_for_no_others_and_the_run_has_them(
    server: Script, config: Read, tmp_path: Path
) -> None:
    planned, made = preview_run(config(), 5)
    assert [one.id for one in planned.asked] == list(made.judged)
    assert sum(server.put.values()) == 5
    assert not (tmp_path / "run/dialogues.jsonl").exists()
    generate(config())
    assert sum(server.put.values()) == 6


def test_estimate_asks_for_nothing_and_knows_what_is_left(
    server: Script, config: Read
) -> None:
    options = {"cra__prices": PRICES, "generation__max_new_tokens": 1000}
    planned, found, spent = estimate_run(config(**options))
    assert (found.requests, found.at_most, spent) == (6, 6000, None)
    assert found.read == sum(round(len(one.prompt) / 4) for one in planned.asked)
    assert found.cost == pytest.approx((2 * found.read + 8 * found.written) / 1e6)
    assert not server.put

    preview_run(config(**options), 2)
    _, found, spent = estimate_run(config(**options))
    assert found.requests == 4
    assert spent is not None
    assert spent > 0


def test_the_limit_is_not_exceeded_and_what_is_finished_is_written(
    server: Script, config: Read, tmp_path: Path
) -> None:
    fields = {"cra__prices": PRICES, "cra__limit": 12, "cra__max_cost_usd": 0.06}
    made = generate(config(**fields))
    assert made.stopped is not None
    assert "max_cost_usd" in str(made.stopped)
    assert not made.record["complete"]
    assert 0 < made.record["counts"]["dialogues"] < 12
    assert made.record["cost_usd"] <= 0.06
    # The worst case of another reply, 4096 tokens, would not have been within it.
    assert made.record["cost_usd"] > 0.06 - (8 * 4096 + 2 * 12_000) / 1e6
    assert len(lines(tmp_path / "run/dialogues.jsonl")) == sum(server.paid.values())

    fields["cra__max_cost_usd"] = 10
    made = generate(config(**fields))
    assert made.stopped is None
    assert sum(server.paid.values()) == made.record["counts"]["dialogues"] == 12


def test_tokens_are_estimated_where_the_engine_does_not_tell(
    server: Script, config: Read
) -> None:
    server.usage = False
    tokens = generate(config()).record["tokens"]
    assert tokens["read"] == sum(len(p) // 4 for p in server.paid)
    assert tokens["replies_estimated"] == 6


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_a_reply_cut_off_or_refused_is_a_failure_and_paid_for_twice_at_most(
    server: Script, config: Read, tmp_path: Path, finish: str
) -> None:
    server.faults = lambda p: (finish, "always") if number_of(p) % 3 == 0 else ()
    made = generate(config(cra__limit=12))
    bad = [p for p in server.put if number_of(p) % 3 == 0]
    assert 0 < len(bad) < 6

    failures = lines(tmp_path / "run/failures.jsonl")
    assert len(failures) == len(bad) == made.record["counts"]["failed"]
    why = {"length": "cut off", "content_filter": "content filter"}[finish]
    assert all(why in failure["reason"] for failure in failures)
    assert made.record["counts"]["dialogues"] == 12 - len(bad)
    assert [server.put[p] for p in bad] == [2] * len(bad)
    assert made.record["replies_paid"] == 12 + len(bad)

    generate(config(cra__limit=12))
    assert [server.put[p] for p in bad] == [2] * len(bad)


def test_a_request_refused_for_good_is_listed(
    server: Script, config: Read, tmp_path: Path
) -> None:
    server.faults = lambda p: ("400", "always") if number_of(p) % 5 == 0 else ()
    made = generate(config(cra__limit=20))
    bad = sum(number_of(p) % 5 == 0 for p in server.put)
    assert 0 < bad < 10
    assert made.record["counts"]["failed"] == bad
    assert len(lines(tmp_path / "run/failures.jsonl")) == bad
    again = generate(config(cra__limit=20))
    assert again.record["counts"]["failed"] == bad


def test_when_half_of_the_first_requests_fail_it_stops(
    server: Script, config: Read
) -> None:
    server.faults = lambda p: ("401", "always")
    with pytest.raises(CoalmError, match=r"8 of the first 8 requests failed: .*no, "):
        generate(config(cra__limit=50))
    assert sum(server.put.values()) == 8


def test_a_reply_that_is_no_dialogue_is_rejected_with_its_reason(
    server: Script, config: Read, tmp_path: Path
) -> None:
    server.reply = lambda p: RUBBISH if number_of(p) % 2 else written(p)
    generate(config())
    bad = sum(number_of(p) % 2 for p in server.put)
    rejected = lines(tmp_path / "run/rejected.jsonl")
    assert 0 < len(rejected) == bad
    assert {one["reply"] for one in rejected} == {RUBBISH}
    assert all(one["reason"] for one in rejected)
    ledger = lines(tmp_path / "run/ledger.jsonl")
    assert sum(line["action"] == "rejected" for line in ledger) == bad


def test_a_defective_dialogue_is_rejected_in_its_class(
    server: Script, config: Read, tmp_path: Path
) -> None:
    server.reply = lambda p: (
        "User: Any ferry?\nThought1: I call it.\nAPI Name: NoSuchFunction\n"
        "API Input: {'port': 'Hull'}\nAPI Result: {'count': 0}\n"
        "Thought2: There is none.\nSystem: There is none."
    )
    generate(config(cra__limit=2, cra__reject=["undefined_function"]))
    reasons = [one["reason"] for one in lines(tmp_path / "run/rejected.jsonl")]
    assert len(reasons) == 2
    assert all(reason.startswith("undefined_function: ") for reason in reasons)


def test_rephrased_responses(server: Script, config: Read, tmp_path: Path) -> None:
    server.reply = lambda p: written(p).replace('"response": "', '"response": "Well: ')
    generate(config(cra__mode="grounded", cra__rephrase=True))
    for dialogue in read_dialogues(tmp_path / "run/dialogues.jsonl"):
        assert all(turn.response.startswith("Well: ") for turn in dialogue.turns)
