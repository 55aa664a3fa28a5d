"""Mistakes in recipes that `coalm check` finds, each with the fix that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.planning.check import check_recipe
from coalm_oumi.planning.findings import Finding
from coalm_oumi.planning.hardware import parse_hardware
from tests.planning.conftest import Changed
from tests.planning.mistake import Mistake
from tests.planning.mistakes_data import COALM, DATA
from tests.planning.mistakes_model import MODEL
from tests.planning.mistakes_multiwoz import MULTIWOZ
from tests.planning.mistakes_serving import SERVING
from tests.planning.mistakes_speed import SPEED
from tests.planning.mistakes_training import TRAINING

GROUPS = (MODEL, DATA, TRAINING, SPEED, SERVING, MULTIWOZ)
MISTAKES = {name: mistake for group in GROUPS for name, mistake in group.items()}


def test_each_mistake_has_a_name_of_its_own() -> None:
    assert len(MISTAKES) == sum(map(len, GROUPS))


def found(path: object, mistake: Mistake) -> list[Finding]:
    hardware = parse_hardware(mistake.hardware) if mistake.hardware else None
    report = check_recipe(str(path), [], hardware, mistake.global_batch)
    return [f for f in report.findings if f.field == mistake.place]


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_found_with_its_fix(mistake: Mistake, changed: Changed) -> None:
    findings = found(changed(mistake.recipe, mistake.changes), mistake)

    texts = [(f.level, f.problem, f.fix) for f in findings]
    assert any(
        level == mistake.level and mistake.problem in problem and mistake.fix in fix
        for level, problem, fix in texts
    ), texts


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_not_found_without_the_mistake(mistake: Mistake, changed: Changed) -> None:
    if not mistake.changes:
        pytest.skip("the mistake is in the hardware, not in the recipe")

    findings = found(changed(mistake.recipe, {}), mistake)

    assert not [f for f in findings if mistake.problem in f.problem]


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("8b_train", {"model.model_max_lenght": 512}, "model_max_lenght"),
        ("8b_train", {"training.num_train_epochs": "three"}, "three"),
        ("405b_train", {"fsdp.sharding_strategy": "SHARD"}, "SHARD"),
        ("8b_train", {"model.attn_implementation": "flash_attention_2"}, "sdpa"),
        (
            "8b_train",
            {"data.train.datasets": [{**COALM, "dataset_path": "/path/to/data"}]},
            "Leave dataset_path out",
        ),
        ("8b_train", {"peft.lora_target_modules": "all-linear"}, "Write it as a list"),
        ("8b_train", {"training.per_device_train_batch_size": 0}, "Set it to 1"),
        ("8b_train", {"model.torch_dtype_str": "bf61"}, "bf61"),
    ],
    ids=[
        "field",
        "kind of value",
        "strategy",
        "attention that is not there",
        "path",
        "targets as a word",
        "batch of nothing",
        "unknown dtype",
    ],
)
def test_what_oumi_does_not_accept_ends_in_one_error(
    name: str, changes: dict[str, Any], expected: str, changed: Changed
) -> None:
    from oumi.exceptions import OumiConfigError

    with pytest.raises((CoalmError, OumiConfigError), match=expected):
        check_recipe(str(changed(name, changes)), [], None)


def test_checkpoint_of_another_recipe(changed: Changed, tmp_path: Path) -> None:
    folder = tmp_path / "output/checkpoint-500"
    folder.mkdir(parents=True)
    config = {"base_model_name_or_path": "meta-llama/Llama-3.1-8B-Instruct", "r": 8}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    recipe = changed("8b_train", {"training.output_dir": str(folder.parent)})

    (finding,) = check_recipe(str(recipe), [], None).findings
    assert finding.field == "training.output_dir"
    assert "of another recipe (rank 8)" in finding.problem
    assert "another folder" in finding.fix

    (folder / "adapter_config.json").write_text(json.dumps({**config, "r": 16}))
    assert check_recipe(str(recipe), [], None).findings == ()
