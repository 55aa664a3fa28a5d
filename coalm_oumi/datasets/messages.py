"""A user's own dialogues with tools: `coalm/messages`.

Rows in OpenAI's form, in ShareGPT's, and in that of Hermes and kin: `sources.messages`. In
a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/messages
            dataset_path: dialogues.jsonl
            dataset_kwargs: {prompt_layout: tools}

Only `prompt_layout: tools` shows them as they are. It is no part of CoALM-IT.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

from coalm_oumi.datasets.part import Given, Part, PartRequest
from coalm_oumi.errors import OptionError
from coalm_oumi.options import Options
from coalm_oumi.sample import Chat, Sample
from coalm_oumi.seeding import stable_digest
from coalm_oumi.sources.ledger import LedgerEntry, rejection
from coalm_oumi.sources.messages import read_messages
from coalm_oumi.sources.rows import OnBadRow

_NAME = "messages"
_MOST_NAMED = 20
_logger = logging.getLogger("oumi")


@dataclass(frozen=True, kw_only=True)
class MessagesOptions(Options):
    """What `dataset_kwargs` may say.

    Attributes:
        sample_seed: Fixes the order of the dialogues.
        on_bad_row: A row that cannot be used is an `error`, or is left out, named and
            counted (`reject`).
    """

    recipe_field: ClassVar[str] = "dataset_kwargs"

    sample_seed: int = 42
    on_bad_row: OnBadRow = "error"


def _samples(request: PartRequest) -> Iterator[Sample]:
    del request
    raise OptionError(
        "dialogues with tools need it: set dataset_kwargs: {prompt_layout: tools}.",
        field="prompt_layout",
    )


def _chats(request: PartRequest) -> Iterator[Chat]:
    tally, options = request.tally(_NAME), request.options
    (found,) = request.places.values()
    chats = [
        chat
        for path in found.files
        for chat in read_messages(
            Path(path), on_bad_row=options.on_bad_row, ledger=tally.ledger
        )
    ]
    _name_rejected([e for e in tally.ledger.entries if e.action == "rejected"])
    keyed = sorted(
        (stable_digest(options.sample_seed, "order", chat.origin.record_id), number)
        for number, chat in enumerate(chats)
    )
    ordered = (chats[number] for _, number in keyed)
    return tally.counted(islice(ordered, request.limit))


def _name_rejected(rejected: list[LedgerEntry]) -> None:
    for entry in rejected[:_MOST_NAMED]:
        told = rejection(entry.record_id, entry.reason, entry.detail)
        _logger.warning(f"left out: {told}.")
    if len(rejected) > _MOST_NAMED:
        _logger.warning(f"left out: {len(rejected) - _MOST_NAMED} further rows.")


def _given(options: MessagesOptions, dataset_path: str | None) -> Given:
    del options
    if not dataset_path:
        raise OptionError("name your file of dialogues.", field="dataset_path")
    return {_NAME: (dataset_path,)}


MESSAGES = Part(
    name=_NAME,
    title="your own dialogues with tools",
    sources=(),
    samples=_samples,
    chats=_chats,
    options=MessagesOptions,
    given=_given,
)
