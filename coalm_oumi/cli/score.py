"""`coalm score`: stored predictions, scored again without a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coalm_oumi.cli import output
from coalm_oumi.errors import CoalmError, DataFormatError, OptionError, shorten

if TYPE_CHECKING:
    from coalm_oumi.benchmarks.registry import Benchmark, BenchmarkCases
    from coalm_oumi.benchmarks.results import Metrics, Scores

AUTO = "auto"
EMBEDDED = "embedded"


def score(
    name: Annotated[
        str, typer.Argument(metavar="BENCHMARK", help="Such as snips_dst.")
    ],
    predictions: Annotated[
        Path,
        typer.Option(
            "--predictions",
            help='The replies: {"id": ..., "prediction": ...} a line, as `oumi '
            "evaluate` writes them to predictions.jsonl.",
        ),
    ],
    data: Annotated[
        str,
        typer.Option(
            help="auto: the real data if it is on this machine, else the embedded "
            "corpus; embedded: that corpus; or a file or folder.",
        ),
    ] = AUTO,
    split: Annotated[
        str | None,
        typer.Option(
            help="The part of the data, such as l1 for api_bank, or categories of "
            "bfcl_v3 joined by commas (`all:2`: two of each). By default test, or what "
            "the predictions are of."
        ),
    ] = None,
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
    from coalm_oumi.benchmarks.results import metrics_object, write_results

    benchmark = get_benchmark(name)
    if folder is not None:
        _refuse_own_folder(folder, predictions)
    split = _split_of(benchmark, predictions, split)
    cases, replies = _read(_limited(benchmark, limit), data, split, predictions)
    scores = cases.score(replies)
    if folder is not None:
        told = _provenance(cases, predictions)
        write_results(folder, scores, replies, task=name, provenance=told)
    if as_json:
        print(json.dumps(metrics_object(scores.metrics)))
        return
    _show(scores, f"{name}, {split}: {cases.origin}", wrong)
    if folder is not None:
        output.line(f"\nResults are in {folder}")


def _limited(benchmark: Benchmark, limit: int | None) -> Benchmark:
    """Returns the benchmark with its first `limit` cases; None for all."""
    return replace(
        benchmark, load=lambda data, split: benchmark.load(data, split).first(limit)
    )


def _split_of(benchmark: Benchmark, predictions: Path, given: str | None) -> str:
    """Returns the part of the data that the predictions are of, and which form of it."""
    from coalm_oumi.sources.rows import read_json_lines

    split = given
    if split is None and benchmark.split_of is None:
        split = "test"
    elif split is None and benchmark.split_of is not None:
        ids = (row.get("id") for _, row in read_json_lines(predictions))
        split = benchmark.split_of(key for key in ids if isinstance(key, str))
    if benchmark.variant_of is None or ":" in str(split):
        return str(split)
    forms = {benchmark.variant_of(row) for _, row in read_json_lines(predictions)}
    if len(forms) > 1:
        raise OptionError(
            f"its lines are of several forms: {', '.join(sorted(forms))}. Score those of "
            "each on their own.",
            path=predictions,
        )
    return ":".join([str(split), *forms])


def _replies(
    benchmark: Benchmark, cases: BenchmarkCases, predictions: Path
) -> dict[str, Any]:
    from coalm_oumi.benchmarks.results import read_predictions

    if cases.reader is not None:
        return cases.reader(predictions, cases.ids)
    return read_predictions(
        predictions, cases.ids, benchmark.check_prediction, benchmark.case_id
    )


def _read(
    benchmark: Benchmark, data: str, split: str, predictions: Path
) -> tuple[BenchmarkCases, dict[str, Any]]:
    """Returns the cases and the reply to each."""
    from coalm_oumi.sources.locate import find

    if data != AUTO:
        path = _embedded(benchmark) if data == EMBEDDED else Path(data)
        cases = benchmark.load(path, split)
        return cases, _replies(benchmark, cases, predictions)
    real = find(benchmark.source) is not None
    cases = benchmark.load(None, split)
    try:
        return cases, _replies(benchmark, cases, predictions)
    except DataFormatError as error:
        if real and _belong_to_embedded(benchmark, split, predictions):
            raise OptionError(
                "the predictions were made on the embedded corpus, but the real data "
                f"is on this machine: {cases.origin}. Pass `--data embedded`.",
                path=predictions,
            ) from error
        if not real:
            raise CoalmError(
                f"{error} They were compared with the embedded corpus, since the "
                "real data is not on this machine: run `coalm download "
                f"{benchmark.source}`, or pass `--data PATH`."
            ) from error
        raise


def _belong_to_embedded(benchmark: Benchmark, split: str, predictions: Path) -> bool:
    try:
        cases = benchmark.load(_embedded(benchmark), split)
        _replies(benchmark, cases, predictions)
    except CoalmError:
        return False
    return True


def _embedded(benchmark: Benchmark) -> Path:
    from coalm_oumi.embedded import embedded_folder
    from coalm_oumi.sources.catalogue import get_source

    source = get_source(benchmark.source)
    return embedded_folder(source.name) / source.folder


def _refuse_own_folder(folder: Path, predictions: Path) -> None:
    from coalm_oumi.benchmarks.results import PREDICTIONS_FILE

    if (folder / PREDICTIONS_FILE).resolve() == predictions.resolve():
        raise OptionError(
            "the predictions lie there themselves, with the results of the run that "
            "made them, which would be overwritten. Choose another folder.",
            path=folder,
            field="--output",
        )


def _provenance(cases: BenchmarkCases, predictions: Path) -> dict[str, Any]:
    import hashlib

    from coalm_oumi.benchmarks.results import package_versions
    from coalm_oumi.sources.rows import read_bytes

    return {
        **cases.provenance,
        "n": len(cases.ids),
        "predictions": str(predictions),
        "predictions_sha256": hashlib.sha256(read_bytes(predictions)).hexdigest(),
        "versions": package_versions(cases.packages),
    }


def _show(scores: Scores, title: str, wrong: int) -> None:
    output.line(title, style="bold")
    output.table(
        ("metric", "#value", "#95 % interval", "#n"),
        [
            (name, f"{m.value:.2f}", "{:.2f} - {:.2f}".format(*m.interval), str(m.n))
            for name, m in scores.metrics.items()
        ],
    )
    if scores.groups:
        output.heading("By group")
        names = list(dict.fromkeys(name for g in scores.groups.values() for name in g))
        output.table(
            ("group", "#n", *(f"#{name}" for name in names)),
            [_group_row(key, group, names) for key, group in scores.groups.items()],
        )
    for note in scores.notes:
        output.line(f"Note: {note}")
    cases = [case for case in scores.cases if not case.get("right", True)]
    if cases and wrong:
        output.heading(f"Wrong cases ({min(wrong, len(cases))} of {len(cases)})")
        for case in cases[:wrong]:
            _show_case(case)


def _group_row(key: str, group: Metrics, names: list[str]) -> tuple[str, ...]:
    n = max((metric.n for metric in group.values()), default=0)
    values = (f"{group[k].value:.2f}" if k in group else "-" for k in names)
    return (key, str(n), *values)


def _show_case(case: Mapping[str, Any]) -> None:
    output.line(str(case.get("id", "")), style="bold")
    for field, value in case.items():
        if field in ("id", "right", "scores", "group"):
            continue
        if not isinstance(value, str):
            value = json.dumps(value, ensure_ascii=False)
        output.line(f"  {field}: {shorten(value, 300)}")
