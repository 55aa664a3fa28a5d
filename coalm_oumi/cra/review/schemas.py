"""The functions to show beside a dialogue: from a catalogue, else from its prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coalm_oumi.cra.function_files import SGD_PARTS, sgd_schemas
from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.cra.review.dialogues import ReviewDialogue
from coalm_oumi.errors import CoalmError
from coalm_oumi.sources.locate import find
from coalm_oumi.sources.sgd import SgdPart


def known_functions(dialogues: Sequence[ReviewDialogue]) -> FunctionCatalogue | None:
    """Returns SGD's functions, if the dialogues are SGD's and it is on this machine.

    Those of the parts that the dialogues are of: each part has services of its own. They
    are called as the dialogues' prompts call them.
    """
    names = {d.record_id.partition("/")[0] for d in dialogues if d.source == "sgd"}
    parts: list[SgdPart] = [part for part in SGD_PARTS if part in names]
    if not parts:
        return None
    try:
        found = find("sgd")
    except CoalmError:
        return None
    if found is None:
        return None
    published, by_service = (
        function_catalogue(sgd_schemas(found.folder, parts, names))
        for names in ("as_published", "by_service")
    )
    listed = {name for d in dialogues for name, _ in d.signatures}
    known = by_service if listed & (by_service.names - published.names) else published
    return known if known.functions else None


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
    described: dict[str, Any] = {
        "name": name,
        "type": str(definition.get("type") or ""),
        "required": required,
        "description": str(definition.get("description") or ""),
    }
    if isinstance(definition.get("enum"), list):
        described["choices"] = [str(choice) for choice in definition["enum"]]
    return described
