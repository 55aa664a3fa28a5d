"""JSON and YAML documents with local references, read step by step.

A reference is followed within the document (`#/components/schemas/Bike`) and into other
files of the document's own folder (`schemas/bike.yaml#/Bike`). Nothing is fetched, and no
file outside that folder is opened. A schema that holds itself ends, at the second time,
in one that allows anything.

YAML is read as version 1.2 means it: `no`, `on` and `2026-05-01` are texts, as in JSON.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import DataFormatError, shorten
from coalm_oumi.sources.rows import read_json, read_text

MOST_NODES = 200_000
"""Values that a catalogue may come to once its references are filled in."""
_MOST_BYTES = 20_000_000
_DEEPEST = 100
_BESIDE_A_REFERENCE = ("description", "summary", "default")


@dataclass
class ApiDocument:
    """A document and the files that it refers to.

    Attributes:
        path: The document's file.
        files: Every file that was read, the document first.
    """

    path: Path
    files: dict[Path, JsonValue] = field(default_factory=dict)
    _nodes: int = 0

    def root(self) -> Node:
        """Returns the whole document.

        Raises:
            DataNotFoundError: There is no such file.
            DataFormatError: It is neither JSON nor YAML.
        """
        file = self.path.resolve()
        return Node(self, file, (), self.load(file))

    def load(self, file: Path) -> JsonValue:
        """Returns what a file holds; reads it once."""
        if file not in self.files:
            self.files[file] = _read(file)
        return self.files[file]

    def count(self, node: Node) -> None:
        """Counts a value that is filled in.

        Raises:
            DataFormatError: There are too many.
        """
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise node.error(
                f"the catalogue has more than {MOST_NODES:,} values once its "
                "references are filled in. Leave out what no operation needs."
            )

    @property
    def folder(self) -> Path:
        """The folder that references may not leave."""
        return self.path.resolve().parent


@dataclass(frozen=True)
class Node:
    """A value of a document, and where it stands.

    Attributes:
        document: The document.
        file: The file it stands in.
        place: The keys and positions that lead to it.
        value: The value; a reference is followed by `get`, `items` and `followed`.
        within: The references that led here.
    """

    document: ApiDocument
    file: Path
    place: tuple[str, ...]
    value: JsonValue
    within: tuple[tuple[Path, str], ...] = ()

    def error(self, problem: str) -> DataFormatError:
        """Returns an error that names the file and the place."""
        return DataFormatError(
            problem,
            path=self.file,
            field="/".join(part.replace("/", "~1") for part in self.place) or None,
        )

    def has(self, key: str) -> bool:
        """Whether it is an object with this key."""
        return isinstance(self.value, dict) and key in self.value

    def get(self, key: str) -> Node:
        """Returns a member of an object, references followed; of none, null."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return self._below(key, value).followed()

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yields the members of an object or list, references followed."""
        pairs = (
            self.value.items()
            if isinstance(self.value, dict)
            else enumerate(self.value)
            if isinstance(self.value, list)
            else ()
        )
        for key, value in pairs:
            yield str(key), self._below(str(key), value).followed()

    def text(self, key: str) -> str:
        """Returns a member that is text; empty if there is none.

        Raises:
            DataFormatError: It is something else.
        """
        value = self.get(key).value
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.get(key).error(
                f"expected text, found {shorten(repr(value), 40)}."
            )
        return value

    def expect(self, kind: type, what: str) -> Node:
        """Returns itself if it is of a kind.

        Raises:
            DataFormatError: It is not.
        """
        if not isinstance(self.value, kind):
            found = "nothing" if self.value is None else repr(self.value)
            raise self.error(f"expected {what}, found {shorten(found, 40)}.")
        return self

    def followed(self) -> Node:
        """Returns what a reference stands for; itself, if it is none.

        Raises:
            DataFormatError: The reference leads out of the folder, into the network, to
                nothing, or to itself.
        """
        node, seen = self, set[tuple[Path, str]]()
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            target = node._target(node.value["$ref"])
            key = target.within[-1]
            if key in seen:
                raise self.error(
                    f"the reference '{shorten(key[1])}' leads to itself. Remove it."
                )
            seen.add(key)
            beside = {k: v for k, v in node.value.items() if k in _BESIDE_A_REFERENCE}
            if beside and isinstance(target.value, dict):
                value = {**target.value, **beside}
                target = Node(
                    target.document, target.file, target.place, value, target.within
                )
            node = target
        return node

    def plain(self) -> JsonValue:
        """Returns the value with all its references filled in.

        Raises:
            DataFormatError: As for `followed`; or there is too much of it.
        """
        node = self.followed()
        node.document.count(node)
        if len(node.place) > _DEEPEST:
            raise node.error("it is nested too deeply.")
        if len(node.within) > len(set(node.within)):
            return {}
        if isinstance(node.value, dict):
            return {key: below.plain() for key, below in node.items()}
        if isinstance(node.value, list):
            return [below.plain() for _, below in node.items()]
        return node.value

    def _below(self, key: str, value: JsonValue) -> Node:
        return Node(self.document, self.file, (*self.place, key), value, self.within)

    def _target(self, reference: str) -> Node:
        name, _, pointer = reference.partition("#")
        if "://" in name or name.startswith("//"):
            raise self.error(
                f"the reference '{shorten(reference)}' leads into the network, which "
                "is never asked. Copy what it refers to into this file."
            )
        file = (self.file.parent / unquote(name)).resolve() if name else self.file
        if name and not file.is_relative_to(self.document.folder):
            raise self.error(
                f"the reference '{shorten(reference)}' leads out of the folder "
                f"{self.document.folder}. Copy that file into it."
            )
        value, place = self.document.load(file), ()
        for part in unquote(pointer).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            place = (*place, key)
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            else:
                raise self.error(
                    f"the reference '{shorten(reference)}' leads to nothing: "
                    f"'{shorten(key, 40)}' is not there. Correct it."
                )
        within = (*self.within, (file, pointer))
        return Node(self.document, file, place, value, within)


def _read(file: Path) -> JsonValue:
    if file.suffix.lower() not in (".yaml", ".yml"):
        return read_json(file)
    import yaml

    text = read_text(file)
    if len(text) > _MOST_BYTES:
        raise DataFormatError("the file is too large for a catalogue.", path=file)
    try:
        found = yaml.load(text, Loader=_loader())  # noqa: S506 - a SafeLoader
        return _json_value(found, {})
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DataFormatError(
            f"not YAML{at}: {error.problem or error.context}. Correct the file.",
            path=file,
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        told = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise DataFormatError(
            f"not YAML that can be used: {shorten(told)}. Correct the file.", path=file
        ) from error


def _loader() -> Any:
    import re

    import yaml

    class Loader(yaml.SafeLoader):
        """YAML 1.2's own types, and no key twice."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [
                self.construct_object(key, deep=True)
                for key, _ in node.value
                if key.tag != "tag:yaml.org,2002:merge"
            ]
            for position, key in enumerate(keys):
                if key in keys[:position]:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key '{key}' stands twice", node.start_mark
                    )
            return super().construct_mapping(node, deep=deep)

    changed = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag not in changed]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    pattern = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", pattern, list("tTfF"))
    return Loader


def _json_value(value: Any, made: dict[int, JsonValue]) -> JsonValue:
    """Returns what YAML gave as JSON has it: keys are texts, numbers finite.

    Args:
        value: A value; what an alias repeats is one object in several places.
        made: What has been made of each object so far.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON")
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if id(value) in made:
        if made[id(value)] is None:
            raise ValueError("an alias holds itself")
        return made[id(value)]
    if not isinstance(value, (dict, list)):
        raise ValueError(f"a {type(value).__name__} is nothing that JSON has")
    made[id(value)] = None
    if isinstance(value, list):
        found: JsonValue = [_json_value(item, made) for item in value]
    else:
        found = {str(key): _json_value(item, made) for key, item in value.items()}
    made[id(value)] = found
    return found
