"""The functions of CRA: one per intent of SGD's services, with its slots as arguments.

In: the service schemas of a part. Out: a list of functions, and their lines in the prompt
of Figure 6 (`1. FindFerry(port, passengers)`).

The rule: one function per service and intent, in the order of `schema.json`; the required
slots first, then the optional ones, as the calls in the data use both. Intents with the
same name and the same arguments are one function, whatever their services. Those with the
same name and *other* arguments stay apart, as `FindBus(from_location, ...)` and
`FindBus(origin, ...)`: a list joined from both could not be called sensibly;
`function_names` gives each a name of its own.

On the real training part this gives 53 functions. It is the paper's list: Table 6 counts
53, `CheckBalance` first and `FindAttractions`, `GetWeather` last, as the training schema
has them; written with required slots only, as the paper prints them, two of the 53 lines
repeat others, which leaves the 51 of its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from coalm_oumi.calls import FunctionCall, FunctionSchema, ParameterSchema
from coalm_oumi.calls.json_schema_tool import json_schema_tool
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.argument_schema import schema_problem
from coalm_oumi.cra.slot_types import slot_type, typed_value
from coalm_oumi.own_apis.names import ORIGINAL_NAME, ORIGINAL_PLACE
from coalm_oumi.own_apis.plain_schema import allows_null
from coalm_oumi.sources.sgd_dialogue import ServiceCall
from coalm_oumi.sources.sgd_schema import DONTCARE, IntentSchema, ServiceSchema

_TYPES: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "str": (str,),
    "list": (list,),
    "dict": (dict,),
}
# What stands in a parameter's definition in this module's own words.
_OWN_KEYS = ("type", "description", "enum")


@dataclass(frozen=True)
class FunctionCatalogue:
    """The functions on offer in a whole build, always the same and in the same order.

    Attributes:
        functions: The functions. `extra` of each holds `required` (the names of required
            parameters) and `is_transactional`; a parameter's definition holds `type`,
            `description`, `enum` for a closed set of values, `default` if leaving it out
            means that value, `nullable` (true) if null is a value too, and what else the
            JSON schema of a user's own argument says. The catalogue's own name of a
            function or parameter that has another one here stands in either under
            `ORIGINAL_NAME`, a parameter's place under `ORIGINAL_PLACE` (`own_apis.names`).
        label: What this list is in a sample's origin; empty for a part's whole list.
    """

    functions: tuple[FunctionSchema, ...]
    label: str = ""

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all functions."""
        return frozenset(function.name for function in self.functions)

    @cached_property
    def listing(self) -> str:
        """The numbered lines of a prompt's AVAILABLE TOOLS."""
        return "\n".join(
            f"{number}. {signature(function)}"
            for number, function in enumerate(self.functions, 1)
        )

    @cached_property
    def tools(self) -> tuple[Mapping[str, JsonValue], ...]:
        """The functions as JSON schemas, as chat templates take them."""
        return tuple(
            json_schema_tool(replace(f, parameters=tuple(map(_public, f.parameters))))
            for f in self.functions
        )

    def problem(self, call: FunctionCall) -> str | None:
        """Says what is wrong with a call, if anything.

        Args:
            call: Any call.

        Returns:
            The reason of the function of that name which it fits best, such as "the
            argument 'port' has no value 'Ely'"; None if the call is valid.
        """
        named = [f for f in self.functions if f.name == call.name]
        if not named:
            return f"the function '{call.name}' is not listed"
        problems = [_problem(call, function) for function in named]
        if None in problems:
            return None
        return min((p for p in problems if p), key=lambda p: p.rank).text


@dataclass(frozen=True)
class _Problem:
    rank: int  # how far from valid: the lower, the nearer
    text: str


def _public(parameter: ParameterSchema) -> ParameterSchema:
    """Returns a parameter without what is only for this package."""
    own = (ORIGINAL_NAME, ORIGINAL_PLACE)
    kept = {k: v for k, v in parameter.definition.items() if k not in own}
    return ParameterSchema(parameter.name, kept)


def signature(function: FunctionSchema) -> str:
    """Returns a function as the prompt lists it: `FindFerry(port, passengers)`."""
    return f"{function.name}({', '.join(p.name for p in function.parameters)})"


def function_catalogue(schemas: Iterable[ServiceSchema]) -> FunctionCatalogue:
    """Makes the functions of some services.

    Args:
        schemas: The services, in the order in which their functions are listed.
    """
    found: dict[tuple[str, frozenset[str]], FunctionSchema] = {}
    for service in schemas:
        for intent in service.intents:
            new = _function(service, intent)
            key = (new.name, new.parameter_names)
            found[key] = _merged(found[key], new) if key in found else new
    return FunctionCatalogue(tuple(found.values()))


