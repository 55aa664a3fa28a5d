"""A merged model is bit for bit PEFT's own, in bounded memory, or there is none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from coalm_oumi.cli import app
from coalm_oumi.errors import CoalmError
from coalm_oumi.training.merging.merge import merge
from coalm_oumi.training.merging.shards import shards_of

ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def saved(
    folder: Path, *, dtype: str, adapter_dtype: str = "float32", **lora: Any
) -> Any:
    """Saves a random base of several files, and an adapter of it, trained or not."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(1)
    config = AutoConfig.from_pretrained(ASSET)
    model: Any = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype))
    model.save_pretrained(str(folder / "base"), max_shard_size="2MB")
    trained = lora.pop("trained", True)
    options = {"r": 8, "lora_alpha": 24, "target_modules": TARGETS, **lora}
    wrapped: Any = get_peft_model(model, LoraConfig(**options))
    weights: Any = list(wrapped.named_parameters())
    for name, weight in weights:
        if trained and weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.02 if "lora" in name else 0.1)
            weight.data = weight.data.to(getattr(torch, adapter_dtype))
    wrapped.peft_config["default"].base_model_name_or_path = str(folder / "base")
    wrapped.save_pretrained(folder / "adapter")
    return folder / "adapter", folder / "base"


def of_peft(adapter: Path, base: Path) -> dict[str, Any]:
    """The weights as PEFT merges them."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)
    merged: Any = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()  # pyright: ignore[reportCallIssue]
    return merged.state_dict()


def of_ours(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return {
        name: weight
        for file in shards_of(folder)
        for name, weight in load_file(folder / file).items()
    }


@pytest.mark.parametrize(
    ("dtype", "adapter_dtype", "lora"),
    [
        ("bfloat16", "float32", {}),
        ("bfloat16", "bfloat16", {}),
        ("float32", "float32", {"use_rslora": True}),
        ("float32", "float32", {"modules_to_save": ["lm_head", "embed_tokens"]}),
    ],
    ids=["bf16", "adapter in bf16", "rank-stabilised", "output layer trained whole"],
)
def test_equals_peft_bit_for_bit(
    dtype: str, adapter_dtype: str, lora: dict[str, Any], tmp_path: Path
) -> None:
    import torch

    adapter, base = saved(tmp_path, dtype=dtype, adapter_dtype=adapter_dtype, **lora)

    merged = merge(adapter, base, tmp_path / "merged")

    expected, ours = of_peft(adapter, base), of_ours(tmp_path / "merged")
    assert merged.files > 1
    assert set(ours) == set(expected)
    for name, weight in expected.items():
        assert ours[name].dtype == weight.dtype
        assert torch.equal(ours[name], weight), name
    assert merged.changed == 21 + len(lora.get("modules_to_save", []))


def test_merged_model_loads_and_answers_otherwise_than_its_base(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    adapter, base = saved(tmp_path, dtype="float32")
    merge(adapter, base, tmp_path / "merged")
    ids = torch.arange(12)[None]

    before, after = (
        AutoModelForCausalLM.from_pretrained(folder)(input_ids=ids).logits
        for folder in (base, tmp_path / "merged")
    )

    assert not torch.allclose(before, after)


def test_untrained_adapter_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    adapter, base = saved(tmp_path, dtype="float32", trained=False)

    with pytest.raises(CoalmError, match="would not differ from its base"):
        merge(adapter, base, tmp_path / "merged")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter", "base"]


def test_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    adapter, base = saved(tmp_path, dtype="float32")
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(base / "config.json", other / "config.json")
    file, names = next(iter(shards_of(base).items()))
    shutil.copy(base / file, other / "model.safetensors")
    assert "model.layers.2.mlp.up_proj.weight" not in names

    with pytest.raises(CoalmError, match="do not belong together"):
        merge(adapter, other, tmp_path / "merged")


def test_missing_file_of_weights_is_named(tmp_path: Path) -> None:
    adapter, base = saved(tmp_path, dtype="float32")
    last = max(shards_of(base))
    (base / last).unlink()

    with pytest.raises(
        CoalmError, match=f"{last}: this part of the weights is missing"
    ):
        merge(adapter, base, tmp_path / "merged")


def test_damaged_file_of_weights_is_named(tmp_path: Path) -> None:
    adapter, base = saved(tmp_path, dtype="float32")
    file = next(iter(shards_of(base)))
    (base / file).write_bytes((base / file).read_bytes()[:-10])

    with pytest.raises(CoalmError, match=f"{file}: it is no whole safetensors file"):
        merge(adapter, base, tmp_path / "merged")


def test_dora_is_refused(tmp_path: Path) -> None:
    adapter, base = saved(tmp_path, dtype="float32")
    path = adapter / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "use_dora": True}))

    with pytest.raises(CoalmError, match="use_dora: True are not merged here"):
        merge(adapter, base, tmp_path / "merged")


def test_existing_output_is_left_alone(tmp_path: Path) -> None:
    adapter, base = saved(tmp_path, dtype="float32")
    (tmp_path / "merged").mkdir()
    (tmp_path / "merged/mine.txt").write_text("mine")

    with pytest.raises(CoalmError, match="there already"):
        merge(adapter, base, tmp_path / "merged")


def test_command_writes_card_and_the_trained_template(tmp_path: Path) -> None:
    adapter, base = saved(tmp_path, dtype="float32")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(ASSET / name, adapter / name)
    results = tmp_path / "results.json"
    metric = {"value": 51.6, "interval": [48.0, 55.2], "n": 700}
    results.write_text(
        json.dumps({"task": "snips_dst", "metrics": {"slot_f1": metric}})
    )

    ended = CliRunner().invoke(
        app,
        [
            *("merge", str(adapter), "--output", str(tmp_path / "merged")),
            *("--licence", "llama3.1", "--results", str(results)),
        ],
    )

    assert ended.exit_code == 0, ended.output
    card = (tmp_path / "merged/README.md").read_text()
    assert f'base_model: "{base}"' in card
    assert "license: llama3.1" in card
    assert "| snips_dst | slot_f1 | 51.60 | 48.00 to 55.20 | 700 |" in card
    assert (tmp_path / "merged/tokenizer_config.json").is_file()


PEAK = """
import resource, sys
from pathlib import Path
from coalm_oumi.training.merging.merge import merge
import torch, safetensors.torch
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
merge(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
def test_peak_memory_is_under_twice_the_largest_file(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    width, layers = 2048, 8
    names = [f"model.layers.{n}.self_attn.q_proj" for n in range(layers)]
    (tmp_path / "base").mkdir()
    (tmp_path / "adapter").mkdir()
    places = {}
    for part in range(4):
        chosen = names[2 * part : 2 * part + 2]
        extra = {f"model.extra.{part}.weight": torch.zeros(4, width, width)}
        weights = {f"{n}.weight": torch.randn(width, width) for n in chosen}
        save_file({**weights, **extra}, tmp_path / f"base/model-{part}.safetensors")
        places |= dict.fromkeys({**weights, **extra}, f"model-{part}.safetensors")
    index = tmp_path / "base/model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}))
    lora = {
        f"base_model.model.{name}.lora_{side}.weight": torch.ones(shape)
        for name in names
        for side, shape in (("A", (8, width)), ("B", (width, 8)))
    }
    save_file(lora, tmp_path / "adapter/adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": 8, "lora_alpha": 16}
    (tmp_path / "adapter/adapter_config.json").write_text(json.dumps(config))
    largest = max(p.stat().st_size for p in (tmp_path / "base").glob("*.safetensors"))

    printed = subprocess.run(
        [
            sys.executable,
            "-c",
            PEAK,
            *(str(tmp_path / n) for n in ("adapter", "base", "out")),
        ],
        check=True,
        capture_output=True,
        text=True,
    )

    assert largest > 90e6
    assert int(printed.stdout) < 2 * largest
