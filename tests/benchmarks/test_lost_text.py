"""An endpoint that loses the model's text: told in notes, stopped, or failed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import coalm_oumi.plugin  # noqa: F401 - registers the tasks
from coalm_oumi.errors import CoalmError
from coalm_oumi.evaluation.conductor import Failure, Reply
from coalm_oumi.evaluation.conductor.lost_text import ReplyWatch, lost_kind, lost_notes
from coalm_oumi.oumi_errors import CoalmOumiError
from tests.benchmarks.run_on_stub import run_on_stub
from tests.openai_stub import OpenAIStub

Choice = str | dict[str, Any]
TOOL_CALL = {"id": "1", "type": "function"}
TOOL_CALL |= {"function": {"name": "GetToday", "arguments": "{}"}}

TOOL_CALLS = {
    "message": {"content": None, "tool_calls": [TOOL_CALL]},
    "finish_reason": "tool_calls",
}
FILTERED = {"message": {"content": ""}, "finish_reason": "content_filter"}
EMPTY = {"message": {"content": None}}
CUT_IN_THOUGHT = {"message": {"content": ""}, "finish_reason": "length"}
CUT = {"message": {"content": "<think>So"}, "finish_reason": "length"}


def saying(*choices: Choice) -> Callable[[Any], Choice]:
    """Says these in turn, then goes on with the last one."""
    left: Iterator[Choice] = itertools.chain(choices, itertools.repeat(choices[-1]))
    return lambda messages: next(left)


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (TOOL_CALLS, "16 hold tool calls, which are no part of the text"),
        (EMPTY, "16 are empty"),
        (CUT_IN_THOUGHT, "16 were cut off at the limit of tokens"),
    ],
)
def test_a_run_that_loses_every_text_stops_early(
    tmp_path: Path, choice: Choice, told: str
) -> None:
    with OpenAIStub(saying(choice)) as stub:
        with pytest.raises(
            CoalmOumiError, match="16 of 16 replies hold no whole text"
        ) as e:
            run_on_stub(stub, tmp_path, "api_bank")
        assert told in str(e.value)
        assert "\n" not in str(e.value)
        assert stub.answered == 16
    assert not (tmp_path / "api_bank" / "results.json").exists()


def test_once_mended_the_same_command_asks_for_all(tmp_path: Path) -> None:
    with OpenAIStub(saying(TOOL_CALLS)) as stub, pytest.raises(CoalmOumiError):
        run_on_stub(stub, tmp_path, "api_bank")
    journal = tmp_path / "api_bank" / "journal.jsonl"
    assert len(journal.read_text().splitlines()) == 1
    journal.unlink()
    with OpenAIStub(saying("[]")) as stub:
        assert run_on_stub(stub, tmp_path, "api_bank")["n"] == 36
        assert stub.answered == 36


def test_more_than_a_few_are_told_by_kind(tmp_path: Path) -> None:
    with OpenAIStub(saying(TOOL_CALLS, EMPTY, EMPTY, CUT, "[]")) as stub:
        run_on_stub(stub, tmp_path, "api_bank")
    results = json.loads((tmp_path / "api_bank" / "results.json").read_text())
    beginnings = [note.partition(" replies ")[0] for note in results["notes"]]
    assert beginnings == ["1 of 36", "1 of 36", "2 of 36"]
    assert "finish_reason tool_calls" in results["notes"][0]
    lost = results["provenance"]["replies_without_whole_text"]
    assert lost == {"tool_calls": 1, "cut_off": 1, "empty": 2}


def test_what_a_content_filter_held_back_is_asked_again(tmp_path: Path) -> None:
    with OpenAIStub(saying(FILTERED, FILTERED, "[]")) as stub:
        run_on_stub(stub, tmp_path, "api_bank")
        assert stub.answered == 38
    results = json.loads((tmp_path / "api_bank" / "results.json").read_text())
    assert results["provenance"]["requests_put_again"] == 2
    assert {case["prediction"] for case in results["cases"]} == {"[]"}


def test_a_filter_that_holds_all_back_is_an_endpoint_s_failure(tmp_path: Path) -> None:
    with (
        OpenAIStub(saying(FILTERED)) as stub,
        pytest.raises(CoalmOumiError, match=r"16 of the first 16 .*content filter"),
    ):
        run_on_stub(stub, tmp_path, "api_bank")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply("[f()]"), ""),
        (Reply("I look it up.", tool_calls=True), "tool_calls"),
        (Reply("", tool_calls=True), "tool_calls"),
        (Reply(" \n"), "empty"),
        (Reply("", cut_off=True), "cut_off"),
        (Reply("[f(", cut_off=True), "cut_off"),
    ],
)
def test_kinds(reply: Reply, kind: str) -> None:
    assert lost_kind(reply) == kind


def test_one_in_a_hundred_is_not_told() -> None:
    assert not list(lost_notes({"empty": 1, "cut_off": 0}, 100))
    assert len(list(lost_notes({"empty": 2}, 100))) == 1


def test_a_few_whole_texts_keep_a_run_going_and_a_few_replies_say_nothing_yet() -> None:
    watch = ReplyWatch()
    watch.see([Reply("")] * 15)
    watch.see([Reply("x"), Failure("no")])
    watch.see([Reply("")] * 3)
    with pytest.raises(CoalmError, match="19 of 20 replies"):
        watch.see([Reply("")])


def test_texts_that_are_cut_off_need_more_replies_to_stop_a_run() -> None:
    watch = ReplyWatch()
    watch.see([Reply("So", cut_off=True)] * 63)
    with pytest.raises(CoalmError, match=r"64 were cut off .* Raise generation"):
        watch.see([Reply("", cut_off=True)])
