"""The chat template: tools to prompt, prompt to calls, and calls back into the prompt."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.bfcl.prompt import bfcl_template
from coalm_oumi.cra.dates import today_words
from coalm_oumi.prompts import (
    cra_action_template,
    cra_response_template,
    hammer_template,
)
from coalm_oumi.serving import CHAT_TEMPLATE, read_reply
from tests.serving.generated_calls import NOTATIONS, tasks, written

ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "find_bus",
            "description": "Finds a bus.",
            "parameters": {
                "type": "object",
                "properties": {"to": {"type": "string"}, "seats": {"type": "integer"}},
                "required": ["to"],
            },
        },
    }
]
HEAD, END = "<|start_header_id|>{}<|end_header_id|>\n\n", "<|eot_id|>"


@cache
def tokenizer(eos: str = "", bos: str | None = "") -> Any:
    from transformers import AutoTokenizer

    made: Any = AutoTokenizer.from_pretrained(ASSET)
    if eos:
        made.eos_token, made.bos_token = eos, bos
    return made


def rendered(messages: list[dict[str, Any]], *, by: Any = None, **options: Any) -> str:
    options.setdefault("chat_template", CHAT_TEMPLATE.read_text())
    return (by or tokenizer()).apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, **options
    )


def said_by_user(prompt: str) -> str:
    (_, text) = prompt.split(HEAD.format("user"))
    return text.split(END)[0]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def calling(*calls: Any) -> dict[str, Any]:
    made = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": call.name, "arguments": dict(call.arguments)},
        }
        for number, call in enumerate(calls)
    ]
    return {"role": "assistant", "content": None, "tool_calls": made}


def result(text: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": "call_0", "content": text}


def test_brackets_are_asked_for_with_bfcl_s_prompt() -> None:
    listing = json.dumps([TOOLS[0]["function"]])
    system = bfcl_template().render(functions=listing).strip()

    prompt = rendered([user("To Ely.")], tools=TOOLS)

    assert prompt == "".join(
        (
            "<|begin_of_text|>",
            f"{HEAD.format('system')}{system}{END}",
            f"{HEAD.format('user')}To Ely.{END}",
            HEAD.format("assistant"),
        )
    )


def test_json_is_asked_for_with_hammer_s_prompt() -> None:
    properties = {"to": {"type": "string"}, "seats": {"type": "integer"}}
    listing = json.dumps(
        [{"name": "find_bus", "description": "Finds a bus.", "parameters": properties}]
    )
    expected = hammer_template().render(tools=listing, query="To Ely.")

    prompt = rendered([user("To Ely.")], tools=TOOLS, notation="json")

    assert said_by_user(prompt) == expected.strip()


def test_actions_are_asked_for_with_cra_s_prompts() -> None:
    (call,) = read_reply("[find_bus(to='Ely')]").calls
    messages = [
        user("Hello."),
        {"role": "assistant", "content": "Where to?"},
        user("To Ely."),
        calling(call),
        result('{"at": 9}'),
    ]
    history = "User: Hello.\nSystem: Where to?"
    act = cra_action_template().render(tools="1. find_bus(to, seats)", history=history)
    respond = cra_response_template().render(history=history)

    options = {"notation": "cra", "state_date": False}
    before = rendered(messages[:3], tools=TOOLS, **options)
    behind = rendered(messages, tools=TOOLS, **options)
    without = rendered(messages[:3], **options)

    assert said_by_user(before) == f"{act}\nUser: To Ely."
    assert said_by_user(without) == f"{respond}\nUser: To Ely."
    assert said_by_user(behind) == (
        f"{respond}\nUser: To Ely.\nAction: find_bus(to='Ely')\n"
        'Observation: {"at": 9}'
    )


@given(day=st.dates(date(1000, 1, 1)))
@example(day=date(2024, 2, 29))
@example(day=date(2100, 1, 1))
def test_actions_are_asked_for_with_today_s_date_as_trained(day: date) -> None:
    history = "User: Hello.\nSystem: Where to?"
    told = {"history": history, "today": today_words(day)}
    act = cra_action_template(dated=True).render(tools="1. find_bus(to, seats)", **told)
    respond = cra_response_template(dated=True).render(**told)
    messages = [
        user("Hello."),
        {"role": "assistant", "content": "Where to?"},
        user("To Ely."),
    ]
    given_day: dict[str, Any] = {"notation": "cra", "today": day.isoformat()}

    asked = rendered(messages, tools=TOOLS, **given_day)
    assert said_by_user(asked) == f"{act}\nUser: To Ely."
    assert said_by_user(rendered(messages, **given_day)) == f"{respond}\nUser: To Ely."


def test_the_day_is_that_of_the_request_and_can_be_left_out() -> None:
    before = date.today()
    prompt = rendered([user("To Ely.")], tools=TOOLS, notation="cra")
    lines = {f"Today's date: {today_words(day)}" for day in (before, date.today())}
    assert lines & {*prompt.splitlines()}
    plain = rendered([user("Hi.")], tools=TOOLS, notation="cra", state_date=False)
    assert "Today's date" not in plain
    for notation in ("bracket", "json"):
        prompt = rendered([user("Hi.")], tools=TOOLS, notation=notation)
        assert "Today's date" not in prompt


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "26 Jul 2024", 20260506])
def test_a_day_of_another_form_is_refused(day: Any) -> None:
    with pytest.raises(Exception, match="today: "):
        rendered([user("Hi.")], notation="cra", today=day)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_tools_to_prompt_to_text_to_calls(notation: str) -> None:
    for task in tasks(150, seed=11):
        prompt = rendered([user("Go.")], tools=task.tools, notation=notation)
        names = listed(prompt, notation)
        text = written(task.calls, notation)

        reply = read_reply(text, functions=names)
        again = rendered(
            [user("Go."), calling(*reply.calls), result("done")],
            tools=task.tools,
            notation=notation,
        )

        assert names == task.names
        assert reply.calls == task.calls
        # What the model reads of its calls in the next turn is what it wrote.
        assert text in again


def listed(prompt: str, notation: str) -> list[str]:
    """The names of the tools that a prompt lists."""
    if notation == "cra":
        listing = prompt.split("TOOLS]\n")[1].split("\n[END")[0].splitlines()
        return [line.split(". ", 1)[1].split("(")[0] for line in listing]
    (line,) = [line for line in prompt.splitlines() if line.startswith('[{"name')]
    return [tool["name"] for tool in json.loads(line.split(END)[0])]


@pytest.mark.parametrize(
    ("own", "eos", "bos"),
    [
        ("llama3-instruct", "<|eot_id|>", "<|begin_of_text|>"),
        ("chat_ml", "<|im_end|>", None),
    ],
)
def test_without_tools_it_is_the_template_of_training(
    own: str, eos: str, bos: str | None
) -> None:
    import oumi

    folder = Path(oumi.__file__).parent / "datasets/chat_templates"
    by = tokenizer(eos, bos)
    messages = [
        {"role": "system", "content": "Be brief."},
        user(" Hello.\n"),
        {"role": "assistant", "content": "Hello."},
        user("Bye."),
    ]
    # Oumi's file has line breaks for the reader, which it takes out itself.
    theirs = "".join(
        line.strip() for line in (folder / f"{own}.jinja").read_text().splitlines()
    )

    assert rendered(messages, by=by) == rendered(messages, by=by, chat_template=theirs)


def test_mistral_s_frame() -> None:
    (call,) = read_reply("[find_bus(to='Ely')]").calls
    messages = [user("To Ely."), calling(call), result("nine"), result("ten")]

    prompt = rendered(messages, by=tokenizer("</s>", "<s>"), tools=TOOLS)

    assert prompt.startswith("<s>[INST] You are an expert in composing functions.")
    assert prompt.endswith(
        '\n\nTo Ely.[/INST] [find_bus(to="Ely")]</s>[INST] nine\nten[/INST]'
    )
