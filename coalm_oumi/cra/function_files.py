"""Functions read from files: OpenAPI, tools with JSON schemas, SGD's services."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from coalm_oumi.cra.function_names import (
    FunctionNames,
    functions_of_either_name,
    named_functions,
)
from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.errors import CoalmError
from coalm_oumi.own_apis.catalogue import read_api_catalogue
from coalm_oumi.sources.rows import read_json
from coalm_oumi.sources.sgd import Sgd, SgdPart
from coalm_oumi.sources.sgd_schema import ServiceSchema, parse_schema

SGD_PARTS: tuple[SgdPart, ...] = ("train", "dev", "test")


def read_functions(path: Path) -> FunctionCatalogue:
    """Reads a catalogue: OpenAPI, tools with JSON schemas, or SGD.

    Functions of SGD that share a name stand there under either name (`function_names`).

    Args:
        path: A file; SGD's `schema.json`, or a folder of SGD's layout.

    Raises:
        CoalmError: It is not there, or malformed.
    """
    if path.is_dir():
        found = [
            *sgd_schemas(path, SGD_PARTS, "as_published"),
            *sgd_schemas(path, SGD_PARTS, "by_service"),
        ]
        if not found:
            raise CoalmError("the folder has no part of SGD.", path=path)
        return function_catalogue(found)
    if path.name == "schema.json":
        return functions_of_either_name(parse_schema(read_json(path), str(path)))
    return function_catalogue(read_api_catalogue(path))


def sgd_schemas(
    folder: Path, parts: Sequence[SgdPart], names: FunctionNames
) -> list[ServiceSchema]:
    """Returns the services of those parts of SGD that a folder has.

    Args:
        folder: A folder of SGD's layout.
        parts: The parts; one that is not there is passed over.
        names: What functions of a part that share a name are called.
    """
    schemas: list[ServiceSchema] = []
    for part in parts:
        try:
            schemas.extend(named_functions(Sgd(folder, part).schemas, names))
        except CoalmError:
            continue
    return schemas
