"""The functions to show beside a dialogue: from a catalogue, else from its prompt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.errors import CoalmError
from coalm_oumi.review.dialogues import ReviewDialogue
from coalm_oumi.sources.api_catalogue import read_api_catalogue
from coalm_oumi.sources.locate import find
from coalm_oumi.sources.rows import read_json
from coalm_oumi.sources.sgd import Sgd, SgdPart
from coalm_oumi.sources.sgd_schema import ServiceSchema, parse_schema

_PARTS: tuple[SgdPart, ...] = ("train", "dev", "test")


def read_functions(path: Path) -> FunctionCatalogue:
    """Reads a catalogue: OpenAPI, tools with JSON schemas, or SGD.

    Args:
        path: A file; SGD's `schema.json`, or a folder of SGD's layout.

    Raises:
        CoalmError: It is not there, or malformed.
    """
    if path.is_dir():
        found = _sgd_schemas(path, _PARTS)
        if not found:
            raise CoalmError("the folder has no part of SGD.", path=path)
        return function_catalogue(found)
    if path.name == "schema.json":
        return function_catalogue(parse_schema(read_json(path), str(path)))
    return function_catalogue(read_api_catalogue(path))


def known_functions(dialogues: Iterable[ReviewDialogue]) -> FunctionCatalogue | None:
    """Returns SGD's functions, if the dialogues are SGD's and it is on this machine.

    Those of the parts that the dialogues are of: each part has services of its own.
    """
    names = {d.record_id.partition("/")[0] for d in dialogues if d.source == "sgd"}
    parts = [part for part in _PARTS if part in names]
    if not parts:
        return None
    try:
        found = find("sgd")
    except CoalmError:
        return None
    schemas = _sgd_schemas(found.folder, parts) if found is not None else []
    return function_catalogue(schemas) if schemas else None


def _sgd_schemas(folder: Path, parts: Sequence[SgdPart]) -> list[ServiceSchema]:
    schemas: list[ServiceSchema] = []
    for part in parts:
        try:
            schemas.extend(Sgd(folder, part).schemas)
        except CoalmError:
            continue
    return schemas


def shown_functions(
    dialogues: Sequence[ReviewDialogue], catalogue: FunctionCatalogue | None
) -> list[dict[str, Any]]:
    """Returns the functions as the page has them, those of all dialogues together.

    Args:
        dialogues: The sample.
        catalogue: The functions with types and descriptions, if they are known. Those
            that only a prompt lists are shown with the names of their arguments.
    """
    found: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    described: set[str] = set()
    for function in catalogue.functions if catalogue is not None else ():
        names = tuple(p.name for p in function.parameters)
        required = function.extra.get("required") or ()
        described.add(function.name)
        found[function.name, names] = {
            "name": function.name,
            "description": function.description,
            "changes": bool(function.extra.get("is_transactional")),
            "arguments": [
                _argument(p.name, p.definition, p.name in required)
                for p in function.parameters
            ],
        }
    for dialogue in dialogues:
        for name, names in dialogue.signatures:
            if name not in described and (name, names) not in found:
                arguments = [{"name": argument} for argument in names]
                found[name, names] = {"name": name, "arguments": arguments}
    return list(found.values())


def _argument(
    name: str, definition: Mapping[str, Any], required: bool
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": name,
        "type": str(definition.get("type") or ""),
        "required": required,
        "description": str(definition.get("description") or ""),
    }
    if isinstance(definition.get("enum"), list):
        shown["choices"] = [str(choice) for choice in definition["enum"]]
    return shown
