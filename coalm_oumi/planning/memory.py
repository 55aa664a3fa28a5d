"""What training or serving takes of a GPU's memory, in bytes, part by part.

The activations are counted tensor by tensor, as transformers' Llama and PEFT's LoRA keep
them for the backward pass; `tests/planning/test_memory.py` holds the sums against torch's
own accounting. Two things make LoRA's larger than one would think: PEFT keeps adapters
in float32 beside a bf16 model, and casts each layer's input for them; and the logits of
a 128,256-word vocabulary exist in bf16 and three times in float32.
"""

from __future__ import annotations

from dataclasses import dataclass

from coalm_oumi.planning.hardware import GIB
from coalm_oumi.planning.model_shape import ModelShape

FLOAT32_BYTES = 4
_LOGIT_BYTES = 14
"""Of each logit: bf16, float32, its log-softmax, and the gradient of that."""
_SCALE_BYTES = 4 / 64
_NESTED_SCALE_BYTES = 1 / 64 + 4 / (64 * 256)
_CUDA_CONTEXT = 1.0 * GIB
_LIGER_CHUNK = 256 * 2**20


@dataclass(frozen=True)
class TrainingSetup:
    """A training recipe, as far as memory goes.

    Attributes:
        shape: The model.
        tokens: Tokens of a step on one GPU before accumulation, padding included.
        rows: Sequences that they stand in.
        loss_tokens: Tokens that the loss is computed of; None for all.
        drawn_tokens: Tokens of replies, with their prompts, that are drawn first (GRPO).
        rank: Rank of the adapter; 0 for training all weights.
        targets: The linear layers with an adapter.
        bits: Bits of a quantised weight (QLoRA: 4 or 8); 0 for none.
        nested: Whether the quantisation constants are quantised too.
        dtype_bytes: Bytes of a weight that is not quantised.
        optimizer_bytes: Bytes of optimiser state per trained weight.
        gpus: GPUs in all.
        shards: GPUs over which weights are sharded; 1 for a whole copy on each.
        fsdp_version: FSDP1 or FSDP2, which share the model out by other units.
        whole_gather: Whether a sharded model is gathered whole, for want of a wrap policy.
        offload: Whether shards lie in the CPU's memory while they are not used.
        checkpointing: Whether activations of a layer are computed again.
        fused_loss: Whether the logits are never there as a whole (Liger, chunked).
        checkpoint_is_float32: Whether hidden states are float32, as QLoRA leaves them
            without FSDP.
    """

    shape: ModelShape
    tokens: int
    rows: int = 1
    loss_tokens: int | None = None
    drawn_tokens: int = 0
    rank: int = 16
    targets: tuple[str, ...] = ()
    bits: int = 0
    nested: bool = False
    dtype_bytes: int = 2
    optimizer_bytes: int = 8
    gpus: int = 1
    shards: int = 1
    fsdp_version: int = 1
    whole_gather: bool = False
    offload: bool = False
    checkpointing: bool = False
    fused_loss: bool = False
    checkpoint_is_float32: bool = False


@dataclass(frozen=True)
class MemoryPart:
    """A part of the memory of one GPU: what it is, and its bytes."""

    name: str
    bytes: int


def total_gib(parts: list[MemoryPart]) -> float:
    """Returns the sum in GiB."""
    return sum(part.bytes for part in parts) / GIB


def trained_parameters(setup: TrainingSetup) -> int:
    """Returns how many weights are trained."""
    if setup.rank:
        return setup.shape.lora_parameters(setup.targets, setup.rank)
    return setup.shape.parameters


def training_memory(setup: TrainingSetup) -> list[MemoryPart]:
    """Returns what a training step takes at its peak, on each GPU."""
    trained, shards = trained_parameters(setup), setup.shards
    held = 0 if setup.offload else 1
    adapter = FLOAT32_BYTES if setup.rank else setup.dtype_bytes
    own = trained * adapter / shards if setup.rank else 0
    gradients = trained * adapter / shards
    # Without shards, DDP's buckets hold the gradients a second time.
    buckets = gradients if setup.gpus > 1 and shards == 1 else 0
    states = trained * setup.optimizer_bytes / shards
    activations, loss = _activations(setup)
    parts = [
        ("weights", held * weight_bytes(setup) / shards),
        ("scales of the quantised weights", scale_bytes(setup)),
        ("adapter", held * own),
        ("optimiser", held * states),
        ("gradients", held * (gradients + buckets)),
        ("layers gathered at a time", _gathered(setup)),
        ("activations", activations),
        ("logits and loss", loss),
        ("cache of drawn replies", setup.drawn_tokens * setup.shape.cache_bytes()),
        ("CUDA context and workspace", _CUDA_CONTEXT),
    ]
    return [MemoryPart(name, round(size)) for name, size in parts if size]


def weight_bytes(setup: TrainingSetup) -> float:
    """Returns what the model's weights take, of all GPUs together, without scales."""
    shape = setup.shape
    if not setup.bits:
        return shape.parameters * setup.dtype_bytes
    rest = shape.parameters - shape.linear_parameters
    # Oumi casts what is not quantised back to bf16, but under FSDP only.
    rest_bytes = FLOAT32_BYTES if setup.checkpoint_is_float32 else setup.dtype_bytes
    return shape.linear_parameters * setup.bits / 8 + rest * rest_bytes


