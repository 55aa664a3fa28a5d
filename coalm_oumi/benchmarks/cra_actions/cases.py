"""cra_actions for `coalm score`: its turns, and which of them predictions are of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from coalm_oumi.benchmarks.cra_actions.load import load_cra_actions
from coalm_oumi.benchmarks.cra_actions.score import score
from coalm_oumi.benchmarks.registry import BenchmarkCases
from coalm_oumi.benchmarks.results import Scores, read_predictions
from coalm_oumi.cra.function_names import FunctionNames
from coalm_oumi.errors import OptionError, expected_one_of
from coalm_oumi.sources.rows import read_json_lines
from coalm_oumi.sources.sgd import SgdPart

DEFAULT_SPLIT: SgdPart = "dev"


def load_cases(data: Path | None, split: str) -> BenchmarkCases:
    """Loads every turn of a part, in the order in which a run samples its dialogues.

    Args:
        data: A folder or archive; None for the source's own place.
        split: The part of the data, and behind a colon what functions that share a name
            are called in it (`dev:as_published`): `by_service` if not said.

    Raises:
        CoalmError: The data is missing or malformed; there is no such part.
    """
    part, _, names = split.partition(":")
    names = names or "by_service"
    for value, allowed in ((part, get_args(SgdPart)), (names, get_args(FunctionNames))):
        if value not in allowed:
            raise OptionError(expected_one_of(value, allowed), field="split")
    loaded = load_cra_actions(
        data=data,
        part=cast(SgdPart, part),
        function_names=cast(FunctionNames, names),
    )
    ids = tuple(case.id for case in loaded.cases)

    def score_given(predictions: Mapping[str, Any]) -> Scores:
        return score([c for c in loaded.cases if c.id in predictions], predictions)

    return BenchmarkCases(
        ids=ids,
        score=score_given,
        origin=loaded.origin,
        provenance={
            "benchmark": "cra_actions",
            "protocol": "cra_actions: stored predictions",
            "data": loaded.origin,
            "data_sha256": loaded.digest,
            "split": part,
            "function_names": names,
        },
        reader=lambda path, wanted: _read(path, wanted, whole=len(wanted) == len(ids)),
    )


def split_of(ids: Iterable[str]) -> str:
    """Returns the part that ids such as `dev/1_00000#0` are of; `dev` if unclear."""
    parts = {key.partition("/")[0] for key in ids}
    known = parts & {*get_args(SgdPart)}
    return known.pop() if len(known) == 1 else DEFAULT_SPLIT


def names_of(row: Mapping[str, Any]) -> str:
    """Returns what functions are called in a stored prediction.

    One that does not say it was made before there was a choice.
    """
    return str(row.get("function_names") or "as_published")


def _read(path: Path, ids: tuple[str, ...], *, whole: bool) -> dict[str, Any]:
    """Reads the predictions for the dialogues that the file names.

    A run takes a sample of the dialogues, but every turn of each: a dialogue with a turn
    missing is an error, a dialogue that is not named at all is not. With a limit (not
    `whole`), exactly the ids within it have to be there.
    """
    if not whole:
        return read_predictions(path, ids)
    rows = (row.get("id") for _, row in read_json_lines(path))
    named = {_dialogue(key) for key in rows if isinstance(key, str)}
    return read_predictions(path, [i for i in ids if _dialogue(i) in named] or ids)


def _dialogue(case_id: str) -> str:
    return case_id.rpartition("#")[0]
