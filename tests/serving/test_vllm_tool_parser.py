"""The plug-in under vLLM's own interface: registered, whole and streamed replies."""

from __future__ import annotations

import json
import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.serving import TOOL_PARSER_PLUGIN
from tests.serving.generated_calls import NOTATIONS, Task, tasks, written

if not find_spec("vllm"):
    pytest.skip("vllm is not installed (extra gpu)", allow_module_level=True)

CALLS = int(os.environ.get("COALM_GENERATED_CALLS", "300"))
ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"
EACH_NOTATION = pytest.mark.parametrize("notation", NOTATIONS)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(ASSET)


@pytest.fixture(scope="module")
def parser_class() -> Any:
    from vllm.tool_parsers import ToolParserManager  # pyright: ignore

    ToolParserManager.import_tool_parser(str(TOOL_PARSER_PLUGIN))
    return ToolParserManager.get_tool_parser("coalm")


def request(task: Task | None = None, **fields: Any) -> Any:
    from vllm.entrypoints.openai.chat_completion.protocol import (  # pyright: ignore
        ChatCompletionRequest,
    )

    if task is not None:
        fields["tools"] = task.tools
    return ChatCompletionRequest(messages=[], model="coalm", **fields)


def read(message: Any) -> list[FunctionCall]:
    return [
        FunctionCall(c.function.name, json.loads(c.function.arguments))
        for c in message.tool_calls
    ]


def streamed(
    parser: Any, pieces: Any, asked: Any, *, last: list[int] | None = None
) -> tuple[str, list[Any]]:
    """The content and the calls of a reply, as a client adds the pieces up."""
    content, calls, so_far = "", [], ""
    pieces = list(pieces)
    for number, piece in enumerate(pieces):
        before, so_far = so_far, so_far + piece
        ids = last if last and number == len(pieces) - 1 else [9]
        delta = parser.extract_tool_calls_streaming(
            before, so_far, piece, [9] * number, [9] * number + ids, ids, asked
        )
        if delta is not None:
            assert delta.content or delta.tool_calls
            content += delta.content or ""
            for call in delta.tool_calls:
                assert call.index == len(calls)
                assert call.id
                assert call.type == "function"
                calls.append(call)
    return content, calls


@EACH_NOTATION
def test_generated_calls_whole_and_cut_at_every_character(
    parser_class: Any, tokenizer: Any, notation: str
) -> None:
    parser = parser_class(tokenizer)
    for task in tasks(CALLS, seed=len(notation)):
        text, asked = written(task.calls, notation), request(task)

        whole = parser.extract_tool_calls(text, asked)
        content, calls = streamed(parser, text, asked)

        assert whole.tools_called
        assert whole.content is None
        assert content == ""
        assert read(whole) == list(task.calls)
        ids = {call.id for call in calls}
        assert len(ids) == len(calls)
        found = [
            FunctionCall(c.function.name, json.loads(c.function.arguments))
            for c in calls
        ]
        assert found == list(task.calls)
        assert parser.streamed_args_for_tool == [c.function.arguments for c in calls]
        assert [c["name"] for c in parser.prev_tool_call_arr] == [
            call.name for call in task.calls
        ]


def test_words_alone_are_content(parser_class: Any, tokenizer: Any) -> None:
    text, asked = "It leaves at nine [sic].", request()

    whole = parser_class(tokenizer).extract_tool_calls(text, asked)

    assert (whole.tools_called, whole.tool_calls, whole.content) == (False, [], text)
    assert streamed(parser_class(tokenizer), text, asked) == (text, [])


def test_the_end_of_the_reply_gives_what_was_held_back(
    parser_class: Any, tokenizer: Any
) -> None:
    text = "See [the timetable"
    end = [tokenizer.eos_token_id]

    assert streamed(parser_class(tokenizer), text, request(), last=end)[0] == text
    limit = request(max_completion_tokens=len(text))
    assert streamed(parser_class(tokenizer), text, limit)[0] == text


