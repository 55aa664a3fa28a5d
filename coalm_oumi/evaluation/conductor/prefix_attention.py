"""Attention over a packed row of tokens of many prompts, whose beginning is shared.

The keys and values of the beginning that all prompts share are kept once, those of each
prompt's rest in a slot of its own. The model calls `shared_prefix_attention` through
transformers' `AttentionInterface`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional
from transformers import AttentionInterface

ATTENTION = "coalm_shared_prefix"
# What attention functions are told without its changing what they compute.
_HARMLESS = ("dropout", "is_causal", "position_ids", "use_cache", "cache_position")


class NotPlainError(Exception):
    """The model's attention is of another kind."""


class KeysAndValues:
    """Keys and values by layer, each of shape (slots, heads, tokens, size)."""

    def __init__(self, slots: int, tokens: int) -> None:
        self.slots, self.tokens = slots, tokens
        self.layers: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def of(
        self, layer: int, key: torch.Tensor, value: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns a layer's, made like the given ones of shape (1, heads, n, size)."""
        # Zeros: what no token has written yet is multiplied by shares of zero.
        if layer not in self.layers:
            self.layers[layer] = (
                key.new_zeros((self.slots, key.shape[1], self.tokens, key.shape[3])),
                value.new_zeros(
                    (self.slots, value.shape[1], self.tokens, value.shape[3])
                ),
            )
        return self.layers[layer]

    def token_bytes(self) -> int:
        """Returns what one token's take in all layers."""
        tensors = [tensor for pair in self.layers.values() for tensor in pair]
        return sum(t.nbytes // (t.shape[0] * t.shape[2]) for t in tensors)

    def dtype(self) -> torch.dtype:
        """Returns the type of the numbers."""
        return next(iter(self.layers.values()))[0].dtype

    def copy(self, source: int, target: int, tokens: int) -> None:
        """Copies a slot's first tokens to another."""
        for pair in self.layers.values():
            for tensor in pair:
                tensor[target, :, :tokens] = tensor[source, :, :tokens]

    def grown(self, tokens: int) -> KeysAndValues:
        """Returns a copy with room for so many tokens."""
        grown = KeysAndValues(self.slots, tokens)
        for layer, (key, value) in self.layers.items():
            for old, new in zip((key, value), grown.of(layer, key, value), strict=True):
                new[:, :, : self.tokens] = old
        return grown


@dataclass
class Piece:
    """Tokens of one prompt that follow each other.

    Attributes:
        slot: The prompt's.
        start: How many of the slot's tokens come before.
        tokens: The tokens.
        taken: From which slot how many tokens are taken over before.
        mask: Which tokens each sees, of shape (tokens, keys); None for all.
    """

    slot: int
    start: int
    tokens: Sequence[int]
    taken: tuple[int, int] | None = None
    mask: torch.Tensor | None = None


@dataclass
class Step:
    """What a forward pass computes: the written tokens first, then the pieces.

    Attributes:
        store: The slots.
        shared: The common beginning, in slot 0; None if there is none.
        prefix: How many tokens it has.
        slots: The slots of the written tokens.
        lengths: How many tokens these slots hold before.
        pieces: Of the prompts.
    """

    store: KeysAndValues
    shared: KeysAndValues | None
    prefix: int
    slots: torch.Tensor
    lengths: torch.Tensor
    pieces: list[Piece]
    span: int = 0
    reach: int = 0
    hidden: torch.Tensor | None = None

    def __post_init__(self) -> None:
        if len(self.slots):
            self.span = int(self.slots.max()) + 1
            # A multiple, so that shapes repeat from step to step.
            reach = -(-(int(self.lengths.max()) + 1) // 16) * 16
            self.reach = min(reach, self.store.tokens)
            known = torch.full((self.span,), -1, dtype=torch.long)
            known[self.slots] = self.lengths
            seen = torch.arange(self.reach)[None] <= known[:, None]
            self.hidden = ~seen[:, None, None]
        for piece in self.pieces:
            n = len(piece.tokens)
            if n > 1:
                keys = torch.arange(self.prefix + piece.start + n)
                piece.mask = (
                    keys[None] <= (self.prefix + piece.start + torch.arange(n))[:, None]
                )

    def to(self, device: torch.device) -> Step:
        """Moves the masks to where a layer computes."""
        if self.hidden is not None and self.hidden.device != device:
            self.hidden = self.hidden.to(device)
            self.slots, self.lengths = self.slots.to(device), self.lengths.to(device)
        for piece in self.pieces:
            if piece.mask is not None:
                piece.mask = piece.mask.to(device)
        return self

    def prefix_of(self, layer: int) -> tuple[torch.Tensor, torch.Tensor] | None:
        """Returns a layer's common keys and values, of shape (heads, prefix, size)."""
        if self.shared is None or not self.prefix:
            return None
        key, value = self.shared.layers[layer]
        return key[0, :, : self.prefix], value[0, :, : self.prefix]


def shared_prefix_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    shared_prefix: Step | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Computes one layer's attention of a step, and keeps its keys and values.

    Args:
        module: The layer's attention; tells its number.
        query: Of shape (1, heads, tokens, size).
        key: Of shape (1, key heads, tokens, size), as the next too.
        value: The values.
        attention_mask: None.
        scaling: What products are multiplied by.
        shared_prefix: The step.
        kwargs: What else attention functions are told.

    Returns:
        The output, of shape (1, tokens, heads, size).

    Raises:
        NotPlainError: The model asks for another attention than the plain, full one.
    """
    told = {k for k, v in kwargs.items() if v is not None and v is not False}
    odd = sorted(told.difference(_HARMLESS))
    if shared_prefix is None or attention_mask is not None or odd:
        raise NotPlainError(f"attention is told {', '.join(odd) or 'a mask'}")
    step, layer = shared_prefix.to(query.device), int(module.layer_idx)  # type: ignore[arg-type]
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    keys, values = step.store.of(layer, key, value)
    prefix = step.prefix_of(layer)
    n, outputs = len(step.slots), []
    if n:
        for kept, new in ((keys, key), (values, value)):
            kept[step.slots, :, step.lengths] = new[0, :, :n].transpose(0, 1)
        outputs.append(_written(step, query[0, :, :n], keys, values, prefix, scale))
    for piece in step.pieces:
        end = n + len(piece.tokens)
        for kept, new in ((keys, key), (values, value)):
            if piece.taken is not None:
                source, taken = piece.taken
                kept[piece.slot, :, :taken] = kept[source, :, :taken]
            stop = piece.start + end - n
            kept[piece.slot, :, piece.start : stop] = new[0, :, n:end]
        outputs.append(_read(piece, query[0, :, n:end], keys, values, prefix, scale))
        n = end
    return torch.cat(outputs).unsqueeze(0), None


def _written(
    step: Step,
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    prefix: tuple[torch.Tensor, torch.Tensor] | None,
    scale: float,
) -> torch.Tensor:
    """Returns (tokens, heads, size) for one token of each of some slots.

    The heads of a group are queries of one key head: nothing is repeated. The common
    beginning is one product for all slots.
    """
    heads, n, size = query.shape
    groups, span, reach = keys.shape[1], step.span, step.reach
    per = heads // groups
    query = query * scale
    spread = query.new_zeros((span, groups, per, size))
    spread[step.slots] = query.transpose(0, 1).reshape(n, groups, per, size)
    own = keys[:span, :, :reach].flatten(0, 1)
    scores = torch.bmm(spread.flatten(0, 1), own.transpose(1, 2))
    scores = scores.view(span, groups, per, reach)
    scores = scores.masked_fill(step.hidden, float("-inf"))  # type: ignore[arg-type]
    scores = scores[step.slots]
    if prefix is not None:
        together = query.reshape(groups, per * n, size)
        common = torch.bmm(together, prefix[0].transpose(1, 2))
        common = common.view(groups, per, n, step.prefix).permute(2, 0, 1, 3)
        scores = torch.cat((common, scores), dim=-1)
    shares = scores.softmax(-1, dtype=torch.float32).to(query.dtype)
    spread_shares = shares.new_zeros((span, groups, per, reach))
    spread_shares[step.slots] = shares[..., -reach:]
    output = torch.bmm(
        spread_shares.flatten(0, 1), values[:span, :, :reach].flatten(0, 1)
    ).view(span, groups, per, -1)[step.slots]
    if prefix is not None:
        common = shares[..., : step.prefix].permute(1, 2, 0, 3)
        common = common.reshape(groups, per * n, step.prefix)
        common = torch.bmm(common, prefix[1]).view(groups, per, n, -1)
        output = output + common.permute(2, 0, 1, 3)
    return output.reshape(n, heads, -1)


def _read(
    piece: Piece,
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    prefix: tuple[torch.Tensor, torch.Tensor] | None,
    scale: float,
) -> torch.Tensor:
    """Returns (tokens, heads, size) for a piece."""
    heads, n, _ = query.shape
    groups, end = keys.shape[1], piece.start + len(piece.tokens)
    per = heads // groups
    seen = [kept[piece.slot, :, :end] for kept in (keys, values)]
    if prefix is not None:
        seen = [torch.cat(pair, 1) for pair in zip(prefix, seen, strict=True)]
    mask = None if piece.mask is None else piece.mask.repeat(per, 1)
    output = functional.scaled_dot_product_attention(
        query.reshape(1, groups, per * n, -1),
        seen[0][None],
        seen[1][None],
        attn_mask=mask,
        scale=scale,
    )
    return output.reshape(heads, n, -1).transpose(0, 1)


@contextmanager
def attending(model: Any) -> Iterator[None]:
    """Has a model's layers call `shared_prefix_attention`."""
    AttentionInterface.register(ATTENTION, shared_prefix_attention)
    before = model.config._attn_implementation
    model.config._attn_implementation = ATTENTION
    try:
        yield
    finally:
        model.config._attn_implementation = before
