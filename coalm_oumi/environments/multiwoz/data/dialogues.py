"""Reading MultiWOZ's test dialogues: what was said, the goal, the gold states.

In, a dialogue of `data.json` (an invented one; only slots that matter are shown)::

    "SNG0001.json": {
      "goal": {"taxi": {"info": {"leaveAt": "17:15"}, "reqt": ["phone"]}, "hotel": {},
               "message": ["You want to book a <span class='emphasis'>taxi</span>"]},
      "log": [{"text": "A taxi after 17:15, please.", "metadata": {}},
              {"text": "Where to?", "metadata": {"taxi": {
                  "semi": {"leaveAt": "17:15", "destination": "not mentioned"},
                  "book": {"booked": []}}}}]}

Out: ``Dialogue("sng0001", {...}, ("You want to book a taxi",), (DialogueTurn("A taxi
after 17:15, please.", "Where to?", {"taxi": {"leave": "17:15"}}, ()),))``.

The joined file (a list of dialogues with `turns` and `state_2.4`) gives the same. Both
may be in gzip, and `data.json` in the archive it is published in.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.environments.multiwoz.data.domains import TRACKED_SLOTS, tracked_slot
from coalm_oumi.errors import DataFormatError, shorten
from coalm_oumi.sources.rows import read_bytes

NOT_IN_999 = frozenset({"pmul1455"})
"""The test dialogue that the usual preparation drops, for a turn of over 50 tokens
(create_data.py of smartyfh/MultiWOZ2.4, `MAX_LENGTH`); papers score the other 999."""

_BOOKABLE = ("restaurant", "hotel", "train")
_EMPTY = ("", "not mentioned", "none")
_SPACE = re.compile(r"[\s,:]*")
_VERSION = re.compile(r"multiwoz[ _-]?(2[. ]\d)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class DialogueTurn:
    """A user's turn and the system's answer.

    Attributes:
        user: What the user says.
        system: What the system answered.
        state: The gold state after the user's turn: slots as in `TRACKED_SLOTS`, values
            as annotated; several that hold are `a|b`.
        booked: The domains that are booked by the end of the turn, taxis apart.
        references: What the bookings so far gave: reference numbers, telephone numbers
            and cars of taxis; value by `reference`, `phone` or `type`.
    """

    user: str
    system: str
    state: State
    booked: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Dialogue:
    """A test dialogue.

    Attributes:
        id: Its name in lower case, without `.json`.
        goal: The goal as published (`goals.scorer_goal` reads it).
        message: The goal as the user was told it, sentence by sentence.
        turns: The turns.
    """

    id: str
    goal: Mapping[str, Any]
    message: tuple[str, ...]
    turns: tuple[DialogueTurn, ...]

    @property
    def in_999(self) -> bool:
        """Whether it is one of the 999 that papers score."""
        return self.id not in NOT_IN_999


def dialogue_id(name: str) -> str:
    """Returns a dialogue's id: `SNG0073.json` is `sng0073`."""
    return name.lower().removesuffix(".json")


def read_dialogues(
    path: Path, wanted: frozenset[str] | None = None
) -> tuple[Dialogue, ...]:
    """Reads dialogues, in the order of the file.

    Args:
        path: `data.json` or the joined file, either in gzip too, or a zip archive that
            holds `data.json` or one other `.json` file.
        wanted: The ids to read; None for all.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: It is in neither layout; the message names the dialogue.
    """
    text = _text(path).lstrip()
    found: list[Dialogue] = []
    for name, value in _entries(text, path):
        identity = dialogue_id(name)
        if wanted is not None and identity not in wanted:
            continue
        try:
            found.append(_dialogue(identity, value))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            what = f"no '{error.args[0]}'" if isinstance(error, KeyError) else error
            raise DataFormatError(
                f"not a dialogue as MultiWOZ publishes it ({shorten(what)}). Fetch the "
                "file again.",
                path=path,
                row=identity,
            ) from error
    if not found:
        raise DataFormatError("it holds none of the test dialogues.", path=path)
    return tuple(found)


