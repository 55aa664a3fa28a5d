"""Loading the snips_dst benchmark: the held-out utterances of the common split."""

from __future__ import annotations

import hashlib
from pathlib import Path

from coalm_oumi.benchmarks.snips_dst.reply import DialogueState
from coalm_oumi.benchmarks.snips_dst.score import GoldCase
from coalm_oumi.errors import DataFormatError
from coalm_oumi.evaluation.cases import Cases
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.snips import SnipsPart, Utterance, read_snips, snips_layout


def load_snips_dst(
    *,
    data: str | Path | None = None,
    part: SnipsPart = "test",
    on_missing: OnMissing = "embedded",
) -> Cases[GoldCase]:
    """Loads the utterances to test on.

    Args:
        data: A folder with SNIPS in the common split or the raw layout, or a file; the
            place where the source is found when not given.
        part: Which part of it to test on.
        on_missing: What to do when the data is nowhere: `download` it, take the
            `embedded` corpus, or raise an `error`.

    Returns:
        The utterances with their states, in the order of the file.

    Raises:
        CoalmError: The data is missing or malformed, or an id stands twice.
    """
    if data is not None:
        path, origin = Path(data), str(data)
    else:
        found = locate("snips_split", on_missing=on_missing)
        path, origin = found.folder, f"{found.folder} ({found.origin})"
    held_out = list(read_snips(path, part))
    trained = set[str]()
    if path.is_dir() and snips_layout(path) and part != "train":
        trained = {utterance.text for utterance in read_snips(path, "train")}
    return Cases(_cases(held_out, trained, path), origin, _digest(held_out))


def _cases(
    utterances: list[Utterance], trained: set[str], path: Path
) -> tuple[GoldCase, ...]:
    seen: set[str] = set()
    for number, utterance in enumerate(utterances):
        if utterance.record_id in seen:
            raise DataFormatError(
                f"the id '{utterance.record_id}' stands twice; predictions could not be "
                "told apart. Number the rows anew.",
                path=path,
                row=number,
                field="dialog_id",
            )
        seen.add(utterance.record_id)
    return tuple(
        GoldCase(
            id=utterance.record_id,
            text=utterance.text,
            state=DialogueState(utterance.intent, utterance.state),
            in_training=utterance.text in trained,
        )
        for utterance in utterances
    )


def _digest(utterances: list[Utterance]) -> str:
    hasher = hashlib.sha256()
    for u in utterances:
        hasher.update(repr((u.record_id, u.intent, u.text, u.slots)).encode())
    return hasher.hexdigest()
