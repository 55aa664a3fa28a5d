"""YAML files: read with clear errors, and without aliases that fill the memory.

A few lines may name a thousand million values::

    a: &a [x, x, x, x, x, x, x, x, x, x]
    b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
    c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]

PyYAML keeps one object for each alias, but what copies it (OmegaConf, JSON) does not end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coalm_oumi.errors import CoalmError, shorten

LARGEST = 100_000
"""Values that a configuration may have, each alias counted as what it stands for."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Reads a file of fields by name.

    Raises:
        CoalmError: It cannot be read, is no YAML, or holds something else.
    """
    import yaml

    check_aliases(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CoalmError(
            f"it cannot be read: {error.strerror}. Is the path right, seen from the "
            "folder that you are in?",
            path=path,
        ) from error
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise CoalmError(
            f"it cannot be read as YAML: {shorten(error, 300)}.", path=path
        ) from error
    if not isinstance(content, dict):
        found = "nothing" if content is None else type(content).__name__
        raise CoalmError(
            f"expected fields by name, such as model: and data:, found {found}.",
            path=path,
        )
    return content


def check_aliases(path: str | Path) -> None:
    """Refuses a configuration whose aliases stand for too much, before it is read.

    Args:
        path: The file. One that cannot be read, or is no YAML, passes: its reader says
            what is wrong.

    Raises:
        CoalmError: Its aliases stand for more than `LARGEST` values, or for themselves.
    """
    import yaml

    try:
        text = Path(path).read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        size = 0 if root is None else _size(root, {})
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return
    if size is None or size > LARGEST:
        raise CoalmError(
            "its YAML aliases (*name) stand for "
            + ("themselves" if size is None else f"more than {LARGEST:,} values")
            + ". Write out what is meant.",
            path=path,
        )


def _size(node: object, known: dict[int, int | None]) -> int | None:
    """Returns how many values a node stands for; None if it stands for itself."""
    import yaml

    if not isinstance(node, (yaml.SequenceNode, yaml.MappingNode)):
        return 1
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = None
    below = node.value
    if isinstance(node, yaml.MappingNode):
        below = [part for pair in node.value for part in pair]
    size = 1
    for part in below:
        found = _size(part, known)
        if found is None:
            return None
        size += found
    known[id(node)] = size
    return size
