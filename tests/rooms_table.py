"""Writes CONTRIBUTING's table of the package's rooms, its last column counted.

python -m tests.rooms_table
"""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "CONTRIBUTING.md"
FILES = "files beside them"
_ROW = re.compile(r"^\| (?:`(\w+)`|(files beside them)) \|(.*\|) ([\d,]+) \|$", re.M)


def rooms() -> dict[str, int]:
    """Returns the lines of each room, and of the modules that stand beside the rooms."""
    package = REPOSITORY / "coalm_oumi"
    found = {
        path.parent.name: sum(map(_lines, path.parent.rglob("*.py")))
        for path in sorted(package.glob("*/__init__.py"))
    }
    return found | {FILES: sum(map(_lines, package.glob("*.py")))}


def listed(page: str) -> dict[str, int]:
    """Returns the table's rooms and their lines."""
    return {
        match[1] or match[2]: int(match[4].replace(",", ""))
        for match in _ROW.finditer(page)
    }


def counted(page: str) -> str:
    """Returns the page with its lines counted anew, to the nearest hundred."""
    now = rooms()

    def row(match: re.Match[str]) -> str:
        lines = round(now.get(match[1] or match[2], 0), -2)
        return f"{match[0][: match.start(4) - match.start()]}{lines:,} |"

    return _ROW.sub(row, page)


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


if __name__ == "__main__":
    PAGE.write_text(counted(PAGE.read_text("utf-8")), encoding="utf-8")
