"""The turns of cra_actions, their prompts, and gold and empty replies to all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.cra_actions import (
    CraActionsData,
    action_prompts,
    load_cra_actions,
    score,
)
from coalm_oumi.benchmarks.cra_actions.benchmark import CRA_ACTIONS
from coalm_oumi.cra.samples import ACTION, cra_samples
from coalm_oumi.errors import DataFormatError


def test_every_turn_of_every_dialogue_is_a_case(embedded: CraActionsData) -> None:
    assert (embedded.usable, len(embedded.dialogues)) == (32, 32)
    assert len(embedded.cases) == sum(len(d.turns) for d in embedded.dialogues)
    assert 0 < sum(c.call is not None for c in embedded.cases) < len(embedded.cases)
    assert all(re.fullmatch(r"dev/\d_\d{5}#\d+", c.id) for c in embedded.cases)


def test_services_that_training_has_are_told_apart(embedded: CraActionsData) -> None:
    assert {c.service: c.in_training for c in embedded.cases} == {
        "Ferries_1": True,
        "Tides_1": True,
        "Gardens_1": False,
        "Repairs_1": False,
    }


def test_the_prompt_of_a_call_is_what_training_shows(embedded: CraActionsData) -> None:
    dialogue = embedded.dialogues[0]
    trained = {
        sample.origin.record_id: (sample.instruction, sample.input)
        for sample in cra_samples(dialogue, embedded.functions, seed=42)
        if sample.origin.transformation == ACTION
    }
    asked = {
        f"{dialogue.record_id}#{number}": tuple(prompt)
        for number, prompt in enumerate(
            action_prompts(dialogue, embedded.functions, thought="given")
        )
    }
    assert trained
    assert trained.items() <= asked.items()


def test_a_thought_of_the_models_own_is_not_given(embedded: CraActionsData) -> None:
    dialogue = embedded.dialogues[0]
    given, own = (
        list(action_prompts(dialogue, embedded.functions, thought=thought))
        for thought in ("given", "own")
    )
    assert [p.input for p in own] == [p.input.partition("\n")[0] for p in given]
    assert [p.instruction for p in own] == [p.instruction for p in given]
    assert given[0].input.split("\n")[1].startswith("Thought: ")


def test_a_sample_is_the_start_of_a_larger_one(
    embedded: CraActionsData, sgd_folder: Path
) -> None:
    sample = load_cra_actions(data=sgd_folder, limit=5)
    assert len(sample.dialogues) == 5
    assert sample.cases == embedded.cases[: len(sample.cases)]
    assert (sample.digest, sample.usable) == (embedded.digest, 32)
    other = load_cra_actions(data=sgd_folder, limit=5, seed=1)
    assert other.digest == embedded.digest
    assert other.cases != sample.cases


def test_a_part_alone_says_nothing_of_training(sgd_folder: Path) -> None:
    alone = load_cra_actions(data=sgd_folder / "dev", limit=1)
    assert {case.in_training for case in alone.cases} == {None}


def test_a_dialogue_that_stands_twice_is_named(
    tmp_path: Path, sgd_folder: Path
) -> None:
    dev = sgd_folder / "dev"
    copy = tmp_path / "dev"
    copy.mkdir()
    rows = json.loads((dev / "dialogues_001.json").read_text())
    (copy / "dialogues_001.json").write_text(json.dumps([rows[0], rows[0]]))
    (copy / "schema.json").write_bytes((dev / "schema.json").read_bytes())
    with pytest.raises(DataFormatError, match=r"'dev/1_00000' stands twice"):
        load_cra_actions(data=copy)


def check_gold_and_empty(data: CraActionsData) -> None:
    gold = score(data.cases, CRA_ACTIONS.gold(data))
    for metrics in (gold.metrics, *gold.groups.values()):
        assert metrics["unparsable"].value == 0
        others = {m.value for name, m in metrics.items() if name != "unparsable"}
        assert others == {100.0}
    empty = score(data.cases, dict.fromkeys(CRA_ACTIONS.gold(data), ""))
    for metrics in (empty.metrics, *empty.groups.values()):
        assert metrics["unparsable"].value == 100
        others = {m.value for name, m in metrics.items() if name != "unparsable"}
        assert others == {0.0}


def test_gold_scores_100_and_nothing_0_in_every_group(embedded: CraActionsData) -> None:
    check_gold_and_empty(embedded)


@pytest.mark.slow
def test_real_gold_and_empty(real_data: Path) -> None:
    data = load_cra_actions(data=real_data / "sgd", limit=200)
    assert (data.usable, data.left_out) == (2098, {})
    assert (len(data.cases), sum(c.call is not None for c in data.cases)) == (1811, 550)
    services = {c.service: c.in_training for c in data.cases}
    assert (len(services), sum(map(bool, services.values()))) == (17, 9)
    check_gold_and_empty(data)
