"""Functions from OpenAPI 3.0 and 3.1: one per operation.

The name is the `operationId`, or method and path (`get_bikes_bikeId`). Arguments are the
path and query parameters and the properties of a JSON request body; a body that is no
object is one argument, `body`. Headers and cookies are the transport's affair. A GET or
HEAD looks something up; any other method changes something, unless the operation has
`x-changes: false`. `x-skip: true` leaves an operation out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import expected_one_of
from coalm_oumi.sources.api_document import Node
from coalm_oumi.sources.api_function import (
    ApiArgument,
    ApiFunction,
    call_name,
    checked,
    plain_schema,
    result_fields,
    schema_arguments,
    schema_kind,
)

_METHODS = (
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
    "query",
)
_LOOKING_UP = ("get", "head", "options", "query")
_PLACES = ("path", "query", "header", "cookie")
_JSON = re.compile(r"application/([\w.+-]+\+)?json\b")
_SUCCESS = re.compile(r"2(\d\d|XX)|default", re.IGNORECASE)


def openapi_functions(root: Node) -> Iterator[ApiFunction]:
    """Yields the functions of an OpenAPI document, in its order.

    Args:
        root: The document.

    Raises:
        DataFormatError: It is not OpenAPI 3, or an operation cannot be understood; the
            message names file and place.
    """
    version = str(root.get("openapi").value or root.get("swagger").value)
    if not version.startswith("3."):
        raise root.error(
            f"OpenAPI {version} is not understood; expected version 3.0 or 3.1. "
            "Convert the file (`npx swagger2openapi`, or an editor's export)."
        )
    for path, item in root.get("paths").expect(dict, "an object of paths").items():
        if item.value is None or path.startswith("x-"):
            continue
        item.expect(dict, "an object of operations")
        for method, operation in item.items():
            if method in _METHODS and not operation.get("x-skip").value:
                yield _function(path, method, item, operation)


def _function(path: str, method: str, item: Node, operation: Node) -> ApiFunction:
    operation.expect(dict, "an operation (an object)")
    written = operation.text("operationId") or f"{method} {path}"
    tags = operation.get("tags").value
    service = tags[0] if isinstance(tags, list) and tags else ""
    summary = operation.text("summary") or _first_sentence(
        operation.text("description")
    )
    changes = operation.get("x-changes").value
    function = ApiFunction(
        call_name(written, operation),
        summary,
        str(service),
        changes if isinstance(changes, bool) else method not in _LOOKING_UP,
        (*_parameters(item, operation), *_body(operation)),
        _results(operation),
    )
    return checked(function, operation)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", " ".join(text.split()), maxsplit=1)[0]


def _parameters(item: Node, operation: Node) -> Iterator[ApiArgument]:
    """Yields an operation's parameters; its own go before those of its path."""
    found: dict[tuple[str, str], Node] = {}
    for where in (item, operation):
        listed = where.get("parameters")
        if listed.value is None:
            continue
        for _, node in listed.expect(list, "a list of parameters").items():
            name, place = node.text("name"), node.text("in")
            if not name:
                raise node.error("a parameter has no 'name'. Give it one.")
            if place not in _PLACES:
                raise node.error(f"'in': {expected_one_of(place, _PLACES)}")
            found[name, place] = node
    for (name, place), node in found.items():
        if place not in ("path", "query"):
            continue
        schema = _parameter_schema(node)
        described = node.text("description")
        if described:
            schema = {**schema, "description": described}
        required = place == "path" or node.get("required").value is True
        yield ApiArgument(call_name(name, node), schema, required)


def _parameter_schema(node: Node) -> dict[str, JsonValue]:
    if node.has("schema"):
        return plain_schema(node.get("schema"))
    for _, media in node.get("content").items():
        return plain_schema(media.get("schema"))
    raise node.error(
        "a parameter has neither 'schema' nor 'content'. Give it a schema."
    )


def _body(operation: Node) -> Iterator[ApiArgument]:
    body = operation.get("requestBody")
    if body.value is None:
        return
    media = _media(body.get("content").expect(dict, "an object of media types"))
    if media is None:
        return
    schema = plain_schema(media.get("schema"))
    required = body.get("required").value is True
    if schema_kind(schema) == "dict" and schema.get("properties"):
        # Without its required properties a body that may be left out is of no use.
        yield from schema_arguments(schema, media.get("schema"), required=True)
        return
    described = body.text("description")
    if described and "description" not in schema:
        schema = {**schema, "description": described}
    yield ApiArgument("body", schema, required)


def _media(content: Node) -> Node | None:
    """Returns the body to take: JSON if there is any, else the first one."""
    found = list(content.items())
    for name, media in found:
        if _JSON.match(name):
            return media
    return found[0][1] if found else None


def _results(operation: Node) -> Mapping[str, Mapping[str, JsonValue]]:
    for status, response in operation.get("responses").items():
        if not _SUCCESS.fullmatch(status):
            continue
        for name, media in response.get("content").items():
            if _JSON.match(name):
                return result_fields(plain_schema(media.get("schema")))
    return {}
