"""SGD, the Schema-Guided Dialogue dataset (DSTC8): annotated task-oriented dialogues.

Files: `train/`, `dev/` and `test/`, each with a `schema.json` (`sgd_schema` shows a
service) and `dialogues_001.json`, ...: lists of dialogues (`sgd_dialogue` shows a turn).
Out: `Dialogue("1_00000", "train", ("Ferries_1",), (Turn("USER", ...), ...))`.

The release of 2019 had neither service calls nor results nor the user's dialogue acts,
and an update of 2020 still lacked some calls. Calls and results cannot be made up, so
such dialogues are left out; the ledger has a line for each. So it has for a dialogue that
has another form than the documented one, or that names what the schema does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

from coalm_oumi.errors import DataFormatError, OptionError, expected_one_of, shorten
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.records import BadRowError
from coalm_oumi.sources.rows import parsed_json
from coalm_oumi.sources.sgd_dialogue import Dialogue, parse_dialogue
from coalm_oumi.sources.sgd_files import PartFiles, SgdFile, part_files
from coalm_oumi.sources.sgd_schema import ServiceSchema, parse_schema
from coalm_oumi.sources.source import RemoteFile, Source, pinned

REVISION = "e852981ae34990f4358979625854259302feaa78"
"""The pinned commit."""
HOMEPAGE = "https://github.com/google-research-datasets/dstc8-schema-guided-dialogue"
"""The publisher's repository."""
ARCHIVE_ROOT = f"dstc8-schema-guided-dialogue-{REVISION}"
"""The folder in which GitHub's archive of that commit has its files."""
CITATION = """\
@inproceedings{rastogi2020towards,
  title = {Towards Scalable Multi-Domain Conversational Agents: The Schema-Guided
           Dialogue Dataset},
  author = {Rastogi, Abhinav and Zang, Xiaoxue and Sunkara, Srinivas and Gupta, Raghav
            and Khaitan, Pranav},
  booktitle = {Proceedings of the AAAI Conference on Artificial Intelligence},
  volume = {34},
  number = {05},
  pages = {8689--8696},
  year = {2020},
}"""


SGD = Source(
    name="sgd",
    title="SGD, schema-guided dialogues (16,142 for training, 2,482 for development)",
    folder="sgd",
    files=(
        # GitHub packs it anew on demand: its members are checked, not the archive.
        RemoteFile(
            path="sgd.tar.gz",
            url=f"{HOMEPAGE}/archive/{REVISION}.tar.gz",
            unpack="tar",
            # The schemas are put in place last: where they are, all the dialogues are.
            members=tuple(
                replace(file, inside=f"{ARCHIVE_ROOT}/{file.path}")
                for file in pinned("sgd")
            ),
        ),
    ),
    revision=REVISION,
    licence="CC-BY-SA-4.0",
    citation=CITATION,
    homepage=HOMEPAGE,
    local_patterns=("sgd_*.tar.xz", "*/schema.json"),
    several=True,
)

SgdPart = Literal["train", "dev", "test"]

OLD_LAYOUT = "no service calls (layout of 2019)"
"""Reason in the ledger: the dialogue has neither calls nor the user's acts."""
CALL_MISSING = "a service call is missing"
"""Reason in the ledger: the system reports a call's outcome, and there is no call."""
OTHER_FORM = "not of the documented form"
"""Reason in the ledger: a field is missing, of another type, or names what is unknown."""

_OUTCOMES = ("NOTIFY_SUCCESS", "NOTIFY_FAILURE")


def read_sgd(
    path: Path, part: SgdPart, *, ledger: Ledger | None = None
) -> Iterator[Dialogue]:
    """Reads the dialogues of one part of SGD, one file in memory at a time.

    Args:
        path: A folder of the upstream layout, the part's own folder, a folder with
            `sgd_<part>.tar.xz`, or such an archive (which is not unpacked to the disk).
        part: Which part to read.
        ledger: Counts the dialogues, and notes those left out: for lack of calls, or
            because they have another form.

    Yields:
        The dialogues in the order of the files.

    Raises:
        DataNotFoundError: The part is not there.
        DataFormatError: A file is cut or damaged, or is no list of dialogues.
        OptionError: `part` is unknown.
    """
    yield from Sgd(path, part).dialogues(ledger)


def read_sgd_schemas(path: Path, part: SgdPart) -> tuple[ServiceSchema, ...]:
    """Reads the service schemas of one part of SGD.

    Args:
        path: As for `read_sgd`.
        part: Which part.

    Raises:
        DataNotFoundError: The part is not there.
        DataFormatError: The file is damaged or has another form.
        OptionError: `part` is unknown.
    """
    return Sgd(path, part).schemas


