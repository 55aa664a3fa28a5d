"""Prompts that share their beginnings beside Oumi's own engine, in turns, on any model.

python tests/performance/shared_prefixes_evaluation.py MODEL
    [--tasks snips_dst api_bank cra_actions] [--cases 64] [--batch 16]
    [--new 48] [--threads 2] [--dtype float32]

The model is a folder or a name of the Hub. The two engines take turns wave by wave;
processor time is counted, so that what else the machine does hardly meets it. A reply that
differs is a tie, if the model's two best logits at the first differing token are less than
1e-4 apart.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import torch
from oumi.core.configs import GenerationParams, InferenceConfig, ModelParams
from oumi.core.types.conversation import Conversation, Message, Role
from oumi.inference import NativeTextInferenceEngine

from coalm_oumi.beginnings import common_length
from coalm_oumi.benchmarks.registry import get_benchmark
from coalm_oumi.evaluation.conductor.shared_prefix import SharedPrefixEngine

OPTIONS = {
    "snips_dst": {"prompt_layout": "system"},
    "api_bank": {},
    "cra_actions": {"prompt_layout": "system", "function_list": "dialogue"},
}
WAVE, TIE = 64, 1e-4


@dataclass
class Sums:
    """What was counted of a task."""

    replies: int = 0
    equal: int = 0
    ties: int = 0
    read: int = 0
    ours: float = 0.0
    oumis: float = 0.0


def conversations(task: str, cases: int) -> list[Conversation]:
    """The first request of each of a benchmark's first cases."""
    benchmark = get_benchmark(task)
    options = benchmark.options.read({"on_missing": "embedded", **OPTIONS[task]})
    starts = list(benchmark.dialogues(options, None).start.items())[:cases]
    return [
        Conversation(
            conversation_id=key,
            messages=[
                Message(role=Role(m.role), content=m.content)
                for m in next(start()).messages
            ],
        )
        for key, start in starts
    ]


def margin(
    engine: Any, conversation: Conversation, ours: Sequence[int], oumis: Sequence[int]
) -> float:
    """How far apart the two best logits are where two replies begin to differ."""
    prompt = engine._tokenizer(engine._apply_chat_template_impl(conversation))
    same = common_length(list(ours), list(oumis))
    ids = torch.tensor([[*prompt["input_ids"], *ours[:same]]])
    with torch.no_grad():
        logits = engine._model(ids.to(engine._model.device)).logits[0, -1].float()
    best = logits.topk(2).values
    return float(best[0] - best[1])


def replied(engine: Any, wave: list[Conversation], how: InferenceConfig) -> Any:
    """The replies, and the processor seconds that they took."""
    began = time.process_time()
    found = engine.infer(wave, how)
    return found, time.process_time() - began


def measure(engine: Any, task: str, arguments: argparse.Namespace) -> None:
    """Prints a task's figures."""
    sharing, sums = SharedPrefixEngine(engine), Sums()
    how = InferenceConfig(
        generation=GenerationParams(
            max_new_tokens=arguments.new,
            batch_size=arguments.batch,
            use_sampling=False,
            temperature=0.0,
            use_cache=True,
        )
    )
    asked = conversations(task, arguments.cases)
    for first in range(0, len(asked), WAVE):
        wave = asked[first : first + WAVE]
        ours, seconds = replied(sharing, wave, how)
        sums.ours += seconds
        oumis, seconds = replied(engine, wave, how)
        sums.oumis += seconds
        for put, one, other in zip(wave, ours, oumis, strict=True):
            texts = [str(each.messages[-1].content) for each in (one, other)]
            sums.replies += 1
            sums.read += one.metadata["usage"]["prompt_tokens"]
            sums.equal += texts[0] == texts[1]
            if texts[0] != texts[1]:
                tokens = [engine._tokenizer(t)["input_ids"] for t in texts]
                apart = margin(engine, put, *tokens)
                sums.ties += apart < TIE
                print(f"  {put.conversation_id}: {apart:.2g} apart", flush=True)
    computed = sharing.prompt_tokens_computed or 0
    print(
        f"{task}: {sums.replies} replies, {sums.equal} equal, {sums.ties} ties; "
        f"{sums.read:,} prompt tokens, {computed:,} computed "
        f"({sums.read / computed:.1f} times fewer); processor seconds "
        f"{sums.ours:.1f} beside {sums.oumis:.1f}: {sums.oumis / sums.ours:.1f} times",
        flush=True,
    )


def main() -> None:
    """Measures the tasks that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--tasks", nargs="+", default=list(OPTIONS))
    parser.add_argument("--cases", type=int, default=64)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--new", type=int, default=48)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dtype", default="float32")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    engine = NativeTextInferenceEngine(
        ModelParams(
            model_name=arguments.model,
            torch_dtype_str=arguments.dtype,
            model_max_length=8192,
            tokenizer_kwargs={"padding_side": "left"},
            attn_implementation="sdpa",
        )
    )
    for task in arguments.tasks:
        measure(engine, task, arguments)


if __name__ == "__main__":
    main()
