"""The task as `oumi evaluate` runs it, with an engine that knows the answers."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
from oumi.core.types.conversation import Conversation, Message, Role

from coalm_oumi.benchmarks.bfcl import environment
from coalm_oumi.benchmarks.bfcl.benchmark import BFCL_V3, BfclOptions
from coalm_oumi.benchmarks.bfcl.categories import CATEGORIES, EXECUTABLE
from coalm_oumi.benchmarks.bfcl.gold import gold_prediction
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.errors import OptionError
from coalm_oumi.oumi_errors import CoalmOumiError
from tests.benchmarks.bfcl.small_cases import CASES
from tests.benchmarks.evaluated import evaluated

Cases = dict[str, BfclCase]


class Knows:
    """An engine that gives the right calls of each turn, then ends the turn."""

    def __init__(self, cases: Cases) -> None:
        self.cases = cases
        self.read: dict[str, list[str]] = {}

    def infer(self, conversations: list[Conversation]) -> list[Conversation]:
        """Answers, and keeps the roles that it read."""
        for conversation in conversations:
            key = str(conversation.conversation_id)
            self.read[key] = [m.role.value for m in conversation.messages]
            content = self._reply(self.cases[key], conversation)
            reply = Message(role=Role.ASSISTANT, content=content)
            conversation.messages.append(reply)
        return conversations

    def _reply(self, case: BfclCase, conversation: Conversation) -> str:
        if not case.multi_turn:
            return gold_prediction(case)
        if conversation.messages[-1].role == Role.TOOL:
            return "Done."
        users = sum(m.role == Role.USER for m in conversation.messages)
        return gold_prediction(case)[users - 1][0]


@pytest.fixture
def options(
    small_data: Path, checker_python: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    monkeypatch.setenv("COALM_BFCL_PYTHON", str(checker_python))
    return {"categories": list(CASES), "data": str(small_data)}


def evaluate(folder: Path, engine: Any, options: dict[str, Any]) -> dict[str, Any]:
    return evaluated(BFCL_V3, folder, engine, **options)


def test_right_answers_score_1_and_all_is_stored(
    tmp_path: Path, small_cases: Cases, options: dict[str, Any]
) -> None:
    engine = Knows(small_cases)

    metrics = evaluate(tmp_path, engine, options)

    assert (metrics["accuracy"], metrics["relevance"], metrics["n"]) == (1, 1, 8)
    results = json.loads((tmp_path / "bfcl_v3" / "results.json").read_text())
    provenance = results["provenance"]
    assert provenance["prompt"] == "bfcl_v1, coalm"
    assert provenance["checker"]["bfcl_eval"] == "2025.8.6.2"
    assert provenance["simulated_apis"] == "bfcl-eval 2025.8.6.2"
    assert results["groups"]["category=multi_turn_base"]["accuracy"]["value"] == 100
    lines = (tmp_path / "bfcl_v3" / "predictions.jsonl").read_text().splitlines()
    stored = {row["id"]: row["prediction"] for row in map(json.loads, lines)}
    assert stored["multi_turn_base_0"] == [
        ["[add(a=2, b=3), post_tweet(content='5')]", "Done."],
        [""],
    ]
    assert engine.read["multi_turn_base_0"] == [
        *("system", "user", "assistant", "tool", "tool", "assistant", "user")
    ]


def test_executable_scores_give_the_totals_with_them(
    tmp_path: Path, small_cases: Cases, options: dict[str, Any]
) -> None:
    supplied = dict.fromkeys(EXECUTABLE, 50.0)

    metrics = evaluate(
        tmp_path, Knows(small_cases), {**options, "executable_scores": supplied}
    )

    assert metrics["non_live_exec"] == 0.5


def test_cases_are_taken_from_the_start_of_each_category(
    options: dict[str, Any],
) -> None:
    prepared = BFCL_V3.dialogues(BfclOptions(**options, per_category=1), limit=3)

    assert list(prepared.start) == ["simple_0", "multiple_0", "parallel_0"]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"categories": "multi_trun"}, "did you mean 'multi_turn'"),
        ({"categories": 3}, "expected a name or a list of names, found 3"),
        ({"prompt_style": "llama"}, "'llama' is unknown"),
        ({"per_category": 0}, "expected a whole number from 1"),
        ({"executable_scores": 98}, "expected per cent by category"),
        ({"on_missing": "embeded"}, "did you mean 'embedded'"),
        ({"without_checker": "go on"}, "Expected one of: error, skip"),
    ],
)
def test_an_option_that_cannot_be_used_is_told(
    given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(OptionError, match=problem):
        BfclOptions.read(given)


def test_the_embedded_corpus_has_every_category(
    checker_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COALM_BFCL_PYTHON", str(checker_python))

    options = BfclOptions(on_missing="embedded", per_category=1)
    prepared = BFCL_V3.dialogues(options, None)

    assert len(prepared.start) == len(CATEGORIES) == 17
    assert prepared.provenance["categories"] == list(CATEGORIES)


def test_without_a_checker_the_task_is_left_out_if_the_recipe_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("COALM_BFCL_PYTHON", raising=False)
    monkeypatch.setattr(environment, "_uv", lambda: ["no-such-uv"])
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(logging.getLogger("oumi"), "propagate", True)
    options = {"on_missing": "embedded", "without_checker": "skip"}

    assert evaluate(tmp_path, None, options) == {}

    assert "bfcl_v3: not run: the environment of the BFCL checker cannot be made" in (
        caplog.text
    )
    assert not (tmp_path / "bfcl_v3").exists()
    with pytest.raises(CoalmOumiError, match="no-such-uv"):
        evaluate(tmp_path, None, {"on_missing": "embedded"})


def test_oumi_knows_the_task() -> None:
    from oumi.core.registry import REGISTRY, RegistryType

    import coalm_oumi.plugin  # noqa: F401

    assert REGISTRY.contains("bfcl_v3", RegistryType.EVALUATION_FUNCTION)
