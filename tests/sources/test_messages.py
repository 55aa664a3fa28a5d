"""A user's own dialogues: the forms that are understood, and what each bad row is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import DataFormatError
from coalm_oumi.sample import Chat
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.messages import read_chat, read_messages

FUNCTION = {
    "name": "find_bus",
    "description": "Finds buses.",
    "parameters": {
        "type": "object",
        "properties": {
            "to": {"type": "string"},
            "seats": {"type": ["integer", "null"]},
        },
        "required": ["to"],
    },
}
TOOL = {"type": "function", "function": FUNCTION}
CALL = json.dumps({"name": "find_bus", "arguments": {"to": "Ely"}})
OPENAI = {
    "messages": [
        {"role": "user", "content": "A bus to Ely"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "abc",
                    "type": "function",
                    "function": {"name": "find_bus", "arguments": '{"to": "Ely"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "abc", "content": '{"at": 9}'},
        {"role": "assistant", "content": [{"type": "text", "text": "At nine."}]},
    ],
    "tools": [TOOL],
}
FORMS: dict[str, dict[str, Any]] = {
    "openai": OPENAI,
    "sharegpt": {
        "conversations": [
            {"from": "human", "value": "A bus to Ely"},
            {"from": "function_call", "value": CALL},
            {"from": "observation", "value": '{"at": 9}'},
            {"from": "gpt", "value": "At nine."},
        ],
        "tools": json.dumps([FUNCTION]),
    },
    "roles of their own": {
        "messages": [
            {"role": "user", "content": "A bus to Ely"},
            {"role": "tool_call", "content": CALL},
            {"role": "tool_response", "content": '{"at": 9}'},
            {"role": "assistant", "content": "At nine."},
        ],
        "tools": json.dumps([TOOL]),
    },
    "tags": {
        "conversations": [
            {"from": "system", "value": f"<tools>{json.dumps(TOOL)}</tools> So."},
            {"from": "human", "value": "A bus to Ely"},
            {"from": "gpt", "value": f"<tool_call>\n{CALL}\n</tool_call>"},
            {
                "from": "tool",
                "value": '<tool_response>\n{"at": 9}\n</tool_response>',
            },
            {"from": "gpt", "value": "At nine."},
        ]
    },
    "tags, as published": {
        "conversations": [
            {
                "from": "system",
                "value": "You are given signatures within <tools></tools> XML tags. "
                f"Here they are:\n<tools>\n[{json.dumps(TOOL)}]\n</tools>\n"
                "For each call return JSON within <tool_call></tool_call> tags.",
            },
            {"from": "human", "value": "A bus to Ely"},
            {
                "from": "gpt",
                "value": "<tool_call>\n{'arguments': {'to': 'Ely'}, 'name': 'find_bus'}"
                "\n</tool_call>",
            },
            {"from": "tool", "value": '<tool_response>\n{"at": 9}\n</tool_response>'},
            {"from": "gpt", "value": "At nine."},
        ]
    },
    "one call by function_call": {
        "messages": [
            {"role": "user", "content": "A bus to Ely"},
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "find_bus", "arguments": '{"to": "Ely"}'},
            },
            {"role": "function", "name": "find_bus", "content": '{"at": 9}'},
            {"role": "assistant", "content": "At nine."},
        ],
        "functions": [FUNCTION],
    },
    "brackets": {
        "system": f"Functions:\n{json.dumps([FUNCTION])}. In brackets",
        "conversations": [
            {"from": "user", "value": "A bus to Ely"},
            {"from": "assistant", "value": '[find_bus(to="Ely")]'},
            {"from": "tool", "value": '[{"name": "find_bus", "results": {"at": 9}}]'},
            {"from": "assistant", "value": "At nine."},
        ],
    },
}


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """OpenAI's row with another value in one place."""
    row = json.loads(json.dumps(OPENAI))
    place = row
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return row


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_dialogue(form: str) -> None:
    chat = read_chat(FORMS[form], "row")
    assert chat.messages == [
        {"role": "user", "content": "A bus to Ely"},
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "call00000",
                    "type": "function",
                    "function": {"name": "find_bus", "arguments": {"to": "Ely"}},
                }
            ],
        },
        {
            "role": "tool",
            "tool_call_id": "call00000",
            "name": "find_bus",
            "content": '{"at": 9}',
        },
        {"role": "assistant", "content": "At nine."},
    ]
    (tool,) = chat.tools
    assert tool["function"]["name"] == "find_bus"
    properties = tool["function"]["parameters"]["properties"]
    assert properties["seats"] == {"type": ["integer", "null"]}


