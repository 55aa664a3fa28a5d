"""The shape of a language model: what its memory and its LoRA targets follow from.

In: a name that `models.json` knows, or a local folder with a `config.json`::

    {"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, ...}

Out: a `ModelShape`; `shape.parameters` of Llama 3.1 8B is 8,030,261,248.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from coalm_oumi.errors import CoalmError

LLAMA_LIKE = ("llama", "mistral", "qwen2", "qwen3")
"""Architectures of one build: rotary attention, gated feed-forward, RMSNorm."""

ALL_LINEAR = "all-linear"
_TOO_LARGE = 1_000_000_000  # weights, for training and serving on a CPU
DECODER_LAYERS: Mapping[str, str] = {
    "llama": "LlamaDecoderLayer",
    "mistral": "MistralDecoderLayer",
    "qwen2": "Qwen2DecoderLayer",
    "qwen3": "Qwen3DecoderLayer",
    "gpt_bigcode": "GPTBigCodeBlock",
}
"""The class of a decoder layer in transformers, by model type: what FSDP wraps."""


@dataclass(frozen=True)
class ModelShape:
    """A model's dimensions.

    Attributes:
        name: The model, as asked for.
        model_type: `model_type` of its config.
        hidden: Width of the residual stream.
        intermediate: Width of the feed-forward layer.
        layers: Decoder layers.
        heads: Query heads.
        kv_heads: Key and value heads.
        head_dim: Width of a head.
        vocabulary: Rows of the embedding.
        context: The longest sequence, in tokens.
        tied: Whether the output layer is the embedding.
        qkv_bias: Whether query, key and value have a bias.
        markers: Tokens that its chat format is made of; empty if not known.
    """

    name: str
    model_type: str
    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    context: int
    tied: bool
    qkv_bias: bool
    markers: tuple[str, ...] = ()

    def even_share(self, gpus: int) -> int:
        """Returns how many of some GPUs can share the heads evenly, as vLLM has to."""
        return next(
            number
            for number in range(max(gpus, 1), 0, -1)
            if self.heads % number == 0
            and (self.kv_heads % number == 0 or number % self.kv_heads == 0)
        )

    @property
    def query_width(self) -> int:
        """Width of all query heads."""
        return self.heads * self.head_dim

    @property
    def kv_width(self) -> int:
        """Width of all key heads, which is that of all value heads."""
        return self.kv_heads * self.head_dim

    @property
    def linear_layers(self) -> Mapping[str, tuple[int, int]]:
        """Inputs and outputs of each linear layer of a decoder layer, by name."""
        query, kv = self.query_width, self.kv_width
        if self.model_type == "gpt_bigcode":
            return {
                "c_attn": (self.hidden, query + 2 * kv),
                "attn.c_proj": (query, self.hidden),
                "c_fc": (self.hidden, self.intermediate),
                "mlp.c_proj": (self.intermediate, self.hidden),
            }
        return {
            "q_proj": (self.hidden, query),
            "k_proj": (self.hidden, kv),
            "v_proj": (self.hidden, kv),
            "o_proj": (query, self.hidden),
            "gate_proj": (self.hidden, self.intermediate),
            "up_proj": (self.hidden, self.intermediate),
            "down_proj": (self.intermediate, self.hidden),
        }

    @property
    def linear_parameters(self) -> int:
        """Weights of all linear layers but the output layer: what QLoRA quantises."""
        return self.layers * sum(n * m for n, m in self.linear_layers.values())

    @property
    def embedding_parameters(self) -> int:
        """Weights of the embedding and of the output layer."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def parameters(self) -> int:
        """All weights."""
        return self.linear_parameters + self.embedding_parameters + self._small

    @property
    def _small(self) -> int:
        """Weights of norms and biases, and of learnt positions."""
        if self.model_type == "gpt_bigcode":
            biases = sum(outputs for _, outputs in self.linear_layers.values())
            norms = (2 * self.layers + 1) * 2 * self.hidden
            return self.layers * biases + norms + self.context * self.hidden
        biases = (self.query_width + 2 * self.kv_width) if self.qkv_bias else 0
        own_norms = 2 * self.head_dim if self.model_type == "qwen3" else 0
        return self.layers * (2 * self.hidden + biases + own_norms) + self.hidden

    def lora_parameters(self, targets: Iterable[str], rank: int) -> int:
        """Returns how many weights a LoRA adapter has.

        Args:
            targets: Names of linear layers; others are left out.
            rank: The adapter's rank.
        """
        chosen = [self.linear_layers[t] for t in targets if t in self.linear_layers]
        return self.layers * rank * sum(n + m for n, m in chosen)

    def cache_bytes(self, bytes_per_value: int = 2) -> int:
        """Returns what one token takes in the key and value cache, in bytes."""
        return 2 * self.layers * self.kv_width * bytes_per_value


