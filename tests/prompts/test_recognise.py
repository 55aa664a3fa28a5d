"""Rows told apart by the wording of their prompts."""

from __future__ import annotations

import pytest

from coalm_oumi.prompts import hammer_template, snips_template
from coalm_oumi.prompts.recognise import Recognised, recognise

TASK = "[BEGIN OF TASK INSTRUCTION]\nYou are a helpful conversational assistant "


@pytest.mark.parametrize(
    ("instruction", "found"),
    [
        (snips_template().render(), ("snips", "snips")),
        (hammer_template().render(tools="[]", query="Ring."), ("hammer", "hammer")),
        (
            TASK + "who can perform API function calling.\nYour goal is",
            ("cra", "cra_action"),
        ),
        (
            TASK + "specializing in understanding user queries and providing",
            ("cra", "cra_response"),
        ),
        (
            "You are an expert in composing functions. You are given",
            ("toolace", "toolace"),
        ),
        ("The current time is 2024-03-04. Here is a list:", ("toolace", "otherwise")),
        ("", ("toolace", "otherwise")),
    ],
)
def test_each_part_s_prompt_is_recognised(
    instruction: str, found: tuple[str, str]
) -> None:
    assert recognise(instruction) == Recognised(*found)


def test_only_the_beginning_decides() -> None:
    quoted = "x" * 500 + "You are a tool calling assistant."
    assert recognise(quoted).rule == "otherwise"
