"""A benchmark's cases as they are loaded; needs no library, unlike its options."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Generic, Protocol, Self, TypeVar


class Case(Protocol):
    """One case: what is asked, and what is right."""

    @property
    def id(self) -> str:
        """Its id, unique in the benchmark."""
        ...


CaseT = TypeVar("CaseT", bound=Case)


@dataclass(frozen=True)
class Cases(Generic[CaseT]):
    """A benchmark's cases, and which data they are.

    Attributes:
        cases: The cases, in order.
        origin: Where the data was found, in words.
        digest: SHA-256 over what the cases are made of, in hexadecimal.
    """

    cases: tuple[CaseT, ...]
    origin: str
    digest: str

    def first(self, limit: int | None) -> Self:
        """Returns the same with the first `limit` cases only; None for all."""
        return replace(self, cases=self.cases[:limit])

    def of(self, predictions: Collection[str]) -> list[CaseT]:
        """Returns the cases that have a prediction, by its id."""
        return [case for case in self.cases if case.id in predictions]
