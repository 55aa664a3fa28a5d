"""A model in transformers' form in, a GGUF file out: whole, or not at all.

A weight of each form::

    model.layers.0.self_attn.q_proj.weight  [576, 576] BF16   (model.safetensors)
    blk.0.attn_q.weight                     [576, 576] Q8_0   (model.gguf)

Norms stay in float32, as llama.cpp's converter has it. Memory is needed for one weight at
a time, whatever the model's size.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from coalm_oumi.errors import CoalmError, expected_one_of, shorten
from coalm_oumi.progress import shown_progress
from coalm_oumi.storage import atomic_file
from coalm_oumi.training.exporting.gguf_tokenizer import add_tokenizer
from coalm_oumi.training.merging.shards import read_header, read_weight, shards_of

if TYPE_CHECKING:
    import numpy as np
    import torch
    from gguf import GGUFWriter, TensorNameMap

WeightType = Literal["f16", "q8_0"]
_ARCHITECTURES = ("llama", "qwen3")
_ROPE_KINDS = ("default", "llama3")
_EMBEDDING, _OUTPUT = "model.embed_tokens.weight", "lm_head.weight"
_ROPE_FACTORS = "rope_freqs.weight"
_ADAPTER = "adapter_config.json"


@dataclass(frozen=True)
class _Weight:
    """A weight to be written: its name and number format there, and how to read it."""

    name: str
    shape: tuple[int, ...]
    kind: str
    read: Callable[[], torch.Tensor]


def export_gguf(folder: Path, output: Path, weights: WeightType = "f16") -> int:
    """Writes a model as a GGUF file; shows progress.

    Args:
        folder: The model, as `oumi train` or `coalm merge` leaves it.
        output: The file; one that is there is replaced.
        weights: The matrices' number format: 16 bits, or 8 with a 16-bit scale for each
            block of 32 numbers.

    Returns:
        The file's size in bytes.

    Raises:
        CoalmError: The model is of a kind that cannot be exported here, a weight does not
            fit its format, or the file cannot be written.
    """
    from gguf import GGUFWriter

    config = _config(folder)
    all_weights = _weights(folder, config, weights)
    with atomic_file(output) as own, contextlib.ExitStack() as stack:
        writer = GGUFWriter(own, config.model_type)
        stack.callback(writer.close)
        _add_shape(writer, config, folder, weights)
        add_tokenizer(writer, folder, config.vocab_size)
        for weight in all_weights:
            _add_info(writer, weight)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        progress = stack.enter_context(
            shown_progress(output.name, len(all_weights), unit="weights")
        )
        for number, weight in enumerate(all_weights, 1):
            writer.write_tensor_data(_packed(weight, folder))
            progress.update(number)
        stack.close()
        return own.stat().st_size


def _config(folder: Path) -> Any:
    """Returns a model's configuration.

    Raises:
        CoalmError: It is none that can be exported.
    """
    from transformers import AutoConfig

    if (folder / _ADAPTER).is_file():
        raise CoalmError(
            "it is an adapter. Make one model of it and its base first: "
            f"coalm merge {folder} --output DIR",
            path=folder,
        )
    if not (folder / "config.json").is_file():
        raise CoalmError("it is no folder with a model (no config.json).", path=folder)
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # transformers' checks raise whatever they like
        raise CoalmError(
            f"expected the config.json of a transformers model ({shorten(error, 200)}).",
            path=folder / "config.json",
        ) from error
    if config.model_type not in _ARCHITECTURES:
        raise CoalmError(
            expected_one_of(config.model_type, _ARCHITECTURES)
            + " llama.cpp's convert_hf_to_gguf.py knows more.",
            path=folder / "config.json",
            field="model_type",
        )
    if _rope(config)["rope_type"] not in _ROPE_KINDS:
        raise CoalmError(
            expected_one_of(_rope(config)["rope_type"], _ROPE_KINDS),
            path=folder / "config.json",
            field="rope_type",
        )
    return config


def _rope(config: Any) -> dict[str, Any]:
    """Returns how positions are encoded, as transformers 5 and 4 have it."""
    found = getattr(config, "rope_parameters", None)
    if not found:
        found = {"rope_theta": config.rope_theta, **(config.rope_scaling or {})}
    return {"rope_type": "default", **found}


def _head_size(config: Any) -> int:
    head = getattr(config, "head_dim", None)
    return head or config.hidden_size // config.num_attention_heads


def _add_shape(
    writer: GGUFWriter, config: Any, folder: Path, weights: WeightType
) -> None:
    from gguf import GGML_QUANT_VERSION, LlamaFileType

    types = {"f16": LlamaFileType.MOSTLY_F16, "q8_0": LlamaFileType.MOSTLY_Q8_0}
    writer.add_type("model")
    writer.add_name(folder.resolve().name)
    writer.add_file_type(types[weights])
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(_head_size(config))
    writer.add_value_length(_head_size(config))
    writer.add_rope_dimension_count(_head_size(config))
    writer.add_rope_freq_base(_rope(config)["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def _weights(folder: Path, config: Any, weights: WeightType) -> list[_Weight]:
    from gguf import MODEL_ARCH, get_tensor_name_map

    names = get_tensor_name_map(
        MODEL_ARCH[config.model_type.upper()], config.num_hidden_layers
    )
    found = []
    if _rope(config)["rope_type"] == "llama3":
        size = (_head_size(config) // 2,)
        found.append(_Weight(_ROPE_FACTORS, size, "f32", lambda: _rope_factors(config)))
    for file, held in shards_of(folder).items():
        header = read_header(folder / file)[0]
        for name in held:
            # Older checkpoints hold it, and it follows from the configuration.
            if name.endswith("rotary_emb.inv_freq"):
                continue
            if name == _OUTPUT and config.tie_word_embeddings:
                continue
            shape = tuple(header[name]["shape"])
            read = _reader(folder / file, name, config)
            own = _name(names, name, folder / file)
            found.append(_Weight(own, shape, _kind(shape, weights), read))
    if not any(weight.name == "token_embd.weight" for weight in found):
        raise CoalmError(f"it has no weight '{_EMBEDDING}'.", path=folder)
    return found


def _name(names: TensorNameMap, name: str, path: Path) -> str:
    found = names.get_name(name, try_suffixes=(".weight", ".bias"))
    if found is None:
        raise CoalmError(
            f"GGUF has no place for its weight '{name}' in a model of this kind.",
            path=path,
        )
    return found


def _kind(shape: tuple[int, ...], weights: WeightType) -> str:
    if len(shape) == 1:
        return "f32"
    # Its blocks are of 32 numbers.
    return "f16" if weights == "q8_0" and shape[-1] % 32 else weights


def _reader(path: Path, name: str, config: Any) -> Callable[[], torch.Tensor]:
    heads = {
        "q_proj": config.num_attention_heads,
        "k_proj": config.num_key_value_heads,
    }.get(name.split(".")[-2])
    if config.model_type != "llama" or heads is None:
        return lambda: read_weight(path, name)
    return lambda: _interleaved(read_weight(path, name), heads)


def _interleaved(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Reorders rows as llama.cpp's Llama has them: the rotated pairs side by side."""
    pairs = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return pairs.swapaxes(1, 2).reshape(weight.shape)


