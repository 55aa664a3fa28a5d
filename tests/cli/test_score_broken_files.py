"""`coalm score` of broken stored files: one line that names the file, and no score."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl.environment import NoCheckerError
from coalm_oumi.benchmarks.registry import get_benchmark
from coalm_oumi.cli.score import _embedded
from tests.cli.conftest import Command

SPLITS = {
    "snips_dst": "test",
    "cra_actions": "dev",
    "api_bank": "l1",
    "bfcl_v3": "simple",
    "multiwoz24": "test",
}
CASES = 2
Lines = list[dict[str, Any]]


@pytest.fixture(params=SPLITS)
def stored(request: pytest.FixtureRequest) -> tuple[str, Lines]:
    """A benchmark's name, and empty replies to its first cases."""
    benchmark = get_benchmark(request.param)
    embedded = str(_embedded(benchmark))
    try:
        data = benchmark.load(benchmark.stored_options(SPLITS[request.param], embedded))
    except NoCheckerError as error:
        pytest.skip(str(error))
    return request.param, [
        {"id": key, "prediction": benchmark.degenerate}
        for key in benchmark.ids(data)[:CASES]
    ]


def text(lines: Lines) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def last(**changes: Any) -> Callable[[Lines], bytes]:
    return lambda lines: text([*lines[:-1], {**lines[-1], **changes}])


def nested(lines: Lines) -> bytes:
    deep = "[" * 5000 + "]" * 5000
    return (
        text(lines[:-1])
        + f'{{"id": "{lines[-1]["id"]}", "prediction": {deep}}}'.encode()
    )


BROKEN: dict[str, tuple[Callable[[Lines], bytes], str]] = {
    "empty": (lambda lines: b"", ""),
    "blank lines": (lambda lines: b"\n \n\n", ""),
    "last line cut": (lambda lines: text(lines)[:-9], "line 2 is not JSON"),
    "first line cut": (lambda lines: text(lines)[9:], ""),
    "not UTF-8": (lambda lines: text(lines) + b'{"id": "\xe9"}', "UTF-8"),
    "UTF-16": (lambda lines: text(lines).decode().encode("utf-16"), "UTF-8"),
    "zero bytes": (lambda lines: text(lines) + b"\0" * 64, "line 3 is not JSON"),
    "a number": (lambda lines: text(lines) + b"3\n", "row 2: expected an object"),
    "null": (lambda lines: text(lines) + b"null\n", "row 2: expected an object"),
    "unknown id": (
        lambda lines: text([*lines, {**lines[0], "id": "nowhere"}]),
        "row 2, field 'id': the benchmark has no",
    ),
    "twice": (lambda lines: text([*lines, lines[0]]), "has two predictions. Keep one."),
    "one missing": (lambda lines: text(lines[:-1]), "1 of 2"),
    "id of another type": (last(id=3), "row 1"),
    "id is a list": (last(id=["a"]), "row 1"),
    "prediction of another type": (last(prediction=3), "row 1"),
    "prediction is an object": (last(prediction={"a": 1}), "row 1"),
    "list of numbers": (last(prediction=[1, 2]), "row 1"),
    "list of null": (last(prediction=[None]), "row 1"),
    "nested too deeply": (nested, "line 2 is not JSON"),
    "key twice": (lambda lines: text(lines) + b'{"id": "a", "id": "b"}', "line 3"),
    "half a surrogate pair": (last(prediction="\ud800"), "line 2 is not JSON"),
    "no prediction": (
        lambda lines: text([*lines[:-1], {"id": lines[-1]["id"]}]),
        "row 1",
    ),
}


def scored(coalm: Command, name: str, path: Path) -> tuple[int, str]:
    ended = coalm(
        *("score", name, "--data", "embedded", "--split", SPLITS[name], "--json"),
        *("--limit", CASES, "--predictions", path),
    )
    return ended.code, ended.text.strip()


def test_a_broken_file_is_one_line(
    coalm: Command, stored: tuple[str, Lines], tmp_path: Path
) -> None:
    name, lines = stored
    path = tmp_path / "predictions.jsonl"
    for what, (broken, expected) in BROKEN.items():
        path.write_bytes(broken(lines))
        code, told = scored(coalm, name, path)
        assert (code, told.count("\n")) == (1, 0), f"{what}: {told}"
        assert told.startswith(f"Error: {path}: "), f"{what}: {told}"
        assert expected in told, f"{what}: {told}"


def test_a_whole_file_is_scored_with_either_line_end(
    coalm: Command, stored: tuple[str, Lines], tmp_path: Path
) -> None:
    name, lines = stored
    path = tmp_path / "predictions.jsonl"
    whole = text(lines)
    for content in (whole, whole.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + whole):
        path.write_bytes(content)
        code, told = scored(coalm, name, path)
        assert code == 0, told
        assert json.loads(told)["n"] >= CASES


def test_no_file_and_a_folder_are_one_line(
    coalm: Command, stored: tuple[str, Lines], tmp_path: Path
) -> None:
    name, _ = stored
    for path, expected in (
        (tmp_path, "Is a directory"),
        (tmp_path / "none.jsonl", "does not exist"),
    ):
        code, told = scored(coalm, name, path)
        assert (code, told.count("\n")) == (1, 0)
        assert told.startswith(f"Error: {path}: ")
        assert expected in told
