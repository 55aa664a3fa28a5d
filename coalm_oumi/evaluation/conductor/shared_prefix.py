"""Oumi's NATIVE engine, with what prompts have in common computed once.

The prompts of a benchmark are alike: 401 of the 420 tokens of a `snips_dst` prompt are
those of every other. Oumi's engine computes them all for each prompt, pads each batch to
its longest row, and goes on with a batch until its last reply has ended. Here the engine
reads prompts, sets up generation and turns tokens into text as it always does, and only the
writing of tokens is `PackedDecoder`'s. Where that is not provably the same (sampling,
beams, penalties, a model without plain full attention), Oumi's engine does it all.

transformers' own `generate_batch`, which shares blocks of beginnings too, is made for GPUs:
on a busy CPU 32 `snips_dst` prompts took SmolLM2-135M in float32 89 s beside plain
`generate`'s 51 s. Twelve of them took `generate` 20.9 processor seconds, and 5.4 here.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from oumi.core.types.conversation import Conversation, FinishReason
from oumi.inference.native_text_inference_engine import NativeTextInferenceEngine
from oumi.utils.logging import logger
from transformers.cache_utils import DynamicCache, DynamicLayer
from transformers.generation.stopping_criteria import (
    EosTokenCriteria,
    MaxLengthCriteria,
    StoppingCriteriaList,
    StopStringCriteria,
)

from coalm_oumi.evaluation.conductor.packed_decoding import (
    PackedDecoder,
    Row,
)
from coalm_oumi.evaluation.conductor.prefix_attention import NotPlainError

if TYPE_CHECKING:
    from oumi.core.configs import InferenceConfig

# On a CPU, where it is the machine's; elsewhere the batch size is the only bound, as it is
# for Oumi's engine.
_CPU_MEMORY = 1_500_000_000
# Rotary frequencies of these kinds depend on how long the longest row of a batch is.
_LENGTH_DEPENDENT = ("dynamic", "longrope")
_PROBED = 12


class SharedPrefixEngine(NativeTextInferenceEngine):
    """An engine of Oumi's own kind whose prompts share what they have in common.

    The conversations that it returns tell each reply's own `finish_reason` and `usage`.

    Args:
        engine: Oumi's engine; its model and tokenizer are used, not copied.
    """

    def __init__(self, engine: NativeTextInferenceEngine) -> None:
        vars(self).update(vars(engine))
        self._oumis = engine
        self._sharing = _SharingModel(engine._model)
        self._model = self._sharing  # type: ignore[assignment]
        self._shares = engine._processor is None

    @property
    def prompt_tokens_computed(self) -> int | None:
        """How many tokens of prompts were computed; None if Oumi's engine did it."""
        return self._sharing.computed if self._shares else None

    def _make_batches(
        self, input: list[Conversation], batch_size: int
    ) -> list[list[Conversation]]:
        self._sharing.slots = batch_size
        return [input] if input else []

    def _infer(
        self,
        input: list[Conversation],
        inference_config: InferenceConfig | None = None,
    ) -> list[Conversation]:
        if self._shares:
            try:
                found = super()._infer(input, inference_config)
            except NotPlainError as why:
                logger.debug(f"Prompts do not share their beginnings: {why}")
                self._shares = False
            else:
                for conversation, row in zip(found, self._sharing.rows, strict=True):
                    conversation.metadata.update(_told(row))
                return found
        return self._oumis._infer(input, inference_config)


def _told(row: Row) -> dict[str, Any]:
    finish = FinishReason.STOP if row.ended else FinishReason.LENGTH
    read, written = len(row.prompt), len(row.reply)
    usage = {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
    }
    return {"finish_reason": finish.value, "usage": usage}