def _text(path: Path) -> str:
    data = read_bytes(path)
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        elif data[:4] == b"PK\x03\x04":
            data = _zipped(path)
        return data.decode("utf-8")
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise DataFormatError(
            f"the file cannot be unpacked ({shorten(error)}). Fetch it again.",
            path=path,
        ) from error
    except UnicodeDecodeError as error:
        raise DataFormatError("expected UTF-8 text.", path=path) from error


def _zipped(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".json")]
        main = [name for name in names if name.rpartition("/")[2] == "data.json"]
        if len(main or names) != 1:
            raise DataFormatError("the archive holds no `data.json`.", path=path)
        version = _VERSION.search((main or names)[0])
        if main and version and version[1] != "2.4":
            raise DataFormatError(
                f"it holds MultiWOZ {version[1].replace(' ', '.')}, whose states are "
                "not those of 2.4. Fetch MULTIWOZ2.4.zip: `coalm download multiwoz24`.",
                path=path,
            )
        return archive.read((main or names)[0])


def archived_text(path: Path, name: str) -> str | None:
    """Returns a text file of a zip archive; None if there is none, or `path` is none."""
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.rpartition("/")[2] == name:
                return archive.read(member).decode("utf-8", "replace")
    return None


def _entries(text: str, path: Path) -> Iterator[tuple[str, Any]]:
    """Yields names and dialogues one by one: whole, `data.json` takes gigabytes."""
    decode = json.JSONDecoder().raw_decode
    place, close = 1, {"[": "]", "{": "}"}.get(text[:1])
    if close is None:
        raise DataFormatError("expected a JSON object or list.", path=path)
    try:
        while True:
            place = _after_space(text, place)
            if text[place] == close:
                return
            value, place = decode(text, place)
            if close == "]":
                yield value["dialogue_id"], value
                continue
            name, place = value, _after_space(text, place)
            value, place = decode(text, place)
            yield name, value
    except (ValueError, IndexError, KeyError, TypeError, RecursionError) as error:
        raise DataFormatError(
            f"the JSON breaks off or is none, near character {place} "
            f"({shorten(error)}). Fetch the file again.",
            path=path,
        ) from error


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _dialogue(identity: str, value: Mapping[str, Any]) -> Dialogue:
    goal = value["goal"]
    message = goal.get("message") or ()
    sentences = [message] if isinstance(message, str) else message
    if "turns" in value:
        turns = tuple(_joined_turn(turn) for turn in value["turns"])
    else:
        log = value["log"]
        if len(log) % 2:
            raise ValueError("user and system do not take turns")
        turns = tuple(map(_turn, log[0::2], log[1::2]))
    if not turns:
        raise ValueError("it has no turns")
    return Dialogue(identity, goal, tuple(_TAG.sub("", s) for s in sentences), turns)


def _turn(user: Mapping[str, Any], system: Mapping[str, Any]) -> DialogueTurn:
    metadata = system["metadata"]
    state = {
        domain: _slots({**metadata[domain]["semi"], **metadata[domain]["book"]})
        for domain in TRACKED_SLOTS
        if domain in metadata
    }
    bookings = {d: m["book"].get("booked") or [] for d, m in metadata.items()}
    return DialogueTurn(
        user=user["text"],
        system=system["text"],
        state={domain: slots for domain, slots in state.items() if slots},
        booked=tuple(domain for domain in _BOOKABLE if bookings.get(domain)),
        references=tuple(
            (kind, str(booking[kind]))
            for domain in (*_BOOKABLE, "taxi")
            for booking in bookings.get(domain, ())
            for kind in ("reference", "phone", "type")
            if kind in booking
        ),
    )


def _joined_turn(turn: Mapping[str, Any]) -> DialogueTurn:
    made = _turn(
        {"text": turn["user"]},
        {"text": turn["system"], "metadata": turn["metadata_2.1"]},
    )
    state = {domain: _slots(slots) for domain, slots in turn["state_2.4"].items()}
    return replace(made, state={d: slots for d, slots in state.items() if slots})


def _slots(values: Mapping[str, Any]) -> dict[str, str]:
    """Returns the slots that are filled; `a>b` and `a<b` are `a|b`."""
    return {
        tracked_slot(name): re.sub("[<>]", "|", value)
        for name, value in values.items()
        if isinstance(value, str) and value.strip().lower() not in _EMPTY
    }
