"""What a build writes: the rows, the ledger, the card and the manifest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from coalm_oumi.errors import CoalmError, OptionError
from coalm_oumi.mixture import BuildOptions, Built, build
from coalm_oumi.mixture.overlaps import words
from tests.mixture.conftest import LIMIT, contents, rows

Small = tuple[Path, Built]
COLUMNS = (
    *("instruction", "input", "output", "part", "source", "record_id", "prompt"),
    *("transformation", "seed", "copy"),
)


def test_the_folder_holds_data_accounts_card_and_manifest(small: Small) -> None:
    assert set(contents(small[0])) == {
        "README.md",
        "data/train-00000-of-00001.parquet",
        "jsonl/train-00000-of-00001.jsonl",
        "ledger.json",
        "ledger.jsonl",
        "manifest.json",
        "overlaps.json",
        "overlaps.jsonl",
    }


def test_each_source_gives_its_rows_and_each_calling_row_three_copies(
    small: Small,
) -> None:
    parts = [row["part"] for row in rows(small[0])]
    assert parts.count("snips") == LIMIT
    assert parts.count("hammer") == 3 * 2 * LIMIT  # of two sources
    assert parts.count("toolace") == 65  # turns of the assistant
    assert parts.count("cra") == 551  # one or two for each turn


def test_parquet_and_json_lines_hold_the_same_rows(small: Small) -> None:
    table = pq.read_table(small[0] / "data" / "train-00000-of-00001.parquet")
    assert tuple(table.column_names) == COLUMNS
    assert table.to_pylist() == rows(small[0])
    metadata = pq.read_metadata(small[0] / "data" / "train-00000-of-00001.parquet")
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_the_parts_are_interleaved(small: Small) -> None:
    parts = [row["part"] for row in rows(small[0])]
    size = len(parts) // 4
    quarters = [set(parts[n * size : (n + 1) * size]) for n in range(4)]
    assert quarters == [{"snips", "hammer", "toolace", "cra"}] * 4


def test_a_row_says_where_it_came_from(small: Small) -> None:
    row = next(row for row in rows(small[0]) if row["transformation"] == "masked")
    assert row["source"] in ("xlam", "xlam_irrelevance")
    assert row["prompt"] == "hammer_v1"
    assert row["seed"] == 42
    assert row["copy"] in (0, 1, 2)
    assert "#" in row["record_id"]


def test_another_seed_gives_another_order(small: Small, tmp_path: Path) -> None:
    other = BuildOptions(seed=1, limit=LIMIT, only=("snips",), on_missing="embedded")
    build(tmp_path / "other", other)
    first = [row["record_id"] for row in rows(small[0]) if row["part"] == "snips"]
    second = [row["record_id"] for row in rows(tmp_path / "other")]
    assert sorted(first) == sorted(second)
    assert first != second


def test_the_ledger_accounts_for_every_row(small: Small) -> None:
    ledger = json.loads((small[0] / "ledger.json").read_text("utf-8"))
    turns = ledger.pop("toolace, assistant turns")
    sources = {"snips_split", "xlam", "xlam_irrelevance", "toolace", "sgd"}
    assert set(ledger) == sources
    assert {account["read"] for account in ledger.values()} == {LIMIT}
    for account in (*ledger.values(), turns):
        assert account["read"] == account["kept"] + sum(account["rejected"].values())


def test_a_row_that_cannot_be_used_stands_in_the_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "xlam"
    folder.mkdir(parents=True)
    tool = {"name": "ring", "description": "Rings.", "parameters": {}}
    good = {"id": 1, "query": "Ring.", "tools": json.dumps([tool])}
    good["answers"] = '[{"name": "ring", "arguments": {}}]'
    bad = {**good, "id": 2, "answers": '[{"name": "ring"'}
    path = folder / "xlam_function_calling_60k.json"
    path.write_text(json.dumps([good, bad]), "utf-8")
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path / "data"))
    options = BuildOptions(on_missing="skip", only=("hammer",), overlaps=False)
    built = build(tmp_path / "built", options)
    (account,) = built.accounts
    assert (account.read, account.kept) == (2, 1)
    assert account.rejected == {"answers unusable": 1}
    (line,) = (tmp_path / "built" / "ledger.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["record_id"] == "xlam_function_calling_60k.json#2"
    assert list(account.lines()) == [
        "xlam: 2 rows read = 1 kept + 1 rejected",
        "xlam: 1 rejected: answers unusable",
    ]


def test_sources_that_are_missing_can_be_skipped_and_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CoalmError, match="none of its sources is on this machine"):
        build(tmp_path / "none", BuildOptions(on_missing="skip"))
    options = BuildOptions(on_missing="error")
    with pytest.raises(CoalmError, match=r"not on this machine.*--on-missing skip"):
        build(tmp_path / "none", options)
    assert not (tmp_path / "none").exists()


def test_the_manifest_names_every_file_with_its_digest(small: Small) -> None:
    manifest = json.loads((small[0] / "manifest.json").read_text("utf-8"))
    count = len(rows(small[0]))
    assert manifest["rows"] == count
    assert manifest["options"]["limit"] == LIMIT
    assert manifest["sources"]["snips_split"]["embedded_corpus"] is True
    for file in manifest["files"]:
        content = (small[0] / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert file["rows"] == count
    assert str(small[0].parent) not in (small[0] / "manifest.json").read_text("utf-8")


def test_the_card_has_front_matter_licences_counts_and_command(small: Small) -> None:
    card = (small[0] / "README.md").read_text("utf-8")
    assert card.startswith("---\npretty_name: ")
    assert "\nlicense: [apache-2.0]\n" in card  # the embedded corpus is ours
    assert "\nsize_categories: ['n<1K']\n" in card
    assert "    path: data/train-*.parquet\n" in card
    command = "coalm build --output coalm-it --seed 42 --limit 40 --on-missing embedded"
    assert f"    {command}\n" in card
    assert "- snips_split: 40 rows read = 40 kept + 0 rejected\n" in card
    assert "are invented" in card
    assert "| toolace | LA | multi | ToolACE | 65 | - | - | 13,819 |" in card


def test_the_front_matter_is_yaml(small: Small) -> None:
    yaml = pytest.importorskip("yaml")
    card = (small[0] / "README.md").read_text("utf-8")
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["license"] == ["apache-2.0"]
    assert front["configs"][0]["data_files"][0]["split"] == "train"
    assert front["dataset_info"]["splits"][0]["num_examples"] == len(rows(small[0]))


def test_the_messages_format_has_tools_and_calls(tmp_path: Path) -> None:
    options = BuildOptions(limit=LIMIT, on_missing="embedded", format="messages")
    build(tmp_path / "built", options)
    found = rows(tmp_path / "built")
    assert {row["part"] for row in found} == {"snips", "hammer", "toolace", "cra"}
    calling = next(row for row in found if "tool_calls" in row["messages"][-1])
    tools = {tool["function"]["name"] for tool in json.loads(calling["tools"])}
    for call in calling["messages"][-1]["tool_calls"]:
        assert call["function"]["name"] in tools
        assert isinstance(json.loads(call["function"]["arguments"]), dict)
    tracking = next(row for row in found if row["part"] == "snips")
    roles = [message["role"] for message in tracking["messages"]]
    assert roles == ["system", "user", "assistant"]
    assert tracking["tools"] == "[]"
    refusing = next(row for row in found if row["source"] == "xlam_irrelevance")
    assert refusing["messages"][-1] == {
        "role": "assistant",
        "content": "```\n[]\n```",
    }


def test_tokens_are_counted_with_any_tokenizer(
    tmp_path: Path, repository: Path
) -> None:
    from tokenizers import Tokenizer

    folder = repository / "tests" / "assets" / "tiny_llama"
    options = BuildOptions(
        limit=5, on_missing="embedded", only=("snips",), tokenizer=str(folder)
    )
    built = build(tmp_path / "built", options)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    expected = sum(
        len(tokenizer.encode(text, add_special_tokens=False).ids)
        for row in rows(tmp_path / "built")
        for text in ["\n".join((row["instruction"], row["input"], row["output"]))]
    )
    assert built.manifest["tokens"] == {"snips": expected}


def test_overlapping_samples_are_reported_and_can_be_dropped(tmp_path: Path) -> None:
    # The embedded corpus' test utterances stand in for a benchmark.
    options = BuildOptions(on_missing="embedded", only=("snips",))
    kept = build(tmp_path / "kept", options)
    found = kept.manifest["overlaps"]["benchmarks"]["snips_test"]
    assert found["compared_texts"] > 100
    dropping = BuildOptions(on_missing="embedded", only=("snips",), drop_overlaps=True)
    dropped = build(tmp_path / "dropped", dropping)
    lines = (tmp_path / "kept" / "overlaps.jsonl").read_text("utf-8").splitlines()
    overlapping = {json.loads(line)["record_id"] for line in lines}
    assert overlapping
    assert dropped.manifest["dropped_for_overlap"] == {"snips": len(overlapping)}
    left = {row["record_id"] for row in rows(tmp_path / "dropped")}
    assert left == {row["record_id"] for row in rows(tmp_path / "kept")} - overlapping
    exact = [json.loads(line) for line in lines if '"rule": "exact"' in line]
    assert all(words(one["text"]) == words(one["sample"]) for one in exact)


def test_a_benchmark_that_is_not_there_is_named(small: Small) -> None:
    found = json.loads((small[0] / "overlaps.json").read_text("utf-8"))
    missing = found["benchmarks"]["bfcl_v3"]["not_compared_because_missing"]
    assert missing == "$COALM_DATA_DIR/bfcl_v3/BFCL_v3_*.json"
    card = (small[0] / "README.md").read_text("utf-8")
    assert "- BFCL V3: not compared, as its files were not there" in card


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"only": ("snip",)}, "'--only': 'snip' is unknown; did you mean 'snips'"),
        ({"format": "chat"}, "'--format'"),
        ({"on_missing": "embed"}, "did you mean 'embedded'"),
        ({"limit": 0}, "'--limit': expected a whole number from 1"),
        ({"overlaps": False, "drop_overlaps": True}, "leave out --no-overlaps"),
        ({"tokenizer": "no/such/tokenizer", "limit": 1}, "'--tokenizer no/such"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(
    tmp_path: Path, options: dict[str, Any], why: str
) -> None:
    given: dict[str, Any] = {"on_missing": "embedded"} | options
    with pytest.raises(CoalmError, match=why):
        build(tmp_path / "built", BuildOptions(**given))


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OptionError, match="there are other files in it"):
        build(tmp_path, BuildOptions(on_missing="embedded"))
    with pytest.raises(OptionError, match="it is a file"):
        build(tmp_path / "thesis.txt", BuildOptions(on_missing="embedded"))
    assert (tmp_path / "thesis.txt").read_text() == "mine"
