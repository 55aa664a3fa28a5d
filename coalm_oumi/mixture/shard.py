"""Making one shard: its samples to a file, what became of its rows beside it.

Two files, `<part>-00003-of-00009.arrow` and `.json`; the second is written last and says
that the shard is done. Rows stand in the order of their keys, so that an output file can
take its stretch out of each shard without reading the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from coalm_oumi.datasets.part import Part, PartRequest
from coalm_oumi.datasets.parts import PARTS
from coalm_oumi.mixture.columns import STAGED
from coalm_oumi.mixture.options import BuildOptions
from coalm_oumi.mixture.overlaps import Overlap, OverlapIndex
from coalm_oumi.mixture.token_counts import Count
from coalm_oumi.sample import Sample
from coalm_oumi.seeding import stable_digest
from coalm_oumi.sources.locate import Found
from coalm_oumi.storage import atomic_file, write_json

_BATCH = 1000


@dataclass(frozen=True)
class ShardTask:
    """A shard to make.

    Attributes:
        part: Name of the part.
        places: Where its sources are.
        options: The build's options.
        shard: Which shard, from 0.
        shards: How many the part has.
    """

    part: str
    places: dict[str, Found]
    options: BuildOptions
    shard: int
    shards: int

    @property
    def name(self) -> str:
        """The shard's name, that of its files."""
        return f"{self.part}-{self.shard:05d}-of-{self.shards:05d}"


def make_shard(
    task: ShardTask, folder: Path, index: OverlapIndex | None, count: Count | None
) -> None:
    """Makes a shard's two files.

    Args:
        task: The shard.
        folder: Where the files go.
        index: The benchmarks to compare with, or None.
        count: Counts tokens, or None.

    Raises:
        CoalmError: A source cannot be read.
    """
    part = PARTS[task.part]
    options = task.options
    request = PartRequest(
        task.places,
        options.of_part(part),
        limit=options.limit,
        shard=task.shard,
        shards=task.shards,
        in_mixture=True,
    )
    found = _Findings(part, index)
    samples = part.samples(request)
    batches = list(_batches(samples, part.name, options.seed, found, count))
    table = pa.Table.from_batches(batches, schema=STAGED)
    order = np.argsort(table["key"].to_numpy(), kind="stable")
    with (
        atomic_file(folder / f"{task.name}.arrow") as path,
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_file(file, STAGED) as writer,
    ):
        writer.write_table(table.take(pa.array(order)), max_chunksize=_BATCH)
    report = {
        "samples": len(table),
        "tallies": [
            {
                "source": tally.ledger.source,
                "read": tally.ledger.read,
                "kept": tally.kept,
                "entries": [asdict(entry) for entry in tally.ledger.entries],
            }
            for tally in request.tallies
        ],
        "overlaps": found.as_json(),
    }
    write_json(folder / f"{task.name}.json", report)


class _Findings:
    """What the samples of a shard share with the benchmarks."""

    def __init__(self, part: Part, index: OverlapIndex | None) -> None:
        self._part = part
        self._index = index
        self.overlaps: list[dict[str, Any]] = []
        self.touching = 0

    def note(self, sample: Sample) -> bool:
        """Says whether a sample overlaps with a benchmark, and keeps with what."""
        if self._index is None:
            return False
        text = self._part.compared(sample)
        found: tuple[Overlap, ...] = self._index.find(text)
        overlaps = [overlap for overlap in found if overlap.counts]
        self.touching += bool(found) and not overlaps
        self.overlaps.extend(
            {
                **asdict(overlap),
                "part": self._part.name,
                "source": sample.origin.source,
                "record_id": sample.origin.record_id,
                "copy": sample.origin.copy,
                "sample": text,
            }
            for overlap in overlaps
        )
        return bool(overlaps)

    def as_json(self) -> dict[str, Any]:
        return {"found": self.overlaps, "touching": self.touching}


def _batches(
    samples: Iterable[Sample],
    part: str,
    seed: int,
    found: _Findings,
    count: Count | None,
) -> Iterator[pa.RecordBatch]:
    remaining = iter(samples)
    while batch := list(islice(remaining, _BATCH)):
        digests = [_content(sample) for sample in batch]
        columns = {
            "instruction": [sample.instruction for sample in batch],
            "input": [sample.input for sample in batch],
            "output": [sample.output for sample in batch],
            "part": [part] * len(batch),
            "key": [
                _key(seed, part, sample, digest)
                for sample, digest in zip(batch, digests, strict=True)
            ],
            "content": [_number(digest) for digest in digests],
            "tokens": _tokens(batch, count),
            "overlaps": [found.note(sample) for sample in batch],
        }
        arrays = [
            pa.array(
                columns[field.name]
                if field.name in columns
                else [getattr(sample.origin, field.name) for sample in batch],
                field.type,
            )
            for field in STAGED
        ]
        yield pa.record_batch(arrays, schema=STAGED)


def _content(sample: Sample) -> bytes:
    texts = (sample.instruction, sample.input, sample.output)
    return hashlib.sha256("\x1f".join(texts).encode("utf-8")).digest()


def _number(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big")


def _key(seed: int, part: str, sample: Sample, digest: bytes) -> int:
    """Returns a sample's place in the mixture, which nothing but itself decides."""
    origin = sample.origin
    named = (origin.source, origin.record_id, origin.copy, digest.hex())
    return _number(stable_digest(seed, "mixture", part, *named))


def _tokens(batch: list[Sample], count: Count | None) -> list[int | None]:
    if count is None:
        return [None] * len(batch)
    texts = ("\n".join((s.instruction, s.input, s.output)) for s in batch)
    return [*count(list(texts))]


def read_report(folder: Path, name: str) -> dict[str, Any] | None:
    """Returns a finished shard's report, or None if the shard is not finished."""
    file = folder / f"{name}.json"
    if not file.is_file() or not (folder / f"{name}.arrow").is_file():
        return None
    return json.loads(file.read_text("utf-8"))
