"""JSON read strictly."""

from __future__ import annotations

import pytest

from coalm_oumi.calls.strict_json import dumps, loads, raw_decode


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ('[{"a": 1}', "delimiter"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ('[{"b": {"a": 1, "a": 1}}]', "the key 'a' stands twice"),
        ("NaN", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ("1e999", "too large"),
        ("[-1e999]", "too large"),
        ("9" * 5000, "limit"),
        ("[" * 100_000, "too deeply"),
        ("[" * 201 + "]" * 201, "too deeply"),
        ('{"a": [' * 101 + "0" + "]}" * 101, "too deeply"),
        ('{"a":' * 100_000, "too deeply"),
        (r'"\ud800"', "surrogate"),
        (r'{"\uDFFF": 1}', "surrogate"),
        ('["\ud83c"]', "surrogate"),
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(
    text: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        loads(text)
    with pytest.raises(ValueError, match=why):
        raw_decode(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[]", []),
        (' {"b": 1, "a": [true, null, 1.5]} ', {"b": 1, "a": [True, None, 1.5]}),
        (r'"\ud83c\udf55"', "\U0001f355"),
        ('"\U0001f355"', "\U0001f355"),
        (r'"\\ud800"', r"\ud800"),
        ("1e-400", 0.0),
    ],
)
def test_json_is_read_as_it_stands(text: str, value: object) -> None:
    assert loads(text) == value


def test_what_is_read_can_be_written_again_however_deep_it_is() -> None:
    text = '{"a": [' * 50 + "0" + "]}" * 50
    assert dumps(loads(text)) == text
    assert loads('"' + "[" * 500 + '"') == "[" * 500


def test_many_keys_of_which_one_stands_twice_are_read_once() -> None:
    # Quadratic time would not end here.
    keys = ", ".join(f'"{number}": 0' for number in range(200_000))
    with pytest.raises(ValueError, match="the key '199999' stands twice"):
        loads(f'{{{keys}, "199999": 1}}')


def test_keys_keep_their_order() -> None:
    assert list(loads('{"b": 1, "a": 2}')) == ["b", "a"]


def test_raw_decode_ends_behind_the_value() -> None:
    text = r'x {"a": [1]} "\ud800"'
    assert raw_decode(text, 2) == ({"a": [1]}, 12)


def test_json_is_written_like_the_published_rows() -> None:
    written = dumps([{"a": "é\U0001f355", "b": [1, 2.0, None, True]}])
    assert written == r'[{"a": "\u00e9\ud83c\udf55", "b": [1, 2.0, null, true]}]'


def test_what_is_not_json_is_not_written() -> None:
    with pytest.raises(ValueError):
        dumps(float("nan"))
