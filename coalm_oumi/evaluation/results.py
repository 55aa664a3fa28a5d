"""Results of a benchmark: one schema for all, written whole or not at all.

`results.json` holds the metrics with n and a 95 % interval, the same by group, a report
on each case, and all that is needed to make the number again (`provenance`: benchmark,
protocol, data and its digest, prompt, chat template, engine, model and revision,
sampling, package versions, seconds, tokens). `predictions.jsonl` holds every reply, one
`{"id": ..., "prediction": ...}` a line, so that it can be scored again without a model::

    {"schema_version": 1, "task": "snips_dst",
     "metrics": {"slot_f1": {"value": 48.5, "n": 700, "interval": [45.7, 51.1]}},
     "groups": {"intent=RateBook": {"slot_f1": {...}}},
     "floors": {"slot_f1": {"value": 4.1, "reply": "System: ..."}},
     "provenance": {"benchmark": "snips_dst", "data_sha256": "...", ...},
     "cases": [{"id": "rb_1", "right": false, "error": "wrong value",
                "scores": {"slot_f1": [1, 2, 2]}, "expected": ..., "prediction": ...}]}

Every metric, interval and floor is in per cent (0 to 100); it is shown with one decimal.
A case's `scores` are what each metric is made of: a share (0 to 1) that is averaged, or
the counts (true positives, found, expected) of a micro F1. Two runs are compared by them.
`results.schema.json` beside this module is the schema of `results.json`; files written
before there were `floors` have none, and are read all the same.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import coalm_oumi
from coalm_oumi.errors import CoalmError, DataFormatError, shorten
from coalm_oumi.evaluation.intervals import Interval, standard_error, wilson
from coalm_oumi.sources.rows import read_json_lines
from coalm_oumi.storage import write_text

SCHEMA_VERSION = 1
RESULTS_FILE = "results.json"
PREDICTIONS_FILE = "predictions.jsonl"


@dataclass(frozen=True)
class Metric:
    """A score.

    Attributes:
        value: In per cent.
        n: How many cases it is over.
        interval: Its 95 % interval, in per cent.
    """

    value: float
    n: int
    interval: Interval


Metrics = Mapping[str, Metric]


@dataclass(frozen=True)
class Floor:
    """The best score that one constant reply reaches on the cases of a run.

    Attributes:
        value: In per cent.
        reply: The reply.
    """

    value: float
    reply: str


@dataclass(frozen=True)
class Scores:
    """What a scorer finds.

    Attributes:
        metrics: Score by name, over all cases.
        groups: The same by the name of a group of cases (`intent=GetWeather`).
        cases: One object per case: its id, what was expected and found, what was wrong
            (module docstring).
        notes: What the reader of the scores has to know, as sentences: what was not
            run, what was cut.
        floors: By metric, what a constant reply reaches; not for every metric.
    """

    metrics: Metrics
    groups: Mapping[str, Metrics] = field(default_factory=dict)
    cases: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    floors: Mapping[str, Floor] = field(default_factory=dict)


def share(flags: Iterable[bool | None]) -> Metric:
    """Returns the share of cases for which something holds, with Wilson's interval."""
    found = [bool(flag) for flag in flags]
    n, hits = len(found), sum(found)
    return Metric(100 * hits / n if n else 0.0, n, wilson(hits, n))


# What a stored prediction says of itself, since its score depends on it.
_NAMED = ("function_names",)


def metrics_object(metrics: Metrics) -> dict[str, float | int]:
    """Returns metrics as one flat object: value by name, in per cent, and `n`."""
    flat: dict[str, float | int] = {k: round(m.value, 4) for k, m in metrics.items()}
    flat["n"] = max((metric.n for metric in metrics.values()), default=0)
    return flat


def shares_with_errors(metrics: Metrics) -> dict[str, float]:
    """Returns metrics as `oumi evaluate` reads them for its table.

    Returns:
        Shares of 1 by name, each with its standard error behind it under the name that
        the table looks for: `slot_f1`, `slot_f1_stderr,none`. A metric over no case has
        none.
    """
    shares: dict[str, float] = {}
    for name, metric in metrics.items():
        shares[name] = metric.value / 100
        if metric.n:
            error = standard_error(metric.interval)
            shares[f"{name}_stderr,none"] = error / 100
    return shares


