"""`coalm/cra`: conversational ReAct API calling, from SGD's dialogues.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/cra
            split: train
            dataset_kwargs: {mode: grounded, sample_seed: 42}

or, of APIs of your own::

            dataset_kwargs: {catalogue: openapi.yaml, dialogues: dialogues.jsonl}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, cast, get_args

from typing_extensions import override

from coalm_oumi.cra.dates import UndatedActions
from coalm_oumi.cra.function_lists import FunctionList, FunctionLists
from coalm_oumi.cra.function_names import FunctionNames
from coalm_oumi.cra.own_apis import OWN_APIS, OwnApis
from coalm_oumi.cra.read.generated import generated_samples
from coalm_oumi.cra.samples import ActionTurns, cra_samples, in_seeded_order
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.datasets.options import flag, one_of, text, whole
from coalm_oumi.datasets.sample_dataset import SampleDataset
from coalm_oumi.errors import OptionError, expected_one_of
from coalm_oumi.samples import Sample
from coalm_oumi.sources import Ledger, Sgd
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.sgd import SgdPart

Mode = Literal["grounded", "generated"]
_PARTS: dict[str, SgdPart] = {
    "train": "train",
    "validation": "dev",
    "dev": "dev",
    "test": "test",
}


class CraDataset(SampleDataset):
    """Dialogues with thoughts, calls and observations: what to call, what to answer."""

    default_dataset = "coalm/cra"
    splits = tuple(_PARTS)
    checks = {  # noqa: RUF012 - a constant of the class
        "mode": one_of(get_args(Mode)),
        "function_list": one_of(get_args(FunctionList)),
        "function_names": one_of(get_args(FunctionNames)),
        "action_turns": one_of(get_args(ActionTurns)),
        "state_date": flag(),
        "undated_actions": one_of(get_args(UndatedActions)),
        "sample_seed": whole(),
        "on_missing": one_of(get_args(OnMissing)),
        "catalogue": text(optional=True),
        "dialogues": text(optional=True),
    }

    def __init__(
        self,
        *,
        mode: str = "grounded",
        function_list: str = "all",
        function_names: str = "by_service",
        action_turns: str = "calls",
        state_date: bool = True,
        undated_actions: str = "keep",
        sample_seed: int = 42,
        on_missing: str = "download",
        catalogue: str | None = None,
        dialogues: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Loads the set.

        Args:
            mode: How the dialogues are made. `grounded`: calls and results are SGD's
                own, thoughts are written by rules. `generated`: a model has written
                them, and `dataset_path` is the folder that `coalm generate-cra` or
                `coalm validate-cra` has left.
            function_list: Whether prompts list `all` functions of the part, as in the
                paper, or only those of the `dialogue`'s services, for a model that has
                no room for more.
            function_names: Whether functions that share a name are told apart
                `by_service` (`FindBus_Buses_1`), or named `as_published`, as in the
                paper.
            action_turns: Whether the action prompt is shown for turns with `calls`, as
                in the paper, or for `all`, so that calling or not is learnt as well.
            state_date: Whether prompts state today's date, where it is known: 2019-03-01
                in SGD, `today` in dialogues about APIs of your own. The paper's do not.
            undated_actions: Whether to `keep` or `drop` actions with a date that nothing
                in the prompt states; the ledger counts them either way.
            sample_seed: Fixes the thoughts' wording and the order of the dialogues.
            on_missing: What to do when the data is neither in COALM_DATA_DIR nor in the
                cache: `download` it, take the `embedded` corpus, or stop with an
                `error`.
            catalogue: An OpenAPI file, or a file of tools with JSON schemas: the set is
                then made of these functions, not of SGD.
            dialogues: The seed dialogues about them.
            **kwargs: `dataset_path` (a folder of SGD's layout, or `sgd_train.tar.xz`),
                `split` (`train`, `validation` or `dev`, and `test` where the data given
                has it), and what `SampleDataset` takes.
        """
        self.mode = mode
        self.function_list = function_list
        self.function_names = function_names
        self.action_turns = action_turns
        self.state_date = state_date
        self.undated_actions = undated_actions
        self.sample_seed = sample_seed
        self.on_missing = on_missing
        self.catalogue = catalogue
        self.dialogues = dialogues
        super().__init__(**kwargs)

    @override
    def inputs(self) -> Iterable[Path]:
        own = [path for path in (self.catalogue, self.dialogues) if path]
        if self.mode == "generated":
            own = [self.dataset_path or ""]
        return [Path(path) for path in own] or [self._path()[0]]

    @override
    def samples(self) -> Iterator[Sample]:
        split = self.split or "train"
        if split not in _PARTS:
            raise OptionError(expected_one_of(split, tuple(_PARTS)), field="split")
        if self.mode == "generated":
            yield from self._generated()
            return
        if self.catalogue is not None or self.dialogues is not None:
            yield from self._own(self.catalogue or "", self.dialogues or "")
            return
        path, where = self._path()
        sgd = Sgd(path, _PARTS[split])
        self.data_origin = f"{where}, {sgd.file_count} file(s) of {sgd.part}"
        ledger = Ledger(f"sgd {sgd.part}")
        self.ledgers.append(ledger)
        yield from self._grounded(sgd, ledger, "sgd")

    def _own(self, catalogue: str, dialogues: str) -> Iterator[Sample]:
        """Yields the samples of the user's own APIs."""
        if not catalogue or not dialogues:
            raise OptionError(
                "a catalogue and its dialogues go together: name both, or neither.",
                field="catalogue" if dialogues else "dialogues",
            )
        own = OwnApis(Path(catalogue), Path(dialogues))
        self.data_origin = f"{catalogue} and {dialogues}"
        ledger = Ledger(OWN_APIS)
        self.ledgers.append(ledger)
        yield from self._grounded(own, ledger, OWN_APIS)

    def _grounded(
        self, source: Sgd | OwnApis, ledger: Ledger, name: str
    ) -> Iterator[Sample]:
        lists = FunctionLists(
            source.schemas,
            cast(FunctionList, self.function_list),
            cast(FunctionNames, self.function_names),
        )
        made = grounded_dialogues(
            source.dialogues(ledger),
            lists.schemas,
            lists.all,
            seed=self.sample_seed,
            ledger=ledger,
        )
        for dialogue in in_seeded_order(made, seed=self.sample_seed):
            yield from cra_samples(
                dialogue,
                lists.of(dialogue),
                source=name,
                seed=self.sample_seed,
                action_turns=cast(ActionTurns, self.action_turns),
                state_date=self.state_date,
                undated=cast(UndatedActions, self.undated_actions),
                ledger=ledger,
            )

    def _path(self) -> tuple[Path, str]:
        if self.dataset_path:
            return Path(self.dataset_path), self.dataset_path
        found = locate("sgd", on_missing=cast(OnMissing, self.on_missing))
        return found.folder, f"{found.folder} ({found.origin})"

    def _generated(self) -> Iterator[Sample]:
        """Yields the samples that `coalm generate-cra` wrote, in their order."""
        if not self.dataset_path:
            raise OptionError(
                "name the folder that coalm generate-cra or validate-cra has written to.",
                field="dataset_path",
            )
        self.data_origin = self.dataset_path
        ledger = Ledger("generated cra")
        self.ledgers.append(ledger)
        yield from generated_samples(Path(self.dataset_path), ledger)
