r"""xLAM function-calling-60k and xlam-irrelevance-7.5k: a query, tools, and the calls.

Row (an invented one); `tools` and `answers` are JSON *inside strings*::

    {"id": 0, "query": "Two seats to Ely",
     "tools": "[{\"name\": \"find_bus\", \"description\": \"Finds buses.\",
                 \"parameters\": {\"to\": {\"description\": \"Where to.\",
                                         \"type\": \"str\"}}}]",
     "answers": "[{\"name\": \"find_bus\",
                   \"arguments\": {\"to\": \"Ely\"}}]"}

An irrelevance row has tools that do not help, and the answers `"[]"`.

Files: `.json` (a list), `.jsonl`, `.parquet`, `.arrow`, or a folder of these, such as
`datasets` writes with `save_to_disk`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from coalm_oumi.calls import (
    FunctionCall,
    FunctionSchema,
    parse_json_list,
    unresolved,
)
from coalm_oumi.calls.strict_json import loads
from coalm_oumi.errors import OptionError, expected_one_of, shorten
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.records import BadRowError, an_object, unicode_text
from coalm_oumi.sources.rows import OnBadRow, Row, read_values, row_files
from coalm_oumi.sources.source import HUB_SCHEME, RemoteFile, Source, formats

_APIGEN_CITATION = """\
@inproceedings{liu2024apigen,
  title = {{APIGen}: Automated Pipeline for Generating Verifiable and Diverse
           Function-Calling Datasets},
  author = {Liu, Zuxin and Hoang, Thai and Zhang, Jianguo and Zhu, Ming and Lan, Tian
            and Kokane, Shirley and Tan, Juntao and Yao, Weiran and Liu, Zhiwei and
            Feng, Yihao and Murthy, Rithesh and Yang, Liangwei and Savarese, Silvio and
            Niebles, Juan Carlos and Wang, Huan and Heinecke, Shelby and
            Xiong, Caiming},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {37},
  year = {2024},
  eprint = {2406.18518},
  archivePrefix = {arXiv},
}"""

HAMMER_CITATION = """\
@misc{lin2024hammer,
  title = {Hammer: Robust Function-Calling for On-Device Language Models via Function
           Masking},
  author = {Lin, Qiqiang and Wen, Muning and Peng, Qiuying and Nie, Guanyu and
            Liao, Junwei and Wang, Jun and Mo, Xiaoyun and Zhou, Jiamu and Cheng, Cheng
            and Zhao, Yin and Wang, Jun and Zhang, Weinan},
  year = {2024},
  eprint = {2410.04587},
  archivePrefix = {arXiv},
}"""

_XLAM_REPO = "Salesforce/xlam-function-calling-60k"
_XLAM_REVISION = "26d14ebfe18b1f7b524bd39b404b50af5dc97866"
_XLAM_HOMEPAGE = f"https://huggingface.co/datasets/{_XLAM_REPO}"

XLAM = Source(
    name="xlam",
    title="xLAM function-calling-60k (60,000 queries with tools and calls)",
    folder="xlam",
    files=(
        # Its digest is not public; the one that the Hub sends along is checked.
        RemoteFile(
            path="xlam_function_calling_60k.json",
            url=f"{HUB_SCHEME}{_XLAM_REPO}@{_XLAM_REVISION}/"
            "xlam_function_calling_60k.json",
        ),
    ),
    revision=_XLAM_REVISION,
    licence="CC-BY-4.0",
    citation=_APIGEN_CITATION,
    homepage=_XLAM_HOMEPAGE,
    gated=True,
    access=(
        f"Log in at huggingface.co and open {_XLAM_HOMEPAGE} .",
        "Fill in the form there and press 'Agree and access repository'.",
        "Create a token of type 'Read' at https://huggingface.co/settings/tokens .",
        "Make the token known: `export HF_TOKEN=<your token>`, or `hf auth login`.",
        (
            "Run `coalm download xlam`. Or, instead of the last two steps, download "
            "xlam_function_calling_60k.json with the browser and put it at "
            "$COALM_DATA_DIR/xlam/xlam_function_calling_60k.json ."
        ),
    ),
    local_patterns=(
        "xlam_function_calling_60k.json",
        *formats("xlam_function_calling_60k", "xlam-function-calling-60k"),
        "xlam-function-calling-60k/*.parquet",
        "xlam-function-calling-60k/*.arrow",
    ),
)

_IRRELEVANCE_REPO = "MadeAgents/xlam-irrelevance-7.5k"
_IRRELEVANCE_REVISION = "34323bf09efc7e4a394998a0fa91ff997617c369"

XLAM_IRRELEVANCE = Source(
    name="xlam_irrelevance",
    title="xLAM irrelevance 7.5k (7,500 queries that none of the tools fits)",
    folder="xlam",
    files=(
        # The last letter is upstream's spelling.
        RemoteFile(
            path="xlam-7.5k-irrelevancek.json",
            url=f"{HUB_SCHEME}{_IRRELEVANCE_REPO}@{_IRRELEVANCE_REVISION}/"
            "xlam-7.5k-irrelevancek.json",
        ),
    ),
    revision=_IRRELEVANCE_REVISION,
    licence="CC-BY-4.0",
    citation=f"{HAMMER_CITATION}\n{_APIGEN_CITATION}",
    homepage=f"https://huggingface.co/datasets/{_IRRELEVANCE_REPO}",
    local_patterns=(
        "xlam-7.5k-irrelevancek.json",
        "XLAM-7.5k-Irrelevance.json",
        *formats(
            "xlam-7.5k-irrelevance",
            "XLAM-7.5k-Irrelevance",
            "xlam-irrelevance-7.5k",
            "xlam_irrelevance",
        ),
        "xlam-irrelevance-7.5k/*.parquet",
        "xlam-irrelevance-7.5k/*.arrow",
    ),
)


_ADVICE = "Correct the row or remove it, or set on_bad_row: reject."


@dataclass(frozen=True)
class FunctionCallingRow:
    """One query with the tools on offer and the calls that answer it.

    Attributes:
        record_id: `<file>#<id>`, with the row's own `id` where it has one.
        query: What the user asks.
        tools: The tools on offer, in order; two may bear one name.
        calls: The answer; none when no tool fits.
        digest: SHA-256 over the row's three texts, in hexadecimal. It names the row
            wherever in a file it stands.
        source: The source's name in the catalogue.
    """

    record_id: str
    query: str
    tools: tuple[FunctionSchema, ...]
    calls: tuple[FunctionCall, ...]
    digest: str
    source: str = "xlam"


def read_xlam(
    path: Path,
    *,
    on_bad_row: OnBadRow = "error",
    ledger: Ledger | None = None,
    source: str = "xlam",
    wanted: Callable[[Row], bool] | None = None,
) -> Iterator[FunctionCallingRow]:
    """Reads rows of xLAM's form.

    Args:
        path: A file, or a folder whose files of rows are read in the order of names.
        on_bad_row: Whether a row that cannot be used ends the reading (`error`) or goes
            into the ledger (`reject`).
        ledger: Counts the rows, and notes rejected ones.
        source: The source's name in the catalogue: `xlam`, or `xlam_irrelevance`.
        wanted: Asked for each row as the file has it; a row that is not wanted is
            passed over and not counted.

    Yields:
        The rows in the order of the file.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: The file has another form, or a row cannot be used: a field is
            missing, `tools` or `answers` is not JSON, a call names no listed tool.
        OptionError: `on_bad_row` is unknown.
    """
    if on_bad_row not in get_args(OnBadRow):
        raise OptionError(
            expected_one_of(on_bad_row, get_args(OnBadRow)), field="on_bad_row"
        )
    ledger = ledger if ledger is not None else Ledger("xlam")
    for file in row_files(path):
        for number, value in enumerate(read_values(file, on_bad_row=on_bad_row)):
            row: Row = value if isinstance(value, dict) else {}
            if wanted is not None and not wanted(row):
                continue
            ledger.read += 1
            own = row.get("id")
            record_id = f"{file.name}#{number if own is None else shorten(own)}"
            try:
                yield _row(value, record_id, source)
            except BadRowError as error:
                place = (file, number)
                error.settle(on_bad_row, ledger, record_id, place, _ADVICE)


def _row(row: Any, record_id: str, source: str) -> FunctionCallingRow:
    query, tools_text, answers_text = (
        unicode_text(an_object(row), name) for name in ("query", "tools", "answers")
    )
    try:
        entries = loads(tools_text)
        if not isinstance(entries, list):
            raise ValueError("expected a JSON list of tools")
        tools = tuple(FunctionSchema.from_xlam(entry) for entry in entries)
    except ValueError as error:
        raise BadRowError(
            "tools",
            "expected a JSON list of tools, found "
            f"'{shorten(tools_text, 40)}' ({error}).",
        ) from error
    try:
        calls = parse_json_list(answers_text)
    except ValueError as error:
        raise BadRowError(
            "answers",
            "expected a JSON list of calls, found "
            f"'{shorten(answers_text, 40)}' ({error}).",
        ) from error
    reason = unresolved(calls, tools)
    if reason:
        raise BadRowError("answers", f"{reason}.")
    texts = "\x1f".join((query, tools_text, answers_text)).encode("utf-8")
    digest = hashlib.sha256(texts).hexdigest()
    return FunctionCallingRow(record_id, query, tools, calls, digest, source)
