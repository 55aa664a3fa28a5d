"""vLLM's stock parsers read the replies that `prompt_layout: tools` trains."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.prompts.chat_template import ChatTemplate
from coalm_oumi.sample import chat_calls
from tests.serving.generated_calls import tasks

if not find_spec("vllm"):
    pytest.skip("vllm is not installed (extra gpu)", allow_module_level=True)
if not os.environ.get("COALM_TEST_TOKENIZERS"):
    pytest.skip(
        "COALM_TEST_TOKENIZERS names no folder of tokenizers", allow_module_level=True
    )

CALLS = int(os.environ.get("COALM_GENERATED_CALLS", "300"))
TOKENIZERS = Path(os.environ["COALM_TEST_TOKENIZERS"])
PARSERS = {
    "llama3_1": "llama3_json",
    "qwen3": "hermes",
    "gemma3": "hermes",
    "deepseek_v3": "deepseek_v3",
    "mistral_nemo": "mistral",
}


@pytest.mark.parametrize("name", PARSERS)
def test_generated_calls_come_back(name: str) -> None:
    from transformers import AutoTokenizer
    from vllm.entrypoints.openai.chat_completion.protocol import (  # pyright: ignore
        ChatCompletionRequest,
    )
    from vllm.tool_parsers import ToolParserManager  # pyright: ignore

    tokenizer: Any = AutoTokenizer.from_pretrained(TOKENIZERS / name)
    if name == "llama3_1":  # npm's lacks a mark that Meta's has, and the parser wants
        tokenizer.add_tokens(["<|python_tag|>"], special_tokens=True)
    template = ChatTemplate(tokenizer, enable_thinking=False)
    kind = ToolParserManager.get_tool_parser(PARSERS[name])
    question = [{"role": "user", "content": "Do it."}]
    ends = tuple(t for t in tokenizer.all_special_tokens if "end" in t or "eo" in t)
    for task in tasks(CALLS, seed=3):
        calls = chat_calls((call.name, call.arguments) for call in task.calls)
        prompt = template.text(question, task.tools, reply=True)
        made = [*question, {"role": "assistant", "tool_calls": calls}]
        reply = template.text(made, task.tools)[len(prompt) :].rstrip()
        for end in (*ends, "</s>"):
            reply = reply.removesuffix(end)
        asked = ChatCompletionRequest(messages=[], model="m", tools=task.tools)
        try:
            parser = kind(tokenizer, asked.tools)
        except TypeError:  # before 0.19
            parser = kind(tokenizer)
        found = parser.extract_tool_calls(reply, asked)
        assert [
            (call.function.name, json.loads(call.function.arguments))
            for call in found.tool_calls
        ] == [(call.name, call.arguments) for call in task.calls], reply
