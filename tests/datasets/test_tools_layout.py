"""`prompt_layout: tools` of the datasets: the calls of the plain rows, and its options."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import (
    parse_action,
    parse_bracket_calls,
    parse_json_list,
)
from coalm_oumi.datasets.cra import CRA
from coalm_oumi.datasets.hammer_masked import HAMMER_MASKED, NO_FUNCTION_FITS
from coalm_oumi.datasets.part import Part, PartRequest
from coalm_oumi.datasets.toolace import TOOLACE
from coalm_oumi.sample import Chat, Sample
from coalm_oumi.sources.locate import locate
from tests.sources.test_messages import FORMS, OPENAI

ASSET = Path(__file__).parents[1] / "assets/tiny_llama"


def made(part: Part) -> tuple[list[Sample], list[Chat]]:
    kind: Any = part.options
    options = kind(on_missing="embedded")
    places = {
        name: locate(name, on_missing="embedded")
        for name in part.read_from(options, None)
    }
    samples = list(part.samples(PartRequest(places, options)))
    return samples, list(part.dialogues(PartRequest(places, options)))


def known(calls: Any) -> Counter[str]:
    return Counter(json.dumps([c.name, dict(c.arguments)]) for c in calls)


def called(chats: list[Chat]) -> Counter[str]:
    return Counter(
        json.dumps([call["function"]["name"], call["function"]["arguments"]])
        for chat in chats
        for message in chat.messages
        for call in message.get("tool_calls", ())
    )


def test_hammer_has_the_calls_of_its_plain_rows_in_their_order() -> None:
    samples, chats = made(HAMMER_MASKED)
    assert [s.origin for s in samples] == [c.origin for c in chats]
    for sample, chat in zip(samples, chats, strict=True):
        calls = parse_json_list(sample.output)
        assert called([chat]) == known(calls)
        if not calls:
            assert chat.messages[-1]["content"] == NO_FUNCTION_FITS


def test_toolace_has_the_calls_of_its_plain_rows() -> None:
    samples, chats = made(TOOLACE)
    of = {chat.origin.record_id for chat in chats}
    plain: Counter[str] = Counter()
    for sample in samples:
        known_row = sample.origin.record_id.partition(",")[0] in of
        if known_row and sample.origin.transformation == "calls":
            plain += known(parse_bracket_calls(sample.output))
    assert plain
    assert called(chats) == plain


def test_cra_has_the_calls_of_its_plain_rows() -> None:
    samples, chats = made(CRA)
    actions = [s.output for s in samples if s.origin.transformation == "action"]
    assert called(chats) == known(
        parse_action(line.removeprefix("Action: ")) for line in actions
    )
    for chat in chats:
        thoughts = [m for m in chat.messages if m["role"] == "assistant"]
        assert all(message["reasoning_content"] for message in thoughts)


def tokenizer() -> Any:
    from transformers import AutoTokenizer

    found = AutoTokenizer.from_pretrained(ASSET)
    found.model_max_length = 4096
    return found


def dataset(name: str, **options: Any) -> Any:
    import coalm_oumi.datasets

    return getattr(coalm_oumi.datasets, name)(tokenizer=tokenizer(), **options)


def test_own_dialogues_become_rows_and_conversations(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in FORMS.values()))
    made = dataset("MessagesDataset", dataset_path=str(path), prompt_layout="tools")
    rows = made.to_hf()
    assert len(rows) == len(FORMS)
    assert all(0 < sum(row["completion_mask"]) < len(row["input_ids"]) for row in rows)
    conversation = made.conversation(0)
    assert conversation.tools[0].function.name == "find_bus"
    call = conversation.messages[1].tool_calls[0]
    assert json.loads(call.function.arguments) == {"to": "Ely"}
    assert conversation.messages[2].tool_call_id == call.id


def test_rows_left_out_are_named(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(f"{json.dumps(OPENAI)}\n{{}}\nno JSON\n")
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("oumi").addHandler(handler)
    try:
        made = dataset(
            "MessagesDataset",
            dataset_path=str(path),
            prompt_layout="tools",
            on_bad_row="reject",
        )
    finally:
        logging.getLogger("oumi").removeHandler(handler)
    assert len(made.to_hf()) == 1
    first, second = (line for line in told if line.startswith("left out"))
    assert "own.jsonl#1: row unusable: expected 'messages'" in first
    assert "line 3 is not JSON" in second


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"trained_turns": "calls"}, "goes with prompt_layout: tools"),
        ({"thoughts": False}, "goes with prompt_layout: tools"),
        ({"template_options": {"a": 1}}, "goes with prompt_layout: tools"),
        ({"prompt_layout": "tool"}, "did you mean 'tools'"),
        ({"prompt_layout": "tools", "trained_turns": "last"}, "Expected one of: all"),
        ({"prompt_layout": "tools", "with_answers": True}, "does not go with"),
        ({"prompt_layout": "tools", "assistant_only": True}, "does not go with"),
        ({"prompt_layout": "tools", "thoughts": "no"}, "expected true or false"),
        ({"prompt_layout": "tools", "template_options": 1}, "template_options"),
    ],
)
def test_wrong_options_end_in_one_line(options: dict[str, Any], told: str) -> None:
    with pytest.raises(Exception) as error:
        dataset("ToolAceDataset", on_missing="embedded", **options)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_own_dialogues_need_a_file_and_the_layout(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="name your file of dialogues"):
        dataset("MessagesDataset", prompt_layout="tools")
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(OPENAI) + "\n")
    with pytest.raises(
        Exception, match=r"set dataset_kwargs: \{prompt_layout: tools\}"
    ):
        dataset("MessagesDataset", dataset_path=str(path))


def test_if_no_dialogue_can_be_used_the_first_says_why(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    words = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
    ]
    path.write_text(json.dumps({"messages": words}) + "\n")
    with pytest.raises(Exception, match=r"none can be used.*own\.jsonl#0: no turn to"):
        dataset(
            "MessagesDataset",
            dataset_path=str(path),
            prompt_layout="tools",
            trained_turns="calls",
        )


def test_a_dialogue_too_long_is_an_error_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    long = {**OPENAI, "messages": [*OPENAI["messages"]]}
    long["messages"][0] = {"role": "user", "content": "word " * 5000}
    path.write_text(f"{json.dumps(OPENAI)}\n{json.dumps(long)}\n")
    kept = dataset("MessagesDataset", dataset_path=str(path), prompt_layout="tools")
    assert len(kept.to_hf()) == 1
    with pytest.raises(Exception, match=r"own\.jsonl#1.*Raise model\.model_max_length"):
        dataset(
            "MessagesDataset",
            dataset_path=str(path),
            prompt_layout="tools",
            overlong="error",
        )
