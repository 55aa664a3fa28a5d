"""OpenAPI files for the tests of catalogues."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coalm_oumi.own_apis.catalogue import api_functions
from coalm_oumi.own_apis.document import ApiDocument
from coalm_oumi.own_apis.function import ApiFunction

OPERATION = {
    "operationId": "getBike",
    "summary": "Show a bike",
    "tags": ["bikes"],
    "parameters": [
        {"name": "size", "in": "query", "schema": {"type": "integer"}},
        {
            "name": "bikeId",
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
        },
        {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
    ],
}


def openapi(
    folder: Path, paths: dict[str, Any], schemas: dict[str, Any] | None = None
) -> Path:
    """Writes an OpenAPI file."""
    path = folder / "openapi.json"
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Bikes", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas or {}},
    }
    path.write_text(json.dumps(document), "utf-8")
    return path


def functions(path: Path) -> list[ApiFunction]:
    """Reads a file's functions."""
    return api_functions(ApiDocument(path))


def with_body(schema: Any, **more: Any) -> dict[str, Any]:
    """An operation with a JSON body."""
    content = {"application/json": {"schema": schema}}
    return {
        "/bikes": {"post": {"operationId": "add", "requestBody": {"content": content}}},
        **more,
    }
