"""A part as an Oumi dataset class: its options, the data it reads, its samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from oumi.utils.logging import logger
from typing_extensions import override

from coalm_oumi.datasets.it import IT
from coalm_oumi.datasets.messages import MESSAGES
from coalm_oumi.datasets.part import Part, PartRequest
from coalm_oumi.datasets.parts import PARTS
from coalm_oumi.datasets.sft.sample_dataset import SampleDataset
from coalm_oumi.datasets.sft.shared_options import SharedOptions
from coalm_oumi.errors import OptionError, expected_one_of
from coalm_oumi.oumi_errors import errors_for_oumi
from coalm_oumi.sample import Chat, Sample
from coalm_oumi.sources.locate import Found, locate
from coalm_oumi.sources.source import own_files


class PartDataset(SampleDataset):
    """The samples of a part; each option of the part is also an attribute.

    Attributes:
        part: The part.
        request: What is asked of it: where the data is, and what became of its rows.
    """

    part: ClassVar[Part]
    request: PartRequest

    def __init__(
        self,
        *,
        dataset_path: str | None = None,
        split: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Loads the set.

        Args:
            dataset_path: Data to read instead of the source's own place.
            split: Which split; `train` when not given.
            **kwargs: The part's options, and what `SampleDataset` takes.
        """
        own_names = self.part.options.option_names()
        own = {name: kwargs.pop(name) for name in own_names if name in kwargs}
        with errors_for_oumi():
            options = self.part.options(**own)
        vars(self).update(asdict(options))
        self._options = options
        super().__init__(dataset_path=dataset_path, split=split, **kwargs)

    @classmethod
    def check_values(cls, given: Mapping[str, Any]) -> None:
        """Checks the values of `dataset_kwargs`, not their names.

        Raises:
            OptionError: A value has the wrong type or cannot be used.
        """
        for kind in (cls.part.options, SharedOptions):
            kind(**{n: value for n, value in given.items() if n in kind.option_names()})

    @override
    @classmethod
    def options(cls) -> tuple[str, ...]:
        return (*cls.part.options.option_names(), *super().options())

    @property
    def recognised(self) -> Counter[str]:
        """How many rows each rule told the part of, if the set is made of several."""
        return self.request.recognised

    @property
    @override
    def data_origin(self) -> str:
        """Where the data was found, in words."""
        found = " and ".join(map(_where, self.request.places.values()))
        return ", ".join((found, *self.request.remarks))

    @override
    def inputs(self) -> Iterable[Path]:
        self.request = self._request()
        found = self.request.places.values()
        return [path for place in found for path in place.files]

    @override
    def samples(self) -> Iterator[Sample]:
        self.request = self._request()
        self._warn_of_invented()
        return self.part.samples(self.request)

    @override
    def chats(self) -> Iterator[Chat]:
        self.request = self._request()
        self._warn_of_invented()
        return self.part.dialogues(self.request)

    def _request(self) -> PartRequest:
        split, splits = self.split or "train", self.part.splits
        if split not in splits:
            problem = expected_one_of(split, splits)
            if len(splits) == 1:
                problem = f"there is no part '{split}', only '{splits[0]}'."
            raise OptionError(problem, field="split")
        given = self.part.read_from(self._options, self.dataset_path)
        places = {name: self._place(name, files) for name, files in given.items()}
        return PartRequest(places, self._options, split, ledgers=self.ledgers)

    def _place(self, name: str, files: tuple[str, ...]) -> Found:
        own = {source.name: source for source in self.part.sources}
        if files:
            paths = tuple(map(Path, files))
            return Found(own.get(name, own_files(name)), paths[0], paths, "options")
        on_missing = getattr(self, "on_missing")  # noqa: B009 - an option of the part
        return locate(own.get(name, name), on_missing=on_missing)

    def _warn_of_invented(self) -> None:
        places = self.request.places
        if len({found.origin == "embedded" for found in places.values()}) > 1:
            told = "; ".join(f"{n} from {_where(found)}" for n, found in places.items())
            logger.warning(
                f"{self.dataset_name}: invented rows of the embedded corpus are mixed "
                f"with other data: {told}. Get what is missing with `coalm download`, "
                "or set on_missing: error."
            )


def _where(found: Found) -> str:
    if found.origin == "options":
        return " and ".join(map(str, found.files))
    files = len(found.files) == 1 and f"/{found.files[0].name}"
    return f"{found.folder}{files or ''} ({found.origin})"


@cache
def dataset_class(part: Part) -> type[PartDataset]:
    """Returns the Oumi dataset class of a part."""
    members = {
        "__module__": "coalm_oumi.datasets",  # from where it can be imported by name
        "__doc__": f"{part.title[:1].upper()}{part.title[1:]}.",
        "part": part,
        "default_dataset": part.dataset,
        "splits": part.splits,
    }
    return type(part.class_name, (PartDataset,), members)


def dataset_classes() -> tuple[type[PartDataset], ...]:
    """Returns the classes of all datasets."""
    return tuple(dataset_class(part) for part in (*PARTS.values(), IT, MESSAGES))
