"""A benchmark: one object that says all there is to know about it.

The task of `oumi evaluate` (`oumi_task`), `coalm score`, `coalm check` and `coalm report`
read their facts from it; `registry` lists them. README.md, "How to add a benchmark",
has a whole one. Nothing here imports Oumi, and no benchmark does when it is imported.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from coalm_oumi.errors import CoalmError, OptionError, shorten
from coalm_oumi.evaluation.cases import Cases
from coalm_oumi.evaluation.conductor import Request, StartDialogue, single_step
from coalm_oumi.evaluation.floors import best_floors, most_frequent
from coalm_oumi.evaluation.metric_names import readable
from coalm_oumi.evaluation.options import BenchmarkOptions
from coalm_oumi.evaluation.paper import PaperTable
from coalm_oumi.evaluation.results import Scores, read_predictions

if TYPE_CHECKING:
    from oumi.core.configs import InferenceConfig


OptionsT = TypeVar("OptionsT", bound=BenchmarkOptions)
DataT = TypeVar("DataT")
CasesT = TypeVar("CasesT", bound=Cases[Any])


class NotRunError(CoalmError):
    """A benchmark cannot be run here, and the recipe says to go on with the others."""


@dataclass(frozen=True)
class Dialogues:
    """What a benchmark wants of a model.

    Attributes:
        start: What starts each case's dialogue, by the case's id.
        score: Scores the predictions, given by case id.
        provenance: Data version, protocol, prompt version: what makes the number anew.
        packages: Packages that the score depends on, whose versions are recorded.
        stop: Texts at which a reply ends.
        others: The other models that requests are put to (`Request.to`), by name.
        assembled: Makes predictions of cases, which are scored and stored, of those of
            the dialogues; None where each dialogue is a case.
        unit: What each of them is, in the plural: `turns`, `calls`, `dialogues`.
        variant: Told in the name of the results' folder, for benchmarks that are run in
            several ways.
        threads: How many dialogues may take up their replies at the same time (`conduct`).
        early: Ids of dialogues with many steps, which begin first (`conduct`).
        review: Adds to the predictions what another model says of them, given the
            results' folder; returns them and whether all were reviewed. If not, the
            journal is kept, so that the same command asks for the rest only.
    """

    start: Mapping[str, StartDialogue]
    score: Callable[[Mapping[str, Any]], Scores]
    provenance: Mapping[str, Any]
    packages: Sequence[str] = ()
    stop: Sequence[str] = ()
    others: Mapping[str, InferenceConfig] = field(default_factory=dict)
    assembled: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    unit: str = "cases"
    variant: str = ""
    threads: int = 1
    early: Collection[str] = ()
    review: (
        Callable[[Mapping[str, Any], Path], tuple[Mapping[str, Any], bool]] | None
    ) = None


class Benchmark(ABC, Generic[OptionsT, DataT]):
    """A benchmark.

    Attributes:
        name: Its name, in a recipe and for `coalm score`.
        source: The source in the catalogue that its cases come from; None for another.
        options: Its options (`eval_kwargs`).
        unit: What its cases are, in the plural, as progress counts them.
        size_option: The option that says how much of the data is taken; None for the
            recipe's `num_samples`. A larger part holds the smaller one.
        packages: Packages that the score depends on, whose versions are recorded.
        published: The digests of its published data, each with the number of its cases.
        paper: What the paper printed on it; None for nothing.
        trained_on: The dataset whose options of these names a model must have been
            trained with; None for none.
        main_metrics: The one metric that stands for it in a report: the first of these
            that a result has; without any, the result's first.
        metric_names: Names of metrics in words, where those that `readable` makes of
            them do not say enough.
        constant_replies: Replies that know nothing of the case. The best score that one
            of them reaches is told beside a run's (`score_with_floors`).
        degenerate: A prediction that knows nothing, such as the empty reply.
        ceiling: What right predictions for the embedded corpus score, by metric.
        floor: What degenerate ones score.
    """

    name: ClassVar[str]
    source: ClassVar[str | None] = None
    options: type[OptionsT]
    unit: ClassVar[str] = "cases"
    size_option: ClassVar[str | None] = None
    packages: ClassVar[Sequence[str]] = ()
    published: ClassVar[Mapping[str, int]] = {}
    paper: ClassVar[PaperTable | None] = None
    trained_on: ClassVar[tuple[str, tuple[str, ...]] | None] = None
    main_metrics: ClassVar[Sequence[str]] = ()
    metric_names: ClassVar[Mapping[str, str]] = {}
    constant_replies: ClassVar[Sequence[str]] = ("",)
    degenerate: ClassVar[Any] = ""
    ceiling: ClassVar[Mapping[str, float]]
    floor: ClassVar[Mapping[str, float]]

    @abstractmethod
    def load(self, options: OptionsT) -> DataT:
        """Loads the cases.

        Raises:
            CoalmError: The data is missing or malformed.
        """

    @abstractmethod
    def ids(self, data: DataT) -> tuple[str, ...]:
        """Returns the ids of the cases, in order."""

    @abstractmethod
    def dialogues(self, options: OptionsT, limit: int | None) -> Dialogues:
        """Returns what is asked of a model.

        Args:
            options: The options.
            limit: How many cases to take from the start; None for all.

        Raises:
            CoalmError: The data is missing or malformed.
            NotRunError: It cannot be run here, where the options allow that.
        """

    @abstractmethod
    def score(
        self, data: DataT, predictions: Mapping[str, Any], options: OptionsT
    ) -> Scores:
        """Scores the predictions, by case id; cases without one are left out."""

    @abstractmethod
    def provenance(self, data: DataT, options: OptionsT) -> dict[str, Any]:
        """Returns what makes a score again: benchmark, protocol, data and its part."""

    @abstractmethod
    def gold(self, data: DataT) -> Mapping[str, Any]:
        """Returns the right prediction for each case, by id."""

    def main_metric(self, metrics: Collection[str]) -> str | None:
        """Returns which of a result's metrics stands for the benchmark; None of none."""
        own = (name for name in self.main_metrics if name in metrics)
        return next(own, None) or next(iter(metrics), None)

    def metric_name(self, metric: str) -> str:
        """Returns a metric's name in words."""
        return self.metric_names.get(metric) or readable(metric)

    def constants(self, data: DataT, ids: Collection[str]) -> tuple[str, ...]:
        """Returns the constant replies to try on cases.

        Args:
            data: The benchmark's data.
            ids: The cases.

        Returns:
            `constant_replies`, and the text that is the right answer to most of the
            cases: of exact matches no other constant reply has more.
        """
        gold = self.gold(data)
        frequent = most_frequent(gold.get(key) for key in ids)
        return tuple(dict.fromkeys((*self.constant_replies, *frequent)))

    def score_constant(
        self, data: DataT, predictions: Mapping[str, Any], reply: str, options: OptionsT
    ) -> Scores:
        """Scores one reply to all of the cases that have a prediction.

        Args:
            data: The benchmark's data.
            predictions: The predictions of a run, by case id.
            reply: The reply in the place of each.
            options: The options.
        """
        return self.score(data, dict.fromkeys(predictions, reply), options)

    def score_with_floors(
        self, data: DataT, predictions: Mapping[str, Any], options: OptionsT
    ) -> Scores:
        """Scores predictions as `score` does, and what constant replies reach.

        The floors are of the main metric, and of those that right answers bring to 100.
        A run is not lost for a floor: one that cannot be made is a note.
        """
        scores = self.score(data, predictions, options)
        ceiling: Mapping[str, float] = getattr(self, "ceiling", {})
        names = [self.main_metric(scores.metrics)]
        names += [name for name, value in ceiling.items() if value == 100]
        wanted = [n for n in dict.fromkeys(names) if n and n in scores.metrics]
        try:
            scored = {
                reply: self.score_constant(data, predictions, reply, options).metrics
                for reply in self.constants(data, predictions)
            }
        except Exception as error:  # the scores are there, whatever a constant did
            why = shorten(f"{type(error).__name__}: {error}", 200)
            note = f"what a constant reply reaches is not known: {why}."
            return replace(scores, notes=(*scores.notes, note))
        return replace(scores, floors=best_floors(scored, wanted))

    def split_of(self, predictions: Path, given: str | None) -> str:
        """Returns the part of the data that stored predictions are of.

        Args:
            predictions: Their file.
            given: What the user says; None for nothing.
        """
        return "test" if given is None else given

    def stored_options(self, split: str, data: str | None) -> OptionsT:
        """Returns the options with which stored predictions of a part are scored.

        Raises:
            OptionError: There is no such part.
        """
        given: dict[str, Any] = {"data": data, "on_missing": "embedded"}
        if "split" in self.options.option_names():
            given["split"] = split
        elif split != "test":
            raise OptionError(f"{self.name} has no part but test.", field="split")
        return self.options(**given)

    def read(self, path: Path, data: DataT, ids: tuple[str, ...]) -> dict[str, Any]:
        """Reads stored predictions.

        Args:
            path: Their file.
            data: The benchmark's data.
            ids: The cases to score; not all where there is a limit.

        Raises:
            CoalmError: The file is missing or malformed.
        """
        return read_predictions(path, ids)


