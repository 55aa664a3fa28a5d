"""Corrections to the libraries under FSDP: loading once per node, and resuming.

Oumi 0.9 trains under FSDP through accelerate and loads with transformers. Four things go
wrong there, none of which a recipe can set right. Each correction says what it mends, and
can go with the release that mends it:

- `optimizer_state_before_loading`: accelerate 1.15, `utils/fsdp_utils.py`,
  `load_fsdp_optimizer`, builds the target of a sharded optimiser's state from a fresh
  optimiser, which has none, so that nothing is loaded and Adam begins anew, silently
  (FSDP1, which this package's recipes do not take).
- `untouched_memory_beside_the_first_rank`: transformers 5.15, `modeling_utils.py`,
  `_move_missing_keys_from_meta_to_device`, fills the weights of each rank but a node's
  first with zeros, only for FSDP to send the first one's. Zeros take memory, memory that
  nobody has written takes none (transformers issues 43749 and 45649).
- `quantised_weights_on_the_host`: transformers 5.15, `quantizers/quantizer_bnb_4bit.py`,
  `update_device_map`, puts the whole 4-bit model on each rank's own GPU, since Oumi gives
  no device map under FSDP; `modeling_utils.py` leaves quantised models out of what is
  loaded by one rank a node. Here each weight is quantised on the rank's GPU, one after
  the other; a node's first rank keeps the packed weights in host memory, from where FSDP
  shards them, and the others keep their shapes. All keep the scales, which are no
  parameters: 1/64 byte a weight with nested quantisation.
- `weights_of_the_first_rank`: accelerate 1.15, `utils/fsdp_utils.py`,
  `fsdp2_prepare_model`, has each rank share out what it has loaded itself, where weights
  are in 4 bits; here each module is sent by the first rank, just before it is shared out.

They act on what the environment says at the time (`ACCELERATE_USE_FSDP`), so that a run
without FSDP is the libraries' own.
"""

from __future__ import annotations

import functools
import os
from typing import Any

import torch

from coalm_oumi.training.corrected import Function, correct


def correct_libraries() -> None:
    """Corrects what this module's docstring names; a second call changes nothing."""
    import torch.distributed.fsdp as fsdp
    import transformers.modeling_utils as modeling
    import transformers.trainer as trainer

    correct(trainer, "load_fsdp_optimizer", optimizer_state_before_loading)
    correct(
        modeling.PreTrainedModel,
        "_move_missing_keys_from_meta_to_device",
        untouched_memory_beside_the_first_rank,
    )
    quantised_weights_on_the_host()
    correct(fsdp, "fully_shard", weights_of_the_first_rank)


def optimizer_state_before_loading(load: Function) -> Function:
    """Gives an optimiser its state before a checkpoint's is loaded into it."""

    @functools.wraps(load)
    def load_into_state(
        plugin: Any, accelerator: Any, optimizer: Any, *args: Any, **kwargs: Any
    ) -> Any:
        from torch.distributed.checkpoint.state_dict import _init_optim_state

        # Takes a step with a learning rate and gradients of 0.
        _init_optim_state(getattr(optimizer, "optimizer", optimizer))
        return load(plugin, accelerator, optimizer, *args, **kwargs)

    return load_into_state  # type: ignore[return-value]


def untouched_memory_beside_the_first_rank(move: Function) -> Function:
    """Leaves the memory that FSDP will fill unwritten, on all ranks but the first."""

    @functools.wraps(move)
    def move_without_writing(
        model: Any,
        missing_keys: Any,
        device_map: Any,
        device_mesh: Any,
        hf_quantizer: Any,
    ) -> Any:
        if not _is_filled_by_another_rank():
            return move(model, missing_keys, device_map, device_mesh, hf_quantizer)
        for name, parameter in list(model.named_parameters()):
            if not _is_quantised(parameter):
                _set(model, name, _unwritten(parameter))
        for name, buffer in list(model.named_buffers()):
            _set(model, name, _unwritten(buffer))
        return None

    return move_without_writing  # type: ignore[return-value]


