"""`coalm validate-cra`: the errors in CRA data, and the data without them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coalm_oumi.cli import output
from coalm_oumi.errors import CoalmError, DataNotFoundError, OptionError

if TYPE_CHECKING:
    from coalm_oumi.cra.functions import FunctionCatalogue
    from coalm_oumi.cra.validate.items import Validated
    from coalm_oumi.cra.validate.judge import JudgeCounts
    from coalm_oumi.cra.validate.report import ValidationReport

_WAVE = 64
_AUTO = "auto"


_Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE...",
        help="Dialogues (dialogues.jsonl of coalm generate-cra), or rows with the "
        "columns instruction, input, output: a .parquet, .jsonl or .json file, the "
        "folder of coalm generate-cra or coalm build, or that of the published "
        "CoALM-IT (data/train-*.parquet). Rows of other parts are counted and passed "
        "over.",
    ),
]
_Folder = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="DIR",
        help="Write report.md, report.json, defects.jsonl, and the data without "
        "defects to it.",
    ),
]
_Grounded = Annotated[
    str | None,
    typer.Option(
        "--grounded",
        metavar="PART",
        help="Validate the CRA that is made of a part of SGD: train, dev or test.",
    ),
]
_Published = Annotated[
    bool,
    typer.Option(
        "--published",
        help="Validate the CRA rows of the published CoALM-IT, where coalm download "
        "coalm_it has put it.",
    ),
]
_Functions = Annotated[
    str,
    typer.Option(
        metavar="FILE",
        help="The functions with their types: an OpenAPI file, tools with JSON "
        "schemas, or SGD's schema.json; auto: those of SGD's training part.",
    ),
]
_Today = Annotated[
    str | None,
    typer.Option(
        metavar="YYYY-MM-DD",
        help="The day on which the dialogues are held; 2019-03-01 in SGD. Without "
        "it, the day that they state; if they state none, 'tomorrow' may be any.",
    ),
]
_Judge = Annotated[
    Path | None,
    typer.Option(
        metavar="CONFIG",
        help="Ask a model about what rules let pass: an Oumi judge config, such as "
        "configs/cra_judge.yaml. This may cost money.",
    ),
]
_JudgeLimit = Annotated[
    int, typer.Option(min=1, help="Ask the judge about so many items at most.")
]
_Limit = Annotated[
    int | None, typer.Option(min=1, help="Look at the first N items only.")
]
_Examples = Annotated[
    int, typer.Option(min=0, help="How many examples of each rule to show.")
]


def validate_cra(
    files: _Files = None,
    folder: _Folder = None,
    grounded: _Grounded = None,
    published: _Published = False,
    functions: _Functions = _AUTO,
    today: _Today = None,
    judge: _Judge = None,
    judge_limit: _JudgeLimit = 100,
    limit: _Limit = None,
    examples: _Examples = 2,
) -> None:
    """Report the errors in CRA data in the paper's four classes, and filter them out."""
    from itertools import islice

    if (bool(files), bool(grounded), published).count(True) != 1:
        raise OptionError(
            "give one of these: files to validate, --grounded PART, --published."
        )
    if published:
        from coalm_oumi.sources.locate import locate

        files = list(locate("coalm_it", on_missing="error").files)
    day = _day(today)
    if grounded:
        items, known = _grounded(grounded, day)
        name = f"grounded CRA of SGD {grounded}"
    else:
        for path in files or []:
            if not path.exists():
                raise CoalmError("it does not exist.", path=path)
        known = _functions(functions)
        items = _read(files or [], known, day)
        name = ", ".join(str(path) for path in files or [])
    items = islice(items, limit)
    counts = None
    if judge is not None:
        from coalm_oumi.cra.validate.judge import JudgeCounts

        counts = JudgeCounts()
        items = _judged(items, judge, judge_limit, known, counts)
    report = _run(items, name, folder, counts)
    if folder is not None:
        _take_record(files or [], folder)
    _show(report, examples)
    if folder is not None:
        output.line(f"\nWritten to {folder}")


def _run(
    items: Iterator[Validated],
    name: str,
    folder: Path | None,
    judged: JudgeCounts | None,
) -> ValidationReport:
    from coalm_oumi.cra.validate.report import ValidationReport

    report = ValidationReport(name, judged=judged)
    if folder is None:
        for item in items:
            report.add(item)
        return report
    from coalm_oumi.cra.validate.filtered import filtered_output
    from coalm_oumi.storage import write_json, write_text

    with filtered_output(folder) as writer:
        for item in items:
            report.add(item)
            writer.add(item)
    write_text(folder / "report.md", report.as_markdown())
    write_json(folder / "report.json", report.as_json())
    return report


