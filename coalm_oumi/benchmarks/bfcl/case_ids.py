"""Ids of cases: `live_simple_3-0-1` is category `live_simple`, number 3.

The published files give one id twice and misspell another; upstream corrected both
later. The corrected ids are used here, and the published ones understood.
"""

from __future__ import annotations

_MISSPELT = {"live_multiple_1052-79-0": "live_multiple_1052-279-0"}
_SECOND_OF_ITS_NAME = {"live_relevance_3-3-0": "live_relevance_17-17-0"}


def category_of(case_id: str) -> str:
    """Returns the category that an id begins with."""
    return case_id.rpartition("_")[0]


def place_of(case_id: str) -> str:
    """Returns category and number, by which upstream too finds a case's answer."""
    return case_id.partition("-")[0]


def canonical_id(case_id: str, seen: int) -> str:
    """Returns the id that a case has here.

    Args:
        case_id: The id as a file has it.
        seen: How many times the file had it before.
    """
    if seen:
        return _SECOND_OF_ITS_NAME.get(case_id, case_id)
    return _MISSPELT.get(case_id, case_id)
