"""vLLM's own tests of tool parsers, with CoALM's plug-in as the parser.

They are not in vLLM's wheel: `COALM_VLLM_SOURCE` names a folder with its source (0.19 or
later, of which only `tests/tool_parsers` is read).
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.serving import TOOL_PARSER_PLUGIN
from tests.serving.generated_calls import NOTATIONS, written

SOURCE = Path(os.environ.get("COALM_VLLM_SOURCE", "")) / "tests/tool_parsers"
ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"

if not find_spec("vllm") or not (SOURCE / "common_tests.py").is_file():
    pytest.skip(
        "vllm, or its source (COALM_VLLM_SOURCE), is not here", allow_module_level=True
    )


def loaded(name: str) -> Any:
    """A module of vLLM's tests, under the name that its others import it by."""
    full = f"tests.tool_parsers.{name}"
    spec = importlib.util.spec_from_file_location(full, SOURCE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[full] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


loaded("utils")
common = loaded("common_tests")

VALUES = {
    "string_field": "hello",
    "int_field": 42,
    "float_field": 3.14,
    "bool_field": True,
    "null_field": None,
    "array_field": ["a", "b"],
    "object_field": {"nested": "value"},
}
MALFORMED = (
    "[get_weather(city='Tokyo'",
    "[get_weather(city=)]",
    '```\n[{"name": "get_weather", "arguments": \n```',
    '[{"name": 3}]',
    "Action: get_weather(city='Tokyo",
    "Action:",
    "[[[",
)


def calls(*names: str, **arguments: Any) -> Sequence[FunctionCall]:
    return [FunctionCall(name, arguments) for name in names]


class TestCoalm(common.ToolParserTests):
    """All of vLLM's tests, once for each notation."""

    @pytest.fixture(params=NOTATIONS)
    def test_config(self, request: pytest.FixtureRequest) -> Any:
        """Replies of a CoALM, and what is in them."""
        notation = request.param
        one = written(calls("get_weather", city="Tokyo"), notation)
        return common.ToolParserTestConfig(
            parser_name="coalm",
            no_tool_calls_output="It is sunny in Tokyo [as always].",
            single_tool_call_output=one,
            parallel_tool_calls_output=written(
                calls("get_weather", "get_time", city="Tokyo"), notation
            ),
            various_data_types_output=written(calls("types", **VALUES), notation),
            empty_arguments_output=written(calls("refresh"), notation),
            surrounding_text_output=f"Let me look.\n{one}",
            escaped_strings_output=written(
                calls("note", quoted='say "so"', path="C:\\x", newline="a\nb"), notation
            ),
            malformed_input_outputs=list(MALFORMED),
            allow_empty_or_json_empty_args=False,
        )

    @pytest.fixture
    def tool_parser(self, test_config: Any) -> Any:
        """The plug-in's parser, found as vLLM's server finds it."""
        from transformers import AutoTokenizer
        from vllm.tool_parsers import ToolParserManager  # pyright: ignore

        ToolParserManager.import_tool_parser(str(TOOL_PARSER_PLUGIN))
        parser = ToolParserManager.get_tool_parser(test_config.parser_name)
        return parser(AutoTokenizer.from_pretrained(ASSET))
