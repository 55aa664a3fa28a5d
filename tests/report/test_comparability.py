"""Numbers stand side by side only where data, part of it, protocol and prompt agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.registry import BENCHMARKS, get_benchmark
from coalm_oumi.evaluation.intervals import Interval
from coalm_oumi.evaluation.report import build_report
from coalm_oumi.evaluation.report.against_paper import (
    ablation_section,
    not_beside_paper_table,
    paper_table,
)
from coalm_oumi.evaluation.report.comparability import (
    data_label,
    why_not_beside_paper,
    why_not_compared,
)
from coalm_oumi.evaluation.report.compare import compare
from coalm_oumi.evaluation.report.stored import StoredResult
from coalm_oumi.evaluation.results import Metric

BOTH_LEVELS = next(
    key for key, n in get_benchmark("api_bank").published.items() if n == 526
)
REAL = {
    "model": "models/ours-8B",
    "data": "/data/api_bank (COALM_DATA_DIR)",
    "data_sha256": BOTH_LEVELS,
    "protocol": "single turn, one call; Rouge and BLEU",
    "prompt": "api_bank_hammer",
    "limit": None,
}
EMBEDDED = {"data": "/c/embedded-1/api_bank (embedded)", "data_sha256": "ab" * 32}


def result(n: int = 526, label: str = "ours-8B", **change: Any) -> StoredResult:
    """A result with `n` cases of API-Bank; the first digest is the published data's."""
    metrics = {"l1_rouge_l": Metric(90.0, min(n, 399), Interval(88.0, 91.5))}
    cases = tuple(
        {"id": f"l1-{k}", "right": k % 2 == 0, "scores": {"l1_rouge_l": 0.5}}
        for k in range(n)
    )
    told = {k: v for k, v in {**REAL, **change}.items() if v != "absent"}
    own = get_benchmark("api_bank")
    return StoredResult(
        Path(label), label, "api_bank", metrics, {}, told, cases, (), own
    )


def test_whole_published_data_stands_beside_the_paper() -> None:
    assert why_not_beside_paper(result()) == ""
    assert data_label(result()) == "published data"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (result(36, **EMBEDDED), "the embedded corpus, which is invented"),
        (
            result(399, data="/c/embedded-12ab/api_bank", data_sha256="cd" * 32),
            "embedded corpus",
        ),
        (
            result(data="/my/edition", data_sha256="cd" * 32),
            "not known to be the publi",
        ),
        (result(data="absent", data_sha256="absent"), "not known to be the published"),
        (result(24, limit=24), "it is on 24 of 526 cases"),
        (result(525), "it is on 525 of 526 cases"),
        (
            result(24, data="/c/api_bank (download)", data_sha256="0", limit=24),
            "it is on the first 24 cases",
        ),
        (
            result(34, data="/c/api_bank (cache)", data_sha256="0", per_category=2),
            "at most 2 cases of each category",
        ),
        (result(protocol="several turns"), "its protocol is 'several turns'"),
        (result(protocol="absent"), "its protocol is not recorded"),
        (result(prompt="api_bank_original"), "its prompt is 'api_bank_original'"),
    ],
)
def test_others_stand_apart_and_it_is_said(given: StoredResult, why: str) -> None:
    assert why in why_not_beside_paper(given)
    assert paper_table([given]) is None
    assert ablation_section([given], map(get_benchmark, BENCHMARKS)) is None
    apart = not_beside_paper_table([given, result(label="whole")])
    assert apart is not None
    ((label, rouge, *_, told),) = apart.rows
    assert (label, rouge) == ("ours-8B", "90.0")
    assert why in told
    section = build_report([given, result(label="whole")]).sections[1]
    assert apart in section.tables
    table = paper_table([given, result(label="whole")])
    assert table is not None
    assert [row[0] for row in table.rows[:2]] == ["whole", "  minus CoALM-8B"]


def test_a_download_is_the_published_data_in_whatever_layout() -> None:
    found = result(data="/c/multiwoz24 (download)", data_sha256="0" * 64, limit=2000)
    assert why_not_beside_paper(found) == ""


def test_other_protocols_of_multiwoz_stand_apart() -> None:
    (digest,) = get_benchmark("multiwoz24").published
    told = {"data_sha256": digest, "prompt": "multiwoz_v1"}
    metrics = {"success": Metric(50.0, 999, Interval(47, 53))}
    rows = []
    for protocol in ("gold_history", "simulated_user", "stored predictions"):
        own = {**told, "protocol": protocol}
        benchmark = get_benchmark("multiwoz24")
        one = StoredResult(
            Path(), "m", "multiwoz24", metrics, {}, own, (), (), benchmark
        )
        table = paper_table([one])
        rows.append(table and table.rows[0][0])
    assert rows == ["m, gold_history, multiwoz_v1", None, None]


