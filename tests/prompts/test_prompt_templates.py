"""The prompt formats, to the byte."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from coalm_oumi.calls import FunctionSchema, parse_json_list
from coalm_oumi.datasets.hammer_masked import (
    function_calling_output,
    function_calling_prompt,
)
from coalm_oumi.datasets.snips_dst import state_tracking_sample
from coalm_oumi.prompts import (
    PromptTemplate,
    hammer_template,
    load_template,
    snips_template,
    toolace_template,
)
from coalm_oumi.sources import INTENT_SLOTS, Utterance, read_snips

# SHA-256 of Figure 4: its instruction, and the input and output of its example.
FIGURE_4 = "c9452f5dc5c3f9d4e58373dc106c5271680b5bd54e850db57acb23807a932999"
FIGURE_4_INPUT = "f805d61f4a55f101d0c22dfaed9c93793ffbc64ee7ec140c176f603e60ba8fa1"
FIGURE_4_OUTPUT = "0aed59f5be7a58397807704ccf31a9ed9da25f353895882148af6d5909a78978"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def line_of(intent: str) -> str:
    slots = ", ".join(INTENT_SLOTS[intent])
    return f"The user can seek for {intent} by slots - {slots}.\n"


def test_the_snips_instruction_is_figure_4_but_for_one_line() -> None:
    instruction = snips_template().render()
    assert line_of("AddToPlaylist") in instruction
    assert sha256(instruction.replace(line_of("AddToPlaylist"), "")) == FIGURE_4


def test_the_snips_instruction_has_a_line_for_each_intent() -> None:
    instruction = snips_template().render()
    assert all(line_of(intent) in instruction for intent in INTENT_SLOTS)
    assert instruction.count("by slots") == 7


def test_the_example_of_figure_4_is_reproduced(real_data: Path) -> None:
    def outputs(folder: str) -> list[str]:
        utterances = read_snips(real_data / "snips" / folder, "train")
        samples = map(state_tracking_sample, utterances)
        return [s.output for s in samples if sha256(s.input) == FIGURE_4_INPUT]

    for folder in ("2017-06-custom-intent-engines", "slotgated/snips"):
        assert [sha256(output) for output in outputs(folder)] == [FIGURE_4_OUTPUT]


def test_a_state_tracking_sample_reads_as_in_figure_4() -> None:
    sample = state_tracking_sample(
        Utterance("gw_1", "GetWeather", "Weather in Évora", ())
    )
    assert sample.input == "User: Weather in Évora"
    assert sample.output == 'System: {"domain": "GetWeather", "slot_values": {}}'


@pytest.mark.parametrize("number", range(10))
def test_a_published_hammer_row_is_reproduced(real_data: Path, number: int) -> None:
    path = real_data / "hammer" / "masking_sft_data_example.json"
    row = json.loads(path.read_text("utf-8"))[number]
    blocks = re.fullmatch(
        r".*\[BEGIN OF AVAILABLE TOOLS\]\n(?P<tools>.*)\n\[END OF AVAILABLE TOOLS\].*"
        r"\[BEGIN OF QUERY\]\n(?P<query>.*)\n\[END OF QUERY\]\n\n",
        row["instruction"],
        re.DOTALL,
    )
    assert blocks is not None
    tools = [FunctionSchema.from_xlam(tool) for tool in json.loads(blocks["tools"])]
    assert function_calling_prompt(blocks["query"], tools) == row["instruction"]
    assert row["input"] == ""
    assert function_calling_output(parse_json_list(row["output"])) == row["output"]


def test_a_turn_of_toolace_is_its_speaker_and_its_text() -> None:
    turn = toolace_template().render(speaker="Tool", text="<<speaker>>\n[]")
    assert turn == "Tool: <<speaker>>\n[]"
    assert toolace_template().id == "toolace_v1"


def test_a_row_s_content_is_not_taken_for_a_field() -> None:
    prompt = hammer_template().render(tools=r"<<query>> \g<1> \n", query="<<tools>>")
    assert "\n<<query>> \\g<1> \\n\n[END OF AVAILABLE TOOLS]" in prompt
    assert "[BEGIN OF QUERY]\n<<tools>>\n[END OF QUERY]" in prompt


@pytest.mark.parametrize("content", [{}, {"tools": ""}, {"tools": "", "q": ""}])
def test_a_template_wants_its_own_fields(content: dict[str, str]) -> None:
    with pytest.raises(
        ValueError, match=r"hammer_v1 has the fields \['query', 'tools'"
    ):
        hammer_template().render(**content)


def test_a_template_has_a_version() -> None:
    template = PromptTemplate("greeting", 3, "Hello <<name>>, <<name>>")
    assert template.id == "greeting_v3"
    assert template.render(name="Ada") == "Hello Ada, Ada"
    assert (hammer_template().id, snips_template().id) == ("hammer_v1", "snips_v1")


def test_a_version_that_is_not_there_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        load_template("hammer", 99)
