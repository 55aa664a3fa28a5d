"""`coalm card` writes what the Hugging Face Hub reads of a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from typer.testing import CliRunner

from coalm_oumi.cli import app
from coalm_oumi.errors import CoalmError
from coalm_oumi.training.merging.hub_card import write_hub_card

BASE = "meta-llama/Llama-3.1-8B-Instruct"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of results as `oumi evaluate` leaves it."""
    metric = {"value": 51.6, "interval": [48.0, 55.2], "n": 700}
    folder = tmp_path / "evaluation/snips_dst"
    folder.mkdir(parents=True)
    content = {"task": "snips_dst", "metrics": {"slot_f1": metric}}
    (folder / "results.json").write_text(json.dumps(content))
    return folder.parent


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """An adapter's folder, with the card that peft writes and Oumi's configuration."""
    folder = tmp_path / "8b"
    (folder / "telemetry").mkdir(parents=True)
    config = {"peft_type": "LORA", "base_model_name_or_path": BASE, "r": 16}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / "README.md").write_text("# Model Card\n\n[More Information Needed]\n")
    datasets = [{"dataset_name": "coalm/toolace"}, {"dataset_name": "coalm/snips_dst"}]
    recipe = {"data": {"train": {"datasets": datasets}}}
    (folder / "telemetry/training_config.yaml").write_text(yaml.safe_dump(recipe))
    return folder


def front_matter(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text().split("---\n")[1])


def test_card_of_an_adapter(adapter: Path, results: Path) -> None:
    path = write_hub_card(adapter, [results], base=BASE, licence="llama3.1")

    head = front_matter(path)
    assert head["base_model"] == BASE
    assert head["base_model_relation"] == "adapter"
    assert head["library_name"] == "peft"
    assert head["license"] == "llama3.1"
    assert head["datasets"] == ["Team-ACE/ToolACE"]
    assert "Trained on `coalm/toolace`, `coalm/snips_dst`." in path.read_text()
    assert "| snips_dst | slot_f1 | 51.60 | 48.00 to 55.20 | 700 |" in path.read_text()


def test_the_hubs_own_library_reads_the_results(adapter: Path, results: Path) -> None:
    path = write_hub_card(adapter, [results], base=BASE)

    data: Any = ModelCard.load(path).data
    (result,) = data.eval_results
    told = (result.dataset_name, result.metric_type, result.metric_value)
    assert told == ("snips_dst", "slot_f1", 51.6)


def test_card_of_a_merged_model_keeps_base_and_licence(
    tmp_path: Path, results: Path
) -> None:
    folder = tmp_path / "8b_merged"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "README.md").write_text(
        f"---\nbase_model: {BASE}\nlicense: llama3.1\n---\n\nMerged by coalm-oumi 0.1.0.\n"
    )

    ended = CliRunner().invoke(app, ["card", str(folder), "--results", str(results)])

    assert ended.exit_code == 0, ended.output
    assert "hf upload YOUR_NAME/8b_merged" in ended.output
    head = front_matter(folder / "README.md")
    assert (head["base_model"], head["license"]) == (BASE, "llama3.1")
    assert head["base_model_relation"] == "finetune"
    assert head["model-index"][0]["name"] == "8b_merged"


def test_without_results_there_is_no_index(adapter: Path) -> None:
    assert "model-index" not in front_matter(write_hub_card(adapter, [], base=BASE))


def test_a_persons_card_is_not_replaced(adapter: Path) -> None:
    (adapter / "README.md").write_text("# Mine\n")

    with pytest.raises(CoalmError, match="Pass --overwrite"):
        write_hub_card(adapter, [], base=BASE)
    assert write_hub_card(adapter, [], base=BASE, overwrite=True).is_file()


def test_no_model_no_base_no_results(tmp_path: Path) -> None:
    with pytest.raises(CoalmError, match="expected a model's folder"):
        write_hub_card(tmp_path, [])
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(CoalmError, match="Pass --base"):
        write_hub_card(tmp_path, [])
    (tmp_path / "none").mkdir()
    with pytest.raises(CoalmError, match=r"no results\.json"):
        write_hub_card(tmp_path, [tmp_path / "none"], base=BASE)
