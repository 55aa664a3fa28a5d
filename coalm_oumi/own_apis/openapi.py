"""Functions from OpenAPI 3.0 and 3.1: one per operation.

The name is the `operationId`, or method and path (`get_bikes_bikeId`). Arguments are the
path and query parameters and the properties of a JSON request body; a body that is no
object is one argument, `body`. Headers and cookies are the transport's affair. Results are
what the first success status with content returns; `default` stands for those statuses
that are not listed, and so for a success only where none is. A GET or
HEAD looks something up; any other method changes something, unless the operation has
`x-changes: false`. `x-skip: true` leaves an operation out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import expected_one_of
from coalm_oumi.own_apis.document import Node
from coalm_oumi.own_apis.function import (
    ApiArgument,
    ApiFunction,
    checked,
    result_fields,
    schema_arguments,
    schema_kind,
)
from coalm_oumi.own_apis.names import plain_name
from coalm_oumi.own_apis.plain_schema import plain_schema

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
_PROBLEM = re.compile(r"application/problem\+json\b")
_ANY_MEDIA = ("*/*", "application/*")
_SUCCESS = re.compile(r"2([0-9][0-9]|XX)", re.IGNORECASE)


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
    written = operation.text("operationId")
    derived = f"{method} {path}"
    tags = operation.get("tags").value
    service = tags[0] if isinstance(tags, list) and tags else ""
    summary = operation.text("summary") or _first_sentence(
        operation.text("description")
    )
    changes = operation.get("x-changes").value
    function = ApiFunction(
        written or plain_name(derived),
        summary,
        str(service),
        changes if isinstance(changes, bool) else method not in _LOOKING_UP,
        (*_parameters(item, operation), *_body(operation)),
        _results(operation),
        "" if written else derived,
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
        yield ApiArgument(name, schema, required, place)


def _parameter_schema(node: Node) -> dict[str, JsonValue]:
    if node.has("schema"):
        return plain_schema(node.member("schema"))
    for _, media in node.get("content").items():
        return plain_schema(media.member("schema"))
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
    schema = plain_schema(media.member("schema"))
    required = body.get("required").value is True
    if schema_kind(schema) == "dict" and (
        schema.get("properties") or schema.get("required")
    ):
        # Without its required properties a body that may be left out is of no use.
        yield from schema_arguments(schema, media.member("schema"), place="body")
        return
    described = body.text("description")
    if described and "description" not in schema:
        schema = {**schema, "description": described}
    yield ApiArgument("body", schema, required, "body")


def _media(content: Node) -> Node | None:
    """Returns the body to take: JSON if there is any, else the first one."""
    found = list(content.items())
    return _json(content) or (found[0][1] if found else None)


def _json(content: Node) -> Node | None:
    """Returns the media type that is JSON, or else the one that may be anything."""
    found = [
        (name, media) for name, media in content.items() if not _PROBLEM.match(name)
    ]
    for name, media in found:
        if _JSON.match(name):
            return media
    return next((media for name, media in found if name in _ANY_MEDIA), None)


def _results(operation: Node) -> Mapping[str, Mapping[str, JsonValue]]:
    responses = dict(operation.get("responses").items())
    # In ascending order, `2XX` behind the single ones.
    statuses = sorted(name.upper() for name in responses if _SUCCESS.fullmatch(name))
    listed = {name.upper(): response for name, response in responses.items()}
    for status in statuses or ["DEFAULT"]:
        if status in listed:
            media = _json(listed[status].get("content"))
            if media is not None:
                return result_fields(plain_schema(media.member("schema")))
    return {}
