"""The task that `oumi evaluate` runs, and `coalm score` of what it leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
from oumi.core.registry import REGISTRY, RegistryType
from typer.testing import CliRunner

import coalm_oumi.plugin
from coalm_oumi.benchmarks.cra_actions.benchmark import (
    CRA_ACTIONS,
    CraActionsOptions,
)
from coalm_oumi.cli import app
from coalm_oumi.evaluation.conductor import Request
from coalm_oumi.oumi_errors import CoalmOumiError
from coalm_oumi.prompts.layout import PromptLayout
from tests.benchmarks.evaluated import KnowsTheAnswers, evaluated


def evaluate(folder: Path, **options: Any) -> dict[str, Any]:
    return evaluated(CRA_ACTIONS, folder, KnowsTheAnswers(CRA_ACTIONS), **options)


def requests(options: CraActionsOptions) -> Mapping[str, Request]:
    return CRA_ACTIONS.requests(CRA_ACTIONS.load(options), options)


def score(folder: Path, *options: object) -> tuple[int, str]:
    path = folder / "cra_actions" / "predictions.jsonl"
    words = ["score", "cra_actions", "--predictions", path, *options]
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.output


def test_oumi_knows_the_task() -> None:
    coalm_oumi.plugin.register()
    assert REGISTRY.contains("cra_actions", RegistryType.EVALUATION_FUNCTION)


def test_results_say_how_they_were_made_and_are_scored_again(tmp_path: Path) -> None:
    metrics = evaluate(tmp_path, limit=4)
    assert metrics["next_action_accuracy"] == 1.0
    results = json.loads((tmp_path / "cra_actions" / "results.json").read_text())
    told = results["provenance"]
    assert told["protocol"].startswith("cra_actions_v2: ")
    assert told["prompt"].startswith("cra_action_v2+")
    assert {
        name: told[name]
        for name in ("split", "dialogues", "usable_dialogues", "sample_seed", "limit")
    } == {
        "split": "dev",
        "dialogues": 4,
        "usable_dialogues": 32,
        "sample_seed": 42,
        "limit": None,
    }
    code, printed = score(tmp_path, "--json")
    assert code == 0, printed
    again = json.loads(printed)
    assert again["n"] == metrics["n"] == told["n"]
    assert again["arguments_accuracy"] == 100.0


def test_the_embedded_part_has_services_that_training_lacks(tmp_path: Path) -> None:
    evaluate(tmp_path, limit=None)
    code, printed = score(tmp_path)
    assert code == 0, printed
    assert "services=unseen" in printed


def test_a_turn_missing_from_a_dialogue_is_an_error(tmp_path: Path) -> None:
    evaluate(tmp_path, limit=2)
    path = tmp_path / "cra_actions" / "predictions.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    code, printed = score(tmp_path)
    assert code == 1
    assert f"1 of {len(lines)} cases have no prediction" in " ".join(printed.split())


def test_the_first_turns_are_scored_with_the_same_limit(tmp_path: Path) -> None:
    assert evaluate(tmp_path, num_samples=3)["n"] == 3
    code, printed = score(tmp_path, "--limit", 3, "--json")
    assert (code, json.loads(printed)["n"]) == (0, 3)


@pytest.mark.parametrize("layout", ["plain", "system"])
def test_the_requests_end_with_the_users_turn(layout: PromptLayout) -> None:
    options = CraActionsOptions(prompt_layout=layout, on_missing="embedded", limit=1)
    for request in requests(options).values():
        last = request.messages[-1]
        assert last.role == "user"
        assert last.content.splitlines()[-1].startswith("Thought: ")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"function_list": "some"}, "field .function_list.: .some. is unknown"),
        ({"thought": "none"}, "field 'thought': 'none' is unknown"),
        ({"limit": 0}, "field 'limit': expected a whole number from 1"),
        ({"split": "validation"}, "field 'split': 'validation' is unknown"),
        ({"split": "test"}, "there is no test/"),
        ({"data": "/nowhere"}, "it does not exist"),
    ],
)
def test_a_wrong_option_is_one_line(
    tmp_path: Path, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(CoalmOumiError, match=why):
        evaluate(tmp_path, **options)


def test_prompts_and_names_are_as_trained_and_results_say_which() -> None:
    given: dict[str, Any] = {"on_missing": "embedded", "limit": 8}
    ours = CraActionsOptions(**given)
    paper = CraActionsOptions(state_date=False, function_names="as_published", **given)
    provenance = [
        CRA_ACTIONS.dialogues(each, None).provenance for each in (ours, paper)
    ]
    told = {
        name: [each[name] for each in provenance]
        for name in ("protocol", "prompt", "function_names", "state_date")
    }
    assert [text[:15] for text in told["protocol"]] == [
        "cra_actions_v2:",
        "cra_actions_v1:",
    ]
    assert told["prompt"] == ["cra_action_v2+thoughts_v1", "cra_action_v1+thoughts_v1"]
    assert told["function_names"] == ["by_service", "as_published"]
    assert told["state_date"] == [True, False]
    assert provenance[0]["undated_actions"] == 0
    assert provenance[1]["undated_actions"] > 0
    line = "Today's date: 2019-03-01 (Friday)\n\n"
    pairs = zip(requests(ours).values(), requests(paper).values(), strict=True)
    for one, other in pairs:
        dated, plain = one.messages[0].content, other.messages[0].content
        assert dated.count(line) == 1
        assert dated.replace(line, "") == plain


def test_stored_predictions_name_the_functions_names(tmp_path: Path) -> None:
    evaluate(tmp_path, limit=2, function_names="as_published")
    path = tmp_path / "cra_actions" / "predictions.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert {row["function_names"] for row in rows} == {"as_published"}
    code, printed = score(tmp_path)
    assert (code, "dev:as_published" in printed) == (0, True)
    rows[0]["function_names"] = "by_service"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, printed = score(tmp_path)
    assert code == 1
    assert "its lines are of several forms" in " ".join(printed.split())


def test_the_short_list_of_functions_is_asked_for_and_named() -> None:
    given: dict[str, Any] = {"on_missing": "embedded", "limit": 8}
    short = CraActionsOptions(function_list="dialogue", **given)
    whole = CraActionsOptions(**given)
    told, usual = (CRA_ACTIONS.dialogues(o, None).provenance for o in (short, whole))
    assert usual["function_list"] == "all"
    assert told["function_list"] == "dialogue"
    assert told["prompt"] == f"{usual['prompt']}+functions_of_dialogue"
    others = requests(whole)
    for key, one in requests(short).items():
        asked, listed = one.messages[0].content, others[key].messages[0].content
        functions = asked.partition("AVAILABLE TOOLS]\n")[2].partition("\n[END")[0]
        assert 1 <= len(functions.splitlines()) < 7
        assert "\n7. BookRepair(" in listed