class SingleTurnBenchmark(Benchmark[OptionsT, CasesT]):
    """A benchmark whose every case is one request, and its prediction the reply's text.

    Attributes:
        protocol: How it is run and scored, in words.
        prompt: The name of its prompt.
        score_cases: Scores cases, given the prediction for each by its id.
    """

    protocol: ClassVar[str]
    prompt: ClassVar[str]
    score_cases: ClassVar[Callable[[Sequence[Any], Mapping[str, Any]], Scores]]

    @abstractmethod
    def requests(self, data: CasesT, options: OptionsT) -> Mapping[str, Request]:
        """Returns what to ask in each case, by id."""

    def asked(self, data: CasesT, options: OptionsT) -> dict[str, Any]:
        """Returns what replies depend on beside the provenance of a score."""
        return {"prompt": self.prompt}

    def score(
        self, data: CasesT, predictions: Mapping[str, Any], options: OptionsT
    ) -> Scores:
        """Scores the cases that have a prediction."""
        return type(self).score_cases(data.of(predictions), predictions)

    def ids(self, data: CasesT) -> tuple[str, ...]:
        """Returns the ids of the cases, in order."""
        return tuple(case.id for case in data.cases)

    def provenance(self, data: CasesT, options: OptionsT) -> dict[str, Any]:
        """Returns benchmark, protocol, data and its part."""
        found = {
            "benchmark": self.name,
            "protocol": self.protocol,
            "data": data.origin,
            "data_sha256": data.digest,
        }
        split = getattr(options, "split", None)
        return found if split is None else {**found, "split": split}

    def dialogues(self, options: OptionsT, limit: int | None) -> Dialogues:
        """Returns a request for each case, and how the replies are scored."""
        loaded = self.load(options)
        data = loaded.first(limit)
        requests = self.requests(data, options)
        return Dialogues(
            start={key: partial(single_step, each) for key, each in requests.items()},
            score=lambda found: self.score_with_floors(data, found, options),
            provenance={
                **self.provenance(data, options),
                "n": len(data.cases),
                "cases_in_data": len(loaded.cases),
                "limit": limit,
                **self.asked(data, options),
            },
            packages=self.packages,
            unit=self.unit,
        )
