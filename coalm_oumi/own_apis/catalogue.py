"""The catalogue of somebody's own functions: OpenAPI, or tools with JSON schemas.

Understood are OpenAPI 3.0 and 3.1 (`openapi`), and a list of tools as chat APIs take
them: `[{"name", "description", "parameters": {JSON schema}}]`, each perhaps inside
`{"type": "function", "function": {...}}`, the list perhaps under `tools` or `functions`.
The schema may also be called `inputSchema`, as in MCP, or `input_schema`. A tool may say
more: `service`, `changes` (true for one that books, cancels, pays), and `returns` (in MCP
`outputSchema`), the JSON schema of its result. Each schema is a document of its own, in
which `#/$defs/Size` is looked for first.

Out: services as SGD has them, so that all that is made of SGD can be made of them. The
functions of an OpenAPI tag are one service. One whose schema of an argument differs from
that of the service's other functions gets a service of its own; where descriptions alone
differ, the first one stands. A name that cannot stand in a call, or that another function
has too once it can, is changed (`names`), and the catalogue's own is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import shorten
from coalm_oumi.own_apis.document import ApiDocument, Node
from coalm_oumi.own_apis.function import (
    ApiFunction,
    checked,
    result_fields,
    schema_arguments,
    schema_kind,
    value_text,
)
from coalm_oumi.own_apis.names import call_names
from coalm_oumi.own_apis.openapi import openapi_functions
from coalm_oumi.own_apis.plain_schema import plain_schema
from coalm_oumi.own_apis.schema_keywords import DATA, ONE_SCHEMA, SCHEMA_MAPS
from coalm_oumi.sources.sgd_schema import (
    DONTCARE,
    IntentSchema,
    ServiceSchema,
    SlotSchema,
)

_LISTS = ("tools", "functions")
_PARAMETERS = ("parameters", "inputSchema", "input_schema")
_RETURNS = ("returns", "outputSchema")


def read_api_catalogue(path: Path) -> tuple[ServiceSchema, ...]:
    """Reads a catalogue.

    Args:
        path: A `.yaml`, `.yml` or `.json` file (module docstring).

    Returns:
        Its services, in the order of their first functions.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: It is malformed, or holds no function; the message names file
            and place.
    """
    return api_services(api_functions(ApiDocument(path)))


def api_functions(document: ApiDocument) -> list[ApiFunction]:
    """Reads the functions of a catalogue; see `read_api_catalogue`."""
    root = document.root()
    if root.has("openapi") or root.has("swagger"):
        functions = list(openapi_functions(root))
    else:
        functions = list(_tools(root))
    if not functions:
        raise root.error("the catalogue holds no function. Add one.")
    seen: set[str] = set()
    written = [function.original or function.name for function in functions]
    for name in written:
        if name in seen:
            raise root.error(
                f"two functions have the name '{name}'. Give each its own "
                "(in OpenAPI: its own operationId)."
            )
        seen.add(name)
    names = call_names([(name, "") for name in written], "function")
    return [
        function
        if name == function.name
        else replace(function, name=name, original=function.original or function.name)
        for function, name in zip(functions, names, strict=True)
    ]


def api_services(functions: Iterable[ApiFunction]) -> tuple[ServiceSchema, ...]:
    """Groups functions into services.

    Args:
        functions: The functions, with names of their own.
    """
    arguments: dict[str, dict[str, SlotSchema]] = {}
    results: dict[str, dict[str, SlotSchema]] = {}
    intents: dict[str, list[IntentSchema]] = {}
    for function in functions:
        service = function.service or "api"
        new = {a.name: _slot(a.name, a.schema) for a in function.arguments}
        if not _agree(arguments.get(service, {}), new):
            service = f"{service}.{function.name}"
        known = arguments.setdefault(service, {})
        known.update((name, slot) for name, slot in new.items() if name not in known)
        fields = {n: _slot(n, schema) for n, schema in function.results.items()}
        results.setdefault(service, {}).update(fields)
        intents.setdefault(service, []).append(_intent(function))
    return tuple(
        ServiceSchema(
            name, "", tuple({**results[name], **arguments[name]}.values()), tuple(found)
        )
        for name, found in intents.items()
    )


def _agree(known: Mapping[str, SlotSchema], new: Mapping[str, SlotSchema]) -> bool:
    return all(
        name not in known or _stated(known[name]) == _stated(slot)
        for name, slot in new.items()
    )


def _stated(slot: SlotSchema) -> dict[str, JsonValue]:
    return {k: v for k, v in (slot.schema or {}).items() if k != "description"}


def _slot(name: str, schema: Mapping[str, JsonValue]) -> SlotSchema:
    choices, kind = schema.get("enum"), schema_kind(schema)
    listed = choices if isinstance(choices, list) else []
    values = [value_text(value, kind) for value in listed if value is not None]
    if kind == "bool":
        values = ["True", "False"]
    described = schema.get("description")
    return SlotSchema(
        name,
        described if isinstance(described, str) else "",
        bool(values),
        tuple(values),
        dict(schema),
    )


def _intent(function: ApiFunction) -> IntentSchema:
    return IntentSchema(
        function.name,
        function.description,
        function.changes,
        tuple(a.name for a in function.arguments if a.required),
        {
            a.name: value_text(a.schema["default"], schema_kind(a.schema))
            if "default" in a.schema
            else DONTCARE
            for a in function.arguments
            if not a.required
        },
        tuple(function.results),
        function.original,
    )


def _tools(root: Node) -> Iterator[ApiFunction]:
    listed = root
    for name in _LISTS:
        if root.has(name):
            listed = root.get(name)
    listed.expect(list, "OpenAPI, or a list of tools with 'name' and 'parameters'")
    for _, node in listed.items():
        if node.has("function"):
            node = node.get("function")
        yield _tool(node)


def _tool(node: Node) -> ApiFunction:
    node.expect(dict, "a tool with 'name' and 'parameters'")
    name = node.text("name")
    if not name:
        raise node.error("a tool needs a 'name', a string that is not empty. Add it.")
    parameters = _document(node, _PARAMETERS)
    schema = plain_schema(parameters)
    _expect_properties(schema, parameters)
    if not schema.get("required") and node.has("required"):
        schema = {**schema, "required": node.member("required").value or []}
    changes = node.member("changes").value
    service = node.member("service").value
    made = ApiFunction(
        name,
        node.text("description"),
        service if isinstance(service, str) else "",
        changes is True,
        tuple(schema_arguments(schema, parameters)),
        result_fields(plain_schema(_document(node, _RETURNS))),
    )
    return checked(made, node)


def _expect_properties(schema: Mapping[str, JsonValue], parameters: Node) -> None:
    """Refuses parameters that stand where a JSON schema has its keywords."""
    keywords = ONE_SCHEMA | SCHEMA_MAPS | DATA
    if "properties" in schema:
        return
    for name, value in schema.items():
        if isinstance(value, dict) and name not in keywords:
            raise parameters.error(
                f"expected a JSON schema, found '{shorten(name, 40)}' beside its "
                "keywords. Put the arguments under 'properties'."
            )


def _document(tool: Node, names: tuple[str, ...]) -> Node:
    """Returns the first of several members that is there, as a document of its own."""
    given = (name for name in names if tool.member(name).value is not None)
    return tool.member(next(given, names[0])).embedded()