def test_notation_of_the_request(parser_class: Any, tokenizer: Any) -> None:
    asked = request(chat_template_kwargs={"notation": "cra"})
    parser = parser_class(tokenizer)

    assert not parser.extract_tool_calls("[clock()]", asked).tools_called
    assert parser.extract_tool_calls("Action: clock()", asked).tools_called


@pytest.mark.parametrize("pieces", [1, 2, 40])
def test_vllm_s_server_streams_all_calls(
    parser_class: Any, tokenizer: Any, pieces: int
) -> None:
    """Its own chat loop, over outputs given to it, loses and doubles nothing."""
    task = next(t for t in tasks(30, seed=3) if len(t.calls) == 3)
    text = written(task.calls, "bracket")
    size = -(-len(text) // pieces)
    chunks = [text[at : at + size] for at in range(0, len(text), size)]

    reason, calls = chat_loop(parser_class, tokenizer, task, chunks)

    assert reason == "tool_calls"
    assert calls == list(task.calls)


def chat_loop(
    parser_class: Any, tokenizer: Any, task: Task, chunks: list[str]
) -> tuple[str, list[FunctionCall]]:
    """Runs vLLM's `chat_completion_stream_generator` over outputs in these chunks."""
    import asyncio

    from vllm.entrypoints.openai.chat_completion.serving import (  # pyright: ignore
        OpenAIServingChat,
    )
    from vllm.outputs import CompletionOutput, RequestOutput  # pyright: ignore

    server = serving_chat(OpenAIServingChat, parser_class)

    async def outputs() -> Any:
        for number, chunk in enumerate(chunks):
            done = number == len(chunks) - 1
            yield RequestOutput(
                request_id="r",
                prompt=None,
                prompt_token_ids=[1],
                prompt_logprobs=None,
                outputs=[
                    CompletionOutput(
                        index=0,
                        text=chunk,
                        token_ids=[9],
                        cumulative_logprob=None,
                        logprobs=None,
                        finish_reason="stop" if done else None,
                    )
                ],
                finished=done,
            )

    async def lines() -> list[str]:
        stream = server.chat_completion_stream_generator(
            request(task, stream=True),
            outputs(),
            "r",
            "coalm",
            [],
            tokenizer,
            base_protocol().RequestResponseMetadata(request_id="r"),
        )
        return [line async for line in stream]

    reason, names, arguments = "", {}, {}
    for line in asyncio.run(lines()):
        data = line.removeprefix("data: ").strip()
        if data == "[DONE]":
            continue
        choice = json.loads(data)["choices"][0]
        reason = choice.get("finish_reason") or reason
        for call in choice["delta"].get("tool_calls") or ():
            index, function = call["index"], call["function"]
            names.setdefault(index, function.get("name"))
            arguments[index] = arguments.get(index, "") + function["arguments"]
    calls = [FunctionCall(names[n], json.loads(arguments[n])) for n in sorted(names)]
    return reason, calls


def base_protocol() -> Any:
    """The module with the classes that all of vLLM's endpoints share."""
    try:
        return import_module("vllm.entrypoints.generate.base.protocol")
    except ModuleNotFoundError:
        return import_module("vllm.entrypoints.openai.engine.protocol")


def serving_chat(kind: Any, parser_class: Any) -> Any:
    """The chat server without an engine: what its streaming loop reads of itself."""
    server = kind.__new__(kind)
    if find_spec("vllm.parser.parser_manager"):  # from 0.20 on
        from vllm.parser import ParserManager  # pyright: ignore

        server.parser_cls = ParserManager.get_parser("coalm", None, True)
        server.model_config = SimpleNamespace(hf_text_config=None, hf_config=None)
        server.system_fingerprint = None
        server.enable_per_request_metrics = False
        server._include_reasoning_tokens_details = False
    server.response_role = "assistant"
    server.tool_parser = parser_class
    server.enable_auto_tools = True
    server.use_harmony = False
    server.tool_call_id_type = "random"
    server.reasoning_parser_cls = None
    server.enable_force_include_usage = False
    server.enable_prompt_tokens_details = False
    server.enable_log_outputs = server.enable_log_deltas = False
    server.request_logger = None
    return server
