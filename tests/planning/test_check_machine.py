"""`coalm check -c` says what would stop a recipe on this machine, and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest

from coalm_oumi.planning.check import check_recipe
from coalm_oumi.planning.findings import Finding
from coalm_oumi.planning.machine import HubAnswer, Machine
from tests.planning.conftest import RECIPES, Changed

ASSET = RECIPES.parent / "tests/assets/tiny_llama"
SERVER = "http://localhost:8000/v1/chat/completions"


def machine(**facts: Any) -> Machine:
    """A machine that has all, but for the facts given."""
    given: dict[str, Any] = {
        "gpus": 8,
        "environment": {},
        "has_package": lambda name: True,
        "has_program": lambda name: True,
        "why_silent": lambda address: "",
        "hub": lambda name, revision: HubAnswer("open"),
        "cached": lambda name, revision: None,
        **facts,
    }
    return Machine(**given)


def without(*names: str) -> Any:
    """Says that there is everything but these."""
    return lambda name: name not in names


@pytest.fixture(autouse=True)
def _no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COALM_DATA_DIR", raising=False)
    assert huggingface_hub.constants.HF_HUB_OFFLINE  # read once; the data's is below
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "cache"))


def found(recipe: Path | str, here: Machine, *changes: str) -> list[Finding]:
    return list(check_recipe(str(recipe), list(changes), None, None, here).machine)


def told(recipe: Path | str, here: Machine, *changes: str) -> dict[str, str]:
    """What is said of each field: level, problem and fix."""
    return {
        f.field: f"{f.level}: {f.problem} {f.fix}"
        for f in found(recipe, here, *changes)
    }


def test_a_machine_that_has_all(changed: Changed) -> None:
    recipe = changed("8b_train", {"data.train.datasets": _embedded("coalm/snips_dst")})

    assert found(recipe, machine()) == []


def _embedded(name: str, on_missing: str = "embedded") -> list[dict[str, Any]]:
    return [{"dataset_name": name, "dataset_kwargs": {"on_missing": on_missing}}]


def test_no_gpu_for_a_training_on_eight() -> None:
    text = told(RECIPES / "8b_train.yaml", machine(gpus=0))["hardware"]

    assert "no GPU here, and the recipe is for 8xH100-80GB" in text
    assert "configs/jobs/" in text


def test_a_small_model_needs_no_gpu() -> None:
    changes = f"model.model_name={ASSET}"

    assert "hardware" not in told(RECIPES / "8b_train.yaml", machine(gpus=0), changes)
    assert "hardware" not in told(RECIPES / "smol_train.yaml", machine(gpus=0))


def test_no_vllm_and_no_gpu_for_it() -> None:
    here = machine(gpus=0, has_package=without("vllm"))

    text = told(RECIPES / "8b_infer.yaml", here)

    assert "Run `pip install 'coalm-oumi[gpu]'`" in text["engine"]
    assert "set engine: NATIVE" in text["engine"]
    assert "vLLM needs one" in text["hardware"]
    text = told(RECIPES / "8b_evaluate.yaml", here)
    assert "set inference_engine: NATIVE" in text["inference_engine"]


@pytest.mark.parametrize(
    ("recipe", "package", "field", "changes"),
    [
        ("8b_train_qlora", "bitsandbytes", "peft.q_lora", ()),
        ("8b_train", "tensorboard", "training.enable_tensorboard", ()),
        ("8b_train", "wandb", "training.enable_wandb", ("training.enable_wandb=true",)),
        (
            "8b_train",
            "mlflow",
            "training.enable_mlflow",
            ("training.enable_mlflow=true",),
        ),
    ],
)
def test_no_package(
    recipe: str, package: str, field: str, changes: tuple[str, ...]
) -> None:
    path = RECIPES / f"{recipe}.yaml"
    text = told(path, machine(has_package=without(package)), *changes)

    assert "which is not installed. Run `pip install" in text[field]


def test_no_folder_and_the_recipe_that_makes_it() -> None:
    text = told(RECIPES / "8b_evaluate.yaml", machine())["model.model_name"]

    assert "there is no folder 'output/8b_merged' here" in text
    assert (
        "oumi train -c recipes/8b_train.yaml, then coalm merge output/8b --output "
        "output/8b_merged"
    ) in text


@pytest.mark.parametrize("name", ["/nope/here", "./none", "a/b/c", "tests/none"])
def test_no_folder_that_no_recipe_makes(name: str) -> None:
    recipe = RECIPES / "smol_infer.yaml"

    text = told(recipe, machine(), f"model.model_name={name}")["model.model_name"]

    assert f"there is no folder '{name}' here. Correct the path" in text


def test_folder_without_a_model(tmp_path: Path) -> None:
    recipe, change = RECIPES / "smol_infer.yaml", f"model.model_name={tmp_path}"
    (tmp_path / "checkpoint-500").mkdir()
    (tmp_path / "checkpoint-1000").mkdir()

    text = told(recipe, machine(), change)["model.model_name"]
    assert "no config.json. Its last checkpoint is checkpoint-1000." in text

    config = (ASSET / "config.json").read_text()
    (tmp_path / "config.json").write_text(config)
    text = told(recipe, machine(), change)["model.model_name"]
    assert "holds no weights" in text


@pytest.mark.parametrize(
    ("answer", "environment", "expected"),
    [
        (HubAnswer("gated", "403"), {}, "there is no token here. Accept the licence"),
        (
            HubAnswer("gated", "403 Forbidden"),
            {"HF_TOKEN": "hf_x"},
            "to the owner of your token: 403 Forbidden",
        ),
        (HubAnswer("offline"), {}, "cannot be told. Unset HF_HUB_OFFLINE"),
        (HubAnswer("no answer", "no route"), {}, "does not answer (no route)"),
        (HubAnswer("unknown name"), {}, "knows no model of that name"),
    ],
    ids=lambda value: value.access if isinstance(value, HubAnswer) else None,
)
def test_model_of_the_hub_that_cannot_be_had(
    answer: HubAnswer,
    environment: dict[str, str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    here = machine(hub=lambda name, revision: answer, environment=environment)

    text = told(RECIPES / "8b_train.yaml", here)["model.model_name"]

    assert expected in text
    assert text.startswith("warning" if answer.access == "no answer" else "error")


@pytest.mark.parametrize("verb", ["train", "infer", "evaluate"])
def test_no_padding_token(verb: str, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((ASSET / name).read_bytes())
    path = tmp_path / "tokenizer_config.json"
    tokenizer = json.loads(path.read_text())
    del tokenizer["pad_token"]
    path.write_text(json.dumps(tokenizer))
    recipe = str(RECIPES / f"smol_{verb}.yaml")
    field = "model.tokenizer_pad_token"

    def pads(*changes: str) -> list[str]:
        given = [f"model.model_name={tmp_path}", *changes]
        findings = check_recipe(recipe, given, None, None, machine()).findings
        problems = [f.problem for f in findings if f.field == field]
        return [text for text in problems if "has no padding token" in text]

    (problem,) = pads()
    assert "and Oumi stops without one" in problem
    assert pads(f"{field}=<|pad|>") == []


def test_llama_of_which_oumi_knows_no_padding_token() -> None:
    recipe = str(RECIPES / "70b_train.yaml")
    field = "model.tokenizer_pad_token"

    report = check_recipe(recipe, [f"{field}=null"], None, None, machine())

    (finding,) = [f for f in report.findings if f.field == field]
    assert finding.fix == "Set it to <|finetune_right_pad_id|>."


def test_missing_sources_by_dataset_and_task(changed: Changed) -> None:
    datasets = [
        *_embedded("coalm/snips_dst", "download"),
        *_embedded("coalm/hammer_masked", "download"),
        *_embedded("coalm/toolace", "error"),
    ]
    text = told(changed("8b_train", {"data.train.datasets": datasets}), machine())

    snips = text["data.train.datasets[0]: coalm/snips_dst"]
    assert snips.startswith(
        "warning: source 'snips_split' is not here; it is downloaded"
    )
    assert (
        "error: source 'toolace' is not here. Run `coalm download toolace`"
        in (text["data.train.datasets[2]: coalm/toolace"])
    )
    recipe = changed("8b_train", {"data.train.datasets": [datasets[1]]})
    gated, open_ = [f for f in found(recipe, machine()) if "datasets" in f.field]
    assert (gated.level, open_.level) == ("error", "warning")
    assert "it is gated: the command says how to get access" in gated.fix

    text = told(RECIPES / "8b_evaluate.yaml", machine())
    assert "source 'api_bank' is not here" in text["tasks[1]: api_bank"]


def test_offline_a_missing_source_stops_the_run(
    monkeypatch: pytest.MonkeyPatch, changed: Changed
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = _embedded("coalm/snips_dst", "download")

    (finding,) = found(
        changed("8b_train", {"data.train.datasets": datasets}), machine()
    )

    assert finding.level == "error"
    assert "Unset HF_HUB_OFFLINE, then run `coalm download snips_split`" in finding.fix


def test_no_uv_for_bfcl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COALM_BFCL_PYTHON", raising=False)
    here = machine(has_package=without("uv"), has_program=without("uv"))

    text = [f for f in found(RECIPES / "8b_evaluate.yaml", here) if "uv" in f.problem]
    assert [(f.level, f.field) for f in text] == [("error", "tasks[2]: bfcl_v3")]
    assert "pip install uv" in text[0].fix

    text = [f for f in found(RECIPES / "smol_evaluate.yaml", here) if "uv" in f.problem]
    assert [f.level for f in text] == ["warning"]
    assert "left out" in text[0].problem


def test_server_that_does_not_answer() -> None:
    here = machine(why_silent=lambda address: f"no way to {address[:16]}")

    text = told(RECIPES / "405b_infer.yaml", here)

    assert text["remote_params.api_url"] == (
        f"error: {SERVER} does not answer: no way to http://localhost. Start the server "
        "there (configs/serve/), or correct the address."
    )
    assert "model.model_name" not in text  # is the server's to find


def test_no_key_in_the_environment() -> None:
    recipe, field = RECIPES / "endpoint_evaluate.yaml", "inference_remote_params"
    change = f"{field}.api_key_env_varname=MY_KEY"

    text = told(recipe, machine(), change)[f"{field}.api_key_env_varname"]
    assert (
        "takes its key from MY_KEY, which is not set. Run `export MY_KEY=...`" in text
    )
    assert f"{field}.api_key_env_varname" not in told(
        recipe, machine(environment={"MY_KEY": "x"}), change
    )


def test_address_and_key_of_an_engine_of_a_vendor() -> None:
    asked: list[str] = []
    here = machine(why_silent=lambda address: asked.append(address) or "")

    text = told(RECIPES / "8b_infer.yaml", here, "engine=OPENAI")

    assert "OPENAI_API_KEY" in text["remote_params.api_key_env_varname"]
    assert asked[0].startswith("https://api.openai.com/")
