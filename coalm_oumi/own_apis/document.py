"""JSON and YAML documents with local references, read step by step.

A reference is followed within the document (`#/components/schemas/Bike`) and into other
files of the document's own folder (`schemas/bike.yaml#/Bike`). Nothing is fetched, and no
file outside that folder is opened.

`#` is the innermost schema around that has an `$id`, or that is a document of its own, as
the parameters of a tool are (`#/$defs/Size`); what is not there is looked for in the whole
file. `#Size` is the schema there with that anchor. `$dynamicRef` and `$recursiveRef` are
followed as `$ref` is, to the schema that stands around them.

`referencing` in its place would find no `$id` and no anchor below OpenAPI's `components`,
and does not say where in its file what it found stands, which each error here names
(`test_schema.py`, `test_references.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urljoin

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import DataFormatError, shorten
from coalm_oumi.own_apis.schema_keywords import Identified, Place, identified_schemas
from coalm_oumi.sources.rows import read_json, read_text

MOST_NODES = 200_000
"""Values that a catalogue may come to once its references are filled in."""
_MOST_BYTES = 20_000_000
_WHOLES = {"openapi", "swagger", "tools", "functions"}
_BESIDE_A_REFERENCE = ("description", "summary")
"""What an OpenAPI Reference Object may say in the place of what it refers to."""


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
    _identified: dict[Path, tuple[Identified, ...]] = field(default_factory=dict)

    def root(self) -> Node:
        """Returns the document.

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

    def identified(self, file: Path) -> tuple[Identified, ...]:
        """Returns the schemas of a file that have an `$id` or an anchor."""
        if file not in self._identified:
            self._identified[file] = tuple(identified_schemas(self.load(file)))
        return self._identified[file]

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
        within: The places of what the references that led here refer to.
        base: The place of what `#` means here.
        chain: The last ones of `within` that were themselves references.
        start: Where the first of `chain` is referred to.
    """

    document: ApiDocument
    file: Path
    place: Place
    value: JsonValue
    within: tuple[tuple[Path, Place], ...] = ()
    base: Place = ()
    chain: tuple[tuple[Path, Place], ...] = ()
    start: Node | None = None

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
        return self.member(key).followed()

    def member(self, key: str) -> Node:
        """Returns a member of an object as it is written; of none, null."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return self.below(key, value)

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
            yield str(key), self.below(str(key), value).followed()

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
        """Returns what an OpenAPI Reference Object stands for; itself, if it is none.

        Raises:
            DataFormatError: As for `target`.
        """
        node = self
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            target = node.target(node.value["$ref"])
            beside = {k: v for k, v in node.value.items() if k in _BESIDE_A_REFERENCE}
            if beside and isinstance(target.value, dict):
                target = replace(target, value={**target.value, **beside})
            node = target
        return node

    def below(self, key: str, value: JsonValue) -> Node:
        """Returns a member as it is written, be it a reference."""
        place = (*self.place, key)
        return Node(self.document, self.file, place, value, self.within, self.base)

    def embedded(self) -> Node:
        """Returns itself as a document of its own: `#` means this value."""
        return replace(self, base=self.place)

    def target(self, reference: str) -> Node:
        """Returns what a reference stands for, which may be another reference.

        Args:
            reference: As it is written, from this place.

        Raises:
            DataFormatError: It leads out of the folder, into the network, to nothing, to
                itself, or to a whole OpenAPI document.
        """
        start = self.start or self
        name, _, fragment = reference.partition("#")
        file, base = self._resource(name, reference)
        bases = dict.fromkeys((base, ())) if not name else (base,)
        fragment = unquote(fragment)
        for around in bases:
            found = self._inside(file, around, fragment)
            if not isinstance(found, str):
                break
        else:
            raise self.error(
                f"the reference '{shorten(reference)}' leads to nothing: "
                f"{self._inside(file, base, fragment)}. Correct it."
            )
        value, place, base = found
        if not place and (isinstance(value, list) or _WHOLES & set(value or ())):
            raise self.error(
                f"the reference '{shorten(reference)}' leads to the whole document, "
                "which is no schema. Name the schema that is meant."
            )
        key = (file, place)
        if key in self.chain:
            raise start.error(
                f"the reference '{shorten(reference)}' leads to itself. Remove it."
            )
        within, chain = (*self.within, key), (*self.chain, key)
        return Node(self.document, file, place, value, within, base, chain, start)

    def _resource(self, name: str, reference: str) -> tuple[Path, Place]:
        """Finds the file, and the place in it, that `#` means behind a name."""
        if not name:
            return self.file, self.base
        known = self.document.identified(self.file)
        own = next((i.uri for i in known if i.place == self.base and i.uri), "")
        for other in known:
            if other.uri and other.uri == urljoin(own, name):
                return self.file, other.place
        if "://" in name or name.startswith("//"):
            raise self.error(
                f"the reference '{shorten(reference)}' leads into the network, which "
                "is never asked. Copy what it refers to into this file."
            )
        file = (self.file.parent / unquote(name)).resolve()
        if not file.is_relative_to(self.document.folder):
            raise self.error(
                f"the reference '{shorten(reference)}' leads out of the folder "
                f"{self.document.folder}. Copy that file into it."
            )
        return file, ()

    def _inside(
        self, file: Path, base: Place, fragment: str
    ) -> tuple[JsonValue, Place, Place] | str:
        """Finds the value, the place and the base of a fragment, or what is missing."""
        path = list(base)
        if fragment.startswith("/"):
            parts = fragment.split("/")[1:]
            path += [part.replace("~1", "/").replace("~0", "~") for part in parts]
        elif fragment:
            for known in self.document.identified(file):
                around = known.resource if len(known.resource) > len(base) else base
                inside = known.place[: len(base)] == base
                if fragment in known.anchors and inside and around == base:
                    path = list(known.place)
                    break
            else:
                return f"no schema there has the anchor '{shorten(fragment, 40)}'"
        value = self.document.load(file)
        for number, key in enumerate(path):
            own = value.get("$id") if isinstance(value, dict) else None
            if isinstance(own, str) and not own.startswith("#"):
                base = max(base, tuple(path[:number]), key=len)
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and _is_position(key, value):
                value = value[int(key)]
            else:
                return f"'{shorten(key, 40)}' is not there"
        return value, tuple(path), base


def _is_position(key: str, items: list[JsonValue]) -> bool:
    return key.isascii() and key.isdecimal() and len(key) < 10 and int(key) < len(items)


def _read(file: Path) -> JsonValue:
    if file.suffix.lower() not in (".yaml", ".yml"):
        return read_json(file)
    from coalm_oumi.own_apis.yaml_document import read_yaml

    text = read_text(file)
    if len(text) > _MOST_BYTES:
        raise DataFormatError("the file is too large for a catalogue.", path=file)
    try:
        return read_yaml(text)
    except ValueError as error:
        raise DataFormatError(
            f"not YAML {error}. Correct the file.", path=file
        ) from error
