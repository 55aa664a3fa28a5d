"""Finding the sources of the parts that are to be built."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from coalm_oumi.cra.own_apis import OWN_APIS, OwnApis
from coalm_oumi.cra.read.generated import GENERATED, generated_samples, run_record
from coalm_oumi.datasets.part import Part
from coalm_oumi.datasets.parts import PARTS
from coalm_oumi.errors import (
    CoalmError,
    DataNotFoundError,
    OptionError,
    expected_one_of,
)
from coalm_oumi.mixture.options import BuildOptions
from coalm_oumi.sources.catalogue import SOURCES
from coalm_oumi.sources.coalm_it import coalm_it_files
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.locate import Found, OnMissing, find, locate
from coalm_oumi.sources.source import Source, own_files
from coalm_oumi.storage import sha256

_PROVENANCE = (
    "model",
    "model_revision",
    "adapter",
    "engine",
    "prompt",
    "sampling",
    "source",
)
"""What the manifest has of a generation's run record."""
EMBEDDED_LICENCE = "Apache-2.0"
"""The licence of the embedded corpus, which is this package's own writing."""


@dataclass
class ResolvedSources:
    """The parts that can be built, and what they are built from.

    Attributes:
        parts: The parts, in the table's order.
        places: Each source that was found.
        warnings: What the user should know: parts and sources left out, invented rows.
        provenance: What else is recorded of a source: of generated rows, who wrote them.
    """

    parts: list[Part] = field(default_factory=list)
    places: dict[str, Found] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    provenance: dict[str, dict[str, Any]] = field(default_factory=dict)

    def places_of(self, part: Part) -> dict[str, Found]:
        """Returns where a part's sources are."""
        for name in part.own_sources:
            if name in self.places:
                return {name: self.places[name]}
        names = [source.name for source in part.sources]
        return {name: self.places[name] for name in names if name in self.places}

    def described(self) -> dict[str, Any]:
        """Returns each source with its files' digests, as plan and manifest have it."""
        return {
            name: {**_described(found), **self.provenance.get(name, {})}
            for name, found in self.places.items()
        }


def resolve_parts(options: BuildOptions) -> ResolvedSources:
    """Finds the sources of the parts asked for.

    Raises:
        OptionError: A part is unknown.
        DataNotFoundError: A source is missing and `on_missing` does not help.
        CoalmError: Nothing is left to build.
    """
    for name in options.only:
        if name not in PARTS:
            raise OptionError(expected_one_of(name, tuple(PARTS)), field="--only")
    resolved = ResolvedSources()
    for part in PARTS.values():
        if not options.only or part.name in options.only:
            if OWN_APIS in part.own_sources and options.catalogue and options.dialogues:
                _take_own(part, options.catalogue, options.dialogues, resolved)
            elif GENERATED in part.own_sources and options.generated:
                _take_generated(part, Path(options.generated), resolved)
            else:
                _locate(part, options.on_missing, resolved)
    if not resolved.parts:
        raise CoalmError(
            "no part of the mixture can be built: none of its sources is on this "
            "machine. `coalm check` says how to get them."
        )
    invented = [n for n, found in resolved.places.items() if found.origin == "embedded"]
    if invented:
        resolved.warnings.append(
            f"The rows of {', '.join(invented)} are invented: they are the small "
            "embedded corpus, not the real source."
        )
    return resolved


def _take_own(
    part: Part, catalogue: str, dialogues: str, resolved: ResolvedSources
) -> None:
    """Notes the user's own files as the source of a part."""
    own = OwnApis(Path(catalogue), Path(dialogues))
    for file in own.files:
        if not file.is_file():
            raise DataNotFoundError(
                "the file does not exist. Check the path.", path=file
            )
    folder = Path(os.path.commonpath([file.parent for file in own.files]))
    source = own_files(OWN_APIS, "APIs of the user's own, with their seed dialogues")
    resolved.places[OWN_APIS] = Found(source, folder, own.files, "options")
    resolved.parts.append(part)
    resolved.warnings.append(
        f"The part {part.name} is made of the {len(own.functions.functions)} functions "
        f"of {Path(catalogue).name}, not of SGD."
    )


def _take_generated(part: Part, path: Path, resolved: ResolvedSources) -> None:
    """Notes what a language model wrote as the source of a part."""
    files = coalm_it_files(path)
    record = run_record(path)
    first = next(generated_samples(path, Ledger(GENERATED)), None)
    if first is None:
        raise CoalmError(
            "it has no row of CRA. If all dialogues were rejected, `coalm generate-cra` "
            "and `coalm validate-cra` say why.",
            path=path,
            field="--generated",
        )
    of = str((record.get("source") or {}).get("source") or "")
    licence = SOURCES[of].licence if of in SOURCES else "other"
    told = {name: record[name] for name in _PROVENANCE if record.get(name) is not None}
    writer = record.get("model") or "a language model"
    source = own_files(GENERATED, f"CRA written by {writer}", licence)
    folder = path if path.is_dir() else path.parent
    resolved.places[GENERATED] = Found(source, folder, tuple(files), "options")
    resolved.provenance[GENERATED] = {"generation": told or None}
    resolved.parts.append(part)
    prompt = record.get("prompt") or first.origin.prompt or "a prompt that is not known"
    resolved.warnings.append(
        f"The rows of the part {part.name} were written by "
        f"{record.get('model') or 'a language model that is not known'} "
        f"({prompt}{f', from {of}' if of else ''}), not by rules."
    )
    if record.get("complete") is False:
        resolved.warnings.append(
            f"The generation of {path} is not finished: more dialogues may come."
        )


def _locate(part: Part, on_missing: str, resolved: ResolvedSources) -> None:
    for source in part.sources:
        found = find(source) if on_missing == "skip" else _got(source, on_missing)
        if found is not None:
            resolved.places[source.name] = found
            continue
        whole = source == part.sources[0]
        resolved.warnings.append(
            f"The source {source.name} is not on this machine; "
            f"{f'the part {part.name} is' if whole else 'its rows are'} left out."
        )
        if whole:
            return
    resolved.parts.append(part)


def _got(source: Source, on_missing: str) -> Found:
    try:
        return locate(source, on_missing=cast(OnMissing, on_missing))
    except DataNotFoundError as error:
        raise DataNotFoundError(
            f"{error.problem} Or build without it: --on-missing skip.",
            path=error.path,
            field=error.field,
        ) from error


def _described(found: Found) -> dict[str, Any]:
    source = found.source
    embedded = found.origin == "embedded"
    return {
        "title": source.title,
        "licence": EMBEDDED_LICENCE if embedded else source.licence,
        "homepage": source.homepage,
        "revision": None if embedded else source.revision or None,
        "embedded_corpus": embedded,
        "files": [
            {
                "path": file.relative_to(found.folder).as_posix(),
                "bytes": file.stat().st_size,
                "sha256": sha256(file),
            }
            for file in found.files
        ],
    }
