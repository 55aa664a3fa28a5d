"""The benchmarks whose stored predictions can be scored again without a model.

A new benchmark is one more entry of `BENCHMARKS`, and a function that loads its cases::

    from coalm_oumi.benchmarks.registry import get_benchmark

    cases = get_benchmark("snips_dst").load(None, "test")
    scores = cases.score({"gw_1": 'System: {"domain": ...}', ...})
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from coalm_oumi.benchmarks.results import is_text
from coalm_oumi.errors import OptionError, expected_one_of

if TYPE_CHECKING:
    from coalm_oumi.benchmarks.results import Scores
    from coalm_oumi.sources.snips import SnipsPart


@dataclass(frozen=True)
class BenchmarkCases:
    """A benchmark's cases, loaded.

    Attributes:
        ids: Their ids, in order.
        score: Scores the replies, given by id; cases without one are left out.
        origin: Where the data was found, in words.
        provenance: What makes the number again: protocol, data and its digest.
        reader: Reads a file of predictions for the ids given, if they are not the usual
            lines of texts; what it returns can be written as JSON.
        packages: Packages that the score depends on, whose versions are recorded.
    """

    ids: tuple[str, ...]
    score: Callable[[Mapping[str, Any]], Scores]
    origin: str
    provenance: Mapping[str, Any]
    packages: Sequence[str] = ()
    reader: Callable[[Path, tuple[str, ...]], dict[str, Any]] | None = None

    def first(self, limit: int | None) -> BenchmarkCases:
        """Returns the first `limit` cases only; None for all."""
        if limit is None:
            return self
        provenance = {**self.provenance, "limit": limit}
        return replace(self, ids=self.ids[:limit], provenance=provenance)


@dataclass(frozen=True)
class Benchmark:
    """A benchmark that scores without a model.

    Attributes:
        name: Its name, as in a recipe.
        source: The source in the catalogue that its cases come from.
        load: Loads the cases, given a file or folder (None for the source's own place,
            or the embedded corpus if the source is not on this machine), and the part
            of the data. Raises `CoalmError`.
        split_of: The part that predictions are of, given their ids; None if that is
            `test` when nothing else is said.
        check_prediction: Says what is wrong with a prediction; nothing if it can be
            scored.
        case_id: Returns the id of the case that a prediction is for, given the id that
            the file has, and how many times it had it before.
        variant_of: Which of several forms of the cases a line of the predictions is of;
            it stands behind the part, after a colon.
    """

    name: str
    source: str
    load: Callable[[Path | None, str], BenchmarkCases]
    split_of: Callable[[Iterable[str]], str] | None = None
    check_prediction: Callable[[Any], str] = is_text
    case_id: Callable[[str, int], str] = lambda key, seen: key
    variant_of: Callable[[Mapping[str, Any]], str] | None = None


def get_benchmark(name: str) -> Benchmark:
    """Returns a benchmark.

    Raises:
        OptionError: There is none of that name.
    """
    if name not in BENCHMARKS:
        raise OptionError(expected_one_of(name, tuple(BENCHMARKS)), field="benchmark")
    return BENCHMARKS[name]


def _load_snips_dst(data: Path | None, split: str) -> BenchmarkCases:
    from coalm_oumi.benchmarks.snips_dst import load_snips_dst, score

    loaded = load_snips_dst(data=data, part=cast("SnipsPart", split))

    def score_given(predictions: Mapping[str, Any]) -> Scores:
        return score([c for c in loaded.cases if c.id in predictions], predictions)

    return BenchmarkCases(
        ids=tuple(case.id for case in loaded.cases),
        score=score_given,
        origin=loaded.origin,
        provenance={
            "benchmark": "snips_dst",
            "protocol": "single turn, exact match of intent and slot values",
            "data": loaded.origin,
            "data_sha256": loaded.digest,
            "split": split,
        },
    )


def _load_multiwoz24(data: Path | None, split: str) -> BenchmarkCases:
    from coalm_oumi.benchmarks.multiwoz.cases import load_cases

    return load_cases(data, split)


_API_BANK_SPLITS = {"l1": (1,), "l2": (2,), "all": (1, 2)}


def _load_api_bank(data: Path | None, split: str) -> BenchmarkCases:
    from coalm_oumi.benchmarks.api_bank import load_api_bank, score
    from coalm_oumi.benchmarks.api_bank.load import PROTOCOL
    from coalm_oumi.benchmarks.api_bank.text_overlap import PACKAGES

    if split not in _API_BANK_SPLITS:
        raise OptionError(
            expected_one_of(split, tuple(_API_BANK_SPLITS)), field="split"
        )
    levels = _API_BANK_SPLITS[split]
    loaded = load_api_bank(levels=levels, data=data)

    def score_given(predictions: Mapping[str, Any]) -> Scores:
        return score([c for c in loaded.cases if c.id in predictions], predictions)

    return BenchmarkCases(
        ids=tuple(case.id for case in loaded.cases),
        score=score_given,
        origin=loaded.origin,
        provenance={
            "benchmark": "api_bank",
            "protocol": PROTOCOL,
            "data": loaded.origin,
            "data_sha256": loaded.digest,
            "levels": list(levels),
        },
        packages=PACKAGES,
    )


def _api_bank_split(ids: Iterable[str]) -> str:
    """Returns the level whose ids these are; both if there are both, or neither."""
    levels = {key.partition("-")[0] for key in ids}
    return levels.pop() if levels in ({"l1"}, {"l2"}) else "all"


def _load_bfcl(data: Path | None, split: str) -> BenchmarkCases:
    from coalm_oumi.benchmarks.bfcl.categories import chosen_categories
    from coalm_oumi.benchmarks.bfcl.run import prepare_run

    names, _, number = split.partition(":")
    if number and not number.isdecimal():
        raise OptionError(
            f"expected a whole number behind the colon, found '{split}'. `all:2` is the "
            "first two of each category.",
            field="split",
        )
    categories = chosen_categories(name.strip() for name in names.split(","))
    first = int(number) if number else None
    run = prepare_run(categories, data, on_missing="embedded", per_category=first)
    return BenchmarkCases(
        ids=tuple(case.id for case in run.data.cases),
        score=run.score,
        origin=run.data.origin,
        provenance={
            **run.provenance(),
            "categories": list(categories),
            "per_category": first,
        },
    )


def _bfcl_split(ids: Iterable[str]) -> str:
    """Returns the categories that these ids are of; all of them if they are of none.

    The same number of each of several categories are the first ones (`all:2`), which
    only the short categories have in common by being whole.
    """
    from coalm_oumi.benchmarks.bfcl.case_ids import category_of
    from coalm_oumi.benchmarks.bfcl.categories import CATEGORIES, shortest_name

    counts = Counter(category_of(key) for key in ids)
    known = {name: n for name, n in counts.items() if name in CATEGORIES}
    numbers = set(known.values())
    first = f":{numbers.pop()}" if len(known) > 1 and len(numbers) == 1 else ""
    return shortest_name(known or CATEGORIES) + first


def _bfcl_prediction(prediction: Any) -> str:
    from coalm_oumi.benchmarks.bfcl.dialogue import prediction_problem

    return prediction_problem(prediction)


def _bfcl_id(key: str, seen: int) -> str:
    from coalm_oumi.benchmarks.bfcl.case_ids import canonical_id

    return canonical_id(key, seen)


def _load_cra_actions(data: Path | None, split: str) -> BenchmarkCases:
    from coalm_oumi.benchmarks.cra_actions.cases import load_cases

    return load_cases(data, split)


def _cra_actions_split(ids: Iterable[str]) -> str:
    from coalm_oumi.benchmarks.cra_actions.cases import split_of

    return split_of(ids)


def _cra_actions_names(row: Mapping[str, Any]) -> str:
    from coalm_oumi.benchmarks.cra_actions.cases import names_of

    return names_of(row)


BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        b.name: b
        for b in (
            Benchmark("snips_dst", "snips_split", _load_snips_dst),
            Benchmark("multiwoz24", "multiwoz24", _load_multiwoz24),
            Benchmark("api_bank", "api_bank", _load_api_bank, _api_bank_split),
            Benchmark(
                "bfcl_v3",
                "bfcl_v3",
                _load_bfcl,
                _bfcl_split,
                _bfcl_prediction,
                _bfcl_id,
            ),
            Benchmark(
                "cra_actions",
                "sgd",
                _load_cra_actions,
                _cra_actions_split,
                variant_of=_cra_actions_names,
            ),
        )
    }
)
"""Every benchmark of that kind, by name."""
