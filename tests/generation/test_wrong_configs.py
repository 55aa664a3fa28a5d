"""A config that cannot be used ends in one message that names the field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.cra.generate.config import read_config
from coalm_oumi.cra.generate.run import generate
from coalm_oumi.errors import CoalmError
from tests.generation.conftest import Read, Write

PRICES = {"input": 1.0, "output": 2.0, "as_of": "2026-11-21"}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"cra__mod": "paper"}, r"cra\.mod.*did you mean 'mode'"),
        ({"cra__mode": "best"}, r"cra\.mode.*'paper' or 'grounded'"),
        ({"cra__mode": None}, r"cra\.mode.*required"),
        ({"cra__output_dir": None}, r"cra\.output_dir.*required"),
        ({"cra__limit": 0}, r"cra\.limit.*greater than or equal to 1"),
        ({"cra__max_cost_usd": 1.0}, r"cra\.max_cost_usd.*without prices"),
        (
            {"cra__prices": {"input": 1.0, "output": 2.0}},
            r"cra\.prices\.as_of.*required",
        ),
        ({"cra__prices": {**PRICES, "currency": "EUR"}}, r"cra\.prices\.currency"),
        ({"cra__prices": {**PRICES, "input": -1}}, r"cra\.prices\.input"),
        ({"cra__rephrase": True}, r"cra\.rephrase.*mode paper"),
        ({"cra__source": "own"}, r"cra\.source.*catalogue and dialogues"),
        ({"cra__catalogue": "x.yaml"}, "source: own"),
        ({"cra__reject": ["typos"]}, r"cra\.reject"),
        ({"cra": None}, r"'cra'.*no such block"),
        ({"cra__batch": {}, "engine": "NATIVE"}, r"cra\.batch.*NATIVE has no batch"),
        ({"remote_params__num_worker": 3}, "num_worker"),
        ({"engine": "OPEN_AI"}, "OPEN_AI"),
    ],
)
def test_wrong_field(config_file: Write, fields: dict[str, Any], why: str) -> None:
    path = config_file(**fields)
    with pytest.raises(CoalmError, match=why) as caught:
        read_config(str(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(CoalmError, match="not found"):
        read_config(str(tmp_path / "none.yaml"))


def test_a_field_can_be_changed(config_file: Write) -> None:
    config = read_config(str(config_file()), ["cra.limit=3", "generation.seed=7"])
    assert config.options.limit == 3
    assert config.inference.generation.seed == 7


def test_a_folder_that_cannot_be_written(config: Read, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CoalmError, match="cannot be written to"):
        generate(config(cra__output_dir=str(tmp_path / "file/run")))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("localhost:8000/v1", "expected an address"),
        ("http://127.0.0.1:9/v1/chat/completions", "nothing answers at 127.0.0.1:9"),
    ],
)
def test_wrong_address(config: Read, url: str, why: str) -> None:
    with pytest.raises(CoalmError, match=why):
        generate(config(remote_params__api_url=url))


def test_the_key_is_not_set(config: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THE_KEY", raising=False)
    with pytest.raises(CoalmError, match="the environment variable THE_KEY is not set"):
        generate(config(remote_params__api_key_env_varname="THE_KEY"))


def test_no_data(config: Read, tmp_path: Path) -> None:
    with pytest.raises(CoalmError, match="no train"):
        generate(config(cra__path=str(tmp_path)))


def test_the_config_that_is_shipped(repository: Path) -> None:
    config = read_config(str(repository / "configs/cra_generate.yaml"))
    assert config.engine_name == "OPENAI"
    assert config.options.mode == "grounded"
    assert config.options.max_cost_usd == 5
