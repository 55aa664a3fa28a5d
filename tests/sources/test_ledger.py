"""The ledger of rows kept, repaired and rejected."""

from __future__ import annotations

from coalm_oumi.sources.ledger import Ledger, LedgerEntry


def filled() -> Ledger:
    ledger = Ledger("toy", read=5)
    ledger.rejected("a#1", "tools unusable", "not JSON")
    ledger.repaired("a#2", "slot repeated")
    ledger.rejected("a#3", "tools unusable")
    return ledger


def test_entries_are_kept_in_order_with_reason_and_detail() -> None:
    assert filled().entries == [
        LedgerEntry("a#1", "rejected", "tools unusable", "not JSON"),
        LedgerEntry("a#2", "repaired", "slot repeated", ""),
        LedgerEntry("a#3", "rejected", "tools unusable", ""),
    ]


def test_a_repaired_row_is_kept_and_a_rejected_one_is_not() -> None:
    assert filled().kept == 3


def test_a_noted_row_is_kept_and_counted() -> None:
    ledger = filled()
    ledger.noted("a#4", "a call names no listed tool", "find_tram")
    assert ledger.kept == 3
    assert ledger.counts()["noted", "a call names no listed tool"] == 1
    assert list(ledger.lines())[1] == "toy: 1 noted: a call names no listed tool"


def test_two_rejected_rows_of_one_name_are_two() -> None:
    ledger = Ledger("toy", read=3)
    ledger.rejected("a#7", "tools unusable")
    ledger.rejected("a#7", "tools unusable")
    assert ledger.kept == 1


def test_the_summary_has_a_line_for_each_kind() -> None:
    assert list(filled().lines()) == [
        "toy: 5 rows read, 3 kept",
        "toy: 2 rejected: tools unusable",
        "toy: 1 repaired: slot repeated",
    ]