def function_call(call: ServiceCall, service: ServiceSchema) -> FunctionCall:
    """Returns a gold call with typed arguments, in the order of the function's line."""
    intent = service.intent[call.method]
    order = (*intent.required_slots, *intent.optional_slots)
    names = [name for name in order if name in call.parameters]
    names += [name for name in call.parameters if name not in order]
    if call.arguments is not None:
        return FunctionCall(call.method, {name: call.arguments[name] for name in names})
    return FunctionCall(
        intent.function_name,
        {name: typed_argument(call.parameters[name], name, service) for name in names},
    )


def typed_argument(text: str, slot: str, service: ServiceSchema) -> JsonValue:
    """Returns a slot's value in its type; of an unknown slot, the text."""
    known = service.slot.get(slot)
    return text if known is None else typed_value(text, known)


def _function(service: ServiceSchema, intent: IntentSchema) -> FunctionSchema:
    parameters = []
    for name in (*intent.required_slots, *intent.optional_slots):
        slot = service.slot[name]
        definition: dict[str, JsonValue] = {
            "type": slot_type(slot),
            "description": slot.description,
        }
        if slot.is_categorical and slot.possible_values:
            definition["enum"] = [typed_value(v, slot) for v in slot.possible_values]
        default = intent.optional_slots.get(name, DONTCARE)
        if default != DONTCARE:
            definition["default"] = typed_value(default, slot)
        if slot.schema is not None:
            definition.update(_stated(slot.schema, definition))
        parameters.append(ParameterSchema(name, definition))
    return FunctionSchema(
        intent.function_name,
        intent.description,
        tuple(parameters),
        {
            "required": list(intent.required_slots),
            "is_transactional": intent.is_transactional,
            **({ORIGINAL_NAME: intent.original} if intent.original else {}),
        },
    )


def _stated(
    schema: Mapping[str, JsonValue], made: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Returns what a JSON schema says of a parameter beyond its type and description."""
    stated = {k: v for k, v in schema.items() if k not in _OWN_KEYS}
    if isinstance(schema.get("enum"), list):
        stated["enum"] = schema["enum"]
    kinds = schema.get("type")
    if made["type"] == "any" and isinstance(kinds, list):
        stated["allOf"] = [*stated.get("allOf", ()), {"type": kinds}]
    if allows_null(schema):
        stated["nullable"] = True
        if "enum" in made and None not in stated.get("enum", ()):
            stated["enum"] = [*made["enum"], None]
    return stated


def _merged(first: FunctionSchema, second: FunctionSchema) -> FunctionSchema:
    """Joins two functions with the same arguments: what either allows is allowed."""
    others = {p.name: p for p in second.parameters}
    parameters = []
    for parameter in first.parameters:
        definition = dict(parameter.definition)
        other = others[parameter.name].definition
        if other["type"] != definition["type"]:
            definition["type"] = "str"
        if "enum" not in definition or "enum" not in other:
            definition.pop("enum", None)
        else:
            more = [v for v in other["enum"] if v not in definition["enum"]]
            definition["enum"] = [*definition["enum"], *more]
        if definition.get("default") != other.get("default"):
            definition.pop("default", None)
        if other.get("nullable"):
            definition["nullable"] = True
        parameters.append(ParameterSchema(parameter.name, definition))
    required = set(second.extra["required"])
    return replace(
        first,
        parameters=tuple(parameters),
        extra={
            **first.extra,
            "required": [n for n in first.extra["required"] if n in required],
        },
    )


def _problem(call: FunctionCall, function: FunctionSchema) -> _Problem | None:
    known = {p.name: p for p in function.parameters}
    for name in call.arguments:
        if name not in known:
            return _Problem(3, f"'{call.name}' has no argument '{name}'")
    for name in function.extra.get("required", ()):
        if name not in call.arguments:
            return _Problem(2, f"'{call.name}' lacks the required argument '{name}'")
    for name, value in call.arguments.items():
        if value is None and known[name].allows_null:
            continue
        kind, definition = known[name].type, known[name].definition
        if type(value) not in _TYPES.get(kind, (type(value),)):
            return _Problem(1, f"the argument '{name}' has the type {kind}")
        if "enum" in definition and value not in definition["enum"]:
            return _Problem(0, f"the argument '{name}' has no value {value!r}")
        found = schema_problem(value, definition)
        if found is not None:
            return _Problem(0, f"the argument '{name}': {found}")
    return None
