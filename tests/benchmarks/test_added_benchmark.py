"""A benchmark of another package: the README's, added, run, scored again, reported."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oumi.core.configs import EvaluationConfig, EvaluationTaskParams, GenerationParams
from oumi.core.evaluation import Evaluator
from oumi.core.registry import REGISTRY, RegistryType
from oumi.core.types.conversation import Conversation, Message, Role
from typer.testing import CliRunner

import coalm_oumi.plugin
from coalm_oumi.benchmarks.registry import BENCHMARKS, all_benchmarks, get_benchmark
from coalm_oumi.cli import app
from coalm_oumi.errors import CoalmError
from coalm_oumi.planning.check_tasks import check_tasks
from coalm_oumi.planning.findings import Findings


@pytest.fixture(scope="session")
def blocks(repository: Path) -> list[str]:
    """The README's section on adding a benchmark: its file, its entry point, its test."""
    readme = (repository / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## How to add a benchmark\n")[2]
    found = re.findall(r"```(?:python|toml)\n(.*?)```", section, re.DOTALL)
    assert len(found) == 3
    return found


def installed(folder: Path, package: str, entries: dict[str, str]) -> None:
    """Writes what an installed package with entry points leaves in site-packages."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\n")
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (info / "entry_points.txt").write_text(f"[coalm_oumi.benchmarks]\n{lines}")


@pytest.fixture
def added(
    blocks: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The README's benchmark in a package of its own, beside one that is broken."""
    (tmp_path / "slot_yesno.py").write_text(blocks[0], encoding="utf-8")
    (groups,) = tomllib.loads(blocks[1])["project"]["entry-points"].values()
    installed(tmp_path, "toy", groups)
    (tmp_path / "broken_benchmark.py").write_text("import no_such_module\n")
    installed(
        tmp_path,
        "broken",
        {"torn": "broken_benchmark:TORN", "odd": "json:dumps", "snips_dst": "json:x"},
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    REGISTRY._registry.pop(("slot_yesno", RegistryType.EVALUATION_FUNCTION), None)


class SaysYes:
    """Stands in for an engine."""

    def infer(self, conversations: list[Conversation]) -> list[Conversation]:
        """Replies yes to each."""
        for conversation in conversations:
            assert str(conversation.messages[-1].content).startswith("Does this name")
            conversation.messages.append(Message(role=Role.ASSISTANT, content="Yes"))
        return conversations


def evaluated(folder: Path, **options: Any) -> dict[str, Any]:
    """Runs the benchmark as `oumi evaluate` does, found in its registry."""
    coalm_oumi.plugin.register()
    function: Any = REGISTRY.get_evaluation_function("slot_yesno")
    assert function
    Evaluator._validate_custom_kwargs(options, function, "slot_yesno")
    return function(
        task_params=EvaluationTaskParams("custom", "slot_yesno"),
        config=EvaluationConfig(
            output_dir=str(folder), generation=GenerationParams(batch_size=8)
        ),
        inference_engine=SaysYes(),
        **options,
    )


def coalm(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("added")
def test_it_runs_is_scored_again_and_reported(tmp_path: Path) -> None:
    metrics = evaluated(tmp_path / "out", on_missing="embedded", split="validation")
    folder = tmp_path / "out" / "slot_yesno"
    told = json.loads((folder / "results.json").read_text())["provenance"]
    assert (told["benchmark"], told["split"]) == ("slot_yesno", "validation")
    assert (told["prompt"], told["n"]) == ("slot_yesno_v1", 70)
    assert 0 < metrics["accuracy"] < 1
    floor = json.loads((folder / "results.json").read_text())["floors"]["accuracy"]
    assert floor["value"] >= 50  # yes, or no, whichever is right more often
    assert floor["reply"] in ("yes", "no")

    stored = folder / "predictions.jsonl"
    arguments = (
        "score",
        "slot_yesno",
        "--predictions",
        stored,
        "--split",
        "validation",
    )
    again = json.loads(coalm(*arguments, "--json"))
    assert again == {"accuracy": round(100 * metrics["accuracy"], 4), "n": 70}

    report = coalm("report", tmp_path / "out")
    assert "slot_yesno" in report
    assert "invented data" in report


@pytest.mark.usefixtures("added")
def test_its_own_test_as_the_readme_has_it(blocks: list[str]) -> None:
    names: dict[str, Any] = {}
    exec(blocks[2], names)  # noqa: S102 - the README's own text
    names["test_right_answers_score_the_ceiling_and_empty_ones_the_floor"]()


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize(
    ("task", "options", "problem"),
    [
        ("slot_yesno", {"split": "test"}, ""),
        ("slot_yesno", {"split": "tset"}, "field 'split': 'tset' is unknown; did you"),
        ("slot_yesno", {"spilt": "test"}, "'spilt' is unknown; did you mean 'split'?"),
        ("slot_yes", {}, "'slot_yes' is unknown; did you mean 'slot_yesno'?"),
        (
            "torn",
            {},
            "'torn' of broken (broken_benchmark:TORN) cannot be loaded: Module",
        ),
    ],
)
def test_coalm_check_knows_its_options(
    task: str, options: dict[str, Any], problem: str
) -> None:
    findings = Findings()
    params = EvaluationTaskParams("custom", task, eval_kwargs=options)
    check_tasks(EvaluationConfig(tasks=[params]), findings)
    told = [problem in found.problem for found in findings.found]
    assert told == [True] * bool(problem)


@pytest.mark.usefixtures("added")
def test_a_broken_one_is_one_line_and_breaks_nothing_else() -> None:
    lines: list[str] = []
    found = [benchmark.name for benchmark in all_benchmarks(lines.append)]
    assert found == [*BENCHMARKS, "slot_yesno"]
    assert [line.partition(")")[0] for line in sorted(lines)] == [
        "the benchmark 'odd' of broken (json:dumps",
        "the benchmark 'torn' of broken (broken_benchmark:TORN",
    ]
    assert all("Mend that package or uninstall it." in line for line in lines)
    assert not any("\n" in line for line in lines)
    with pytest.raises(CoalmError, match="No module named 'no_such_module'"):
        get_benchmark("torn")
    assert type(get_benchmark("snips_dst")).__module__.startswith("coalm_oumi.")
    result = CliRunner().invoke(app, ["score", "torn", "--predictions", "x"])
    assert result.exit_code == 1
