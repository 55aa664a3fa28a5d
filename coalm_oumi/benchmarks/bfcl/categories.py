"""The categories of BFCL V3, by the names its files and ids have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from coalm_oumi.errors import OptionError, expected_one_of

NON_LIVE_AST = (
    "simple",
    "java",
    "javascript",
    "multiple",
    "parallel",
    "parallel_multiple",
)
LIVE_AST = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")
IRRELEVANCE = ("irrelevance", "live_irrelevance")
RELEVANCE = ("live_relevance",)
NON_LIVE = (*NON_LIVE_AST, "irrelevance")
LIVE = (*LIVE_AST, "live_irrelevance", "live_relevance")
MULTI_TURN = (
    "multi_turn_base",
    "multi_turn_miss_func",
    "multi_turn_miss_param",
    "multi_turn_long_context",
)
CATEGORIES = (*NON_LIVE, *LIVE, *MULTI_TURN)
"""All that can be run, in the order in which they are."""

EXECUTABLE = (
    "exec_simple",
    "exec_multiple",
    "exec_parallel",
    "exec_parallel_multiple",
    "rest",
)
NOT_RUN: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        EXECUTABLE,
        "calls go to live web services that need keys, and upstream retired the category "
        "on 2025-04-09",
    )
)
"""Why a category of V3's first releases cannot be run, by its name."""

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "all": CATEGORIES,
        "non_live": NON_LIVE,
        "live": LIVE,
        "ast": (*NON_LIVE_AST, *LIVE_AST),
        "single_turn": (*NON_LIVE, *LIVE),
        "multi_turn": MULTI_TURN,
    }
)
"""Names for several categories at once."""


def chosen_categories(names: Iterable[str]) -> tuple[str, ...]:
    """Returns the categories that names stand for, each once, in the usual order.

    Args:
        names: Categories, or groups of them (`GROUPS`).

    Raises:
        OptionError: A name is unknown, or of a category that cannot be run.
    """
    wanted: set[str] = set()
    for name in names:
        if name in NOT_RUN:
            raise OptionError(
                f"'{name}' cannot be run: {NOT_RUN[name]}. Leave it out.",
                field="categories",
            )
        if name not in GROUPS and name not in CATEGORIES:
            known = (*GROUPS, *CATEGORIES)
            raise OptionError(expected_one_of(name, known), field="categories")
        wanted.update(GROUPS.get(name, (name,)))
    return tuple(name for name in CATEGORIES if name in wanted)


def shortest_name(categories: Iterable[str]) -> str:
    """Returns the name of the group that has just these categories, or their names."""
    wanted = set(categories)
    for name, group in GROUPS.items():
        if wanted == set(group):
            return name
    return ",".join(name for name in CATEGORIES if name in wanted)
