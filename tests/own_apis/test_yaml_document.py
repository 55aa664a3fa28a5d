"""YAML 1.2's core schema: what a plain scalar is, and what keys and aliases may be."""

from __future__ import annotations

import json
import math
import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalm_oumi.own_apis.yaml_document import read_yaml

# Section 10.3.2 of YAML 1.2.2, as it is written there.
INT = re.compile(r"[-+]?[0-9]+")
OCTAL = re.compile(r"0o[0-7]+")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def meant(text: str) -> Any:
    """What a plain scalar means."""
    if text in ("null", "Null", "NULL", "~", ""):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if INT.fullmatch(text):
        return int(text)
    if OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


def same(found: Any, expected: Any) -> bool:
    return type(found) is type(expected) and found == expected


NUMBERLIKE = st.text("0123456789abcdefox_+-.:eE", min_size=1, max_size=8).filter(
    lambda text: (
        text[0] not in "-:"
        and not re.search(r":$", text)
        and not text.startswith("...")
        and not re.fullmatch(r"[-+]?\.(inf|nan)|.*e.*\d{3,}", text, re.IGNORECASE)
    )
)
WORDS = st.sampled_from(
    [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "Yes",
        "NO",
        "On",
        "OFF",
        "true",
        "True",
        "tRUE",
        "null",
        "Null",
        "nULL",
        "~",
        "=",
        "<<",
        "inf",
        "nan",
        "08:00",
        "10:00",
        "1:10.5",
        "190:20:30",
        "010",
        "0o10",
        "0O10",
        "0b11",
        "0x1F",
        "0X1F",
        "1_000",
        "1_000.5",
        "1e3",
        "1.e5",
        ".5",
        "5.",
        "-.5",
        "+12",
        "12e",
        "2026-05-01",
        "2026-05-01T10:00:00Z",
        "1.2.3",
        "_1",
        "0_",
        "._1",
        ".e1",
        "+",
    ]
)


@ANY_SPEED
@given(NUMBERLIKE | WORDS)
def test_a_plain_scalar_is_what_the_core_schema_says(text: str) -> None:
    assert same(read_yaml(text), meant(text))
    assert same(read_yaml(f"a: {{b: [{text}, x]}}")["a"]["b"][0], meant(text))
    assert same(read_yaml(f"- {text} # remark\n- b")[0], meant(text))


@ANY_SPEED
@given(NUMBERLIKE | WORDS)
def test_a_quoted_scalar_is_text_and_a_key_is_as_it_is_written(text: str) -> None:
    assert read_yaml(f"'{text}'") == text
    assert read_yaml(f'{{"{text}": !!str {text}}}') == {text: text}
    assert read_yaml(f"{text}: 1") == {text: 1}


@ANY_SPEED
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        # A key of YAML ends within 1,024 characters, of which one takes up to 12 in JSON.
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=80), inner),
        max_leaves=20,
    )
)
def test_json_is_yaml(value: Any) -> None:
    assert read_yaml(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("responses: {200: a, 4XX: b}", {"responses": {"200": "a", "4XX": "b"}}),
        (
            "on: 1\nno: 2\ntrue: 3\n1.10: 4\n~: 5",
            dict(zip(("on", "no", "true", "1.10", "~"), range(1, 6), strict=True)),
        ),
        (
            "a: &a {k: 1, l: 2}\nb: {<<: *a, k: 3}",
            {"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}},
        ),
        ("[&a {k: 1}, {<<: [*a, {k: 2, l: 3}]}]", [{"k": 1}, {"k": 1, "l": 3}]),
        ("{<<: {k: 1}}", {"<<": {"k": 1}}),
        ("<<: text", {"<<": "text"}),
        ("'<<': {k: 1}", {"<<": {"k": 1}}),
        ("[http://x?a=1, ?b, a?b, :c]", ["http://x?a=1", "?b", "a?b", ":c"]),
        ('{"a":1,"b":[1],"c":{"d":2}}', {"a": 1, "b": [1], "c": {"d": 2}}),
        ("!!int 010", 10),
        ("!!float 1", 1.0),
        ("! 10", "10"),
        ("!!null ''", None),
        ("|\n  10:00\n", "10:00\n"),
        ("a:\n- &x [1]\n- *x", {"a": [[1], [1]]}),
        ("", None),
        ("# nothing", None),
    ],
)
def test_documents(text: str, value: Any) -> None:
    assert read_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\nb: 2\na: 3", "at line 3, column 1: the key 'a' stands twice"),
        ("200: a\n'200': b", "the key '200' stands twice"),
        ("x: {a: 1, b: {c: 1, c: 1}}", "the key 'c' stands twice"),
        ("a: &a [*a]", "an alias holds itself"),
        ("a: &a {b: {c: *a}}", "an alias holds itself"),
        ("&a {<<: *a}", "an alias holds itself"),
        ("{[a]: b}", "a key is no text"),
        ("? {a: b}\n: c", "a key is no text"),
        ("a: .inf", "inf is no number of JSON"),
        ("a: -.INF", "inf is no number of JSON"),
        ("a: 1e999", "'1e999': the number is too large"),
        ("a: " + "9" * 5000, "Exceeds the limit"),
        ("a: !!bool yes", "'yes' is no bool of YAML 1.2"),
        ("a: !!timestamp 2026-05-01", "nothing for the tag '!!timestamp'"),
        ("a: !!set {b}", "nothing for the tag '!!set'"),
        ("a: !mine b", "nothing for the tag '!mine'"),
        ("a: 1\n---\nb: 2", "another document"),
        ("- " * 300 + "a", "nested too deeply"),
        ("[" * 3000, "nested too deeply"),
        ('a: "\\ud83d"', "half of a surrogate pair"),
        ("a: \0", "special characters are not allowed"),
    ],
)
def test_what_json_cannot_hold_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)) as raised:
        read_yaml(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("form", ["[{}]", "{{<<: [{}]}}", "{{k: [{}], l: 1}}"])
def test_aliases_that_multiply_are_refused_at_once(form: str) -> None:
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, 30):
        below = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} {form.format(below)}")
    began = time.monotonic()
    with pytest.raises(ValueError, match="aliases repeat more than 200,000 values"):
        read_yaml("\n".join(lines))
    assert time.monotonic() - began < 5
