"""Every example of the page on the Python API runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "coalm_oumi/README.md"
EXAMPLES = re.findall(
    r"## ([^:\n]+).*?```python\n(.*?)```", PAGE.read_text(), re.DOTALL
)


def test_each_section_has_an_example() -> None:
    assert len(EXAMPLES) == PAGE.read_text().count("\n## ")


@pytest.mark.parametrize("code", [c for _, c in EXAMPLES], ids=[n for n, _ in EXAMPLES])
def test_example(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COALM_DATA_DIR", raising=False)
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "cache"))

    exec(compile(code, PAGE.name, "exec"), {"__name__": "example"})  # noqa: S102
