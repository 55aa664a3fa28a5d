"""Function calls, function schemas, and the notations in which sources write them."""

from coalm_oumi.calls.action import (
    parse_action,
    write_action,
    write_literal,
)
from coalm_oumi.calls.bracket import parse_bracket_calls, write_bracket_calls
from coalm_oumi.calls.json_list import (
    fenced,
    parse_json_list,
    unfenced,
    write_json_list,
)
from coalm_oumi.calls.json_schema import (
    function_from_json_schema,
    function_to_json_schema,
)
from coalm_oumi.calls.literal import CallSyntaxError
from coalm_oumi.calls.model import (
    FunctionCall,
    FunctionSchema,
    ParameterSchema,
    unresolved,
)
from coalm_oumi.calls.reasoning import split_reasoning, without_reasoning

__all__ = [
    "CallSyntaxError",
    "FunctionCall",
    "FunctionSchema",
    "ParameterSchema",
    "fenced",
    "function_from_json_schema",
    "function_to_json_schema",
    "parse_action",
    "parse_bracket_calls",
    "parse_json_list",
    "split_reasoning",
    "unfenced",
    "unresolved",
    "without_reasoning",
    "write_action",
    "write_bracket_calls",
    "write_json_list",
    "write_literal",
]
