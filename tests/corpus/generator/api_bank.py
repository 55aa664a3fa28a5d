r"""The API-Bank half of the embedded corpus: calls to make at the end of a dialogue.

In the layout of Hammer's edition (`benchmarks/api_bank/load.py` shows a row): a prompt
that ends in a dialogue and "Generate API Request:", and one call as the answer. On level
1 the tools are listed; on level 2 every other row has the tool `ToolSearcher` alone.
"""

from __future__ import annotations

import json
import re
from typing import Any

from coalm_oumi.calls import FunctionCall, fenced, write_json_list
from coalm_oumi.prompts import hammer_template
from tests.corpus.generator.function_calling import call_rows

_FOLDER = "api_bank/hammer_test"
_ASK = "Generate API Request:"
_HEARD = ("Sure, one moment.", "I will do that now.", "All right.")
_SEARCHER = {
    "name": "ToolSearcher",
    "description": "Looks up tools that fit some keywords.",
    "parameters": {
        "keywords": {"type": "str", "description": "What the tool should be about."}
    },
}


def api_bank_files(seed: int, count: int) -> dict[str, bytes]:
    """Returns the API-Bank-like files by their path below the data folder.

    Args:
        seed: Fixes every byte.
        count: Rows of level 1; level 2 has half as many.
    """
    # The xLAM-like half is drawn with the seed itself; these are other queries.
    drawn = call_rows(seed + 1, 4 * count)
    single = [row for row in drawn if len(json.loads(row["answers"])) == 1]
    levels = {1: single[:count], 2: single[count : count + count // 2]}
    files: dict[str, bytes] = {}
    for level, rows in levels.items():
        made = [_row(number, row, level) for number, row in enumerate(rows)]
        for style, index in (("hammer", 0), ("original", 1)):
            content = json.dumps([row[index] for row in made], indent=1)
            files[f"{_FOLDER}/{style}/apibank_l{level}.json"] = content.encode()
    return files


def _row(
    number: int, row: dict[str, Any], level: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns a row in both layouts."""
    (answer,) = json.loads(row["answers"])
    tools = json.loads(row["tools"])
    heard = _HEARD[number % len(_HEARD)]
    if level == 2 and number % 2 == 0:
        words = re.sub(r"[._]", " ", answer["name"])
        answer = {"name": "ToolSearcher", "arguments": {"keywords": words}}
        tools, heard = [_SEARCHER], "Let me look for a tool that can do this."
    call = FunctionCall(answer["name"], answer["arguments"])
    query = f"User: {row['query']}\nAI: {heard}\n{_ASK}\n"
    instruction = hammer_template().render(tools=json.dumps(tools), query=query)
    turns = [
        {"role": "user", "content": row["query"]},
        {"role": "agent", "content": f"{heard}\n{_ASK}"},
    ]
    return (
        {
            "instruction": instruction,
            "input": "",
            "output": fenced(write_json_list([call])),
        },
        {"query": turns, "tools": tools, "answers": [answer]},
    )
