"""Generated calls through our templates with tools and back, by stock readers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.errors import CoalmError
from coalm_oumi.prompts.chat_template import ChatTemplate
from coalm_oumi.sample import chat_calls
from tests.serving.generated_calls import tasks

ASSET = Path(__file__).parents[1] / "assets/tiny_llama"
CALLS = int(os.environ.get("COALM_GENERATED_CALLS", "1000"))
# What a family's template without tools begins and ends turns with.
FRAMES = {
    "chatml": ("<|im_start|>", "\n", "<|im_end|>\n", "<|im_start|>assistant\n"),
    "gemma": ("<start_of_turn>", "\n", "<end_of_turn>\n", "<start_of_turn>model\n"),
    "llama3": (
        "<|start_header_id|>",
        "<|end_header_id|>\n\n",
        "<|eot_id|>",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    ),
}
DEEPSEEK = (
    "{% for m in messages %}{{ ('<\uff5cUser\uff5c>' if m.role == 'user' else "
    "'<\uff5cAssistant\uff5c>') + m.content }}{% endfor %}"
)


def stock(family: str) -> str:
    """A template of the family that writes no tools."""
    if family == "deepseek_v3":
        return DEEPSEEK
    before, behind, end, reply = (json.dumps(mark) for mark in FRAMES[family])
    return (
        f"{{% for m in messages %}}{{{{ {before} + m.role + {behind} + m.content + {end} "
        f"}}}}{{% endfor %}}{{% if add_generation_prompt %}}{{{{ {reply} }}}}{{% endif %}}"
    )


def tokenizer(family: str) -> Any:
    from transformers import AutoTokenizer

    found = AutoTokenizer.from_pretrained(ASSET)
    found.chat_template = stock(family)
    return found


def by_parse_response(found: Any, prompt: str, reply: str) -> list[FunctionCall]:
    """What `transformers serve` reads."""
    parsed = found.parse_response(reply, prefix=prompt)
    return [
        FunctionCall(call["function"]["name"], call["function"]["arguments"])
        for call in parsed.get("tool_calls", ())
    ]


def by_semicolons(found: Any, prompt: str, reply: str) -> list[FunctionCall]:
    """JSON objects parted by semicolons, as stock parsers of Llama 3 read them."""
    del found, prompt
    text, calls = reply.removesuffix("<|eot_id|>"), []
    while text:
        call, end = json.JSONDecoder().raw_decode(text)
        calls.append(FunctionCall(call["name"], call["parameters"]))
        text = text[end:].removeprefix("; ")
    return calls


READERS: dict[str, Callable[[Any, str, str], list[FunctionCall]]] = {
    "chatml": by_parse_response,
    "gemma": by_parse_response,
    "deepseek_v3": by_parse_response,
    "llama3": by_semicolons,
}


@pytest.mark.parametrize("family", READERS)
def test_generated_calls_come_back(family: str) -> None:
    found = tokenizer(family)
    template = ChatTemplate(found)
    assert template.replaced
    question = [{"role": "user", "content": "Do it."}]
    read = 0
    for task in tasks(CALLS, seed=1):
        calls = chat_calls((call.name, call.arguments) for call in task.calls)
        prompt = template.text(question, task.tools, reply=True)
        made = [*question, {"role": "assistant", "tool_calls": calls}]
        text = template.text(made, task.tools)
        assert text.startswith(prompt)
        reply = text[len(prompt) :].rstrip()
        assert READERS[family](found, prompt, reply) == list(task.calls)
        read += len(task.calls)
    assert read == CALLS


@pytest.mark.parametrize("family", ["chatml", "gemma", "deepseek_v3"])
def test_words_come_back_as_words(family: str) -> None:
    found = tokenizer(family)
    template = ChatTemplate(found)
    (task,) = tasks(1, seed=2)
    question = [{"role": "user", "content": "Hello."}]
    prompt = template.text(question, task.tools, reply=True)
    made = [*question, {"role": "assistant", "content": "Hello yourself."}]
    reply = template.text(made, task.tools)[len(prompt) :].rstrip()
    parsed = found.parse_response(reply, prefix=prompt)
    assert parsed["content"] == "Hello yourself."
    assert not parsed.get("tool_calls")


def test_of_several_templates_the_default_writes_what_has_no_tools() -> None:
    found = tokenizer("chatml")
    plain = found.chat_template
    found.chat_template = {"default": plain, "rag": plain}
    messages = [{"role": "user", "content": "Hello."}]
    before = found.apply_chat_template(messages, tokenize=False)
    template = ChatTemplate(found)
    assert template.replaced
    assert template.text(messages) == before


def test_a_template_of_no_known_family_is_refused() -> None:
    found = tokenizer("chatml")
    found.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    with pytest.raises(CoalmError, match="writes no tools"):
        ChatTemplate(found)
    found.chat_template = None
    with pytest.raises(CoalmError, match="has no chat template"):
        ChatTemplate(found)
