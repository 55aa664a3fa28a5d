"""Rows in the layout of the published CoALM-IT: one command gives their report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from coalm_oumi.cli import app
from coalm_oumi.prompts import cra_action_template, cra_response_template

TOOLS = """\
1. FindFerry(origin_port, destination_port)
2. BookFerry(ferry_name, origin_port, departure_date)"""
"""As in the paper's Figure 6: the required arguments alone."""
FIRST = """\
User: Is there a ferry from Hull to Oslo?
Thought: The user names both ports. I should call FindFerry.
Action: FindFerry(origin_port='Hull', destination_port='Oslo')
Observation: {'ferries': [{'ferry_name': 'Sea Star', 'price': 40}]}
Thought: There is one, the Sea Star.
System: The Sea Star sails there for $40. Shall I book it?"""


def action(history: str, lines: str, output: str, tools: str = TOOLS) -> dict[str, str]:
    """A row of Figure 6."""
    prompt = cra_action_template().render(tools=tools, history=history)
    return {"instruction": prompt, "input": lines, "output": output}


def response(history: str, lines: str, output: str) -> dict[str, str]:
    """A row of Figure 7."""
    prompt = cra_response_template().render(history=history)
    return {"instruction": prompt, "input": lines, "output": output}


def of_first(start: str, stop: str) -> str:
    """The lines of the first turn between two labels."""
    return FIRST[FIRST.index(start) : FIRST.index(stop)].rstrip("\n")


GOOD = [
    action("", of_first("User:", "Action:"), of_first("Action:", "Observation:")),
    response("", of_first("User:", "System:"), FIRST[FIRST.index("System:") :]),
    # A dialogue of the set has several rows; the later ones repeat its beginning.
    response(
        FIRST,
        "User: No, thank you.\nThought: The user is done.",
        "System: Have a good day!",
    ),
]
TURN = "User: Yes, on March 8th.\nThought: I call BookFerry."
BOOKED = "ferry_name='Sea Star', origin_port='Hull', departure_date="
WRONG = {
    "undefined_function": [
        action(
            FIRST, "User: Yes.\nThought: I book it.", "Action: BuyFerry(name='Hull')"
        ),
        action(FIRST, TURN, f"Action: BookFerry({BOOKED}'2019-03-08', cabin='Oslo')"),
        action(FIRST, TURN, "Action: BookFerry(ferry_name='Sea Star')"),
    ],
    "argument_type": [action(FIRST, TURN, f"Action: BookFerry({BOOKED}40)")],
    "argument_hallucination": [
        action(
            FIRST,
            TURN,
            "Action: BookFerry(ferry_name='North Wind', origin_port='Hull', "
            "departure_date='2019-03-08')",
        )
    ],
    "reasoning": [
        action(
            FIRST,
            "User: Yes, on March 8th.\nThought: No API call is needed here.",
            f"Action: BookFerry({BOOKED}'2019-03-08')",
        )
    ],
}
UNREADABLE = [
    {**GOOD[1], "instruction": GOOD[1]["instruction"].replace("CONVERSATION", "TALK")},
    {**GOOD[0], "output": "I would rather not."},
    {**GOOD[0], "output": ""},
]
OTHERS = {
    "snips": "You are a helpful assistant who is assigned to find the intents shown by "
    "the user on 7 domains - GetWeather, ...",
    "hammer": "You are a tool calling assistant. In order to complete ...",
    "toolace": "You are an expert in composing functions. You are given ...",
}


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like the Hub's, with two shards in which all parts are mixed."""
    wrong = [row for rows in WRONG.values() for row in rows]
    others = [
        {"instruction": text, "input": "User: hello", "output": "System: hello"}
        for text in OTHERS.values()
    ]
    rows: list[dict[str, Any]] = [*GOOD, *others, *wrong, *UNREADABLE, *others[:1]]
    folder = tmp_path / "data" / "coalm_it" / "data"
    folder.mkdir(parents=True)
    for shard in range(2):
        file = folder / f"train-{shard:05d}-of-00002.parquet"
        pq.write_table(pa.Table.from_pylist(rows[shard::2]), file)
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path / "data"))
    return folder.parent


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    """The functions with their types and all their arguments."""
    texts = ("ferry_name", "origin_port", "destination_port", "departure_date")
    parameters = {name: {"type": "string"} for name in texts}
    parameters |= {"passengers": {"type": "integer"}, "cabin": {"type": "string"}}

    def tool(name: str, required: list[str]) -> dict[str, Any]:
        schema = {"type": "object", "properties": parameters, "required": required}
        return {"name": name, "description": name, "parameters": schema}

    file = tmp_path / "tools.json"
    required = ["ferry_name", "origin_port", "departure_date"]
    tools = [tool("FindFerry", ["origin_port"]), tool("BookFerry", required)]
    file.write_text(json.dumps(tools))
    return file


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["validate-cra", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize("where", ["found", "folder", "file"])
def test_one_command_gives_the_report(
    published: Path, functions: Path, tmp_path: Path, where: str
) -> None:
    files = sorted((published / "data").glob("*.parquet"))
    given = {"found": ["--published"], "folder": [published], "file": files}[where]
    out = tmp_path / "out"
    code, text = run(*given, "--functions", functions, "--output", out)
    assert code == 0
    assert (
        "Passed over, as they are not CRA: 1 of hammer, 2 of snips, 1 of toolace"
        in text
    )
    report = json.loads((out / "report.json").read_text())
    assert report["items"] == len(GOOD) + 6 + len(UNREADABLE)
    assert report["clean_items"] == len(GOOD)
    assert sum(report["unreadable"].values()) == len(UNREADABLE)
    assert report["turns_by_class"] == {name: len(rows) for name, rows in WRONG.items()}
    rules = {entry["rule"] for entry in report["defects_by_rule"]}
    assert rules == {
        "function not listed",
        "argument not listed",
        "required argument missing",
        "value of another type",
        "ungrounded value",
        "thought decides against the call that follows",
    }
    clean = pq.read_table(out / "clean.parquet").to_pylist()
    key = str
    assert sorted(clean, key=key) == sorted(GOOD, key=key)
    assert "# Validation of CRA" in (out / "report.md").read_text()


def test_published_rows_that_are_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "cache"))
    code, text = run("--published")
    assert code == 1
    assert "coalm download coalm_it" in text
    code, text = run("--published", "--grounded", "dev")
    assert code == 1
    assert "give one of these" in text


def test_renamed_columns_are_told(
    published: Path, functions: Path, tmp_path: Path
) -> None:
    rows = [{"prompt": r["instruction"], "input": "", "response": ""} for r in GOOD]
    file = tmp_path / "renamed.parquet"
    pq.write_table(pa.Table.from_pylist(rows), file)
    code, text = run(file, "--functions", functions)
    assert code == 1
    assert "instruction, output are missing, and the columns are prompt, input" in text
    assert "Rename the columns to instruction, input, output." in text


def test_help_says_which_file_to_give() -> None:
    code, text = run("--help")
    assert code == 0
    words = " ".join(text.replace("│", " ").split())
    assert "CoALM-IT (data/train-*.parquet)" in words
    assert "--published" in words
