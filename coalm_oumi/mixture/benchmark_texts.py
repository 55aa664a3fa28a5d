"""What the benchmarks' users say, to compare the training samples with.

`BenchmarkTexts("bfcl_v3", ..., texts=(("simple_0", "Find the area of a ..."), ...))`

Where the files lie below a data folder ($COALM_DATA_DIR, the cache):

- MultiWOZ 2.4: `multiwoz24/test_joined.json.gz`; the user's turns of the test dialogues.
- API-Bank: `api_bank/hammer_test/original/apibank_l{1,2}.json`; the user's messages.
- BFCL V3: `bfcl_v3/BFCL_v3_*.json`; the user's messages.
- SNIPS: the `test.json` of the common split.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.calls import strict_json
from coalm_oumi.errors import DataFormatError
from coalm_oumi.sources import read_snips
from coalm_oumi.sources.locate import Found, data_dirs, find
from coalm_oumi.sources.rows import read_json, read_json_lines

Text = tuple[str, str]
"""An item's name and the text."""


@dataclass(frozen=True)
class BenchmarkTexts:
    """The texts of one benchmark.

    Attributes:
        name: `multiwoz24`, `api_bank`, `bfcl_v3` or `snips_test`.
        title: The name for people.
        dialogue: Whether the texts are turns of dialogues, of which short ones ("yes,
            please") are everybody's.
        texts: The items, in the files' order.
        missing: Where the files were looked for; empty if they were there.
    """

    name: str
    title: str
    dialogue: bool
    texts: tuple[Text, ...] = ()
    missing: str = ""


def benchmark_texts(snips: Found | None = None) -> list[BenchmarkTexts]:
    """Reads the texts of every benchmark that is on this machine.

    Args:
        snips: Where the common split of SNIPS is, if that was found already.

    Raises:
        DataFormatError: A benchmark's file has another form than it is known to have.
    """
    return [
        *(_in_data_dirs(*benchmark) for benchmark in _BENCHMARKS),
        _snips_test(snips or find("snips_split")),
    ]


def _in_data_dirs(
    name: str,
    title: str,
    dialogue: bool,
    pattern: str,
    read: Callable[[Path], Iterator[Text]],
) -> BenchmarkTexts:
    for _, root in data_dirs():
        files = sorted(root.glob(pattern))
        if files:
            texts = tuple(text for file in files for text in _checked(file, read))
            return BenchmarkTexts(name, title, dialogue, texts)
    where = f"$COALM_DATA_DIR/{pattern}"
    return BenchmarkTexts(name, title, dialogue, missing=where)


def _checked(file: Path, read: Callable[[Path], Iterator[Text]]) -> Iterator[Text]:
    try:
        for item, text in read(file):
            if not isinstance(text, str):
                raise TypeError("a text is not a string")
            yield item, text
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise DataFormatError(
            f"the benchmark file has another form than expected ({error!r}). Fetch it "
            "again, or pass --no-overlaps.",
            path=file,
        ) from error


def _multiwoz(file: Path) -> Iterator[Text]:
    try:
        found = strict_json.loads(gzip.decompress(file.read_bytes()).decode("utf-8"))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataFormatError(
            f"not JSON in a gzip file ({error}). Fetch it again, or pass "
            "--no-overlaps.",
            path=file,
        ) from error
    for dialogue in found:
        for number, turn in enumerate(dialogue["turns"]):
            yield f"{dialogue['dialogue_id']} turn {number}", turn["user"]


def _api_bank(file: Path) -> Iterator[Text]:
    for row, entry in enumerate(read_json(file)):
        for number, message in enumerate(entry["query"]):
            if message["role"] == "user":
                yield f"{file.stem} row {row} message {number}", message["content"]


def _bfcl(file: Path) -> Iterator[Text]:
    for number, row in read_json_lines(file):
        if isinstance(row["question"], str):  # the category `chatable`, without ids
            yield f"{file.stem} row {number}", row["question"]
            continue
        for turn, messages in enumerate(row["question"]):
            for message in _user_messages(messages):
                yield f"{row['id']} turn {turn}", message


def _user_messages(messages: Any) -> Iterator[str]:
    # Some categories give a turn as one message, not as a list of messages.
    for message in [messages] if isinstance(messages, dict) else messages:
        if message["role"] == "user":
            yield message["content"]


def _snips_test(found: Found | None) -> BenchmarkTexts:
    name, title = "snips_test", "SNIPS test split"
    if found is None:
        return BenchmarkTexts(
            name, title, False, missing="snips_split in the catalogue"
        )
    texts = tuple((u.record_id, u.text) for u in read_snips(found.folder, "test"))
    return BenchmarkTexts(name, title, False, texts)


_BENCHMARKS = (
    (
        "multiwoz24",
        "MultiWOZ 2.4 test",
        True,
        "multiwoz24/test_joined.json.gz",
        _multiwoz,
    ),
    (
        "api_bank",
        "API-Bank levels 1 and 2",
        True,
        "api_bank/hammer_test/original/apibank_l*.json",
        _api_bank,
    ),
    ("bfcl_v3", "BFCL V3", False, "bfcl_v3/BFCL_v3_*.json", _bfcl),
)
