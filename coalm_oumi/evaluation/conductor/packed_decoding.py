"""Greedy decoding of many prompts: a common beginning is read once, rows come and go.

A forward pass takes one packed row of tokens: the next token of each reply that is being
written, and pieces of the prompts that begin (up to `CHUNK` tokens). The keys and values
of the beginning that all prompts share are kept once, those of each prompt's rest in a
slot of its own. A prompt takes over from the slot of the one before it, in the order of
their tokens, what both have in common, so that no token is computed twice. A reply that
ends leaves its slot to the next prompt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch

from coalm_oumi.beginnings import common_length
from coalm_oumi.evaluation.conductor.prefix_attention import (
    KeysAndValues,
    NotPlainError,
    Piece,
    Step,
    attending,
)

CHUNK = 512


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
                # Not on the first layers' device: the last may be on another.
                logits_to_keep=torch.tensor(wanted),
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