class Sgd:
    """One part of SGD, its files found once and read as often as needed.

    Attributes:
        part: `train`, `dev` or `test`.
        schemas: The part's services, in the file's order.
    """

    def __init__(self, path: Path, part: SgdPart) -> None:
        """Finds the files and reads the schemas.

        Args:
            path: As for `read_sgd`.
            part: Which part.

        Raises:
            DataNotFoundError: The part is not there.
            DataFormatError: The schema is damaged or has another form.
            OptionError: `part` is unknown.
        """
        if part not in get_args(SgdPart):
            raise OptionError(expected_one_of(part, get_args(SgdPart)), field="split")
        self.part: SgdPart = part
        self._files: PartFiles = part_files(path, part)
        schema = self._files.schema
        self.schemas = parse_schema(
            parsed_json(schema.read(), schema.place), schema.place
        )

    @property
    def file_count(self) -> int:
        """How many dialogue files there are."""
        return len(self._files.dialogues)

    def dialogues(
        self, ledger: Ledger | None = None, files: slice | None = None
    ) -> Iterator[Dialogue]:
        """Yields the dialogues; see `read_sgd`.

        Args:
            ledger: As for `read_sgd`.
            files: Which of the files, in the order of names; all if not given.
        """
        ledger = ledger if ledger is not None else Ledger(f"sgd {self.part}")
        for file in self._files.dialogues[files or slice(None)]:
            yield from self._read(file, ledger)

    def _read(self, file: SgdFile, ledger: Ledger) -> Iterator[Dialogue]:
        entries = parsed_json(file.read(), file.place)
        is_list = isinstance(entries, list)
        if not is_list or (entries and not any(isinstance(e, dict) for e in entries)):
            raise DataFormatError("expected a JSON list of dialogues.", path=file.place)
        for row, entry in enumerate(entries):
            ledger.read += 1
            try:
                dialogue = parse_dialogue(entry, self.part)
                _check(dialogue, self.schemas)
            except BadRowError as error:
                detail = (
                    f"{file.name}, row {row}, field '{error.field}': {error.problem}"
                )
                ledger.rejected(self._name(entry, file, row), OTHER_FORM, detail)
                continue
            reason = _left_out(dialogue)
            if reason:
                ledger.rejected(dialogue.record_id, reason, file.name)
            else:
                yield dialogue

    def _name(self, entry: Any, file: SgdFile, row: int) -> str:
        name = entry.get("dialogue_id") if isinstance(entry, dict) else None
        known = name if isinstance(name, str) and name else f"{file.name}#{row}"
        return f"{self.part}/{shorten(known)}"


def _check(dialogue: Dialogue, schemas: tuple[ServiceSchema, ...]) -> None:
    """Checks what readers of a dialogue rely on.

    Raises:
        BadRowError: The speakers do not alternate, the last one is not the system,
            or a frame names an unknown service, intent or slot.
    """
    if not dialogue.turns or len(dialogue.turns) % 2:
        raise BadRowError(
            "turns", "expected pairs of a USER and a SYSTEM turn, found an odd number."
        )
    known = {schema.name: schema for schema in schemas}
    for number, turn in enumerate(dialogue.turns):
        wanted = "SYSTEM" if number % 2 else "USER"
        if turn.speaker != wanted or not turn.frames:
            raise BadRowError(
                f"turns[{number}]", f"expected a {wanted} turn with at least one frame."
            )
        for frame in turn.frames:
            service = known.get(frame.service)
            if service is None:
                raise BadRowError(
                    f"turns[{number}].frames",
                    "the service " + expected_one_of(frame.service, tuple(known)),
                )
            if frame.call is not None and frame.call.method not in service.intent:
                raise BadRowError(
                    f"turns[{number}].service_call",
                    "the intent "
                    + expected_one_of(frame.call.method, tuple(service.intent)),
                )


def _left_out(dialogue: Dialogue) -> str | None:
    """Says why a dialogue cannot be used for lack of calls, if so."""
    frames = [(turn.speaker, frame) for turn in dialogue.turns for frame in turn.frames]
    if any(not frame.has_acts for _, frame in frames) or all(
        frame.call is None for _, frame in frames
    ):
        return OLD_LAYOUT
    for speaker, frame in frames:
        reports = any(act.act in _OUTCOMES for act in frame.acts)
        if speaker == "SYSTEM" and reports and frame.call is None:
            return CALL_MISSING
    return None