def _rope_factors(config: Any) -> torch.Tensor:
    """Returns what llama.cpp divides each frequency of Llama 3.1's positions by."""
    import torch
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))
    size = _head_size(config)
    powers = torch.arange(0, size, 2, dtype=torch.float32) / size
    return _rope(config)["rope_theta"] ** -powers / scaled


def _add_info(writer: GGUFWriter, weight: _Weight) -> None:
    import numpy as np
    from gguf import GGMLQuantizationType
    from gguf.quants import quant_shape_to_byte_shape

    kind = GGMLQuantizationType[weight.kind.upper()]
    shape, dtype = weight.shape, np.dtype({"f16": "f2"}.get(weight.kind, "f4"))
    if weight.kind == "q8_0":
        shape, dtype = quant_shape_to_byte_shape(shape, kind), np.dtype("u1")
    size = int(np.prod(shape)) * dtype.itemsize
    writer.add_tensor_info(weight.name, shape, dtype, size, raw_dtype=kind)


def _packed(weight: _Weight, folder: Path) -> np.ndarray[Any, Any]:
    """Returns a weight's numbers as the file holds them."""
    import numpy as np
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize

    numbers = weight.read().float().numpy()
    with np.errstate(over="ignore"):
        halves = numbers if weight.kind == "f32" else numbers.astype(np.float16)
    if not np.isfinite(halves).all():
        raise CoalmError(
            f"its weight '{weight.name}' has numbers that 16 bits do not hold (beyond "
            "65,504, or not finite): the training may have diverged.",
            path=folder,
        )
    if weight.kind == "q8_0":
        return quantize(numbers, GGMLQuantizationType.Q8_0)
    return halves
