"""The output folder of a generation run.

| file | what |
|---|---|
| `dialogues.jsonl` | the dialogues (`cra.read.stored`) |
| `data/train.parquet`, `jsonl/train.jsonl` | their samples, as `coalm build` writes them |
| `rejected.jsonl` | replies that are no dialogue, or a defective one, with the reason |
| `ledger.jsonl` | a line for each repair, rejection and defect, and each seed left out |
| `failures.jsonl` | dialogues without a reply, through no fault of the model |
| `run.json` | the run record: model, prompt version, parameters, source, counts, cost |
| `journal.jsonl`, `replies.jsonl` | what a run that broke off is taken up from |

All but the last three depend on the replies alone: the same replies give the same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.generate.judging import Judged
from coalm_oumi.cra.generate.seeds import Seeds
from coalm_oumi.cra.read.stored import dialogue_to_json
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.sample_columns import ALPACA, COMPRESSION, LEVEL, json_lines
from coalm_oumi.storage import atomic_file, remove_unfinished, write_text

DIALOGUES = "dialogues.jsonl"
SAMPLES = "data/train.parquet"
SAMPLE_LINES = "jsonl/train.jsonl"
REJECTED = "rejected.jsonl"
LEDGER = "ledger.jsonl"
FAILURES = "failures.jsonl"
RUN = "run.json"
JOURNAL = "journal.jsonl"
REPLIES = "replies.jsonl"

_ROWS = 1000


def write_outputs(
    folder: Path,
    seeds: Seeds,
    judged: Mapping[str, Judged],
    texts: Mapping[str, str],
    failures: Mapping[str, str],
    *,
    prompt: str,
    seed: int,
    state_date: bool = True,
) -> dict[str, Any]:
    """Writes what the replies have given, each file whole or not at all.

    Args:
        folder: The output folder.
        seeds: The dialogues that were written from.
        judged: What became of each reply, by dialogue.
        texts: The replies' texts, by dialogue.
        failures: Why there is no reply, by dialogue.
        prompt: Name and version of the prompt.
        seed: The seed of the sampling.
        state_date: Whether the samples state the day of their dialogue, if it is known.

    Returns:
        The counts for the run record.
    """
    remove_unfinished(folder)
    # In the order of the seeds, whatever came first.
    names = [one.record_id for one in seeds.dialogues]
    found = [(name, judged[name]) for name in names if name in judged]
    failed = [(name, failures[name]) for name in names if name in failures]
    made = [one.dialogue for _, one in found if one.dialogue is not None]
    _write_lines(folder / DIALOGUES, map(dialogue_to_json, made))
    samples = _write_samples(
        folder, _rows(seeds, made, prompt, seed, state_date=state_date)
    )
    _write_lines(
        folder / REJECTED,
        (
            _rejected(name, one, texts[name])
            for name, one in found
            if one.dialogue is None
        ),
    )
    _write_lines(folder / LEDGER, _ledger(seeds, found))
    _write_lines(
        folder / FAILURES,
        ({"record_id": name, "reason": reason} for name, reason in failed),
    )
    return {
        "asked": len(names),
        "dialogues": len(made),
        "turns": sum(len(dialogue.turns) for dialogue in made),
        "samples": samples,
        "rejected": len(found) - len(made),
        "failed": len(failed),
        **_reasons(seeds, found),
    }


def _reasons(
    seeds: Seeds, found: Sequence[tuple[str, Judged]]
) -> dict[str, dict[str, int]]:
    left_out = [e.reason for e in seeds.ledger.entries if e.action == "rejected"]
    return {
        "rejected_by_reason": _counted(
            one.reason for _, one in found if one.dialogue is None
        ),
        "repaired_by_rule": _counted(
            repair.rule for _, one in found for repair in one.repairs
        ),
        "seeds_left_out": _counted(left_out),
    }


def _rejected(name: str, one: Judged, reply: str) -> dict[str, Any]:
    return {
        "record_id": name,
        "reason": one.reason,
        "detail": one.detail,
        "defects": [_defect(defect) for defect in one.defects],
        "reply": reply,
    }


def _write_samples(folder: Path, samples: Iterator[dict[str, Any]]) -> int:
    parquet, lines = folder / SAMPLES, folder / SAMPLE_LINES
    n = 0
    with (
        atomic_file(parquet) as own,
        atomic_file(lines) as own_lines,
        pq.ParquetWriter(
            own, ALPACA, compression=COMPRESSION, compression_level=LEVEL
        ) as writer,
        own_lines.open("w", encoding="utf-8", newline="\n") as text,
    ):
        for rows in _groups(samples):
            batch = pa.RecordBatch.from_pylist(rows, schema=ALPACA)
            writer.write_batch(batch)
            text.writelines(json_lines(batch))
            n += len(rows)
    return n


def _rows(
    seeds: Seeds,
    made: Iterable[CraDialogue],
    prompt: str,
    seed: int,
    *,
    state_date: bool,
) -> Iterator[dict[str, Any]]:
    for dialogue in made:
        for sample in cra_samples(
            dialogue,
            seeds.functions,
            source=seeds.source,
            seed=seed,
            thoughts=prompt,
            state_date=state_date,
        ):
            yield {
                "instruction": sample.instruction,
                "input": sample.input,
                "output": sample.output,
                "part": "cra",
                **asdict(sample.origin),
            }


def _groups(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == _ROWS:
            yield group
            group = []
    if group:
        yield group


def _ledger(
    seeds: Seeds, found: Iterable[tuple[str, Judged]]
) -> Iterator[dict[str, Any]]:
    for entry in seeds.ledger.entries:
        yield {"step": "seed", **asdict(entry)}
    for name, one in found:
        for repair in one.repairs:
            where = "" if repair.turn is None else f"turn {repair.turn}: "
            yield _line(name, "reading", "repaired", repair.rule, where + repair.detail)
        if one.dialogue is None:
            step = "validation" if one.defects else "reading"
            yield _line(name, step, "rejected", one.reason, one.detail)
        for defect in one.defects if one.dialogue is not None else ():
            reason = f"{defect.error_class.value}: {defect.rule}"
            detail = f"turn {defect.turn}: {defect.message}"
            yield _line(name, "validation", "noted", reason, detail)


def _line(
    name: str, step: str, action: str, reason: str, detail: str
) -> dict[str, Any]:
    return {
        "step": step,
        "record_id": name,
        "action": action,
        "reason": reason,
        "detail": detail,
    }


def _defect(defect: Any) -> dict[str, Any]:
    return {**asdict(defect), "error_class": defect.error_class.value}


def _counted(reasons: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(reasons).items()))


def _write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    lines = (json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    write_text(path, "".join(lines))
