"""The dialogues that a model is given to write from, of SGD or of one's own APIs."""

from __future__ import annotations

import heapq
import pickle
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.function_names import named_functions
from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.cra.generate.options import CraOptions
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.errors import CoalmError
from coalm_oumi.seeding import stable_digest
from coalm_oumi.sources import Ledger, Sgd
from coalm_oumi.sources.locate import locate
from coalm_oumi.sources.sgd_dialogue import Dialogue
from coalm_oumi.sources.sgd_schema import ServiceSchema


@dataclass(frozen=True)
class Seeds:
    """The dialogues to write from.

    Attributes:
        dialogues: In the order in which they are put. Of the mode `paper` they have the
            utterances alone; of `grounded` the calls and observations too.
        functions: The functions on offer.
        by_service: The functions of each service.
        source: The source's name in the catalogue of sources.
        origin: Where the data is, and which part of it.
        revision: What tells the data from another version of it.
        ledger: What was read and left out.
    """

    dialogues: tuple[CraDialogue, ...]
    functions: FunctionCatalogue
    by_service: dict[str, FunctionCatalogue]
    source: str
    origin: str
    revision: dict[str, Any]
    ledger: Ledger = field(default_factory=lambda: Ledger(""))


class _Source(Protocol):
    @property
    def schemas(self) -> tuple[ServiceSchema, ...]: ...

    def dialogues(self, ledger: Ledger | None = None) -> Iterator[Dialogue]: ...


def read_seeds(options: CraOptions, limit: int | None) -> Seeds:
    """Reads the dialogues that a config asks for.

    Args:
        options: The `cra` block.
        limit: The most dialogues; all of them if None.

    Raises:
        CoalmError: The data is not there, damaged, or has no dialogue that can be used.
    """
    if options.source == "own":
        source, origin, revision = _own(options)
    else:
        source, origin, revision = _sgd(options)
    schemas = named_functions(source.schemas, options.names)
    functions = function_catalogue(schemas)
    ledger = Ledger(f"{options.source} seeds")
    found = source.dialogues(ledger)
    if options.mode == "grounded":
        made = grounded_dialogues(
            found, schemas, functions, seed=options.sample_seed, ledger=ledger
        )
    else:
        made = map(_utterances, found)
    dialogues = tuple(_first(made, options.sample_seed, limit))
    if not dialogues:
        raise CoalmError(f"{origin} has no dialogue to write from. Name other data.")
    return Seeds(
        dialogues,
        functions,
        {schema.name: function_catalogue([schema]) for schema in schemas},
        revision["source"],
        origin,
        revision,
        ledger,
    )


def _sgd(options: CraOptions) -> tuple[_Source, str, dict[str, Any]]:
    part = options.split
    told: dict[str, Any] = {"source": "sgd", "part": part}
    if options.path is not None:
        folder, where = options.path, str(options.path)
        told["revision"] = "as found in path"
    else:
        found = locate("sgd", on_missing=options.on_missing)
        folder, where = found.folder, f"{found.folder} ({found.origin})"
        told["revision"] = found.source.revision
        if found.origin == "embedded":
            from coalm_oumi.embedded import DIGEST

            told["revision"] = f"embedded corpus {DIGEST}"
    sgd = Sgd(folder, part)
    return sgd, f"{where}, {sgd.file_count} file(s) of {part}", told


def _own(options: CraOptions) -> tuple[_Source, str, dict[str, Any]]:
    from coalm_oumi.cra.own_apis import OwnApis
    from coalm_oumi.storage import sha256

    own = OwnApis(Path(options.catalogue or ""), Path(options.dialogues or ""))
    told = {f"{path.name}_sha256": sha256(path) for path in own.files}
    where = f"{options.dialogues} with {options.catalogue}"
    return own, where, {"source": "own_apis", **told}


def _utterances(dialogue: Dialogue) -> CraDialogue:
    turns = dialogue.turns
    return CraDialogue(
        dialogue.record_id,
        tuple(
            CraTurn(user.utterance, "", None, system.utterance)
            for user, system in zip(turns[::2], turns[1::2], strict=True)
        ),
    )


def _first(
    dialogues: Iterable[CraDialogue], seed: int, limit: int | None
) -> list[CraDialogue]:
    """Returns the first of the dialogues, in an order that seed and names decide."""

    def packed() -> Iterator[tuple[bytes, bytes]]:
        for dialogue in dialogues:
            place = stable_digest(seed, "generate", dialogue.record_id)
            yield place, zlib.compress(pickle.dumps(dialogue), 1)

    chosen = sorted(packed()) if limit is None else heapq.nsmallest(limit, packed())
    return [pickle.loads(zlib.decompress(data)) for _, data in chosen]  # noqa: S301
