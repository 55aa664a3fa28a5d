r"""ToolACE: conversations in which an assistant calls functions.

Row (an invented one); the functions stand in the system text, as a JSON list::

    {"system": "You compose calls. Functions:\n[{\"name\": \"Find Bus\", \"description\":
                \"Finds buses.\", \"parameters\": {\"type\": \"dict\", \"properties\":
                {\"to\": {\"description\": \"Where to.\", \"type\": \"string\"}},
                \"required\": [\"to\"]}, \"required\": null}]. \nPut the calls in the
                format of [func1(params_name=params_value...), func2(params)]",
     "conversations": [
        {"from": "user", "value": "A bus to Ely"},
        {"from": "assistant", "value": "[Find Bus(to=\"Ely\")]"},
        {"from": "tool", "value": "[{\"name\": \"Find Bus\", \"results\": {\"at\": 9}}]"},
        {"from": "assistant", "value": "It leaves at nine."}]}

About one row in twenty describes its tools in another way (a table, YAML, XML) and asks
for calls in a notation made up for that row, such as ``{[Find Bus]-("to"='Ely')}``.

Files: `.json` (a list), `.jsonl`, `.parquet`, `.arrow`, or a folder of these.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from coalm_oumi.calls import FunctionSchema
from coalm_oumi.errors import expected_one_of
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.listed_functions import listed_functions, preamble
from coalm_oumi.sources.records import (
    BadRowError,
    an_object,
    checked_field,
    unicode_text,
)
from coalm_oumi.sources.rows import read_values, row_files
from coalm_oumi.sources.source import HUB_SCHEME, RemoteFile, Source, formats

_CITATION = """\
@inproceedings{liu2025toolace,
  title = {{ToolACE}: Winning the Points of {LLM} Function Calling},
  author = {Liu, Weiwen and Huang, Xu and Zeng, Xingshan and Hao, Xinlong and Yu, Shuai
            and Li, Dexun and Wang, Shuai and Gan, Weinan and Liu, Zhengying and
            Yu, Yuanqing and Wang, Zezhong and Wang, Yuxian and Ning, Wu and
            Hou, Yutai and Wang, Bin and Wu, Chuhan and Wang, Xinzhi and Liu, Yong and
            Wang, Yasheng and Tang, Duyu and Tu, Dandan and Shang, Lifeng and
            Jiang, Xin and Tang, Ruiming and Lian, Defu and Liu, Qun and Chen, Enhong},
  booktitle = {The Thirteenth International Conference on Learning Representations},
  year = {2025},
  eprint = {2409.00920},
  archivePrefix = {arXiv},
}"""

_REPO = "Team-ACE/ToolACE"
_REVISION = "6bda777c88d21e5a204703c1ee45597a8fa4f734"

TOOLACE = Source(
    name="toolace",
    title="ToolACE (11,300 conversations with function calls)",
    folder="toolace",
    files=(
        # As several projects recorded them for that revision.
        RemoteFile(
            path="data.json",
            url=f"{HUB_SCHEME}{_REPO}@{_REVISION}/data.json",
            sha256="ba12c083fca7e8da48c67ad5b895e495447da7c66e39a2e19742c082e6cb537e",
            size=37154735,
        ),
    ),
    revision=_REVISION,
    licence="Apache-2.0",
    citation=_CITATION,
    homepage=f"https://huggingface.co/datasets/{_REPO}",
    local_patterns=formats("data", "train", "toolace", "ToolACE", "ToolACE/"),
)

Role = Literal["user", "assistant", "tool"]
ROLES: tuple[str, ...] = get_args(Role)

_BRACKETED_CALLS = re.compile(r"\[\w+\(\w+\s*=")


@dataclass(frozen=True)
class Turn:
    """What one party of a conversation says.

    Attributes:
        role: The user, the assistant, or the tools that return their results.
        text: The words as the source has them; calls are not parsed.
    """

    role: Role
    text: str


@dataclass(frozen=True)
class ToolAceConversation:
    """A conversation with its system text and the functions that may be called.

    Attributes:
        record_id: `<file>#<number of the row, from 0>`.
        system: The row's system text.
        tools: The functions that it lists, in order; None when it does not list them
            as JSON schemas.
        bracketed: Whether it asks for calls in brackets (`calls.bracket`). If not, it
            asks for a notation of its own, or for none.
        turns: The conversation, with at least one assistant turn.
        digest: SHA-256 over the row's texts, in hexadecimal. It names the row wherever
            in a file it stands.
    """

    record_id: str
    system: str
    tools: tuple[FunctionSchema, ...] | None
    bracketed: bool
    turns: tuple[Turn, ...]
    digest: str

    @property
    def preamble(self) -> str:
        """The system text before its list of functions and the words that announce it.

        It says what to do, and in some rows the date or time.
        """
        return preamble(self.system)


def read_toolace(
    path: Path, *, ledger: Ledger | None = None
) -> Iterator[ToolAceConversation]:
    """Reads conversations.

    Args:
        path: A file, or a folder whose files of rows are read in the order of names.
        ledger: Counts the rows, and those that were rejected: a field is missing or of
            another kind, the list of tools breaks off, nobody is the assistant.

    Yields:
        The conversations in the order of the file.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: The file is damaged or of another kind.
    """
    ledger = ledger if ledger is not None else Ledger("toolace")
    for file in row_files(path):
        for number, row in enumerate(read_values(file, on_bad_row="reject")):
            ledger.read += 1
            record_id = f"{file.name}#{number}"
            try:
                conversation = _conversation(row, record_id)
            except BadRowError as error:
                error.settle("reject", ledger, record_id, (file, number))
                continue
            if conversation.tools is None:
                ledger.noted(record_id, "tools not listed as JSON schemas")
            yield conversation


def _conversation(row: Any, record_id: str) -> ToolAceConversation:
    system = unicode_text(an_object(row), "system")
    turns = tuple(_turns(checked_field(row, "conversations", list)))
    if not any(turn.role == "assistant" for turn in turns):
        raise BadRowError("conversations", "there is no turn of the assistant.")
    texts = [system, *(text for turn in turns for text in (turn.role, turn.text))]
    return ToolAceConversation(
        record_id=record_id,
        system=system,
        tools=listed_functions(system),
        bracketed=bool(_BRACKETED_CALLS.search(system)),
        turns=turns,
        digest=hashlib.sha256("\x1f".join(texts).encode("utf-8")).hexdigest(),
    )


def _turns(entries: list[Any]) -> Iterator[Turn]:
    for number, entry in enumerate(entries):
        try:
            role = checked_field(an_object(entry), "from", str)
            if role not in ROLES:
                raise BadRowError("from", expected_one_of(role, ROLES))
            yield Turn(role, unicode_text(entry, "value"))
        except BadRowError as error:
            where = f"turn {number}" + (f", '{error.field}'" if error.field else "")
            problem = f"{where}: {error.problem}"
            raise BadRowError("conversations", problem) from None
