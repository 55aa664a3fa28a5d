"""A task's run through `oumi evaluate`: broken off, taken up, failed, stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
from oumi.core.configs import (
    EvaluationConfig,
    EvaluationTaskParams,
)
from oumi.core.evaluation import Evaluator
from oumi.core.types.conversation import Conversation, Message, Role

import coalm_oumi.plugin  # noqa: F401 - registers the tasks
from coalm_oumi.benchmarks.api_bank import load_api_bank
from coalm_oumi.benchmarks.api_bank.benchmark import API_BANK
from coalm_oumi.evaluation.oumi_task import EvaluationFunction
from coalm_oumi.oumi_errors import CoalmOumiError
from tests.benchmarks.evaluated import evaluated


class Knows:
    """An engine that knows API-Bank's answers, and may stop working."""

    def __init__(self, waves: int | None = None, broken: str = "") -> None:
        self.waves, self.broken = waves, broken
        self.asked: list[str] = []

    def infer(self, conversations: list[Conversation]) -> list[Conversation]:
        """Answers; after its last wave it is interrupted."""
        if self.waves == 0:
            raise KeyboardInterrupt
        self.waves = self.waves and self.waves - 1
        gold = {case.id: case.label for case in load_api_bank().cases}
        for conversation in conversations:
            key = str(conversation.conversation_id)
            if key == self.broken:
                raise RuntimeError("out of memory")
            self.asked.append(key)
            conversation.messages.append(
                Message(role=Role.ASSISTANT, content=gold[key])
            )
        return conversations


def evaluate(folder: Path, engine: Any, **options: Any) -> dict[str, Any]:
    return evaluated(API_BANK, folder, engine, **options)


def test_gold_scores_1_and_everything_is_stored(tmp_path: Path) -> None:
    metrics = evaluate(tmp_path, Knows())
    assert metrics["l1_rouge_l"] == metrics["l2_bleu_4"] == 1.0
    assert (metrics["exact_call_match"], metrics["n"]) == (1.0, 36)
    results = json.loads((tmp_path / "api_bank" / "results.json").read_text())
    provenance = results["provenance"]
    assert provenance["prompt"] == "api_bank_hammer"
    assert provenance["levels"] == [1, 2]
    assert provenance["sampling"]["max_new_tokens"] == 99
    assert {"rouge-chinese", "jieba", "nltk", "oumi"} <= set(provenance["versions"])
    assert (provenance["requests"], provenance["requests_put_again"]) == (36, 0)
    assert provenance["tokens"] == {"prompt": None, "completion": None}
    assert not (tmp_path / "api_bank" / "journal.jsonl").exists()


@pytest.mark.parametrize("level", [1, [1], 2, [2, 1]])
def test_levels(tmp_path: Path, level: int | list[int]) -> None:
    engine = Knows()
    evaluate(tmp_path, engine, level=level)
    chosen = {1: 24, 2: 12}
    levels = level if isinstance(level, list) else [level]
    assert len(engine.asked) == sum(chosen[each] for each in levels)


@pytest.mark.parametrize("level", [3, "1", True, [], [1, 4], None])
def test_a_level_that_is_none_is_told(tmp_path: Path, level: Any) -> None:
    with pytest.raises(
        CoalmOumiError, match=r"field 'level': expected 1, 2 or \[1, 2\]"
    ):
        evaluate(tmp_path, Knows(), level=level)


def test_original_turns_are_asked(tmp_path: Path) -> None:
    evaluate(tmp_path, Knows(), prompt_style="original")
    results = json.loads((tmp_path / "api_bank" / "results.json").read_text())
    assert results["provenance"]["prompt"] == "api_bank_original"


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        evaluate(tmp_path / "broken", Knows(waves=1))
    engine = Knows()
    evaluate(tmp_path / "broken", engine)
    evaluate(tmp_path / "whole", Knows())
    assert len(engine.asked) == 26
    broken, whole = (
        json.loads((tmp_path / name / "api_bank" / "results.json").read_text())
        for name in ("broken", "whole")
    )
    assert broken["metrics"] == whole["metrics"]
    assert broken["cases"] == whole["cases"]
    predictions = [
        (tmp_path / name / "api_bank" / "predictions.jsonl").read_bytes()
        for name in ("broken", "whole")
    ]
    assert predictions[0] == predictions[1]


def test_another_models_unfinished_run_is_not_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        evaluate(tmp_path, Knows(waves=1))
    with pytest.raises(
        CoalmOumiError, match=r'model\.model_name was "some/model", is now "another"'
    ):
        evaluate(tmp_path, Knows(), model="another")


def test_a_model_trained_anew_in_the_same_place_is_another(tmp_path: Path) -> None:
    weights = tmp_path / "model" / "model.safetensors"
    weights.parent.mkdir()
    weights.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        evaluate(tmp_path, Knows(waves=1), model=str(weights.parent))
    weights.write_text("newer")
    with pytest.raises(CoalmOumiError, match=r"another run.*model files was"):
        evaluate(tmp_path, Knows(), model=str(weights.parent))


def test_a_case_that_cannot_be_run_is_not_scored(tmp_path: Path) -> None:
    with pytest.raises(
        CoalmOumiError,
        match=r"1 of 36 cases could not be run.*l1-13: RuntimeError: out",
    ):
        evaluate(tmp_path, Knows(broken="l1-13"))
    assert not (tmp_path / "api_bank" / "results.json").exists()
    engine = Knows()
    assert evaluate(tmp_path, engine)["exact_call_match"] == 1.0
    assert engine.asked == ["l1-13"]


def test_a_broken_engine_is_found_at_the_first_requests(tmp_path: Path) -> None:
    with pytest.raises(
        CoalmOumiError, match=r"10 of the first 10 requests failed: RuntimeError: out"
    ):
        evaluate(tmp_path, Knows(broken="l1-0"))


def test_a_wrong_value_is_refused_before_oumi_loads_the_model() -> None:
    function = EvaluationFunction(API_BANK)
    assert function
    with pytest.raises(CoalmOumiError, match=r"'level'.*expected 1, 2 or"):
        Evaluator._validate_custom_kwargs(
            custom_kwargs={"level": 3},
            evaluation_fn=function,
            evaluation_fn_name="api_bank",
        )


def test_a_later_task_s_wrong_option_is_refused_before_this_one_runs(
    tmp_path: Path,
) -> None:
    def task(name: str, **options: Any) -> EvaluationTaskParams:
        return EvaluationTaskParams("custom", name, eval_kwargs=options)

    later = task("multiwoz24", protocol="dst_promt")
    engine: Any = Knows()
    with pytest.raises(CoalmOumiError, match=r"task multiwoz24: .*dst_prompt"):
        EvaluationFunction(API_BANK)(
            task_params=task("api_bank"),
            config=EvaluationConfig(
                output_dir=str(tmp_path),
                tasks=[task("api_bank"), EvaluationTaskParams("lm_harness"), later],
            ),
            inference_engine=engine,
            on_missing="embedded",
        )
    assert engine.asked == []
