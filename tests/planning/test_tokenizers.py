"""`coalm check -c` says of a local tokenizer what makes `oumi train` stop at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.planning.check import check_recipe
from coalm_oumi.planning.findings import Finding
from tests.planning.conftest import Changed

ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"
Edit = Callable[[dict[str, Any], dict[str, Any]], None]
FIELDS = ("model.tokenizer_pad_token", "model.chat_template", "model.model_name")
FIELDS += ("model.tokenizer_name",)
LOCAL = {
    "model.chat_template": "auto",
    "model.tokenizer_pad_token": None,
    "training.per_device_train_batch_size": 2,  # so that there is padding
}
"""What a recipe says of a tokenizer that brings its own."""


def model(folder: Path, edit: Edit) -> Path:
    """Writes the tiny model's folder with its config and tokenizer config changed."""
    folder.mkdir()
    (folder / "tokenizer.json").write_bytes((ASSET / "tokenizer.json").read_bytes())
    contents = [
        json.loads((ASSET / name).read_text())
        for name in ("config.json", "tokenizer_config.json")
    ]
    edit(contents[0], contents[1])
    for name, content in zip(
        ("config.json", "tokenizer_config.json"), contents, strict=True
    ):
        (folder / name).write_text(json.dumps(content))
    return folder


def found(recipe: Path) -> list[Finding]:
    report = check_recipe(str(recipe), [], None)
    return [finding for finding in report.findings if finding.field in FIELDS]


def no_pad(config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    tokenizer.pop("pad_token", None)


def no_template(config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    tokenizer.pop("chat_template")


def broken_template(config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    tokenizer["chat_template"] = "{% for m in messages %}{{ m.content }"


def template_without_replies(config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    tokenizer["chat_template"] = "{{ messages[0].content }}"


def pads_with_the_end(config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    tokenizer["pad_token"] = tokenizer["eos_token"]


def pads_past_the_model(config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    tokenizer["pad_token"] = "<|a new one|>"  # noqa: S105 - no secret


def unchanged(config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
    return


@pytest.mark.parametrize(
    ("edit", "field", "problem", "fix"),
    [
        (
            no_pad,
            FIELDS[0],
            "has no padding token, and Oumi stops without one",
            "Set it to ",
        ),
        (no_template, FIELDS[1], "has no chat template of its own", "llama3-instruct"),
        (broken_template, FIELDS[1], "finds no replies", "Name a template"),
        (template_without_replies, FIELDS[1], "finds no replies", "Name a template"),
        (pads_with_the_end, FIELDS[0], "which ends a turn", "a token of its own"),
        (pads_past_the_model, FIELDS[0], "and the model has", "Set it to "),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_found(
    edit: Edit, field: str, problem: str, fix: str, changed: Changed, tmp_path: Path
) -> None:
    folder = model(tmp_path / "model", edit)

    findings = found(changed("8b_train", {**LOCAL, "model.model_name": str(folder)}))

    assert [(f.level, f.field) for f in findings] == [("error", field)], findings
    assert problem in findings[0].problem
    assert fix in findings[0].fix


@pytest.mark.parametrize(
    ("edit", "changes"),
    [
        (unchanged, {}),
        (no_pad, {"model.tokenizer_pad_token": "<|finetune_right_pad_id|>"}),
        (
            no_pad,
            {"model.tokenizer_kwargs": {"pad_token": "<|finetune_right_pad_id|>"}},
        ),
        (no_template, {"model.chat_template": "llama3-instruct"}),
        (no_pad, {"model.tokenizer_name": str(ASSET)}),
    ],
    ids=["as it is", "named", "in tokenizer_kwargs", "Oumi's template", "another's"],
)
def test_made_right_in_the_recipe(
    edit: Edit, changes: dict[str, Any], changed: Changed, tmp_path: Path
) -> None:
    folder = model(tmp_path / "model", edit)

    recipe = changed("8b_train", {**LOCAL, "model.model_name": str(folder), **changes})

    assert found(recipe) == []


def test_folder_without_a_tokenizer(changed: Changed, tmp_path: Path) -> None:
    folder = model(tmp_path / "model", unchanged)
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()

    findings = found(changed("8b_train", {**LOCAL, "model.model_name": str(folder)}))

    assert [f.field for f in findings] == ["model.model_name"]
    assert "cannot be loaded, so that Oumi stops" in findings[0].problem


def test_code_of_the_folder_is_never_run(changed: Changed, tmp_path: Path) -> None:
    def foreign(config: dict[str, Any], tokenizer: dict[str, Any]) -> None:
        tokenizer["auto_map"] = {"AutoTokenizer": ["evil.Evil", None]}

    folder = model(tmp_path / "model", foreign)
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    recipe = changed(
        "8b_train",
        {**LOCAL, "model.model_name": str(folder), "model.trust_remote_code": True},
    )

    found(recipe)

    assert not (tmp_path / "ran").exists()
