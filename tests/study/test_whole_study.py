"""A study of a tiny model with the real `oumi`: broken off, it ends the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.recipes.tiny_recipes import tiny_model

pytestmark = pytest.mark.slow

TRAIN = """
model:
  {model_name: tiny, model_max_length: 768, torch_dtype_str: float32,
   chat_template: auto, attn_implementation: shared_prefixes}
data:
  train:
    mixture_strategy: all_exhausted
    datasets:
      - dataset_name: coalm/snips_dst
        split: train
        mixture_proportion: 0.7
        dataset_kwargs: &options
          {on_missing: embedded, prompt_layout: system, pack_tokens: 768, max_samples: 80}
      - {dataset_name: coalm/toolace, mixture_proportion: 0.3, dataset_kwargs: *options}
training:
  {trainer_type: TRL_SFT, use_peft: true, max_steps: 30, per_device_train_batch_size: 1,
   optimizer: adamw_torch, learning_rate: 1.0e-2, lr_scheduler_type: cosine,
   save_epoch: false, save_final_model: true, logging_steps: 5,
   dataloader_num_workers: 0, log_model_summary: false, enable_wandb: false,
   enable_tensorboard: false, trainer_kwargs: {loss_type: chunked_nll}}
peft:
  {lora_r: 8, lora_alpha: 16, lora_target_modules: [q_proj, v_proj, up_proj],
   peft_save_mode: MERGED}
"""
EVALUATE = """
model:
  {model_name: tiny, model_max_length: 2048, torch_dtype_str: float32,
   tokenizer_kwargs: {padding_side: left}, chat_template: auto, attn_implementation: sdpa}
generation: {max_new_tokens: 16, batch_size: 4, use_sampling: false, temperature: 0.0}
inference_engine: NATIVE
tasks:
  - evaluation_backend: custom
    task_name: snips_dst
    eval_kwargs: {prompt_layout: system, on_missing: embedded}
"""
STUDY: dict[str, Any] = {
    "models": {"base": {"model": "tiny"}, "tuned": {"train": "train.yaml"}},
    "evaluate": "evaluate.yaml",
    "checkpoint_steps": 10,
}
WHOLE = [{"cases": {"snips_dst": 24}}]
MAIN = "from coalm_oumi.cli import main; main()"
IN_TWO_PASSES = [{"cases": {"snips_dst": 5}}, *WHOLE]


def study(folder: Path, output: str, passes: Any) -> subprocess.Popen[bytes]:
    path = folder / f"{output}.yaml"
    path.write_text(yaml.safe_dump(STUDY | {"output": output, "passes": passes}))
    command = [sys.executable, "-c", MAIN, "study", path.name]
    # The embedded corpus.
    env = {k: v for k, v in os.environ.items() if k != "COALM_DATA_DIR"}
    return subprocess.Popen(command, cwd=folder, env=env)


def test_broken_off_in_training_it_ends_the_same(tmp_path: Path) -> None:
    tiny_model(tmp_path / "tiny", "llama")
    (tmp_path / "train.yaml").write_text(TRAIN)
    (tmp_path / "evaluate.yaml").write_text(EVALUATE)
    assert study(tmp_path, "undisturbed", WHOLE).wait() == 0

    broken = study(tmp_path, "broken", IN_TWO_PASSES)
    model = tmp_path / "broken/models/tuned_42"
    while broken.poll() is None and not list(model.glob("checkpoint-10/trainer*.json")):
        time.sleep(0.05)
    broken.send_signal(signal.SIGINT)
    assert broken.wait() == 130
    assert not (model / "config.json").exists()
    assert study(tmp_path, "broken", IN_TWO_PASSES).wait() == 0

    states = [json.loads(x)["state"] for x in (tmp_path / "broken/study.jsonl").open()]
    assert states[:4] == ["begun", "stopped", "begun", "done"]
    assert _weights(model) == _weights(tmp_path / "undisturbed/models/tuned_42")
    assert "Resuming training from checkpoint" in model.with_suffix(".log").read_text()
    assert _metrics(tmp_path / "broken") == _metrics(tmp_path / "undisturbed")
    for run in ("base", "tuned_42"):
        place = f"evaluation/{run}/snips_dst/snips_dst"
        replies = [
            (tmp_path / output / place / "predictions.jsonl").read_bytes()
            for output in ("broken", "undisturbed")
        ]
        assert replies[0] == replies[1]
        # The five of the first pass are not asked for again.
        log = (tmp_path / f"broken/evaluation/{run}/snips_dst.log").read_text()
        assert "snips_dst: 5 of 24 utterances (5 of an earlier run)" in log


def _weights(model: Path) -> bytes:
    return (model / "model.safetensors").read_bytes()


def _metrics(output: Path) -> bytes:
    cells = json.loads((output / "study.json").read_text())["cells"]
    found = {c["cell"]: c["metrics"] for c in cells if c["cases"] == 24}
    assert len(found) == 2
    assert all(found.values())
    return json.dumps(found).encode()
