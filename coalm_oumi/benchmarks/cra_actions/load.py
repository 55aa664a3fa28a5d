"""Loading the cra_actions benchmark: held-out SGD dialogues as grounded CRA."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from coalm_oumi.benchmarks.cra_actions.judge import GoldCase
from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.function_lists import FunctionList, FunctionLists
from coalm_oumi.cra.function_names import FunctionNames
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.samples import in_seeded_order
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.errors import DataFormatError, DataNotFoundError
from coalm_oumi.evaluation.cases import Cases
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.sgd import Sgd, SgdPart, read_sgd_schemas

DEFAULT_SEED = 42
"""The seed of the order and of the thoughts' wording, `coalm/cra`'s own."""


@dataclass(frozen=True)
class CraActionsData(Cases[GoldCase]):
    """The benchmark's cases, one per turn, dialogue by dialogue, and which data they are.

    Attributes:
        dialogues: The dialogues, in the order that the seed fixes.
        functions: All functions of the part.
        lists: The functions on offer in each dialogue.
        usable: How many dialogues the part has that can be used.
        left_out: How many cannot, by reason.
    """

    dialogues: tuple[CraDialogue, ...]
    functions: FunctionCatalogue
    lists: FunctionLists
    usable: int
    left_out: Mapping[str, int]


def load_cra_actions(
    *,
    data: str | Path | None = None,
    part: SgdPart = "dev",
    on_missing: OnMissing = "embedded",
    limit: int | None = None,
    seed: int = DEFAULT_SEED,
    function_list: FunctionList = "all",
    function_names: FunctionNames = "by_service",
) -> CraActionsData:
    """Loads the dialogues to test on.

    Args:
        data: A folder of SGD's layout or an archive; the place where the source is
            found when not given.
        part: Which part of it to test on.
        on_missing: What to do when the data is nowhere: `download` it, take the
            `embedded` corpus, or raise an `error`.
        limit: How many dialogues to take, the first in the order that the seed fixes;
            None for all. A larger sample contains the smaller ones.
        seed: Fixes the order, and the wording of the thoughts.
        function_list: Whether prompts list `all` functions, or the `dialogue`'s.
        function_names: What functions that share a name are called, in prompts and in
            the calls that are due.

    Raises:
        CoalmError: The data is missing or malformed, or a dialogue stands twice.
    """
    if data is not None:
        path, origin = Path(data), str(data)
    else:
        found = locate("sgd", on_missing=on_missing)
        path, origin = found.folder, f"{found.folder} ({found.origin})"
    sgd = Sgd(path, part)
    lists = FunctionLists(sgd.schemas, function_list, function_names)
    functions = lists.all
    ledger = Ledger(f"sgd {part}")
    grounded = grounded_dialogues(
        sgd.dialogues(ledger),
        lists.schemas,
        functions,
        seed=seed,
        ledger=ledger,
        # The protocol's cases stay what they were in its first version.
        ungrounded=True,
    )
    pass_ = _Pass(functions.listing)
    ordered = in_seeded_order(pass_.over(grounded, path), seed=seed)
    dialogues = tuple(islice(ordered, limit))
    trained = _trained_services(path)
    return CraActionsData(
        dialogues=dialogues,
        cases=tuple(case for d in dialogues for case in _cases(d, trained)),
        functions=functions,
        lists=lists,
        usable=len(pass_.names),
        left_out=_left_out(ledger),
        origin=origin,
        # Of all usable dialogues, whatever the sample.
        digest=pass_.hasher.hexdigest(),
    )


def _left_out(ledger: Ledger) -> dict[str, int]:
    counts = ledger.counts().items()
    return {reason: n for (action, reason), n in counts if action == "rejected"}


class _Pass:
    """One pass over all usable dialogues, which are named and hashed on the way."""

    def __init__(self, listing: str) -> None:
        self.names: set[str] = set()
        self.hasher = hashlib.sha256(listing.encode())

    def over(
        self, dialogues: Iterable[CraDialogue], path: Path
    ) -> Iterator[CraDialogue]:
        for dialogue in dialogues:
            if dialogue.record_id in self.names:
                raise DataFormatError(
                    f"the dialogue '{dialogue.record_id}' stands twice; predictions "
                    "could not be told apart. Remove one.",
                    path=path,
                    field="dialogue_id",
                )
            self.names.add(dialogue.record_id)
            # Not the thoughts: their wording is the seed's and has a version of its own.
            turns = [
                (t.user, t.step and (t.step.call, t.step.observation), t.response)
                for t in dialogue.turns
            ]
            self.hasher.update(repr((dialogue.record_id, turns)).encode())
            yield dialogue


def _cases(dialogue: CraDialogue, trained: frozenset[str] | None) -> Iterator[GoldCase]:
    for number, turn in enumerate(dialogue.turns):
        yield GoldCase(
            id=f"{dialogue.record_id}#{number}",
            dialogue=dialogue.record_id,
            user=turn.user,
            service=turn.service,
            in_training=None if trained is None else turn.service in trained,
            call=turn.step.call if turn.step else None,
        )


def _trained_services(path: Path) -> frozenset[str] | None:
    """Returns the services of the training part; None if that part is not there."""
    try:
        return frozenset(schema.name for schema in read_sgd_schemas(path, "train"))
    except DataNotFoundError:
        return None
