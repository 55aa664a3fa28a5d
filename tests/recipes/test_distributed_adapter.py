"""An adapter is loaded where a process group is, as every resumed distributed run does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaForCausalLM

from tests.recipes.tiny_recipes import tiny_model


@pytest.fixture
def process_group(tmp_path: Path) -> Iterator[None]:
    """A group of this process alone."""
    where = (tmp_path / "rendezvous").as_uri()
    torch.distributed.init_process_group("gloo", where, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_an_adapter_is_loaded_with_its_weights(
    process_group: None, tmp_path: Path
) -> None:
    base = tiny_model(tmp_path / "base", "llama")
    config = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
    written = get_peft_model(LlamaForCausalLM.from_pretrained(base), config)
    written.save_pretrained(str(tmp_path / "adapter"))

    read = PeftModel.from_pretrained(
        LlamaForCausalLM.from_pretrained(base), str(tmp_path / "adapter")
    )

    expected = {k: v for k, v in written.named_parameters() if "lora_" in k}
    found = dict(read.named_parameters())
    assert len(expected) == 4  # two layers
    for name, weight in expected.items():
        assert torch.equal(found[name], weight)
