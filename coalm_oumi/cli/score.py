"""`coalm score`: stored predictions, scored again without a model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from coalm_oumi.benchmarks.registry import BENCHMARKS
from coalm_oumi.cli import output
from coalm_oumi.errors import CoalmError, DataFormatError, OptionError, shorten

if TYPE_CHECKING:
    from coalm_oumi.evaluation.benchmark import Benchmark
    from coalm_oumi.evaluation.options import BenchmarkOptions
    from coalm_oumi.evaluation.results import Metrics, Scores

AUTO = "auto"
EMBEDDED = "embedded"
_Data = Annotated[
    str,
    typer.Option(
        help="auto: the real data if it is on this machine, else the embedded "
        "corpus; embedded: that corpus; or a file or folder.",
    ),
]
_Split = Annotated[
    str | None,
    typer.Option(
        help="The part of the data, as the benchmark names it, such as validation or "
        "l1; categories are joined by commas (`all:2`: two of each). By default "
        "test, or what the predictions are of."
    ),
]


def score(
    name: Annotated[
        str,
        typer.Argument(
            metavar="BENCHMARK",
            help=f"{', '.join(BENCHMARKS)}, or one of another package.",
        ),
    ],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions",
            help='The replies: {"id": ..., "prediction": ...} a line, as `oumi '
            "evaluate` writes them to predictions.jsonl.",
        ),
    ],
    data: _Data = AUTO,
    split: _Split = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Score the first N cases only, as num_samples does."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the metrics as one JSON object only.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--output", metavar="DIR", help="Write results.json to it."),
    ] = None,
    wrong: Annotated[
        int, typer.Option(min=0, help="How many wrong cases to show.")
    ] = 3,
) -> None:
    """Score stored predictions again; needs no model and loads nothing heavy."""
    from coalm_oumi.benchmarks.registry import get_benchmark
    from coalm_oumi.evaluation.results import metrics_object, write_results

    benchmark = get_benchmark(name)
    if folder is not None:
        _refuse_own_folder(folder, predictions)
    split = benchmark.split_of(predictions, split)
    scored = _read(benchmark, data, split, limit, predictions)
    only_metrics = as_json and folder is None
    score_all = benchmark.score if only_metrics else benchmark.score_with_floors
    scores = score_all(scored.data, scored.replies, scored.options)
    provenance = benchmark.provenance(scored.data, scored.options)
    if folder is not None:
        if limit is not None:
            provenance["limit"] = limit
        provenance["cases_in_data"] = len(benchmark.ids(scored.data))
        provenance |= _scored_from(predictions, len(scored.ids), benchmark.packages)
        write_results(folder, scores, scored.replies, task=name, provenance=provenance)
    if as_json:
        print(json.dumps(metrics_object(scores.metrics)))
        return
    _show(scores, benchmark, _title(name, split, str(provenance["data"])), wrong)
    if folder is not None:
        output.line(f"\nResults are in {folder}")


class _Stored(NamedTuple):
    """Stored predictions, and the data that they are scored on."""

    options: BenchmarkOptions
    data: Any
    ids: tuple[str, ...]
    replies: dict[str, Any]


def _read(
    benchmark: Benchmark[Any, Any],
    data: str,
    split: str,
    limit: int | None,
    predictions: Path,
) -> _Stored:
    """Reads the data, and the predictions for it.

    Args:
        benchmark: The benchmark.
        data: `auto`, `embedded`, or a path.
        split: The part of the data.
        limit: How many cases count; None for all.
        predictions: The file of predictions.
    """
    path = None if data == AUTO else data
    if data == EMBEDDED:
        path = str(_embedded(benchmark))
    options = benchmark.stored_options(split, path)
    loaded = benchmark.load(options)
    ids = benchmark.ids(loaded)[:limit]
    try:
        replies = benchmark.read(predictions, loaded, ids)
    except DataFormatError as error:
        if data == AUTO and benchmark.source is not None:
            origin = benchmark.provenance(loaded, options)["data"]
            _explain(error, benchmark, origin, split, limit, predictions)
        raise
    return _Stored(options, loaded, ids, replies)


def _explain(
    error: DataFormatError,
    benchmark: Benchmark[Any, Any],
    origin: str,
    split: str,
    limit: int | None,
    predictions: Path,
) -> None:
    """Raises a clearer error if predictions and data are of different corpora."""
    from coalm_oumi.sources.locate import find

    if find(str(benchmark.source)) is None:
        raise CoalmError(
            f"{error} They were compared with the embedded corpus, since the "
            "real data is not on this machine: run `coalm download "
            f"{benchmark.source}`, or pass `--data PATH`."
        ) from error
    try:
        _read(benchmark, EMBEDDED, split, limit, predictions)
    except CoalmError:
        return
    raise OptionError(
        "the predictions were made on the embedded corpus, but the real data "
        f"is on this machine: {origin}. Pass `--data embedded`.",
        path=predictions,
    ) from error


def _embedded(benchmark: Benchmark[Any, Any]) -> Path:
    from coalm_oumi.embedded import embedded_folder
    from coalm_oumi.sources.catalogue import get_source

    if benchmark.source is None:
        raise OptionError(f"{benchmark.name} has no data there.", field="--data")
    source = get_source(benchmark.source)
    return embedded_folder(source.name) / source.folder


def _refuse_own_folder(folder: Path, predictions: Path) -> None:
    from coalm_oumi.evaluation.results import PREDICTIONS_FILE

    if (folder / PREDICTIONS_FILE).resolve() == predictions.resolve():
        raise OptionError(
            "the predictions lie there themselves, with the results of the run that "
            "made them, which would be overwritten. Choose another folder.",
            path=folder,
            field="--output",
        )


def _scored_from(predictions: Path, n: int, packages: Sequence[str]) -> dict[str, Any]:
    import hashlib

    from coalm_oumi.evaluation.results import package_versions
    from coalm_oumi.sources.rows import read_bytes

    return {
        "n": n,
        "predictions": str(predictions),
        "predictions_sha256": hashlib.sha256(read_bytes(predictions)).hexdigest(),
        "versions": package_versions(packages),
    }


def _title(name: str, split: str, origin: str) -> str:
    from coalm_oumi.evaluation.invented import INVENTED, is_invented_data

    badge = f", {INVENTED}" if is_invented_data(origin) else ""
    return f"{name}, {split}: {origin}{badge}"


def _show(
    scores: Scores, benchmark: Benchmark[Any, Any], title: str, wrong: int
) -> None:
    output.line(title, style="bold")
    floors = scores.floors
    output.table(
        ("metric, in per cent", "#value", "#95 % interval", "#constant reply", "#n"),
        [
            (
                benchmark.metric_name(name),
                f"{m.value:.1f}",
                "{:.1f} - {:.1f}".format(*m.interval),
                f"{floors[name].value:.1f}" if name in floors else "-",
                str(m.n),
            )
            for name, m in scores.metrics.items()
        ],
    )
    for reply, words in _best_constants(scores, benchmark).items():
        told = json.dumps(shorten(reply, 80), ensure_ascii=False)
        output.line(f"The best constant reply for {words}: {told}")
    if scores.groups:
        output.heading("By group")
        names = list(dict.fromkeys(name for g in scores.groups.values() for name in g))
        output.table(
            ("group", "#n", *(f"#{benchmark.metric_name(name)}" for name in names)),
            [_group_row(key, group, names) for key, group in scores.groups.items()],
        )
    for note in scores.notes:
        output.line(f"Note: {note}")
    cases = [case for case in scores.cases if not case.get("right", True)]
    if cases and wrong:
        output.heading(f"Wrong cases ({min(wrong, len(cases))} of {len(cases)})")
        for case in cases[:wrong]:
            _show_case(case)


def _best_constants(scores: Scores, benchmark: Benchmark[Any, Any]) -> dict[str, str]:
    """Returns the metrics, in words, for which each constant reply is the best."""
    found: dict[str, list[str]] = {}
    for name, floor in scores.floors.items():
        if floor.value:
            found.setdefault(floor.reply, []).append(benchmark.metric_name(name))
    return {reply: "; ".join(names) for reply, names in found.items()}


def _group_row(key: str, group: Metrics, names: list[str]) -> tuple[str, ...]:
    n = max((metric.n for metric in group.values()), default=0)
    values = (f"{group[k].value:.1f}" if k in group else "-" for k in names)
    return (key, str(n), *values)


def _show_case(case: Mapping[str, Any]) -> None:
    output.line(str(case.get("id", "")), style="bold")
    for field, value in case.items():
        if field in ("id", "right", "scores", "group"):
            continue
        if not isinstance(value, str):
            value = json.dumps(value, ensure_ascii=False)
        output.line(f"  {field}: {shorten(value, 300)}")
