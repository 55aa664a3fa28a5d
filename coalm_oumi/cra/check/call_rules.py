"""What a call's form alone shows: undefined functions and arguments, wrong types.

In: ``FindFerry(harbour='Hull', seats='two')`` and a catalogue with
`FindFerry(port, seats: int)`. Out: `harbour` is not listed, the required `port` is
missing, and `seats` has the wrong type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coalm_oumi.calls import FunctionCall, FunctionSchema, ParameterSchema
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.argument_schema import schema_problem
from coalm_oumi.cra.check.defect import ErrorClass
from coalm_oumi.errors import shorten

FUNCTION_NOT_LISTED = "function not listed"
ARGUMENT_NOT_LISTED = "argument not listed"
REQUIRED_MISSING = "required argument missing"
WRONG_TYPE = "value of another type"
NOT_IN_LIST = "value outside the closed list"
NOT_IN_SCHEMA = "value that the argument's schema does not allow"

_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "boolean": (bool,),
    "int": (int,),
    "integer": (int,),
    "float": (float, int),
    "number": (float, int),
    "str": (str,),
    "string": (str,),
    "list": (list,),
    "array": (list,),
    "dict": (dict,),
    "object": (dict,),
}


@dataclass(frozen=True)
class CallProblem:
    """What is wrong with a call's form.

    Attributes:
        error_class: The class of the error.
        rule: The rule that found it.
        message: What is wrong.
        excerpt: The part of the call.
    """

    error_class: ErrorClass
    rule: str
    message: str
    excerpt: str


def call_problems(
    call: FunctionCall, functions: Sequence[FunctionSchema]
) -> tuple[CallProblem, ...]:
    """Finds what is wrong with a call's form.

    Args:
        call: The call.
        functions: The functions on offer; several may bear one name, and then the one
            that fits the call best counts.
    """
    named = [f for f in functions if f.name == call.name]
    if not named:
        message = f"no function '{call.name}' is on offer"
        problem = CallProblem(
            ErrorClass.UNDEFINED_FUNCTION, FUNCTION_NOT_LISTED, message, call.name
        )
        return (problem,)
    found = [tuple(_problems(call, function)) for function in named]
    return min(found, key=_gravity)


def _gravity(problems: tuple[CallProblem, ...]) -> tuple[int, int]:
    undefined = ErrorClass.UNDEFINED_FUNCTION
    return sum(p.error_class is undefined for p in problems), len(problems)


def _problems(call: FunctionCall, function: FunctionSchema) -> Iterator[CallProblem]:
    known = {parameter.name: parameter for parameter in function.parameters}
    for name in call.arguments:
        if name not in known:
            yield CallProblem(
                ErrorClass.UNDEFINED_FUNCTION,
                ARGUMENT_NOT_LISTED,
                f"'{call.name}' has no argument '{name}'",
                f"{name}={call.arguments[name]!r}",
            )
    for name in function.extra.get("required", ()):
        if name not in call.arguments:
            yield CallProblem(
                ErrorClass.UNDEFINED_FUNCTION,
                REQUIRED_MISSING,
                f"'{call.name}' needs the argument '{name}'",
                call.name,
            )
    for name, value in call.arguments.items():
        if name in known:
            yield from _type_problems(value, known[name])


def _type_problems(
    value: JsonValue, parameter: ParameterSchema
) -> Iterator[CallProblem]:
    excerpt = f"{parameter.name}={shorten(repr(value), 80)}"
    if value is None and parameter.allows_null:
        return
    kind = parameter.type
    allowed = _TYPES.get(kind.partition(",")[0].strip().lower())
    if allowed is not None and not _is_a(value, allowed):
        message = f"'{parameter.name}' takes {kind}, not {type(value).__name__}"
        yield CallProblem(ErrorClass.ARGUMENT_TYPE, WRONG_TYPE, message, excerpt)
        return
    closed = parameter.definition.get("enum")
    if isinstance(closed, list) and not any(_same(value, entry) for entry in closed):
        some = shorten(", ".join(map(repr, closed)), 80)
        message = f"'{parameter.name}' takes one of {some}"
        yield CallProblem(ErrorClass.ARGUMENT_TYPE, NOT_IN_LIST, message, excerpt)
        return
    problem = schema_problem(value, parameter.definition)
    if problem is not None:
        message = f"'{parameter.name}': {problem}"
        yield CallProblem(ErrorClass.ARGUMENT_TYPE, NOT_IN_SCHEMA, message, excerpt)


def _is_a(value: JsonValue, allowed: tuple[type, ...]) -> bool:
    # A bool is an int in Python, and none in a call.
    if isinstance(value, bool):
        return bool in allowed
    return isinstance(value, allowed)


def _same(value: JsonValue, entry: JsonValue) -> bool:
    if isinstance(value, bool) or isinstance(entry, bool):
        return value is entry
    if isinstance(value, str) and isinstance(entry, str):
        # A spelling of a listed value in other letters is still that value.
        return value.casefold() == entry.casefold()
    return value == entry
