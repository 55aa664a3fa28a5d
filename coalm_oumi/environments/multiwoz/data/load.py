"""Loading the multiwoz24 benchmark: dialogues, goals, booked turns, databases.

from coalm_oumi.environments.multiwoz import load_multiwoz

data = load_multiwoz(on_missing="error")
data.dialogues["sng0073"].turns[0].user
len(data.test_ids)    # 999
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.environments.multiwoz.data.databases import (
    Databases,
    VenueIndex,
    load_databases,
)
from coalm_oumi.environments.multiwoz.data.dialogues import (
    Dialogue,
    archived_text,
    dialogue_id,
    read_dialogues,
)
from coalm_oumi.environments.multiwoz.data.goals import Goal, scorer_goal
from coalm_oumi.errors import DataFormatError, DataNotFoundError
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.rows import read_text

DIALOGUES = "multiwoz24"
DATABASES = "multiwoz_databases"
"""The sources in the catalogue."""

_LAYOUTS = (
    "data.json",
    "test_joined.json.gz",
    "test_joined.json",
    "MULTIWOZ2.4/data.json",
    "MULTIWOZ2.4.zip",
)
_TEST_LIST = "testListFile.json"

TEST_DIALOGUES = 1000
"""How many dialogues the test part has, with the one that papers drop."""


@dataclass(frozen=True)
class MultiwozData:
    """The benchmark's data.

    Attributes:
        dialogues: The test dialogues by id, all thousand, in the order of the file.
        databases: The databases.
        origin: Where the data was found, in words.
        digest: SHA-256 over dialogues, states, goals and databases, in hexadecimal.
        states_22: The gold states of 2.2 by dialogue, if they are to stand in where
            predictions have no states (`gold_states_22`); empty for those of 2.4.
    """

    dialogues: Mapping[str, Dialogue]
    databases: Databases
    origin: str
    digest: str
    states_22: Mapping[str, tuple[State, ...]] = field(default_factory=dict)

    @property
    def test_ids(self) -> tuple[str, ...]:
        """The ids of the 999 dialogues that papers score."""
        return tuple(d.id for d in self.dialogues.values() if d.in_999)

    def stand_in_states(self, dialogue: Dialogue) -> tuple[State, ...]:
        """Returns the states that stand in where a dialogue's predictions have none."""
        if self.states_22:
            return self.states_22[dialogue.id]
        return tuple(turn.state for turn in dialogue.turns)

    @cached_property
    def goals(self) -> Mapping[str, Goal]:
        """The goals in the scorer's form, by dialogue."""
        return {d.id: scorer_goal(d.goal) for d in self.dialogues.values()}

    @cached_property
    def venues(self) -> VenueIndex:
        """The databases as the scorer asks them."""
        return VenueIndex(self.databases)


def load_multiwoz(
    *, data: str | Path | None = None, on_missing: OnMissing = "download"
) -> MultiwozData:
    """Loads the test dialogues and the databases.

    Args:
        data: A folder that holds both (`data.json` or the joined file, and `db/`), or a
            file of dialogues; the places where the sources are found when not given.
        on_missing: What to do when a source is nowhere.

    Raises:
        CoalmError: Something is missing or malformed.
    """
    if data is not None:
        path = Path(data)
        origin, dialogues = str(path), _dialogues_file(path)
        folder = path if path.is_dir() else path.parent
    else:
        found = locate(DIALOGUES, on_missing=on_missing)
        origin = f"{found.folder} ({found.origin})"
        dialogues, folder = _dialogues_file(found.folder), found.folder
    databases_folder = folder / "db"
    if not databases_folder.is_dir():
        databases_folder = locate(DATABASES, on_missing=on_missing).folder
    wanted = _test_list(dialogues)
    read = read_dialogues(dialogues, wanted)
    if wanted is None and len(read) > TEST_DIALOGUES:
        raise DataNotFoundError(
            f"it has {len(read)} dialogues; expected {_TEST_LIST} beside it, which names "
            f"the {TEST_DIALOGUES} for testing.",
            path=dialogues,
        )
    databases = load_databases(databases_folder)
    by_id = {dialogue.id: dialogue for dialogue in read}
    if len(by_id) != len(read):
        raise DataFormatError("a dialogue stands twice.", path=dialogues)
    return MultiwozData(
        dialogues=MappingProxyType(by_id),
        databases=databases,
        origin=origin,
        digest=_digest(read, databases),
    )


def _dialogues_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    for name in _LAYOUTS:
        if (path / name).is_file():
            return path / name
    raise DataNotFoundError(
        f"expected the dialogues in one of {', '.join(_LAYOUTS)}.", path=path
    )


def _test_list(dialogues: Path) -> frozenset[str] | None:
    """Returns the ids of the published test list (one a line), None if there is none.

    It lies beside the dialogues, or in the same archive.
    """
    path = dialogues.with_name(_TEST_LIST)
    text = archived_text(dialogues, _TEST_LIST)
    if text is None and path.is_file():
        text = read_text(path)
    if text is None:
        return None
    names = (line.strip(' \t\r",[]') for line in text.split("\n"))
    return frozenset(dialogue_id(name) for name in names if name)


def _digest(dialogues: tuple[Dialogue, ...], databases: Databases) -> str:
    hasher = hashlib.sha256(databases.digest.encode())
    for dialogue in dialogues:
        hasher.update(repr(dialogue).encode())
    return hasher.hexdigest()
