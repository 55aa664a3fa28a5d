"""An adapter is loaded where a process group is, as every resumed distributed run does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM


@pytest.fixture
def process_group(tmp_path: Path) -> Iterator[None]:
    """A group of this process alone."""
    where = (tmp_path / "rendezvous").as_uri()
    torch.distributed.init_process_group("gloo", where, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def base_model() -> LlamaForCausalLM:
    torch.manual_seed(1)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=32,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=1,
        )
    )


def test_an_adapter_is_loaded_with_its_weights(
    process_group: None, tmp_path: Path
) -> None:
    config = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False)
    written = get_peft_model(base_model(), config)
    written.save_pretrained(str(tmp_path / "adapter"))

    read = PeftModel.from_pretrained(base_model(), str(tmp_path / "adapter"))

    expected = {k: v for k, v in written.named_parameters() if "lora_" in k}
    found = dict(read.named_parameters())
    assert len(expected) == 2
    for name, weight in expected.items():
        assert torch.equal(found[name], weight)
