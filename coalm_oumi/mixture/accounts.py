"""What became of every row, and what the samples share with the benchmarks.

Written beside the mixture: `ledger.json` (per source: rows read, kept, repaired,
rejected and noted, by reason), `ledger.jsonl` (a line for each of these rows),
`overlaps.json` (per benchmark) and `overlaps.jsonl` (a line per overlap).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.errors import CoalmError
from coalm_oumi.mixture.benchmark_texts import BenchmarkTexts
from coalm_oumi.mixture.overlaps import SHARE, N, OverlapIndex
from coalm_oumi.sources.ledger import rejection
from coalm_oumi.storage import write_json, write_text

Report = dict[str, Any]
"""A shard's report."""
_EXAMPLES = 3
_ACTIONS = ("repaired", "rejected", "noted")


@dataclass(frozen=True)
class SourceAccount:
    """What became of the rows of one source.

    Attributes:
        source: Name in the catalogue.
        read: Rows read.
        kept: Rows that became samples, counted where they did.
        repaired: Rows kept with a change, by reason.
        rejected: Rows left out, by reason.
        noted: Rows kept as they are, but odd, by reason.
    """

    source: str
    read: int
    kept: int
    repaired: dict[str, int]
    rejected: dict[str, int]
    noted: dict[str, int]

    def lines(self) -> Iterator[str]:
        """Yields the account in plain lines."""
        rejected = sum(self.rejected.values())
        yield (
            f"{self.source}: {self.read:,} rows read = {self.kept:,} kept + "
            f"{rejected:,} rejected"
        )
        for action, reasons in (
            ("repaired", self.repaired),
            ("rejected", self.rejected),
            ("noted", self.noted),
        ):
            for reason, n in reasons.items():
                yield f"{self.source}: {n:,} {action}: {reason}"


def source_accounts(reports: Iterable[Report]) -> list[SourceAccount]:
    """Adds up the tallies of all shards.

    Raises:
        CoalmError: A source has rows that were neither kept nor rejected, or none of its
            rows could be used.
    """
    read: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    reasons: dict[str, dict[str, Counter[str]]] = {}
    first: dict[str, str] = {}
    for tally in _tallies(reports):
        source = tally["source"]
        read[source] += tally["read"]
        kept[source] += tally["kept"]
        found = reasons.setdefault(source, {action: Counter() for action in _ACTIONS})
        for entry in tally["entries"]:
            found[entry["action"]][entry["reason"]] += 1
            if entry["action"] == "rejected":
                told = rejection(entry["record_id"], entry["reason"], entry["detail"])
                first.setdefault(source, told)
    accounts = [
        SourceAccount(
            source,
            read[source],
            kept[source],
            *(dict(sorted(found[action].items())) for action in _ACTIONS),
        )
        for source, found in reasons.items()
    ]
    for account in accounts:
        missing = account.read - account.kept - sum(account.rejected.values())
        if missing:
            raise CoalmError(
                f"{account.source}: of {account.read:,} rows read, {abs(missing):,} "
                f"are {'unaccounted for' if missing > 0 else 'counted twice'}. This is "
                "a fault of the reader; nothing is published that is not explained."
            )
        if account.read and not account.kept:
            raise CoalmError(
                f"{account.source}: none of {account.read:,} rows read can be used; the "
                f"first: {first[account.source]}. Fetch the source again, or leave its "
                "part out (--only)."
            )
    return accounts


def _tallies(reports: Iterable[Report]) -> Iterator[dict[str, Any]]:
    for report in reports:
        yield from report["tallies"]


def write_ledger(
    output: Path, accounts: list[SourceAccount], reports: list[Report]
) -> None:
    """Writes `ledger.json` and `ledger.jsonl`."""
    write_json(
        output / "ledger.json",
        {
            account.source: {
                "read": account.read,
                "kept": account.kept,
                "repaired": account.repaired,
                "rejected": account.rejected,
                "noted": account.noted,
            }
            for account in accounts
        },
    )
    lines = sorted(
        _line({"source": tally["source"], **entry})
        for tally in _tallies(reports)
        for entry in tally["entries"]
    )
    write_text(output / "ledger.jsonl", "".join(lines))


def overlap_summary(
    benchmarks: list[BenchmarkTexts], reports: list[Report], *, dropped: bool
) -> dict[str, Any]:
    """Returns what the samples share with each benchmark, as `overlaps.json` has it.

    Args:
        benchmarks: The benchmarks that were, or would have been, compared with.
        reports: The reports of all shards.
        dropped: Whether overlapping samples were left out.
    """
    found = list(_overlaps(reports))
    compared = OverlapIndex(benchmarks).compared
    return {
        "rule": (
            f"exact: the same words; n-gram: {SHARE:.0%} or more of the test text's "
            f"word {N}-grams stand in the sample; dialogue turns of fewer than {N} "
            "words are not compared"
        ),
        "dropped": dropped,
        "samples_touching_below_the_share": sum(
            report["overlaps"]["touching"] for report in reports
        ),
        "benchmarks": {
            benchmark.name: {
                "title": benchmark.title,
                "compared_texts": compared[benchmark.name],
                "not_compared_because_missing": benchmark.missing or None,
                **_of_benchmark([o for o in found if o["benchmark"] == benchmark.name]),
            }
            for benchmark in benchmarks
        },
    }


def write_overlaps(
    output: Path, summary: dict[str, Any], reports: list[Report]
) -> None:
    """Writes `overlaps.json` and `overlaps.jsonl`."""
    write_json(output / "overlaps.json", summary)
    lines = sorted(_line(overlap) for overlap in _overlaps(reports))
    write_text(output / "overlaps.jsonl", "".join(lines))


def _overlaps(reports: Iterable[Report]) -> Iterator[dict[str, Any]]:
    for report in reports:
        yield from report["overlaps"]["found"]


def _of_benchmark(found: list[dict[str, Any]]) -> dict[str, Any]:
    def of(rule: str) -> list[dict[str, Any]]:
        return [overlap for overlap in found if overlap["rule"] == rule]

    ordered = sorted(found, key=lambda o: (-o["share"], o["item"], o["record_id"]))
    examples = {o["item"]: o for o in reversed(ordered)}
    return {
        "exact": {"test_texts": _items(of("exact")), "samples": _samples(of("exact"))},
        "n_gram": {
            "test_texts": _items(of("n-gram")),
            "samples": _samples(of("n-gram")),
        },
        "examples": list(reversed(examples.values()))[:_EXAMPLES],
    }


def _items(found: list[dict[str, Any]]) -> int:
    return len({overlap["item"] for overlap in found})


def _samples(found: list[dict[str, Any]]) -> int:
    return len({(o["part"], o["source"], o["record_id"], o["copy"]) for o in found})


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
