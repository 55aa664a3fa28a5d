"""Options are taken as they are, and what is wrong with one is told in a line."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import pytest

from coalm_oumi.errors import OptionError
from coalm_oumi.options import Options


@dataclass(frozen=True, kw_only=True)
class ToyOptions(Options):
    """Options of each kind that datasets and benchmarks have."""

    recipe_field: ClassVar[str] = "toy_kwargs"

    split: Literal["test", "validation"] = "test"
    data: str | None = None
    copies: int = field(default=1, metadata={"ge": 1})
    limit: int | None = field(default=None, metadata={"ge": 1})
    ratio: float = field(default=0.5, metadata={"ge": 0, "le": 1})
    example: bool = True
    names: list[str] | None = None
    anything: Any = ()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"split": "validation", "data": "folder", "copies": 2, "limit": 3},
        {"ratio": 1, "example": False, "names": ["a"], "anything": object},
        {"data": None, "limit": None, "names": None},
    ],
)
def test_what_is_right_is_taken_as_it_is(given: dict[str, Any]) -> None:
    options = ToyOptions.read(given)

    assert {name: getattr(options, name) for name in given} == given


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"split": "tset"}, "'split': 'tset' is unknown; did you mean 'test'?"),
        ({"split": None}, "'split': 'None' is unknown"),
        ({"split": ["test"]}, "Expected one of: test, validation"),
        ({"data": 3}, "'data': expected text, found 3"),
        ({"copies": True}, "'copies': expected a whole number from 1, found True"),
        ({"copies": 1.0}, "'copies': expected a whole number from 1, found 1.0"),
        ({"copies": 0}, "'copies': expected a whole number from 1, found 0"),
        ({"copies": None}, "'copies': expected a whole number from 1, found None"),
        ({"limit": "3"}, "'limit': expected a whole number from 1, found '3'"),
        ({"ratio": 66.7}, "'ratio': expected 0 to 1, found 66.7"),
        ({"ratio": "half"}, "'ratio': expected a number, found 'half'"),
        ({"example": 1}, "'example': expected true or false, found 1"),
        ({"example": "no"}, "'example': expected true or false, found 'no'"),
        ({"names": "a"}, "'names': "),
        ({"names": ["a", 1]}, "'names': expected text, found 1"),
        ({"splt": "test"}, "'toy_kwargs': 'splt' is unknown; did you mean 'split'?"),
    ],
)
def test_what_is_wrong_is_told(given: dict[str, Any], told: str) -> None:
    with pytest.raises(OptionError) as raised:
        ToyOptions.read(given)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_plain_values_are_checked_without_pydantic() -> None:
    script = (
        "import sys\n"
        "from tests.test_options import ToyOptions\n"
        "sys.modules['pydantic'] = None\n"
        "ToyOptions(split='validation', data='folder', example=False, anything=3)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
