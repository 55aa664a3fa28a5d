"""The plug-in's structural tag in vLLM: in a request, and through vLLM's own validator."""

from __future__ import annotations

import json
import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.serving import TOOL_PARSER_PLUGIN

# Off by default in 0.22, which reads it when it is imported.
os.environ.setdefault("VLLM_ENFORCE_STRICT_TOOL_CALLING", "1")
if not find_spec("vllm") or not find_spec("vllm.tool_parsers.structural_tag_registry"):
    pytest.skip("needs a vllm with structural tags", allow_module_level=True)

ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"


def tool(name: str, **more: Any) -> dict[str, Any]:
    parameters = {
        "type": "object",
        "properties": {"to": {"type": "string"}, "seats": {"type": "integer"}},
        "required": ["to"],
    }
    return {
        "type": "function",
        "function": {"name": name, "parameters": parameters, **more},
    }


@pytest.fixture
def adjusted() -> Any:
    """Puts a request through what vLLM does before it asks the model."""
    parsers = import_module("vllm.tool_parsers")
    tokenizer = import_module("transformers").AutoTokenizer.from_pretrained(ASSET)
    parsers.ToolParserManager.import_tool_parser(str(TOOL_PARSER_PLUGIN))
    manager = import_module("vllm.parser").ParserManager
    protocol = import_module("vllm.entrypoints.openai.chat_completion.protocol")

    def adjust(**fields: Any) -> Any:
        request = protocol.ChatCompletionRequest(messages=[], model="coalm", **fields)
        parser = manager.get_parser("coalm", None, True)
        return parser(tokenizer, request.tools).adjust_request(request)

    return adjust


def tag_of(request: Any) -> Any:
    """The request's tag, which vLLM's validator takes."""
    outputs = request.structured_outputs
    if outputs is None or outputs.structural_tag is None:
        return None
    sampling = import_module("vllm.sampling_params")
    backend = import_module("vllm.v1.structured_output.backend_xgrammar")
    backend.validate_xgrammar_grammar(
        sampling.SamplingParams(structured_outputs=outputs)
    )
    return json.loads(outputs.structural_tag)


@pytest.mark.parametrize("notation", ["bracket", "json", "cra"])
def test_strict_tools_are_constrained_in_the_request_s_notation(
    adjusted: Any, notation: str
) -> None:
    tag = tag_of(
        adjusted(
            tools=[tool("find_bus", strict=True), tool("clock")],
            chat_template_kwargs={"notation": notation},
        )
    )

    call, words = tag["format"]["elements"]
    assert call["type"] == "grammar"
    assert "find_bus" in call["grammar"]
    assert ("Action: " in call["grammar"]) == (notation == "cra")
    assert words["type"] == ("any_text" if notation == "cra" else "sequence")


def test_tools_that_are_not_strict_leave_replies_free(adjusted: Any) -> None:
    request = adjusted(tools=[tool("find_bus"), tool("clock")])

    assert tag_of(request) is None


@pytest.mark.parametrize(
    "choice", ["required", {"type": "function", "function": {"name": "clock"}}]
)
def test_required_calls_stand_in_the_notation_or_vllm_s_own(
    adjusted: Any, choice: Any
) -> None:
    request = adjusted(tools=[tool("find_bus"), tool("clock")], tool_choice=choice)

    parsers = import_module("vllm.tool_parsers").ToolParserManager
    if parsers.get_tool_parser("coalm").supports_required_and_named:
        assert request.structured_outputs.json is not None
        return
    tag = tag_of(request)
    assert tag["format"]["type"] == "grammar"
    assert ("find_bus" in tag["format"]["grammar"]) == (choice == "required")


def test_server_s_level_holds_every_call(adjusted: Any) -> None:
    levels = pytest.importorskip("vllm.tool_parsers.tool_strict_level")
    parsers = import_module("vllm.tool_parsers").ToolParserManager
    parser = parsers.get_tool_parser("coalm")(None)
    request = adjusted(tools=[tool("find_bus")])

    at_level = {
        level.name: parser.get_structural_tag(request, strict_level=level)
        for level in levels.ToolStrictLevel
    }

    assert at_level["AUTO"] is None
    free, held = (
        at_level[name].model_dump()["format"]["elements"][0]["grammar"]
        for name in ("FUNCTION", "PARAMETER")
    )
    assert '"null"' in free or '"None"' in free
    assert "None" not in held
