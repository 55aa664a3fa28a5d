"""Which numbers may stand side by side: data, part of it, protocol and prompt.

The paper's rows stand beside a result on the published data, all of it, in the paper's
protocol. Two results are compared case by case if they are of the same benchmark, data,
part and protocol. What a result does not record agrees with nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeGuard

from coalm_oumi.errors import shorten
from coalm_oumi.evaluation.invented import INVENTED, is_invented_data
from coalm_oumi.evaluation.paper import PaperTable
from coalm_oumi.evaluation.report.stored import StoredResult

DataKind = Literal["published", "embedded", "other", "not recorded"]

_DATA_NAMES: Mapping[DataKind, str] = {
    "published": "published data",
    "embedded": INVENTED,
    "other": "other data",
    "not recorded": "data not recorded",
}
_SAME = ("data_sha256", "protocol", "split")
# Their files are compared with the catalogue's digests when they are downloaded.
_CHECKED_ORIGINS = ("(download)", "(cache)")
# What differs between any two runs, or says nothing of how they were scored.
_OF_THE_RUN = frozenset(
    {
        "benchmark",
        "data",
        "model",
        "model_revision",
        "adapter",
        "engine",
        "endpoint",
        "seconds",
        "engine_seconds",
        "requests",
        "requests_put_again",
        "replies_cut_off",
        "tokens",
        "predictions",
        "predictions_sha256",
        "versions",
        "checker",
        "n",
        "cases_in_data",
        *_SAME,
    }
)


def paper_of(result: StoredResult) -> PaperTable | None:
    """Returns what the paper printed on a result's benchmark; None for nothing."""
    return None if result.benchmark is None else result.benchmark.paper


def _published(result: StoredResult) -> Mapping[str, int]:
    """Returns the digests of the benchmark's published data, with their cases."""
    return {} if result.benchmark is None else result.benchmark.published


def data_kind(result: StoredResult) -> DataKind:
    """Says which data a result is on.

    Args:
        result: The result.

    Returns:
        `published` if the digest is known, or the files were downloaded and checked;
        `embedded` for the small corpus of the package; else `other`.
    """
    told = result.provenance
    if str(told.get("data_sha256")) in _published(result):
        return "published"
    data = told.get("data")
    if not isinstance(data, str):
        return "not recorded"
    if is_invented_data(data):
        return "embedded"
    return "published" if data.endswith(_CHECKED_ORIGINS) else "other"


def part_of_data(result: StoredResult) -> str:
    """Says which part of its data a result is on; nothing if it is on all of it."""
    told, n = result.provenance, result.n
    whole = _published(result).get(str(told.get("data_sha256")))
    if whole is not None:
        return "" if n >= whole else f"{n:,} of {whole:,} cases"
    per_category, limit = told.get("per_category"), told.get("limit")
    if per_category is not None:
        return f"at most {per_category} cases of each category"
    drawn, usable = told.get("dialogues"), told.get("usable_dialogues")
    if _is_count(drawn) and _is_count(usable) and drawn < usable:
        return f"{n:,} cases of {drawn:,} of {usable:,} dialogues"
    inside = told.get("cases_in_data")
    if _is_count(inside):
        return "" if n >= inside else f"{n:,} of {inside:,} cases"
    # The number of cases is what `limit` has left, if there were more.
    limited = isinstance(limit, (int, float)) and n >= limit
    return f"the first {n:,} cases" if limited else ""


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def data_label(result: StoredResult) -> str:
    """Returns what a result is on, in words: `published data`, `invented data, ...`."""
    kind = data_kind(result)
    label = _DATA_NAMES[kind]
    part = part_of_data(result)
    return f"{label}, {part}" if part else label


def why_not_beside_paper(result: StoredResult) -> str:
    """Says why a result may not stand beside the paper's rows; nothing if it may."""
    reasons = []
    kind, part = data_kind(result), part_of_data(result)
    if kind == "embedded":
        reasons.append("it is on the embedded corpus, which is invented")
    elif kind != "published":
        reasons.append("its data is not known to be the published data")
    if part:
        reasons.append(f"it is on {part}")
    paper, protocol = paper_of(result), result.protocol
    if protocol is None:
        reasons.append("its protocol is not recorded")
    elif paper is None or not protocol.startswith(paper.protocol):
        reasons.append(f"its protocol is '{shorten(protocol, 60)}'")
    prompt = result.provenance.get("prompt")
    others = () if paper is None else paper.other_prompts
    if prompt is not None and str(prompt).endswith(others):
        reasons.append(f"its prompt is '{shorten(prompt, 60)}'")
    return ", and ".join(reasons)


def is_invented(result: StoredResult) -> bool:
    """Says whether a result is on the embedded corpus, which is invented."""
    return data_kind(result) == "embedded"


def badge_of(results: Iterable[StoredResult]) -> str:
    """Returns the badge of a section on results: `invented data` if any is on it."""
    return INVENTED if any(map(is_invented, results)) else ""


def not_compared(result: StoredResult) -> str:
    """Says in few words why a result is not compared with the paper; nothing if it is.

    The part of the data comes first: `not compared: 60 of 399 cases`.
    """
    why = why_not_beside_paper(result)
    if not why:
        return ""
    if is_invented(result):
        return "not compared with the paper"
    return f"not compared: {part_of_data(result) or why}"


def why_not_compared(first: StoredResult, second: StoredResult) -> str:
    """Says why two results cannot be compared case by case; nothing if they can."""
    if first.task != second.task:
        return f"they are of {first.task} and of {second.task}"
    for name in _SAME:
        mine, theirs = first.provenance.get(name), second.provenance.get(name)
        if mine != theirs:
            known = mine is not None and theirs is not None
            # A task without parts has no split, a re-scoring of it may name one.
            if known or name != "split":
                return _differs(name, first, second)
        elif mine is None and name != "split":
            return f"neither records its {name}"
    return ""


def _differs(name: str, first: StoredResult, second: StoredResult) -> str:
    told = [_told(result.provenance.get(name)) for result in (first, second)]
    if name == "data_sha256":
        digests = [digest.removesuffix("...")[:12] for digest in told]
        labels = data_label(first), data_label(second)
        mine, theirs = map("{} ({})".format, labels, digests)
        return f"their data differs: {mine} and {theirs}"
    return f"their {name} differs: {told[0]} and {told[1]}"


def differences(first: StoredResult, second: StoredResult) -> tuple[str, ...]:
    """Returns what else differs in how two comparable results were made, as sentences."""
    names = dict.fromkeys((*first.provenance, *second.provenance))
    told = []
    for name in names:
        if name in _OF_THE_RUN:
            continue
        mine, theirs = first.provenance.get(name), second.provenance.get(name)
        if mine is not None and theirs is not None and mine != theirs:
            told.append(f"They differ in {name}: {_told(mine)} and {_told(theirs)}.")
    mine, theirs = _scorer(first), _scorer(second)
    if mine != theirs:
        told.append(
            f"They were scored by coalm-oumi {mine} and {theirs}: score the "
            "predictions of both again with `coalm score` to be sure."
        )
    return tuple(told)


def _scorer(result: StoredResult) -> str:
    versions = result.provenance.get("versions")
    version = versions.get("coalm-oumi") if isinstance(versions, Mapping) else None
    return "not recorded" if version is None else str(version)


def _told(value: Any) -> str:
    return "not recorded" if value is None else shorten(value, 60)