def test_a_prompt_that_is_not_recorded_is_said_and_gives_no_difference() -> None:
    table = paper_table([result(prompt="absent")])
    assert table is not None
    assert table.rows[0][0] == "ours-8B, prompt not recorded"
    assert "minus" not in "".join(row[0] for row in table.rows)


def test_each_set_of_cases_has_a_table_of_metrics_of_its_own() -> None:
    results = [result(), result(36, "tiny", **EMBEDDED), result(24, "part", limit=24)]
    section = build_report(results).sections[1]
    heads = {t.title: t.heads for t in section.tables if t.title.startswith("Metrics")}
    title = "Metrics, in per cent, with 95 % intervals: "
    assert heads == {
        f"{title}published data": ("metric", "ours-8B"),
        f"{title}invented data": ("metric", "tiny"),
        f"{title}published data, 24 of 526 cases": ("metric", "part"),
    }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (EMBEDDED, "their data differs: published data"),
        ({"protocol": "other"}, "their protocol differs"),
        ({"protocol": "absent"}, "and not recorded"),
        ({"data_sha256": "absent"}, "their data differs"),
        ({"split": "valid"}, "their split differs: test and valid"),
    ],
)
def test_not_compared_and_it_is_said_why(change: dict[str, Any], why: str) -> None:
    first = result(split="test")
    second = result(**{"split": "test", "label": "second", **change})
    assert why in why_not_compared(first, second)
    assert compare(first, second) is None
    report = build_report([first, second])
    (told,) = [r for r in report.sections[1].remarks if r.startswith("Not compared")]
    assert "second with ours-8B" in told
    assert why in told


def test_what_neither_records_agrees_with_nothing() -> None:
    bare = result(data_sha256="absent")
    assert why_not_compared(bare, bare) == "neither records its data_sha256"


def test_a_part_is_compared_with_the_whole_on_the_cases_of_both() -> None:
    found = compare(result(), result(24, limit=24))
    assert found is not None
    assert found.n == 24
    assert any("24 cases that both have" in told for told in found.reservations)


@pytest.mark.parametrize(
    ("name", "mine", "theirs"),
    [
        ("prompt", "api_bank_hammer", "api_bank_other"),
        ("delexicaliser", "v1", "v2"),
        ("world_seed", 1, 2),
        ("sampling", {"temperature": 0}, {"temperature": 1}),
        ("gold", "2.1", "2.4"),
    ],
)
def test_whatever_else_differs_is_said(name: str, mine: Any, theirs: Any) -> None:
    found = compare(result(**{name: mine}), result(**{name: theirs}))
    assert found is not None
    assert any(
        told.startswith(f"They differ in {name}: ") for told in found.reservations
    )


def test_another_version_of_the_scorer_is_said() -> None:
    new, old = (result(versions={"coalm-oumi": v}) for v in ("1.1", "1.0"))
    found = compare(new, old)
    assert found is not None
    assert "They were scored by coalm-oumi 1.1 and 1.0" in found.reservations[-1]


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=9)
    | st.lists(st.text(max_size=3), max_size=2)
)


@given(st.dictionaries(st.sampled_from([*REAL, "split", "per_category"]), VALUES))
def test_any_change_of_data_or_protocol_parts_from_the_original(
    change: dict[str, Any],
) -> None:
    changed = replace(result(9), provenance={**REAL, **change})
    differ = [
        name
        for name in ("data_sha256", "protocol")
        if changed.provenance[name] != REAL[name]
    ]
    if differ:
        assert compare(result(9), changed) is None
        assert why_not_beside_paper(changed)
    build_report([result(9), changed])


@pytest.mark.parametrize("levels", [(1,), (2,), (1, 2)])
def test_digests_of_api_bank(real_data: Path, levels: tuple[int, ...]) -> None:
    from coalm_oumi.benchmarks.api_bank import load_api_bank

    data = load_api_bank(levels=levels, data=real_data / "api_bank" / "hammer_test")
    assert get_benchmark("api_bank").published[data.digest] == len(data.cases)


def test_digest_of_multiwoz(real_data: Path) -> None:
    from coalm_oumi.environments.multiwoz.data.load import load_multiwoz

    data = load_multiwoz(data=real_data / "multiwoz24")
    assert get_benchmark("multiwoz24").published[data.digest] == len(data.test_ids)


@pytest.mark.parametrize("group", ["all", "live", "multi_turn"])
def test_digests_of_bfcl(real_data: Path, group: str) -> None:
    from coalm_oumi.benchmarks.bfcl.categories import GROUPS
    from coalm_oumi.benchmarks.bfcl.load import load_bfcl

    data = load_bfcl(categories=GROUPS[group], data=real_data / "bfcl_v3")
    assert get_benchmark("bfcl_v3").published[data.digest] == len(data.cases)