def quantised_weights_on_the_host() -> None:
    """Has 4-bit weights quantised one by one, and kept by a node's first rank."""
    from transformers.integrations import bitsandbytes as quantising
    from transformers.quantizers import quantizer_bnb_4bit as quantiser

    quantise = getattr(quantising, "Bnb4bitQuantize", None)
    if quantise is not None:
        correct(quantise, "convert", _quantised_where_it_is_fast)
        correct(
            quantiser.Bnb4BitHfQuantizer, "update_device_map", _host_instead_of_one_gpu
        )


def weights_of_the_first_rank(shard: Function) -> Function:
    """Sends the first rank's weights of a module to the others, before it is sharded."""

    @functools.wraps(shard)
    def send_and_shard(module: Any, *args: Any, **kwargs: Any) -> Any:
        parts = _listed(module)
        tensors = [t for part in parts for t in (*part.parameters(), *part.buffers())]
        sent = [tensor for tensor in tensors if _is_to_be_sent(tensor)]
        for tensor in sent:
            _take_from_first_rank(tensor)
        result = shard(module, *args, **kwargs)
        kept = {id(t) for part in parts for t in (*part.parameters(), *part.buffers())}
        for tensor in sent:
            # Its shard is a copy, and not only the module knew it.
            if id(tensor) not in kept:
                tensor.data = tensor.new_empty(0)
        return result

    return send_and_shard  # type: ignore[return-value]


def _is_to_be_sent(tensor: torch.Tensor) -> bool:
    from torch.distributed.tensor import DTensor

    # What is on no device is sent by accelerate, once it is sharded.
    return _is_fsdp() and not isinstance(tensor, DTensor) and not tensor.is_meta


def _take_from_first_rank(tensor: torch.Tensor) -> None:
    # Memory of its own, so that what is sent is there for no longer than its module.
    if torch.distributed.get_rank() == 0:
        data = tensor.detach().to(_compute_device(), copy=True)
    else:
        data = torch.empty_like(tensor.detach(), device=_compute_device())
    torch.distributed.broadcast(data, src=0)
    tensor.data = data


def _host_instead_of_one_gpu(update: Function) -> Function:
    @functools.wraps(update)
    def update_device_map(self: Any, device_map: Any) -> Any:
        if device_map is None and _is_fsdp():
            return {"": "cpu"}
        return update(self, device_map)

    return update_device_map  # type: ignore[return-value]


def _quantised_where_it_is_fast(convert: Function) -> Function:
    @functools.wraps(convert)
    def quantise(self: Any, input_dict: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_fsdp():
            return convert(self, input_dict, *args, **kwargs)
        device = _compute_device()
        on_device = {
            name: [tensor.to(device) for tensor in _listed(value)]
            for name, value in input_dict.items()
        }
        result = convert(self, on_device, *args, **kwargs)
        return {name: _on_host(value) for name, value in result.items()}

    return quantise  # type: ignore[return-value]


def _on_host(quantised: Any) -> Any:
    """Returns a 4-bit weight in host memory; its scales stay where they are."""
    packed = quantised.data
    data = _unwritten(packed) if _is_filled_by_another_rank() else packed.cpu()
    # Not `.to("cpu")`, which takes the scales along.
    return type(quantised)(data, **quantised.__dict__)


def _is_fsdp() -> bool:
    from transformers.integrations.fsdp import is_fsdp_enabled

    return bool(is_fsdp_enabled())


def _is_filled_by_another_rank() -> bool:
    """Whether FSDP will send this rank its weights from another one."""
    return _is_fsdp() and os.environ.get("LOCAL_RANK", "0") != "0"


def _compute_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def _is_quantised(parameter: torch.Tensor) -> bool:
    return getattr(parameter, "quant_state", None) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _unwritten(tensor: torch.Tensor) -> torch.Tensor:
    """Returns host memory for a tensor of this shape; none is taken until it is written."""
    return torch.empty_like(tensor.detach(), device="cpu")


def _set(model: Any, name: str, value: torch.Tensor) -> None:
    """Puts a weight or buffer into a model, as one that needs no initialisation."""
    path, _, own_name = name.rpartition(".")
    module = model.get_submodule(path)
    if own_name in module._parameters:
        value = torch.nn.Parameter(value, requires_grad=value.is_floating_point())
    setattr(module, own_name, value)
