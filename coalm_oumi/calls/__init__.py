"""Function calls, function schemas, and the notations in which sources write them.

A new notation of lists is a file with its `ListNotation`, and a name in `NOTATIONS`: then
it is read, written, found in replies as they stream, and tested as the others are.
"""

from coalm_oumi.calls.action import CRA, parse_action, write_action
from coalm_oumi.calls.bracket import BRACKET, parse_bracket_calls, write_bracket_calls
from coalm_oumi.calls.json_list import (
    JSON_LIST,
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
from coalm_oumi.calls.notation import ListNotation, Notation
from coalm_oumi.calls.python_literal import write_literal
from coalm_oumi.calls.reasoning import split_reasoning, without_reasoning

NOTATIONS = {notation.name: notation for notation in (JSON_LIST, BRACKET, CRA)}
"""The notations by name."""

__all__ = [
    "NOTATIONS",
    "CallSyntaxError",
    "FunctionCall",
    "FunctionSchema",
    "ListNotation",
    "Notation",
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