def scale_bytes(setup: TrainingSetup) -> float:
    """Returns what the scales of 4-bit weights take, on each GPU.

    They are no parameters, so that FSDP does not shard them.
    """
    if setup.bits != 4:
        return 0
    each = _NESTED_SCALE_BYTES if setup.nested else _SCALE_BYTES
    return setup.shape.linear_parameters * each


def _gathered(setup: TrainingSetup) -> float:
    """What FSDP has on a GPU beside its shard: two layers and the embeddings."""
    if setup.shards == 1:
        return 0
    shape = setup.shape
    if setup.whole_gather:
        return weight_bytes(setup)
    layer = shape.linear_parameters / shape.layers
    layer_bytes = setup.bits / 8 if setup.bits else setup.dtype_bytes
    return 2 * layer * layer_bytes + shape.embedding_parameters * setup.dtype_bytes


def _activations(setup: TrainingSetup) -> tuple[float, float]:
    """Returns the activations at the peak, and what the loss adds to them."""
    shape, tokens = setup.shape, setup.tokens
    layer = tokens * layer_activation_bytes(setup)
    stream = FLOAT32_BYTES if setup.checkpoint_is_float32 else setup.dtype_bytes
    logit_bytes = _LOGIT_BYTES + (stream - 2) if setup.dtype_bytes == 2 else 16
    counted = tokens if setup.loss_tokens is None else setup.loss_tokens
    loss = counted * shape.vocabulary * logit_bytes
    if setup.fused_loss:
        loss = _LIGER_CHUNK + tokens * shape.hidden * 2 * stream
    if not setup.checkpointing:
        return shape.layers * layer, loss
    kept = shape.layers * tokens * shape.hidden * stream
    # The loss is gone when a layer is computed again: the larger of the two counts.
    if loss >= layer:
        return kept, loss
    return kept + layer, 0


def layer_activation_bytes(setup: TrainingSetup) -> int:
    """Returns what one token of a decoder layer keeps for the backward pass, in bytes."""
    shape, width = setup.shape, setup.dtype_bytes
    stream = FLOAT32_BYTES if setup.checkpoint_is_float32 else width
    hidden, inner = shape.hidden, shape.intermediate
    # The norms compute in float32, of a copy unless the stream is float32 already.
    norms = 2 * hidden * FLOAT32_BYTES
    attention = (2 * shape.query_width + 2 * shape.kv_width) * stream
    feed_forward = 3 * inner * stream
    return norms + attention + feed_forward + _inputs_kept(setup, stream)


def _inputs_kept(setup: TrainingSetup, stream: int) -> int:
    """What a layer's linear layers keep of their inputs."""
    layers = setup.shape.linear_layers
    # What the trained weights see as it stands in the stream: attention's output is kept
    # anyway, and so is one input of each norm.
    shared = (2 * setup.shape.hidden + setup.shape.intermediate) * stream
    inputs = sum(layers[t][0] for t in setup.targets if t in layers)
    if not setup.rank:
        return shared
    # Adapters are float32: each takes a copy of a bf16 stream.
    low_rank = setup.rank * len(setup.targets) * FLOAT32_BYTES
    return (shared if stream == FLOAT32_BYTES else inputs * FLOAT32_BYTES) + low_rank


@dataclass(frozen=True)
class ServingSetup:
    """A model behind an inference engine, as far as memory goes.

    Attributes:
        shape: The model.
        length: The longest prompt with its reply, in tokens.
        tensor_parallel: GPUs that share each layer.
        pipeline_parallel: Groups of GPUs that share the layers among them.
        weight_bytes: Bytes of a weight: 2 for bf16, 1 for FP8.
        share: Share of the GPU's memory that the engine takes for itself.
    """

    shape: ModelShape
    length: int
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    weight_bytes: float = 2
    share: float = 0.9

    @property
    def gpus(self) -> int:
        """GPUs it runs on."""
        return self.tensor_parallel * self.pipeline_parallel


def serving_memory(setup: ServingSetup) -> list[MemoryPart]:
    """Returns what serving one request of the full length takes, on each GPU."""
    shape = setup.shape
    # More GPUs than key heads hold copies of them.
    shared = min(setup.tensor_parallel, shape.kv_heads) * setup.pipeline_parallel
    cache = shape.cache_bytes() * setup.length / shared
    logits = 4 * shape.vocabulary * 256 / setup.tensor_parallel
    work = 8192 * 2 * (shape.hidden + 2 * shape.intermediate) / setup.tensor_parallel
    return [
        MemoryPart(
            "weights", round(shape.parameters * setup.weight_bytes / setup.gpus)
        ),
        MemoryPart("cache of one full request", round(cache)),
        MemoryPart("work and logits", round(logits + work)),
        MemoryPart("CUDA context and workspace", round(_CUDA_CONTEXT)),
    ]


def cache_tokens(setup: ServingSetup, gpu_gib: float) -> int:
    """Returns how many tokens the key and value cache can hold, of all requests."""
    parts = {part.name: part.bytes for part in serving_memory(setup)}
    free = gpu_gib * GIB * setup.share - sum(
        size for name, size in parts.items() if not name.startswith("cache")
    )
    per_token = parts["cache of one full request"] / setup.length
    return max(0, int(free / per_token))
