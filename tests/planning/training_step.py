"""A training step of a small or fake Llama, and what torch counts of its memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

import torch
from torch.distributed._tools.mem_tracker import MemTracker
from transformers import LlamaConfig

from coalm_oumi.planning.memory import TrainingSetup, training_memory
from coalm_oumi.planning.model_shape import ModelShape

SEVEN = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def llama_config(shape: ModelShape) -> LlamaConfig:
    """Returns transformers' config of a Llama of these dimensions."""
    return LlamaConfig(
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        vocab_size=shape.vocabulary,
        max_position_embeddings=shape.context,
        use_cache=False,
    )


def ready_to_train(model: Any, checkpointing: bool) -> Any:
    """Prepares a model with an adapter as TRL's SFTTrainer does, and returns it."""
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        model.enable_input_require_grads()
    return model.train()


def trained(model: Any) -> list[torch.nn.Parameter]:
    """Returns the weights of a model that are trained."""
    return [p for p in model.parameters() if p.requires_grad]


def computed_bytes(setup: TrainingSetup) -> int:
    """Returns what `coalm check` computes, without CUDA's own, in bytes."""
    return sum(p.bytes for p in training_memory(setup) if "CUDA" not in p.name)


def peak_of_a_step(model: Any, ids: torch.Tensor) -> int:
    """Returns the peak of a forward and backward pass and an update, in bytes.

    Args:
        model: In training mode, on the device of `ids`.
        ids: The tokens, of shape (rows, tokens).
    """
    optimizer = torch.optim.AdamW(trained(model), lr=1e-4)
    # A first, short step, so that the optimiser has its states.
    model(input_ids=ids[:, :4], labels=ids[:, :4]).loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    tracker: Any = MemTracker()
    with ExitStack() as patches:
        # The tracker hooks every parameter, which torch refuses for frozen ones.
        for name in ("register_hook", "register_post_accumulate_grad_hook"):
            hook = _for_trained(getattr(torch.Tensor, name))
            patches.enter_context(mock.patch.object(torch.Tensor, name, hook))
        tracker.track_external(model, optimizer, ids)
        with tracker:
            loss = model(input_ids=ids, labels=ids).loss
            loss.backward()
            optimizer.step()
    (snapshot,) = tracker.get_tracker_snapshot("peak").values()
    return snapshot["Total"]


def _for_trained(register: Callable[..., Any]) -> Callable[..., Any]:
    def hook(self: Any, function: Any) -> Any:
        # What stands for the hook of a frozen one can be removed like any.
        return register(self, function) if self.requires_grad else mock.Mock()

    return hook
