"""`coalm/cra` as Oumi loads it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.datasets import CraDataset
from coalm_oumi.oumi_errors import CoalmOumiError


@pytest.fixture(scope="module")
def dataset() -> CraDataset:
    return CraDataset(on_missing="embedded")


def test_the_embedded_training_part_gives_both_kinds(dataset: CraDataset) -> None:
    kinds = Counter(dataset.data["transformation"])
    assert kinds["action"] >= 300
    assert kinds["response"] >= 1000
    assert set(dataset.data["source"]) == {"sgd"}
    assert "embedded" in dataset.data_origin
    assert "2 file(s) of train" in dataset.data_origin


def test_the_reader_and_the_maker_share_a_ledger(dataset: CraDataset) -> None:
    sources, samples = dataset.ledgers
    assert (sources.source, sources.read, sources.kept) == ("sgd train", 120, 120)
    assert samples.read == len(dataset)


@pytest.mark.parametrize("split", ["validation", "dev"])
def test_the_development_part_has_two_names(split: str) -> None:
    found = CraDataset(on_missing="embedded", split=split)
    assert {name.partition("/")[0] for name in found.data["record_id"]} == {"dev"}


def test_every_sample_of_a_part_lists_the_same_functions(dataset: CraDataset) -> None:
    lists = {
        text.partition("[BEGIN OF AVAILABLE TOOLS]")[2].partition("[END OF")[0]
        for text, kind in zip(
            dataset.data["instruction"], dataset.data["transformation"], strict=True
        )
        if kind == "action"
    }
    assert len(lists) == 1
    assert lists.pop().strip().startswith("1. FindFerry(origin_port, destination_port")


def test_the_seed_fixes_wording_and_order(dataset: CraDataset) -> None:
    again = CraDataset(on_missing="embedded")
    other = CraDataset(on_missing="embedded", sample_seed=1)
    assert dataset.data.equals(again.data)
    assert list(dataset.data["record_id"]) != list(other.data["record_id"])


def test_a_conversation_ends_with_the_reply_to_learn(dataset: CraDataset) -> None:
    conversation = dataset.conversation(0)
    row: Any = dataset.data.iloc[0]
    assert conversation.messages[-1].content == row["output"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"mode": "ground"}, "did you mean 'grounded'"),
        ({"split": "valid"}, "'valid' is unknown"),
        ({"sample_seed": "x"}, "expected a whole number"),
        ({"function_list": "some"}, "'some' is unknown"),
        ({"action_turns": "none"}, "'none' is unknown"),
        ({"split": "test"}, "no test/"),
    ],
)
def test_a_wrong_option_is_one_line(options: dict[str, Any], why: str) -> None:
    with pytest.raises(CoalmOumiError, match=why):
        CraDataset(on_missing="embedded", **options)


@pytest.mark.slow
def test_the_real_archives_are_found(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(real_data))
    found = CraDataset(split="dev", on_missing="error")
    assert len(found) == 24_991
    assert "17 file(s) of dev" in found.data_origin


def test_apis_of_ones_own_take_the_place_of_sgd(repository: Path) -> None:
    folder = repository / "configs" / "own_apis"
    catalogue = str(folder / "openapi.yaml")
    found = CraDataset(catalogue=catalogue, dialogues=str(folder / "dialogues.jsonl"))
    assert len(found) == 62
    assert set(found.data["source"]) == {"own_apis"}
    assert (found.ledgers[0].read, found.ledgers[0].kept) == (10, 10)
    with pytest.raises(CoalmOumiError, match="field 'dialogues': a catalogue and its"):
        CraDataset(catalogue=catalogue)


def test_prompts_can_list_the_dialogue_s_functions_and_stand_on_every_turn() -> None:
    found = CraDataset(
        on_missing="embedded", function_list="dialogue", action_turns="all"
    )
    kinds = Counter(found.data["transformation"])
    assert kinds["action"] + kinds["no action"] == kinds["response"]
    first: Any = found.data[found.data["transformation"] == "no action"].iloc[0]
    assert first["prompt"] == "cra_action_v2+thoughts_v1+functions_of_dialogue"
    assert first["output"].startswith("System: ")
