"""Greedy decoding of many prompts: a common beginning is read once, rows come and go.

A forward pass takes one packed row of tokens: the next token of each reply that is being
written, and pieces of the prompts that begin (up to `CHUNK` tokens). The keys and values
of the beginning that all prompts share are kept once, those of each prompt's rest in a
slot of its own. A prompt takes over from the slot of the one before it, in the order of
their tokens, what both have in common, so that no token is computed twice. A reply that
ends leaves its slot to the next prompt.

The model calls `shared_prefix_attention` through transformers' `AttentionInterface`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch.nn import functional
from transformers import AttentionInterface

ATTENTION = "coalm_shared_prefix"
CHUNK = 512
# What attention functions are told without its changing what they compute.
_HARMLESS = ("dropout", "is_causal", "position_ids", "use_cache", "cache_position")


class NotPlainError(Exception):
    """The model's attention is of another kind."""


@dataclass
class Row:
    """One prompt and its reply.

    Attributes:
        prompt: The prompt's tokens, one at least.
        reply: The tokens written, with the one that ended them.
        ended: Whether a stop criterion was met; else the reply's length was used up.
        computed: How many of the prompt's tokens were computed for it alone.
        slot: Where the keys and values of its own tokens are.
        own: How many are there.
    """

    prompt: list[int]
    reply: list[int] = field(default_factory=list)
    ended: bool = False
    computed: int = 0
    slot: int = -1
    own: int = 0


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
    odd = [k for k, v in kwargs.items() if v is not None and k not in _HARMLESS]
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


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Returns how many tokens two prompts begin with in common."""
    n = min(len(one), len(other))
    if one[:n] == other[:n]:
        return n
    low = 0
    while n - low > 1:
        middle = (low + n) // 2
        low, n = (middle, n) if one[:middle] == other[:middle] else (low, middle)
    return low


class PackedDecoder:
    """Writes replies to prompts; keeps the last common beginning for the next ones.

    Attributes:
        computed: How many tokens of prompts were computed so far.
    """

    def __init__(self, model: Any, *, memory: int | None) -> None:
        """Takes the model; `check` comes before `write`.

        Args:
            model: A causal language model of transformers with plain full attention.
            memory: The most bytes for the keys and values; None for no limit.
        """
        self._model, self._memory, self._token_bytes = model, memory, 0
        self._beginning: list[int] = []
        self._shared = KeysAndValues(1, 0)
        self.computed = 0

    def check(self, tokens: Sequence[int]) -> None:
        """Compares the logits of some tokens, three at least, with the model's own.

        Raises:
            NotPlainError: They differ by more than rounding.
        """
        tokens, n = list(tokens), len(tokens) // 2
        device = self._model.get_input_embeddings().weight.device
        ids = torch.tensor([tokens], device=device)
        own = self._model(input_ids=ids, use_cache=False).logits[0, -1].float()
        with attending(self._model):
            self._begin(tokens[:n])
            store, none = (
                KeysAndValues(2, len(tokens)),
                torch.empty(0, dtype=torch.long),
            )
            piece = Piece(1, 0, tokens[n:-1])
            self._logits(Step(store, self._shared, n, none, none, [piece]), [], [0])
            slot, length = torch.tensor([1]), torch.tensor([len(tokens) - n - 1])
            step = Step(store, self._shared, n, slot, length, [])
            found = self._logits(step, tokens[-1:], [0])[0]
        self._token_bytes = store.token_bytes()
        self._beginning, self.computed = [], 0
        bound = 1e-3 if own.dtype == store.dtype() else 5e-2
        if not (found - own).abs().max() <= bound * own.abs().max():
            raise NotPlainError("the logits are not the model's own")

    def write(
        self,
        rows: Sequence[Row],
        slots: int,
        longest: int,
        ends: Callable[[Sequence[Row]], Sequence[bool]],
    ) -> None:
        """Writes the reply of each row.

        Args:
            rows: The prompts.
            slots: How many replies are written at a time at most.
            longest: The most tokens of a reply.
            ends: Says of rows whether the last token of the reply ends it.
        """
        order = sorted(rows, key=lambda row: row.prompt)
        shared = common_length(order[0].prompt, order[-1].prompt)
        # The last token of a prompt is computed for it, to know what comes after.
        shared = min(shared, min(len(row.prompt) for row in rows) - 1)
        own = max(len(row.prompt) for row in rows) - shared + longest
        if self._memory is not None:
            room = self._memory // self._token_bytes - shared
            slots = max(1, min(slots, room // own))
        slots = min(slots, len(rows))
        with attending(self._model):
            self._begin(order[0].prompt[:shared])
            batch = _Batch(self, order, shared, KeysAndValues(slots, own))
            while batch.unfinished:
                batch.step(longest, ends)

    def _begin(self, tokens: list[int]) -> None:
        """Computes what is missing of a common beginning."""
        known = common_length(self._beginning, tokens)
        if known == len(tokens):
            return
        if len(tokens) > self._shared.tokens:
            self._shared = self._shared.grown(len(tokens))
        self._beginning = self._beginning[:known]
        while (n := len(self._beginning)) < len(tokens):
            piece = Piece(0, n, tokens[n : n + CHUNK])
            none = torch.empty(0, dtype=torch.long)
            self.forward(Step(self._shared, None, 0, none, none, [piece]), [], [])
            self.computed += len(piece.tokens)
            self._beginning = tokens[: n + CHUNK]

    def shared(self) -> KeysAndValues:
        """Returns the common beginning."""
        return self._shared

    def forward(self, step: Step, written: list[int], wanted: list[int]) -> list[int]:
        """Runs the model; returns the likeliest next token after each wanted one."""
        logits = self._logits(step, written, wanted or [0])
        return logits.argmax(-1).tolist() if wanted else []

    def _logits(
        self, step: Step, written: list[int], wanted: list[int]
    ) -> torch.Tensor:
        tokens = [*written, *(t for piece in step.pieces for t in piece.tokens)]
        places = [step.prefix + int(n) for n in step.lengths]
        for piece in step.pieces:
            first = step.prefix + piece.start
            places.extend(range(first, first + len(piece.tokens)))
        device = self._model.get_input_embeddings().weight.device
        return (
            self._model(
                input_ids=torch.tensor([tokens], device=device),
                position_ids=torch.tensor([places], device=device),
                use_cache=False,
                logits_to_keep=torch.tensor(wanted, device=device),
                shared_prefix=step,
            )
            .logits[0]
            .float()
        )


class _Batch:
    """The rows that are being written, and those that wait for a slot."""

    def __init__(
        self, decoder: PackedDecoder, rows: list[Row], prefix: int, store: KeysAndValues
    ) -> None:
        self._decoder, self._prefix, self._store = decoder, prefix, store
        self._waiting = deque(rows)
        self._active: list[Row] = []
        self._reading: Row | None = None
        self._last: Row | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a row is left."""
        return bool(self._waiting or self._active or self._reading)

    def step(
        self, longest: int, ends: Callable[[Sequence[Row]], Sequence[bool]]
    ) -> None:
        """Adds a token to each reply, reads on in the prompts."""
        active = list(self._active)
        pieces, started = self._pieces(CHUNK - len(active))
        step = Step(
            self._store,
            self._decoder.shared(),
            self._prefix,
            torch.tensor([row.slot for row in active], dtype=torch.long),
            torch.tensor([row.own for row in active], dtype=torch.long),
            pieces,
        )
        n, wanted = len(active), list(range(len(active)))
        for piece, row in zip(pieces, started, strict=True):
            n += len(piece.tokens)
            if row is not None:
                wanted.append(n - 1)
        found = self._decoder.forward(step, [row.reply[-1] for row in active], wanted)
        for row in active:
            row.own += 1
        writing = [*active, *(row for row in started if row is not None)]
        for row, token in zip(writing, found, strict=True):
            row.reply.append(token)
        self._active = []
        for row, ended in zip(writing, ends(writing) if writing else (), strict=True):
            row.ended = ended
            if not ended and len(row.reply) < longest:
                self._active.append(row)
        if not self._waiting and self._reading is None:
            self._close_up()

    def _pieces(self, budget: int) -> tuple[list[Piece], list[Row | None]]:
        """Returns what is read now, and the row whose prompt ends with each, if one."""
        pieces: list[Piece] = []
        started: list[Row | None] = []
        taken = {row.slot for row in self._active}
        while budget > 0:
            source = None
            if self._reading is None:
                free = [s for s in range(self._store.slots) if s not in taken]
                if not self._waiting or not free:
                    break
                source = self._admit(free)
            row = cast("Row", self._reading)
            start = self._prefix + row.own
            piece = Piece(row.slot, row.own, row.prompt[start : start + budget], source)
            n = len(piece.tokens)
            budget -= n
            row.own, row.computed = row.own + n, row.computed + n
            self._decoder.computed += n
            whole = start + n == len(row.prompt)
            pieces.append(piece)
            started.append(row if whole else None)
            taken.add(row.slot)
            if whole:
                self._reading = None
        return pieces, started

    def _admit(self, free: list[int]) -> tuple[int, int] | None:
        """Gives the next row a slot, and what it has in common with the last row's."""
        row, last = self._waiting.popleft(), self._last
        row.slot, source = free[0], None
        if last is not None:
            common = common_length(row.prompt, last.prompt)
            common = min(common, len(row.prompt) - 1) - self._prefix
            # Nobody else has had the slot of the last one since.
            if last.slot in free:
                row.slot = last.slot
            elif common > 0:
                source = (last.slot, common)
            row.own = max(common, 0)
        self._reading = self._last = row
        return source

    def _close_up(self) -> None:
        """Moves rows to the front once many slots before them are empty."""
        span = 1 + max((row.slot for row in self._active), default=-1)
        if 4 * len(self._active) > 3 * span:
            return
        used = {row.slot for row in self._active}
        holes = deque(s for s in range(span) if s not in used)
        for row in sorted(self._active, key=lambda row: -row.slot):
            if not holes or holes[0] > row.slot:
                break
            self._store.copy(row.slot, holes[0], row.own)
            row.slot = holes.popleft()