def find_shape(name: str) -> ModelShape | None:
    """Returns a model's shape, or None if it is neither known nor a local folder.

    Args:
        name: A name on the Hub, or a folder with a `config.json`.

    Raises:
        CoalmError: The folder's `config.json` cannot be used.
    """
    config = Path(name) / "config.json"
    if config.is_file():
        return _from_config(name, config)
    facts, markers = _known()
    found = facts.get(name.rstrip("/").lower())
    if found is None:
        return None
    fields = {k: v for k, v in found.items() if k not in ("names", "parameters")}
    fields["markers"] = tuple(markers[found["markers"]])
    return ModelShape(name=name, **fields)


def lacks_gpu(name: str, gpus: int) -> bool:
    """Says whether a model is too large for a machine without a GPU.

    Args:
        name: A name on the Hub, or a folder with a `config.json`.
        gpus: The machine's GPUs.

    Raises:
        CoalmError: The folder's `config.json` cannot be used.
    """
    if gpus:
        return False
    shape = find_shape(name)
    return shape is not None and shape.parameters >= _TOO_LARGE


def known_names() -> tuple[str, ...]:
    """Returns the names of the models whose shape is known."""
    return tuple(name for model in _facts()["models"] for name in model["names"])


def published_parameters() -> Mapping[str, int]:
    """Returns the published number of weights of each known model, by its first name."""
    return {m["names"][0]: m["parameters"] for m in _facts()["models"]}


@cache
def _facts() -> dict[str, Any]:
    path = Path(__file__).with_name("models.json")
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def _known() -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    facts = _facts()
    models = {n.lower(): model for model in facts["models"] for n in model["names"]}
    return models, facts["markers"]


def _from_config(name: str, path: Path) -> ModelShape | None:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        kind = config["model_type"]
        if kind not in LLAMA_LIKE:
            return None
        heads = _size(config, "num_attention_heads")
        hidden = _size(config, "hidden_size")
        return ModelShape(
            name=name,
            model_type=kind,
            hidden=hidden,
            intermediate=_size(config, "intermediate_size"),
            layers=_size(config, "num_hidden_layers"),
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_dim=int(config.get("head_dim") or hidden // heads),
            vocabulary=_size(config, "vocab_size"),
            context=_size(config, "max_position_embeddings"),
            tied=bool(config.get("tie_word_embeddings", False)),
            qkv_bias=bool(config.get("attention_bias", kind == "qwen2")),
            markers=_own_markers(path.with_name("tokenizer.json")),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise CoalmError(
            f"the model's config cannot be used: {type(error).__name__}: {error}. "
            "Expected the config.json of a transformers model.",
            path=path,
        ) from error


def _size(config: Mapping[str, Any], name: str) -> int:
    """Returns a size from a model's config, which is from 1."""
    value = int(config[name])
    if value < 1:
        raise ValueError(f"no config of a model has {name} {value}")
    return value


def _own_markers(path: Path) -> tuple[str, ...]:
    """Returns the special tokens of a local tokenizer; none if there is none."""
    try:
        tokens = json.loads(path.read_text(encoding="utf-8")).get("added_tokens", [])
        return tuple(t["content"] for t in tokens if t.get("special"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()