def two_calls(first: str, second: str) -> Chat:
    calls = [
        {"id": i, "function": {"name": "find_bus", "arguments": {"to": to}}}
        for i, to in (("a", "Ely"), ("b", "Rye"))
    ]
    messages = [
        {"role": "user", "content": "Both"},
        {"role": "assistant", "content": "A moment.", "tool_calls": calls},
        {"role": "tool", "tool_call_id": first, "content": f"of {first}"},
        {"role": "tool", "tool_call_id": second, "content": f"of {second}"},
        {"role": "assistant", "content": "Done.", "weight": 0},
    ]
    return read_chat({"messages": messages, "tools": [TOOL]}, "row")


def test_results_stand_in_the_order_of_their_calls() -> None:
    assert two_calls("a", "b") == two_calls("b", "a")
    contents = [
        m["content"] for m in two_calls("b", "a").messages if m["role"] == "tool"
    ]
    assert contents == ["of a", "of b"]


def test_calls_that_follow_one_another_are_one_turn() -> None:
    second = json.dumps({"name": "find_bus", "arguments": {"to": "Rye"}})
    chat = read_chat(
        {
            "messages": [
                {"role": "system", "content": "Be brief. <tools></tools> are tags."},
                {"role": "user", "content": "Both"},
                {"role": "assistant", "content": "A moment."},
                {"role": "tool_call", "content": CALL},
                {"role": "tool_call", "content": second},
                {"role": "tool_response", "content": "1"},
                {"role": "tool_response", "content": "2"},
                {"role": "assistant", "content": "Done."},
            ],
            "tools": [TOOL],
        },
        "row",
    )
    roles = [message["role"] for message in chat.messages]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant"]
    assert chat.messages[0]["content"].startswith("Be brief.")
    assert chat.messages[2]["content"] == "A moment."
    to = [c["function"]["arguments"]["to"] for c in chat.messages[2]["tool_calls"]]
    assert to == ["Ely", "Rye"]
    assert [m["content"] for m in chat.messages[3:5]] == ["1", "2"]


def test_words_before_the_tools_are_kept() -> None:
    row = json.loads(json.dumps(FORMS["tags, as published"]))
    system = row["conversations"][0]
    system["value"] = "You serve Acme. " + system["value"]
    first = read_chat(row, "row").messages[0]
    assert first == {"role": "system", "content": "You serve Acme."}


def test_words_beside_calls_and_messages_not_to_learn() -> None:
    chat = two_calls("a", "b")
    assert chat.messages[1]["content"] == "A moment."
    assert len(chat.messages[1]["tool_calls"]) == 2
    assert chat.untrained == {4}


def test_thoughts_before_the_words() -> None:
    row = changed("messages", 3, "content", to="<think>\nNine.\n</think>\n\nAt nine.")
    last = read_chat(row, "row").messages[-1]
    assert last["reasoning_content"] == "Nine."
    assert last["content"] == "At nine."


BAD: dict[str, tuple[Any, str]] = {
    "no object": ([], "expected an object"),
    "neither field": ({"text": "Hi"}, "expected 'messages' or 'conversations'"),
    "no list": (changed("messages", to="Hi"), "field 'messages'"),
    "entry": (changed("messages", 0, to="Hi"), "field 'messages[0]'"),
    "role": (changed("messages", 0, "role", to="usr"), "did you mean 'user'"),
    "no role": (changed("messages", 0, to={"content": "Hi"}), "messages[0].role"),
    "picture": (
        changed("messages", 0, "content", to=[{"type": "image_url"}]),
        "field 'messages[0].content': expected text",
    ),
    "empty": (changed("messages", 3, "content", to=" "), "it is empty"),
    "arguments": (
        changed(
            "messages", 1, "tool_calls", 0, "function", "arguments", to='{"to": "Ely"'
        ),
        "field 'messages[1].tool_calls': expected calls as JSON",
    ),
    "unlisted": (
        changed("messages", 1, "tool_calls", 0, "function", "name", to="find_buss"),
        "did you mean 'find_bus'",
    ),
    "no tools": (changed("tools", to=None), "no tool is listed"),
    "tools": (changed("tools", to="find_bus"), "expected a list of tools"),
    "result of nothing": (
        changed("messages", 1, to={"role": "assistant", "content": "Hm."}),
        "field 'messages[2]': there is no call before it",
    ),
    "no reply": ({"messages": [{"role": "user", "content": "Hi"}]}, "no message of"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_named_with_what_was_expected(name: str, tmp_path: Path) -> None:
    row, told = BAD[name]
    path = tmp_path / "own.jsonl"
    path.write_text(f"{json.dumps(OPENAI)}\n{json.dumps(row)}\n", encoding="utf-8")
    with pytest.raises(DataFormatError) as error:
        list(read_messages(path))
    assert told in str(error.value)
    assert "row 1" in str(error.value)
    assert "\n" not in str(error.value)
    ledger = Ledger("own")
    assert len(list(read_messages(path, on_bad_row="reject", ledger=ledger))) == 1
    assert (ledger.read, ledger.kept) == (2, 1)
    assert ledger.first_rejection().startswith("own.jsonl#1: ")