def write_results(
    folder: Path,
    scores: Scores,
    predictions: Mapping[str, Any],
    *,
    task: str,
    provenance: Mapping[str, Any],
) -> None:
    """Writes predictions, then results: a `results.json` means that all is there.

    Args:
        folder: Where to; made if need be. Older results in it are replaced.
        scores: What the scorer found.
        predictions: Reply by case id: text, or another JSON value for dialogues.
        task: The benchmark's name.
        provenance: What is needed to make the number again.

    Raises:
        CoalmError: The folder cannot be written to.
    """
    named = {name: provenance[name] for name in _NAMED if name in provenance}
    lines = (
        json.dumps({"id": key, "prediction": text, **named}, ensure_ascii=False)
        for key, text in predictions.items()
    )
    results = {
        "schema_version": SCHEMA_VERSION,
        "task": task,
        "metrics": _plain(scores.metrics),
        "groups": {name: _plain(group) for name, group in scores.groups.items()},
        "floors": {
            name: {"value": round(floor.value, 4), "reply": floor.reply}
            for name, floor in scores.floors.items()
        },
        "notes": list(scores.notes),
        "provenance": dict(provenance),
        "cases": list(scores.cases),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RESULTS_FILE).unlink(missing_ok=True)
        write_text(folder / PREDICTIONS_FILE, "".join(f"{line}\n" for line in lines))
        text = json.dumps(results, indent=1, ensure_ascii=False)
        write_text(folder / RESULTS_FILE, f"{text}\n")
    except OSError as error:
        raise CoalmError(
            f"results cannot be written here: {error.strerror}. Choose another "
            "output_dir.",
            path=folder,
        ) from error


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Returns the version of each package that is installed, this one's first."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"coalm-oumi": coalm_oumi.__version__}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _plain(metrics: Metrics) -> dict[str, Any]:
    return {
        name: {
            **asdict(metric),
            "value": round(metric.value, 4),
            "interval": [round(end, 4) for end in metric.interval],
        }
        for name, metric in metrics.items()
    }


def is_text(prediction: Any) -> str:
    """Says what is wrong with a prediction that has to be text; nothing if it is."""
    if isinstance(prediction, str):
        return ""
    return f"expected text, found {shorten(repr(prediction), 40)}"


def stored_ids(path: Path) -> Iterator[str]:
    """Yields the ids in a file of stored predictions.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: A line is not a JSON object.
    """
    for _, row in read_json_lines(path):
        if isinstance(row.get("id"), str):
            yield row["id"]


def read_predictions(
    path: Path,
    ids: Iterable[str],
    check: Callable[[Any], str] = is_text,
    case_id: Callable[[str, int], str] = lambda key, seen: key,
) -> dict[str, Any]:
    """Reads stored predictions and checks them against the benchmark's ids.

    Args:
        path: A file with one `{"id": ..., "prediction": ...}` per line.
        ids: The ids of all cases of the benchmark, in order.
        check: Says what is wrong with a prediction; nothing if it can be scored.
        case_id: Returns the benchmark's id for one in the file, given how many times the
            file had it before.

    Returns:
        The reply by id, in the benchmark's order.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: A line has another form, an id is unknown, stands twice, or is
            missing.
    """
    known = dict.fromkeys(ids)
    found: dict[str, Any] = {}
    seen: Counter[str] = Counter()
    for number, row in read_json_lines(path):
        _check_prediction(row, check, path, number)
        key = case_id(row["id"], seen[row["id"]])
        seen[row["id"]] += 1
        if key not in known:
            raise DataFormatError(
                f"the benchmark has no case '{shorten(key, 40)}'. Its ids look like "
                f"'{next(iter(known), '')}'; were the predictions made on other data?",
                path=path,
                row=number,
                field="id",
            )
        if key in found:
            raise DataFormatError(
                f"the case '{key}' has two predictions. Keep one.",
                path=path,
                row=number,
                field="id",
            )
        found[key] = row["prediction"]
    missing = [key for key in known if key not in found]
    if missing:
        raise DataFormatError(
            f"{len(missing)} of {len(known)} cases have no prediction, the first is "
            f"'{missing[0]}'. Add them; an empty text counts as a wrong reply. If only the "
            "first N cases were run (num_samples), pass `--limit N`.",
            path=path,
        )
    return {key: found[key] for key in known}


def _check_prediction(
    row: dict[str, Any], check: Callable[[Any], str], path: Path, number: int
) -> None:
    for name, problem in (
        ("id", is_text(row.get("id"))),
        ("prediction", check(row.get("prediction"))),
    ):
        if problem:
            form = '{"id": "...", "prediction": "..."}'
            raise DataFormatError(
                f"{problem}. A line is {form}.", path=path, row=number, field=name
            )