class _SharingModel:
    """What Oumi's engine takes for its model.

    Attributes:
        slots: How many replies are written at a time.
        rows: Those of the last call.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._decoder: PackedDecoder | None = None
        self.slots = 1
        self.rows: Sequence[Row] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    @property
    def computed(self) -> int:
        """How many tokens of prompts were computed so far."""
        return self._decoder.computed if self._decoder else 0

    def generate(self, **kwargs: Any) -> torch.Tensor:
        """Does what transformers' `generate` does, from the same arguments.

        Raises:
            NotPlainError: It would not be provably the same.
        """
        how, tokenizer = copy.copy(kwargs["generation_config"]), kwargs["tokenizer"]
        if getattr(self._model.generation_config, "stop_strings", None):
            raise NotPlainError("the model has stop strings of its own")
        criteria = StoppingCriteriaList()
        # transformers does not hand the tokenizer on to a function like this one.
        if how.stop_strings:
            criteria.append(StopStringCriteria(tokenizer, how.stop_strings))
            how.stop_strings = None
        return self._model.generate(
            **{**kwargs, "generation_config": how},
            stopping_criteria=criteria,
            custom_generate=self._written,
        )

    def _written(
        self,
        model: Any,
        input_ids: torch.Tensor,
        *,
        logits_processor: Sequence[Any],
        stopping_criteria: Sequence[Any],
        generation_config: Any,
        **model_kwargs: Any,
    ) -> torch.Tensor:
        """Stands in for `GenerationMixin._sample`, and returns what that returns."""
        _check_plain(logits_processor, stopping_criteria, generation_config)
        # Named above, transformers would hand it over twice.
        mask = model_kwargs.get("attention_mask")
        seen = torch.ones_like(input_ids) if mask is None else mask
        rows = [
            Row(ids[is_seen.bool()].tolist())
            for ids, is_seen in zip(input_ids.cpu(), seen.cpu(), strict=True)
        ]
        if not all(row.prompt for row in rows):
            raise NotPlainError("a prompt is empty")
        if self._decoder is None:
            self._decoder = _decoder(model, rows[0].prompt)
        ends = _Ends(stopping_criteria)
        self._decoder.write(rows, self.slots, generation_config.max_new_tokens, ends)
        self.rows = rows
        pad = generation_config._pad_token_tensor
        longest = max(len(row.reply) for row in rows)
        replies = torch.full((len(rows), longest), int(pad) if pad is not None else 0)
        for n, row in enumerate(rows):
            replies[n, : len(row.reply)] = torch.tensor(row.reply)
        return torch.cat((input_ids, replies.to(input_ids)), dim=1)


class _Ends:
    """Says which replies have ended, by transformers' own criteria."""

    def __init__(self, criteria: Sequence[Any]) -> None:
        self._criteria = [c for c in criteria if not isinstance(c, MaxLengthCriteria)]
        lengths = [getattr(c, "maximum_token_len", 1) for c in self._criteria]
        self._reach = max(lengths, default=1)

    def __call__(self, rows: Sequence[Row]) -> list[bool]:
        # A stop string may begin in the prompt.
        ends = [[*row.prompt, *row.reply][-self._reach :] for row in rows]
        ids = torch.tensor([[0] * (self._reach - len(end)) + end for end in ends])
        ended = torch.zeros(len(rows), dtype=torch.bool)
        for criterion in self._criteria:
            ended |= criterion(ids, None)
        return ended.tolist()


def _check_plain(
    logits_processor: Sequence[Any],
    stopping_criteria: Sequence[Any],
    generation_config: Any,
) -> None:
    if generation_config.do_sample or (generation_config.num_beams or 1) > 1:
        raise NotPlainError("generation is not greedy")
    if logits_processor:
        raise NotPlainError(f"{type(logits_processor[0]).__name__} changes logits")
    known = (MaxLengthCriteria, EosTokenCriteria, StopStringCriteria)
    if odd := [c for c in stopping_criteria if not isinstance(c, known)]:
        raise NotPlainError(f"{type(odd[0]).__name__} stops replies")


def _decoder(model: Any, prompt: list[int]) -> PackedDecoder:
    """Returns a decoder of the model, once it has been seen to give the same logits."""
    config = model.config
    rope = getattr(config, "rope_parameters", None) or getattr(
        config, "rope_scaling", None
    )
    kind = (rope or {}).get("rope_type", "default")
    if kind in _LENGTH_DEPENDENT:
        raise NotPlainError(f"rotary embeddings are {kind}")
    if config.is_encoder_decoder or not getattr(
        model, "_supports_attention_backend", False
    ):
        raise NotPlainError("attention cannot be exchanged")
    cache = DynamicCache(config=config)
    if any(type(layer) is not DynamicLayer for layer in cache.layers):
        raise NotPlainError("not all layers have full attention")
    on_cpu = model.device.type == "cpu"
    decoder = PackedDecoder(model, memory=_CPU_MEMORY if on_cpu else None)
    try:
        decoder.check((prompt * _PROBED)[:_PROBED])
    except NotPlainError:
        raise
    except Exception as error:
        raise NotPlainError(f"{type(error).__name__}: {error}") from error
    return decoder
