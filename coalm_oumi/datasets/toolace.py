"""`coalm/toolace`: multi-turn function calling, a sample per turn of the assistant.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/toolace
            dataset_kwargs: {sample_seed: 42}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast, get_args

from typing_extensions import override

from coalm_oumi.datasets.options import one_of, whole
from coalm_oumi.datasets.sample_dataset import SampleDataset
from coalm_oumi.errors import OptionError
from coalm_oumi.samples import Sample, toolace_samples
from coalm_oumi.samples.toolace import OwnNotation
from coalm_oumi.sources import Ledger, ToolAceConversation, read_toolace
from coalm_oumi.sources.locate import OnMissing, locate


class ToolAceDataset(SampleDataset):
    """Conversations in which the assistant calls functions, asks back or answers.

    CoALM-IT has 13,819 samples of ToolACE's 11,300 conversations, 1.22 of each (the
    paper's Table 1 swaps that number with Hammer's). Turns that cannot be used are left
    out and counted in the ledgers.
    """

    default_dataset = "coalm/toolace"
    checks = {  # noqa: RUF012 - a constant of the class
        "own_notation": one_of(get_args(OwnNotation)),
        "sample_seed": whole(),
        "on_missing": one_of(get_args(OnMissing)),
    }

    def __init__(
        self,
        *,
        own_notation: str = "keep",
        sample_seed: int = 42,
        on_missing: str = "download",
        **kwargs: Any,
    ) -> None:
        """Loads the set.

        Args:
            own_notation: About one row in twenty asks for calls in a notation made up
                for that row: `keep` those calls, or `reject` them.
            sample_seed: Fixes the order of the samples.
            on_missing: What to do when the data is neither in COALM_DATA_DIR nor in the
                cache: `download` it, take the `embedded` corpus, or stop with an
                `error`.
            **kwargs: `dataset_path` (a file or folder of rows), and what
                `SampleDataset` takes.
        """
        self.own_notation = own_notation
        self.sample_seed = sample_seed
        self.on_missing = on_missing
        super().__init__(**kwargs)

    @override
    def inputs(self) -> Iterable[Path]:
        return self._paths()

    @override
    def samples(self) -> Iterator[Sample]:
        if self.split not in (None, "train"):
            raise OptionError(
                f"there is no part '{self.split}', only 'train'.", field="split"
            )
        rows, turns = Ledger("toolace"), Ledger("toolace, assistant turns")
        self.ledgers += [rows, turns]
        return toolace_samples(
            self._conversations(self._paths(), rows),
            seed=self.sample_seed,
            own_notation=cast(OwnNotation, self.own_notation),
            ledger=turns,
        )

    def _conversations(
        self, paths: tuple[Path, ...], ledger: Ledger
    ) -> Iterator[ToolAceConversation]:
        for path in paths:
            yield from read_toolace(path, ledger=ledger)

    def _paths(self) -> tuple[Path, ...]:
        if self.dataset_path:
            self.data_origin = self.dataset_path
            return (Path(self.dataset_path),)
        found = locate("toolace", on_missing=cast(OnMissing, self.on_missing))
        names = ", ".join(file.name for file in found.files)
        self.data_origin = f"{found.folder}/{names} ({found.origin})"
        return found.files
