"""Attention over packed samples that computes nothing between two samples.

A packed batch is one row of tokens whose positions begin anew with each sample:

    position_ids  0 1 2 0 1 0 1 2 3   ->   samples of 3, 2 and 4 tokens

`attn_implementation: sdpa` gives such a row a dense mask of all its pairs of tokens, which
no fast kernel takes. `attn_implementation: packed` is the same attention, sample by sample:

- flash-attn's kernel for rows of samples, on a GPU where that package is installed;
- FlexAttention on other GPUs, at a few fixed lengths, since it compiles for each length;
- sdpa for each sample where there is no GPU.

Whatever is no packed row (padded batches, generation, sliding windows) is left to sdpa.
"""

from __future__ import annotations

import functools
import importlib.util
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

NAME = "packed"
# FlexAttention compiles once for each power of two from here on that it meets.
_SHORTEST_FLEX = 1024


@dataclass(frozen=True)
class PackedSamples:
    """How many tokens each sample of a batch has, row after row, in place of a mask.

    Attributes:
        lengths: Their sum is the number of tokens in the batch.
        ends: int32, where each sample ends, with a leading 0, on the tokens' device.
    """

    lengths: tuple[int, ...]
    ends: torch.Tensor

    @functools.cached_property
    def block_mask(self) -> Any:
        """FlexAttention's mask for the tokens padded to a power of two."""
        from torch.nn.attention.flex_attention import create_block_mask

        device, padding = self.ends.device, _flex_padding(sum(self.lengths))
        lengths = torch.tensor([*self.lengths, padding], device=device)
        sample = torch.repeat_interleave(
            torch.arange(len(lengths), device=device), lengths
        )

        def is_seen(batch: Any, head: Any, query: Any, key: Any) -> Any:
            return (query >= key) & (sample[query] == sample[key])

        return create_block_mask(
            is_seen, None, None, len(sample), len(sample), device=str(device)
        )


def register() -> None:
    """Makes the attention known to transformers as `packed`."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface

    AttentionInterface.register(NAME, packed_attention)
    AttentionMaskInterface.register(NAME, packed_samples_or_mask)


def packed_samples_or_mask(**arguments: Any) -> PackedSamples | torch.Tensor | None:
    """Returns the samples of a packed batch, or sdpa's mask for any other.

    Args:
        arguments: What transformers gives to `masking_utils.sdpa_mask`.
    """
    from transformers.masking_utils import sdpa_mask

    # Skipping a mask is allowed for one sample a row, and that is a fast kernel already.
    if arguments["attention_mask"] is None and not arguments["allow_is_causal_skip"]:
        samples = _samples_of(arguments)
        if samples is not None:
            return samples
    return sdpa_mask(**arguments)


def _samples_of(arguments: dict[str, Any]) -> PackedSamples | None:
    """Reads the samples off the mask's function; None if it is no packing of them."""
    rows, tokens = arguments["batch_size"], arguments["kv_length"]
    queries = arguments.get("q_length")
    if queries is None:  # transformers 4.57
        queries = arguments["cache_position"].shape[0]
    if queries != tokens or arguments.get("use_vmap"):
        return None
    sees = arguments["mask_function"]
    device = arguments.get("device")
    if device is None:
        device = arguments["cache_position"].device
    row = torch.arange(rows, device=device)[:, None]
    head = torch.zeros_like(row)
    token = torch.arange(tokens, device=device)[None]
    # A token that does not see the one before it is the first of a sample.
    is_first = ~sees(row, head, token, (token - 1).clamp(min=0)).expand(rows, tokens)
    is_first = is_first | (token == 0)
    first = torch.where(is_first, token, 0).cummax(-1).values
    # Nor may a token see what lies before its sample, or miss the sample's first token.
    before = (first - 1).clamp(min=0)
    is_packing = (
        sees(row, head, token, first).all()
        & ((first == 0) | ~sees(row, head, token, before)).all()
    )
    starts = is_first.flatten().nonzero().flatten()
    ends = functional.pad(starts, (0, 1), value=rows * tokens)
    if not is_packing:
        return None
    return PackedSamples(tuple(ends.diff().tolist()), ends.to(torch.int32))


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: PackedSamples | torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **arguments: Any,
) -> tuple[torch.Tensor, None]:
    """Attends within each sample; any other mask is sdpa's.

    Args:
        module: The layer, which says how many heads share a key.
        query: rows x heads x tokens x size; keys and values may have fewer heads.
        key: As `query`.
        value: As `query`.
        attention_mask: What `packed_samples_or_mask` returned.
        dropout: Share of the attention weights that is dropped.
        scaling: Of the products of queries and keys.
        arguments: Others that a model gives, passed on to sdpa.

    Returns:
        rows x tokens x heads x size, and no weights.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if not isinstance(attention_mask, PackedSamples):
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **arguments
        )
    rows, _, tokens, _ = query.shape
    query, key, value = (_one_row(states) for states in (query, key, value))
    samples = attention_mask
    if query.is_cuda and _has_flash_attention(query.dtype):
        output = by_flash_attention(query, key, value, samples, dropout, scaling)
    elif query.is_cuda and dropout == 0.0:
        output = by_flex_attention(query, key, value, samples, scaling)
    else:
        parts = zip(
            *(states.split(samples.lengths, 2) for states in (query, key, value)),
            strict=True,
        )
        output = torch.cat(
            [
                sdpa_attention_forward(module, q, k, v, None, dropout, scaling, True)[0]
                for q, k, v in parts
            ],
            dim=1,
        )
    return output.reshape(rows, tokens, *output.shape[2:]), None


def _one_row(states: torch.Tensor) -> torch.Tensor:
    """Puts rows behind each other: 1 x heads x (rows x tokens) x size."""
    if states.shape[0] == 1:
        return states
    return states.transpose(0, 1).flatten(1, 2)[None]


def _has_flash_attention(dtype: torch.dtype) -> bool:
    is_half = dtype in (torch.bfloat16, torch.float16)
    return is_half and importlib.util.find_spec("flash_attn") is not None


def by_flash_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    samples: PackedSamples,
    dropout: float,
    scaling: float | None,
) -> torch.Tensor:
    """Attends within each sample of one row by flash-attn's kernel for such rows."""
    from flash_attn import flash_attn_varlen_func  # pyright: ignore

    longest = max(samples.lengths)
    return flash_attn_varlen_func(
        *(states[0].transpose(0, 1) for states in (query, key, value)),
        cu_seqlens_q=samples.ends,
        cu_seqlens_k=samples.ends,
        max_seqlen_q=longest,
        max_seqlen_k=longest,
        dropout_p=dropout,
        softmax_scale=scaling,
        causal=True,
    )[None]


def by_flex_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    samples: PackedSamples,
    scaling: float | None,
) -> torch.Tensor:
    """Attends within each sample of one row by FlexAttention, compiled on a GPU."""
    tokens = query.shape[2]
    padding = (0, 0, 0, _flex_padding(tokens))
    query, key, value = (functional.pad(s, padding) for s in (query, key, value))
    attend = _flex_attention(query.is_cuda)
    output = attend(
        query,
        key,
        value,
        block_mask=samples.block_mask,
        scale=scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return output[:, :, :tokens].transpose(1, 2)


@functools.cache
def _flex_attention(is_compiled: bool) -> Any:
    from torch.nn.attention.flex_attention import flex_attention

    return (
        torch.compile(flex_attention, dynamic=False) if is_compiled else flex_attention
    )


def _flex_padding(tokens: int) -> int:
    return max(_SHORTEST_FLEX, 1 << (tokens - 1).bit_length()) - tokens
