"""`coalm preview` shows what a recipe trains on, through Oumi's own code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command, Write

UTTERANCES = [
    {
        "dialog_id": f"gw_{n}",
        "domain": "GetWeather",
        "utterance": f"Weather in {'Upper ' * n}Ely",
        "slot_values": {"city": f"{'Upper ' * n}Ely"},
    }
    for n in range(6)
]


@pytest.fixture
def snips(tmp_path: Path, oumi_imported: None) -> dict[str, Any]:
    """A dataset of six utterances, each longer than the one before."""
    path = tmp_path / "train.json"
    path.write_text(json.dumps(UTTERANCES), encoding="utf-8")
    return {"dataset_name": "coalm/snips_dst", "dataset_path": str(path)}


def row(text: str, name: str, number: int = 0) -> list[str]:
    """The cells of a dataset's row in the table."""
    rows = [
        re.split(r" {2,}", r) for r in text.splitlines() if r.startswith(f"{name}  ")
    ]
    return rows[number]


def lengths(text: str) -> list[tuple[int, int]]:
    """Tokens and trained tokens of each sample shown."""
    found = re.findall(r"^coalm.*: (\d+) tokens, (\d+) trained$", text, re.MULTILINE)
    return [(int(total), int(trained)) for total, trained in found]


def test_a_sample_is_shown_with_its_trained_part(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    ended = coalm("preview", "-c", train_recipe(snips), "-n", "1")

    assert ended.code == 0
    ((total, trained),) = lengths(ended.text)
    prompt, _, reply = ended.text.partition(f"trained ({trained} tokens)\n")
    assert f"prompt ({total - trained} tokens, not trained)\n" in prompt
    assert "<|start_header_id|>user<|end_header_id|>" in prompt
    assert '  System: {"domain": "GetWeather", "slot_values": {"city": "' in reply
    assert '"}}<|eot_id|>\n' in reply
    assert "coalm/snips_dst, sample 1 of 6 (snips, gw_" in prompt


def test_the_first_samples_of_every_dataset_are_shown(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    hammer = {
        "dataset_name": "coalm/hammer_masked",
        "dataset_kwargs": {"on_missing": "embedded", "copies": 1},
    }

    ended = coalm("preview", "-c", train_recipe(snips, hammer), "-n", "2")

    titles = re.findall(r"^(coalm\S+), sample (\d+) of (\d+)", ended.text, re.MULTILINE)
    assert titles == [
        ("coalm/snips_dst", "1", "6"),
        ("coalm/snips_dst", "2", "6"),
        ("coalm/hammer_masked", "1", "450"),
        ("coalm/hammer_masked", "2", "450"),
    ]
    assert row(ended.text, "coalm/snips_dst")[-1] == "6 (1.3 %)"
    assert row(ended.text, "coalm/hammer_masked")[-1] == "450 (98.7 %)"


def test_the_table_adds_up_the_samples(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    ended = coalm("preview", "-c", train_recipe(snips), "-n", "6")

    shown = lengths(ended.text)
    tokens = sum(total for total, _ in shown)
    trained = 100 * sum(part for _, part in shown) / tokens
    assert row(ended.text, "coalm/snips_dst")[1:] == [
        "6",
        f"{tokens:,}",
        f"{tokens / 6:.1f}",
        f"{max(total for total, _ in shown):,}",
        f"{trained:.1f} %",
        "0",
        "6 (100.0 %)",
    ]
    assert "model_max_length: 1024; samples that would be cut: 0\n" in ended.text


def test_fields_can_be_changed_and_overlong_samples_are_counted(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    recipe = train_recipe(snips)
    longest = max(
        total for total, _ in lengths(coalm("preview", "-c", recipe, "-n", "6").text)
    )

    ended = coalm(
        "preview", "-c", recipe, "-n", "0", "--model.model_max_length", longest - 1
    )

    assert lengths(ended.text) == []
    assert row(ended.text, "coalm/snips_dst")[1] == "5"
    assert row(ended.text, "coalm/snips_dst")[6] == "1"
    assert (
        f"model_max_length: {longest - 1}; samples that would be cut: 0\n" in ended.text
    )
    assert "1 rejected: longer than model_max_length" in ended.text


def test_every_token_on_a_line(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    ended = coalm("preview", "-c", train_recipe(snips), "-n", "1", "--all-tokens")

    ((total, trained),) = lengths(ended.text)
    lines = [line.split(maxsplit=3) for line in ended.text.splitlines()]
    tokens = [line for line in lines if len(line) == 4 and line[2] in ("trained", "-")]
    assert [int(line[0]) for line in tokens] == list(range(total))
    assert [line[2] for line in tokens].count("trained") == trained
    assert tokens[0][3] == "'<|begin_of_text|>'"
    assert tokens[-1][2:] == ["trained", "'<|eot_id|>'"]


def test_a_sample_without_a_trained_token_is_warned_of(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    ended = coalm(
        "preview",
        "-c",
        train_recipe(snips),
        "-n",
        "1",
        "--data.train.collator_kwargs",
        "{response_template: '<|nothing|>'}",
    )

    assert ended.code == 0
    assert "Warning: coalm/snips_dst, sample 1 has no trained token" in ended.text
    assert (
        "Warning: coalm/snips_dst: 6 of 6 samples have no trained token" in ended.text
    )


def test_without_a_collator_every_token_is_trained_on(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    ended = coalm(
        "preview",
        "-c",
        train_recipe(snips),
        "-n1",
        "--data.train.collator_name=null",
        "--data.train.train_target=null",
    )

    assert ended.code == 0
    ((total, trained),) = lengths(ended.text)
    assert trained == total
    assert "not trained" not in ended.text


def test_shares_of_a_mixture_are_drawn_as_oumi_draws_them(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    half = snips | {"mixture_proportion": 0.5}

    ended = coalm("preview", "-c", train_recipe(half, half), "-n", "0")

    drawn = [
        int(row(ended.text, "coalm/snips_dst", n)[-1].split()[0]) for n in range(2)
    ]
    # Drawn in turn by chance until the first of them has no more.
    assert max(drawn) == 6
    assert min(drawn) < 6


def test_the_packer_without_a_mask_is_refused(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    ended = coalm("preview", "-c", train_recipe(snips), "--data.train.pack", "true")

    assert ended.code == 1
    assert "'data.train.pack'" in ended.text


def test_nothing_but_the_report_is_written(
    coalm: Command, train_recipe: Write, snips: dict[str, Any]
) -> None:
    ended = coalm("preview", "-c", train_recipe(snips), "-n", "0")

    assert "INFO" not in ended.text
    assert "\x1b" not in ended.text
