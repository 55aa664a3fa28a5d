"""What a service of the embedded corpus's dialogues is: schema, values and wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DATES = "date"
TIMES = "time"
MONEY = "money"


@dataclass(frozen=True)
class Slot:
    """A slot of a service.

    Attributes:
        name: Its name.
        description: As the schema says it.
        values: Its values; of `date`, `time` and `money` slots, drawn instead.
        kind: How a value is worded: `date`, `time`, `money`, or as it is.
        closed: Whether it is categorical.
        ask: How the system asks for it, or the user about it.
        tell: How either names it in a sentence, with `{}` for the value.
    """

    name: str
    description: str
    values: tuple[str, ...] = ()
    kind: str = ""
    closed: bool = False
    ask: str = ""
    tell: str = ""


@dataclass(frozen=True)
class Service:
    """A service with a search, and mostly a booking.

    Attributes:
        name: Its name.
        description: As the schema says it.
        slots: Its slots.
        search: Name, description and wording of the searching intent.
        needed: Slots that the search requires.
        narrowing: Slots that may narrow the search.
        shown: Slots of a result that the system offers, the name first.
        askable: Slots of a result that the user may ask for.
        book: Name, description and wording of the booking intent, if there is one.
        booking: Slots that the booking requires.
        defaults: Optional slots of the booking with their default.
    """

    name: str
    description: str
    slots: tuple[Slot, ...]
    search: tuple[str, str, str]
    needed: tuple[str, ...]
    narrowing: tuple[str, ...]
    shown: tuple[str, ...]
    askable: tuple[str, ...]
    book: tuple[str, str, str] | None = None
    booking: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def booked(self) -> tuple[str, str, str]:
        """The booking intent of a service that has one."""
        if self.book is None:
            raise ValueError(f"{self.name} has nothing to book")
        return self.book

    def slot(self, name: str) -> Slot:
        """Returns a slot by its name."""
        return next(slot for slot in self.slots if slot.name == name)


TOWNS = ("Millbrook", "Ashford", "Eastport", "Lakewood", "Harrow Hill", "Graystone")
FLAG = ("True", "False")
COUNTS = ("1", "2", "3", "4", "5")
