"""A row that cannot be used is a line of the ledger: the reader goes on with the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import DataFormatError
from coalm_oumi.sources import Ledger, read_snips, read_toolace, read_xlam
from coalm_oumi.sources.coalm_it import read_coalm_it

GOOD: dict[str, dict[str, Any]] = {
    "snips": {
        "dialog_id": "gw_1",
        "domain": "GetWeather",
        "utterance": "Weather in Ely",
        "slot_values": {"city": "Ely"},
    },
    "xlam": {"id": 7, "query": "Two to Ely", "tools": "[]", "answers": "[]"},
    "toolace": {
        "system": "You help.",
        "conversations": [{"from": "assistant", "value": "Yes."}],
    },
    "coalm_it": {"instruction": "Say.", "input": "", "output": "Said."},
}


def rows(source: str, path: Path, ledger: Ledger) -> Iterator[Any]:
    readers: dict[str, Callable[[], Iterator[Any]]] = {
        "snips": lambda: read_snips(path, "train", ledger=ledger, on_bad_row="reject"),
        "xlam": lambda: read_xlam(path, ledger=ledger, on_bad_row="reject"),
        "toolace": lambda: read_toolace(path, ledger=ledger),
        "coalm_it": lambda: read_coalm_it(path, ledger=ledger),
    }
    return readers[source]()


def broken(good: dict[str, Any]) -> list[Any]:
    return [
        *(None, 3, "row", [], [good]),
        *({**good, name: 4} for name in good if name not in ("id", "input")),
        *({**good, name: [{"a": None}]} for name in good if name != "id"),
    ]


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
@pytest.mark.parametrize("source", sorted(GOOD))
def test_the_others_are_read(tmp_path: Path, source: str, suffix: str) -> None:
    good = GOOD[source]
    bad = broken(good)
    if source == "snips":
        bad += [{**good, "domain": "Weather"}, {**good, "slot_values": {"town": "Ely"}}]
        bad += [{**good, "slot_values": {"city": None}}, {}]
        if suffix == "jsonl":
            pytest.skip("the common split has no such files")
    path = tmp_path / f"rows.{suffix}"
    lines = [json.dumps(row) for row in (good, *bad, good)]
    path.write_text("\n".join(lines) if suffix == "jsonl" else f"[{','.join(lines)}]")
    ledger = Ledger(source)
    assert len(list(rows(source, path, ledger))) == 2
    assert (ledger.read, ledger.kept) == (len(bad) + 2, 2)
    rejected = [entry for entry in ledger.entries if entry.action == "rejected"]
    assert all(entry.reason and entry.detail for entry in rejected)


@pytest.mark.parametrize("source", ["coalm_it", "toolace", "xlam"])
def test_a_line_that_is_cut_is_left_out(tmp_path: Path, source: str) -> None:
    line = json.dumps(GOOD[source])
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(("{", line, line[:-9], "\x00", line, line[:9])))
    ledger = Ledger(source)
    assert len(list(rows(source, path, ledger))) == 2
    assert (ledger.read, ledger.kept) == (6, 2)
    details = [e.detail for e in ledger.entries if e.action == "rejected"]
    assert [detail.split(" is ")[0] for detail in details] == [
        *("line 1", "line 3", "line 4", "line 6"),
    ]


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
@pytest.mark.parametrize("source", sorted(GOOD))
def test_a_file_that_is_no_json_is_an_error_with_its_name(
    tmp_path: Path, source: str, suffix: str
) -> None:
    path = tmp_path / f"rows.{suffix}"
    path.write_text("no rows\nnone")
    with pytest.raises(DataFormatError, match=r"rows\.json"):
        list(rows(source, path, Ledger(source)))


def test_raw_snips_rows_are_left_out_too(tmp_path: Path) -> None:
    good = {"data": [{"text": "Weather in "}, {"text": "Ely", "entity": "city"}]}
    bad = [None, "row", {}, {"data": 3}, {"data": [3]}, {"data": [{"text": 3}]}]
    bad += [{"data": [{"text": "a", "entity": "town"}]}]
    path = tmp_path / "train_GetWeather_full.json"
    path.write_text(json.dumps({"GetWeather": [*bad, good]}))
    ledger = Ledger("snips")
    (found,) = read_snips(path, "train", ledger=ledger, on_bad_row="reject")
    assert found.record_id == f"{path.name}#{len(bad)}"
    assert (ledger.read, ledger.kept) == (len(bad) + 1, 1)
