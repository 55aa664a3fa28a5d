"""Replies to mutate, and patterns that make careless readers fail or take long."""

from __future__ import annotations

import random

SEEDS = (
    '[find_bus(to="Ely", seats=[1, 2]), clock()]',
    '```json\n[{"name": "find_bus", "arguments": {"to": "Ely", "n": 1.5e3}}]\n```',
    '[{"type": "function", "function": {"name": "f", "arguments": "{\\"a\\": 1}"}}]',
    "Thought: The port is known.\nAction: get-weather(city='Ely', day=None)\n"
    "Observation: nine\nSystem: Done.",
    '<think>\nNot [clock()] (it\'s "odd").\n</think>\n\nAction: clock()',
    'System: {"domain": "GetWeather", "slot_values": {"city": "Ely"}}',
    '{"tool_calls": [{"name": "AddAlarm", "parameters": {"time": "07:00"}}]}',
    'Thought: I call.\nAPI Name: query_hotels\nAPI Input: {"area": "east"}\nAPI Result:',
    "Response: It is cheap.\n[User]\nThanks",
    '```json\n{"hotel": {"area": "east", "stars": 4}, "train-day": "friday"}\n```',
    "User: Is it open?\n**Thought 1:** So.\nAPI Name: `Ask`\nAPI Input: 'a': 'b', c: 2\n"
    "API Result: - x: 1\n- y: 2\nThought2: b\nSystem: It is.",
    '[{"turn": 1, "thought": "It is asked.", "response": "It is."}]',
    "\u0130\u017f\u212a \ufb06 \u0663\u00b2 \u57ce\u5e02 Moving Average (MA)(days=5)",
)
FRAGMENTS = (
    *"[](){}<>\"'`\\,:;=-+.#*_ \n\t\r\0/|@!?%",
    *(
        "<think>",
        "</think>",
        "```",
        "```json\n",
        "\n\n",
        '\\"',
        "\\u",
        "\\ud800",
        "\\x",
    ),
    *(
        "Action:",
        "Action: ",
        "System:",
        "Thought:",
        "User:",
        "Observation:",
        "Response:",
    ),
    *("API Name:", "API Input:", "API Result:", "[User]", "[assistant]", "Assistant:"),
    *(
        "clock(",
        "clock()",
        "[clock()",
        "find_bus(to=",
        "get-weather(",
        "f(a=1)",
        "a=",
        "a:",
    ),
    *(
        '{"name": ',
        '"arguments": ',
        '"parameters": {',
        '[{"name": "f"}',
        '"a": 1',
        "{{",
    ),
    *("None", "null", "true", "NaN", "Infinity", "1e999", "0x1", "007", "9" * 50, "-1"),
    *(
        "\u017f",
        "\u212a",
        "\u0130",
        "\u00b2",
        "\u0663",
        "\ufb01",
        "\ud800",
        "\U0001f389",
    ),
    *(
        "\u2028",
        "\x85",
        "\x1c",
        "\xa0",
        "import",
        "lambda x: x",
        "f'{x}'",
        "b'x'",
        "**a",
    ),
    *(
        '{"domain": "a", "slot_values": {',
        '"thought": "x"',
        '{"hotel": {"area": "east"}}',
    ),
)
PATTERNS = (
    # A unit to repeat, or a head, a unit and a tail.
    *(
        "[",
        "(",
        "{",
        "]",
        ")",
        "}",
        '"',
        "'",
        "\\",
        ",",
        "=",
        ":",
        "-",
        "#",
        "`",
        "*",
        "<",
    ),
    *(
        " ",
        "\n",
        "\t",
        " \n",
        "\r\n",
        "a",
        "1",
        "9.",
        "\u00e9",
        "\u57ce",
        "\u0130",
        "_",
        ".",
    ),
    *(
        "<think>",
        "</think>",
        "<think></think>",
        "<think>a",
        "</think>a",
        "<thi",
        "(<think>",
    ),
    *(
        "[a",
        "[a(",
        "[f()",
        "[f(),",
        "f(",
        "f()",
        "f(a=1)",
        "[f(a=1)]",
        "[f(a=1)",
        "f() (",
    ),
    *(
        "a=",
        "a=1,",
        "a=1, ",
        "a:1,",
        "a: ",
        "a: b\n",
        "a b ",
        "(a)",
        "() ",
        "((",
        '["',
        "['",
    ),
    *(
        '{"a":',
        '[{"a":',
        '{"a":1},',
        '[{"name":"f"},',
        '{"name": "f"}',
        '{"a"',
        "[{",
        "[{}",
    ),
    *(
        "Action:",
        "Action:\n",
        "Action: f(",
        "Action: f()\n",
        "Action: f()",
        "\nAction: a(b",
    ),
    *(
        "Thought:\n",
        "Thought: a\n",
        "System: a\n",
        "User: a\nSystem: b\n",
        "Observation:\n",
    ),
    *(
        "User: a\nThought: b\nAPI Name: F\nAPI Input: {}\nAPI Result: {}\nThought: c\n",
        "User:",
    ),
    *(
        "API Name: F\n",
        "API Input: {\n",
        "API Result:\n",
        "Response:\n",
        "API Name:",
        "Thought ",
    ),
    *(
        "API Input: a=1\n",
        "```",
        "```\n",
        "```json\n",
        "``",
        "[User]",
        "[user]\n",
        "**a:**",
    ),
    *(
        "- a: b\n",
        "1. ",
        "1. f(a)\n",
        "#\n",
        "#a\n",
        "\\n",
        '\\"',
        "\\\\'",
        '"a" "b" ',
        "'a',",
    ),
    *(
        "f(a='",
        '[f(a="',
        "'''",
        '"""',
        "-1",
        "+-",
        "1,",
        "1 ",
        "1-1-",
        "10:30 ",
        "\u0663",
    ),
    *(
        "exit ",
        "clock",
        "clock(",
        "[clock(",
        "clock()",
        "get-",
        "Moving Average (MA)",
        "[Mov",
    ),
    ("Action: f(", "a=1, ", ")"),
    ("Action: f(a=", "[", ""),
    ("Action: f(a=", "-", "1)"),
    ("Action: f(a='", "\\'", "')"),
    ("Action: f(a=", "1+", "1)"),
    ("Action: f(", "a.", ")"),
    ("Action: f(a=", "'b' ", ")"),
    ("Action: f(a=", "{'a': ", ""),
    ("Action: f(a=", "{**", ""),
    ("Action: f(", "(lambda:", ""),
    ("Action: f(", "f(", ""),
    ("Action: f(#", "\n#", ""),
    ("Action:", " ", "f()"),
    ("[f(a=", "[", ""),
    ("[f(a=", "[1, ", ""),
    ("[f(a=", "b c ", ")]"),
    ('[f(a="', "\\\\", '")]'),
    ("[f", "(a)", "(b=1)]"),
    ("[f(a=1)", " ", "]"),
    ("[f(", "'a' ", ")]"),
    ("[", "f(a=1), ", "]"),
    ("[f(a=1)", ", ", "]"),
    ("[", " ", "f(a=1)]"),
    ("```", " ", "[f(a=1)]"),
    ("```\n[f(a=1)]", "\n", "```"),
    ("[", '{"name": "f", "arguments": {}}, ', '{"name": "f"}]'),
    ('[{"name": "f", "arguments": {', '"a": 1, ', '"b": 1}}]'),
    ('[{"name": "f", "arguments": {', '"a": 1, ', '"a": 1}}]'),
    ('[{"name": "f", "arguments": {"a": "', "\\u00e9", '"}}]'),
    ('{"domain": "a", "slot_values": {', '"b": "c", ', '"b": "c"}}'),
    ('{"hotel": {', '"area": "east", ', '"area": "west"}}'),
    ("Thought: ", "a ", "\nAction: clock()"),
    ("Thought: ", "a\n", "Action: clock()"),
    ("System: ", " ", "a"),
    ("<think>", "a [f(", "</think>[clock()]"),
    ("API Name: f\nAPI Input: ", '{"a": ', ""),
    ("User: a\nThought: b\nAction: F(", "a=1, ", ")\nSystem: c"),
    ("User: a\nThought: b\nAPI Name: F\nAPI Input: ", "a: 'b ", "\nSystem: c"),
    ("User: a\nThought: b\nAPI Name: F\nAPI Input: ", "a=[, ", "\nSystem: c"),
    ("User: a\nThought: b\nAPI Name: ", "F ", "\nSystem: c"),
    ("User: a\nThought: b\nSystem: ", "API Name: ", "c"),
)


def pattern_text(pattern: str | tuple[str, str, str], size: int) -> str:
    """A pattern as a text of about so many characters."""
    head, unit, tail = ("", pattern, "") if isinstance(pattern, str) else pattern
    return head + unit * (size // len(unit)) + tail


def mutated(draw: random.Random) -> str:
    """A reply of which parts are gone, doubled, moved, or replaced by fragments."""
    text = draw.choice(SEEDS)
    for _ in range(draw.randint(1, 8)):
        start = draw.randint(0, len(text))
        end = min(len(text), start + draw.choice((0, 0, 1, 1, 3, 10, 40)))
        kind = draw.randint(0, 5)
        if kind == 0:
            new = ""
        elif kind == 1:
            new = text[start:end] * draw.randint(2, 5)
        elif kind == 2:
            other = draw.choice(SEEDS)
            at = draw.randint(0, len(other))
            new = other[at : at + draw.randint(1, 60)]
        else:
            new = "".join(draw.choices(FRAGMENTS, k=draw.randint(1, 4)))
        text = text[:start] + new + text[end:]
    return text
