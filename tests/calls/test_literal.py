"""Literals of Python, of JSON, and without quotes."""

from __future__ import annotations

import ast
import json
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import CallSyntaxError
from coalm_oumi.calls.literal import LiteralReader

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner),
    max_leaves=8,
)


def read(text: str) -> Any:
    return LiteralReader(text).value()


@given(values)
def test_what_json_writes_is_read(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert json.dumps(read(text)) == json.dumps(value)


@given(values)
def test_what_python_writes_is_read(value: Any) -> None:
    assert json.dumps(read(repr(value))) == json.dumps(value)


@given(st.text("ab\\'\nxu0174", max_size=12))
def test_a_text_in_quotes_is_read_as_python_reads_it(body: str) -> None:
    quoted = f'"{body}"'
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python frowns on escapes it leaves alone.
            expected = ast.literal_eval(quoted)
        expected.encode("utf-8")
    except (SyntaxError, ValueError):
        return
    assert read(quoted) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("True", True),
        ("false", False),
        ("False", False),
        ("null", None),
        ("None", None),
        ("0", 0),
        ("-12", -12),
        ("+5", 5),
        ("5.0", 5.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1.5e-3", -0.0015),
        ("1e3", 1000.0),
        ('"Ely"', "Ely"),
        ("'Ely'", "Ely"),
        ("''", ""),
        ("Ely", "Ely"),
        ("New York ", "New York"),
        ("2024-05-10", "2024-05-10"),
        ("10:30", "10:30"),
        ("https://ely.example/a", "https://ely.example/a"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("5km", "5km"),
        ("TRUE", "TRUE"),
        ("日本", "日本"),
    ],
)
def test_a_scalar(text: str, expected: Any) -> None:
    found = read(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", []),
        ("[1, 'a', [true, None], ]", [1, "a", [True, None]]),
        ("[New York, Ely]", ["New York", "Ely"]),
        ("(1, 2)", [1, 2]),
        ("(1,)", [1]),
        ("(1)", 1),
        ("()", []),
        ("{}", {}),
        ('{"a": 1, \'b\': {"c": []},}', {"a": 1, "b": {"c": []}}),
        ("{start: 10:30, 2: x}", {"start": "10:30", "2": "x"}),
        ("{'': 1}", {"": 1}),
    ],
)
def test_lists_tuples_and_objects(text: str, expected: Any) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'"a\"b\\c\/d"', 'a"b\\c/d'),
        (r"'it\'s'", "it's"),
        (r'"\n\t\r\b\f"', "\n\t\r\b\f"),
        (r'"\u00e9\xe9\U000000e9"', "ééé"),
        (r'"\ud83c\udf55"', "\U0001f355"),
        (r'"\d+ \101\0"', "\\d+ A\0"),
        ('"two\nlines"', "two\nlines"),
    ],
)
def test_escapes_of_both_languages(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected a value"),
        ("NaN", "NaN is not a value"),
        ("-Infinity", "-Infinity is not a value"),
        ("1e999", "too large a number"),
        ("9" * 4301, "a number of more than 4300 characters"),
        ("0." + "1" * 5000, "a number of more than 4300 characters"),
        (r'"\ud83c"', "half of a surrogate pair"),
        (r'"\U00110000"', "an escape beyond Unicode"),
        ('"abc', "a text in quotes is not closed"),
        ("'abc\\'", "a text in quotes is not closed"),
        ("[1 [2]]", r"expected ',' or '\]'"),
        ("[1, 2", r"the '\[' is not closed"),
        ("{1, 2}", "expected a key and ':'"),
        ("{: 1}", "expected a key and ':'"),
        ("{'a': 1, 'a': 2}", "the key 'a' stands twice"),
        ("os.system('x')", "a call inside another"),
        ("x''", "expected ',' or a bracket behind 'x'"),
    ],
)
def test_other_texts_are_refused(text: str, why: str) -> None:
    with pytest.raises(CallSyntaxError, match=why):
        read(text)


def test_an_integer_as_long_as_allowed_is_read() -> None:
    assert read("9" * 4300) == 10**4300 - 1