def _take_record(files: list[Path], folder: Path) -> None:
    """Puts the run record of the one generation that was validated beside its rows."""
    from coalm_oumi.cra.read.generated import RUN_RECORD, run_record
    from coalm_oumi.storage import write_json

    record = run_record(files[0]) if len(files) == 1 else {}
    if record:
        write_json(folder / RUN_RECORD, record)


def _read(
    files: list[Path], known: FunctionCatalogue, day: date | None
) -> Iterator[Validated]:
    from coalm_oumi.cra.validate.items import Passed, validated_items

    passed = Passed({})
    for path in files:
        yield from validated_items(path, known, day, passed)
    if passed.rows:
        counts = ", ".join(
            f"{n:,} of {part}" for part, n in sorted(passed.rows.items())
        )
        output.line(f"Passed over, as they are not CRA: {counts}")


def _grounded(
    part: str, day: date | None
) -> tuple[Iterator[Validated], FunctionCatalogue]:
    from typing import cast, get_args

    from coalm_oumi.cra.function_lists import FunctionLists
    from coalm_oumi.cra.validate.items import validated_dialogue
    from coalm_oumi.cra.write.grounded import grounded_dialogues
    from coalm_oumi.errors import expected_one_of
    from coalm_oumi.sources import Sgd
    from coalm_oumi.sources.locate import locate
    from coalm_oumi.sources.sgd import SgdPart

    if part not in get_args(SgdPart):
        raise OptionError(expected_one_of(part, get_args(SgdPart)), field="--grounded")
    sgd = Sgd(locate("sgd", on_missing="embedded").folder, cast("SgdPart", part))
    lists = FunctionLists(sgd.schemas, "all")
    made = grounded_dialogues(sgd.dialogues(), lists.schemas, lists.all, seed=42)
    return (validated_dialogue(d, lists.all, day) for d in made), lists.all


def _functions(named: str) -> FunctionCatalogue:
    from coalm_oumi.cra.function_files import read_functions
    from coalm_oumi.cra.function_names import functions_of_either_name
    from coalm_oumi.sources.locate import locate
    from coalm_oumi.sources.sgd import read_sgd_schemas

    if named != _AUTO:
        return read_functions(Path(named))
    try:
        found = locate("sgd", on_missing="error")
    except DataNotFoundError as error:
        raise OptionError(
            "the functions that the data may call are not known: SGD is not on this "
            "machine (`coalm download sgd`). Or name their file.",
            field="--functions",
        ) from error
    return functions_of_either_name(read_sgd_schemas(found.folder, "train"))


def _judged(
    items: Iterator[Validated],
    config: Path,
    limit: int,
    known: FunctionCatalogue,
    counts: JudgeCounts,
) -> Iterator[Validated]:
    """Adds what a judge says of items without defects, in waves."""
    from dataclasses import replace
    from itertools import islice

    from coalm_oumi.cra.validate.judge import CraJudge

    judge = CraJudge(config)
    listing = known.listing
    while wave := list(islice(items, _WAVE)):
        good = [
            i for i, item in enumerate(wave) if not item.defects and not item.problem
        ]
        good = good[: 0 if counts.stopped else limit - counts.asked]
        found = judge.judge([wave[i].text for i in good], listing) if good else []
        for position, judgement in zip(good, found, strict=True):
            counts.add(judgement)
            defect = judgement.defect(wave[position].last_turn)
            if defect is not None:
                wave[position] = replace(wave[position], defects=(defect,))
        counts.stopped = bool(found) and all(j.failure for j in found)
        yield from wave


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OptionError(f"'{text}' is no day such as 2019-03-01.") from None


def _show(report: ValidationReport, examples: int) -> None:
    output.heading(f"Validation of {report.origin}")
    for sentence in report.headlines():
        output.line(sentence)
    output.heading("Turns with a defect, by class")
    output.table(("class", "#turns", "#share"), report.class_rows())
    if report.rules:
        output.heading("Defects by rule")
        output.table(("class", "rule", "#defects"), report.rule_rows())
    flawed = [(n, t) for n, t in report.services.items() if t.flawed]
    if flawed:
        output.heading("Services with defects")
        flawed.sort(key=lambda entry: (-entry[1].flawed, entry[0]))
        rows = [(n, f"{t.turns:,}", f"{t.flawed:,}") for n, t in flawed[:12]]
        output.table(("service", "#turns", "#with_a_defect"), rows)
    if report.unreadable:
        output.heading("Items that cannot be read")
        rows = [(why, f"{n:,}") for why, n in report.unreadable.most_common(12)]
        output.table(("reason", "#items"), rows)
    for (error_class, rule), kept in report.examples.items() if examples else ():
        output.heading(f"{error_class.words}: {rule}")
        for record_id, defect in kept[:examples]:
            output.line(f"{record_id}, turn {defect.turn + 1}: {defect.message}")
            output.line(f"    {defect.excerpt}", style="dim")
