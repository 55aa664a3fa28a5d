"""The world that the model acts in: eight functions over the databases of Cambridge.

    >>> world = World(databases, seed=0, session="sng0073")
    >>> world.call("query_hotels", {"area": "east", "stars": 4}).as_json()
    '{"result": [{"name": "...", ...}], "message": "..."}'
    >>> world.call("book_hotel", {"name": "...", "people": 2, "day": "friday"}).failure
    'missing_argument'

The rules are those of the pipeline that CoALM was most probably scored with:

- a lookup drops arguments that say nothing (`any`) and values that a slot with a short
  list of values cannot have; names, foods, an attraction's type and stations match from
  a partial similarity of 80 on, `arriveBy` and `leaveAt` are bounds, all else is equal;
- at most 10 entries come back, and a message if there are more;
- a table or a room needs a known name and all other arguments; a train and a taxi can
  always be had.

Ours: `dontcare` says nothing, too; numbers may be numbers; times are read as the scorer
reads them; reference numbers are drawn from the seed, the session and the call; and what
is wrong with a call is said in the result, never raised.
"""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from coalm_oumi.calls.strict_json import dumps
from coalm_oumi.environments.multiwoz.data.databases import Databases
from coalm_oumi.environments.multiwoz.data.domains import (
    finite_values,
)
from coalm_oumi.environments.multiwoz.data.fuzzy import partial_ratio
from coalm_oumi.environments.multiwoz.data.world_index import Entry, argument_spelling
from coalm_oumi.environments.multiwoz.world.arguments import (
    ArgumentError,
    read_arguments,
)
from coalm_oumi.environments.multiwoz.world.tools import TOOLS
from coalm_oumi.errors import shorten
from coalm_oumi.seeding import stable_random

MOST_RESULTS = 10
"""How many entries a lookup returns at most."""

Failure = Literal[
    "",
    "unknown_function",
    "unknown_argument",
    "wrong_type",
    "missing_argument",
    "no_such_venue",
]
"""Why a call failed; empty if it did not."""

# What an entry holds for other uses than telling the user.
_HIDDEN = frozenset({"id", "location", "introduction", "signature", "takesbookings"})
_COLORS = ("black", "white", "red", "yellow", "blue", "grey")
_CARS = (
    "toyota",
    "skoda",
    "bmw",
    "honda",
    "ford",
    "audi",
    "lexus",
    "volvo",
    "volkswagen",
    "tesla",
)
_REFERENCE = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class CallResult:
    """What a call gives.

    Attributes:
        result: Entries of a lookup, the reference number of a booking, a taxi's car and
            telephone number; None if the call failed.
        message: What happened, as a sentence for the model.
        failure: Why it failed; empty if it did not.
    """

    result: Any
    message: str
    failure: Failure = ""

    def as_json(self) -> str:
        """Returns the text that the model reads."""
        return dumps({"result": self.result, "message": self.message})


@dataclass(frozen=True)
class Booking:
    """A booking that was made.

    Attributes:
        domain: What was booked.
        arguments: The call's arguments as text, in lower case.
        entry: The venue or the train; None for a taxi, or a train that does not exist.
        result: What the call returned.
    """

    domain: str
    arguments: Mapping[str, str]
    entry: Entry | None
    result: Mapping[str, str]


@dataclass
class World:
    """The databases and what was booked in one dialogue.

    Attributes:
        databases: The databases.
        seed: Fixes the reference numbers, together with `session` and each call.
        session: The dialogue's name.
        bookings: What was booked so far.
    """

    databases: Databases
    seed: int = 0
    session: str = ""
    bookings: list[Booking] = field(default_factory=list)

    def call(self, name: str, arguments: Mapping[str, Any]) -> CallResult:
        """Makes a call.

        Args:
            name: A function's name (`tools.TOOLS`).
            arguments: Its arguments by name, as JSON values; null is none.
        """
        tool = TOOLS.get(name)
        if tool is None:
            known = ", ".join(TOOLS)
            what = f"there is no function '{shorten(name, 40)}'"
            return _failed("unknown_function", f"{what}. Known are: {known}.")
        try:
            read = read_arguments(tool, arguments)
        except ArgumentError as error:
            return _failed(error.failure, str(error))
        if tool.kind == "query":
            return self._found(tool.domain, read)
        missing = [name for name in tool.required if name not in read]
        if missing:
            return _failed("missing_argument", f"{', '.join(missing)} must be given.")
        if tool.domain == "taxi":
            return self._taxi(read)
        return self._booked(tool.domain, read)

    def query(self, domain: str, constraints: Mapping[str, str]) -> list[Entry]:
        """Returns all entries that fit.

        Args:
            domain: A domain with a database.
            constraints: Value by parameter, as text in lower case.
        """
        possible = (pair for pair in constraints.items() if _possible(domain, *pair))
        return list(self.databases.index.fitting(domain, dict(possible)))

    def _found(self, domain: str, arguments: Mapping[str, str]) -> CallResult:
        rows = self.query(domain, arguments)
        impossible = [s for s, v in arguments.items() if not _possible(domain, s, v)]
        results = [
            {key: value for key, value in row.items() if key not in _HIDDEN}
            for row in rows[:MOST_RESULTS]
        ]
        message = f"{len(rows)} found."
        if len(rows) > MOST_RESULTS:
            message = (
                f"Too many results: only the first {MOST_RESULTS} of {len(rows)} are "
                "listed. Give more constraints."
            )
        elif not rows:
            message = "Nothing fits all constraints."
        for slot in impossible:
            values = ", ".join(finite_values(domain, slot) or ())
            message += f" '{slot}' was ignored: it can be {values}."
        return CallResult(results, message)

    def _booked(self, domain: str, arguments: Mapping[str, str]) -> CallResult:
        entry = _best(domain, self.databases, arguments)
        if entry is None and domain != "train":
            what = f"there is no {domain} called '{shorten(arguments['name'], 60)}'."
            return _failed("no_such_venue", what)
        draws = self._draws(domain, arguments)
        result = {"reference": "".join(draws.choices(_REFERENCE, k=8))}
        self.bookings.append(Booking(domain, arguments, entry, result))
        return CallResult(result, "Success: it is booked under this reference number.")

    def _taxi(self, arguments: Mapping[str, str]) -> CallResult:
        draws = self._draws("taxi", arguments)
        car = f"{draws.choice(_COLORS)} {draws.choice(_CARS)}"
        phone = "07" + "".join(draws.choices(string.digits, k=9))
        result = {"type": car, "phone": phone}
        self.bookings.append(Booking("taxi", arguments, None, result))
        return CallResult(result, "Success: the taxi is booked.")

    def _draws(self, domain: str, arguments: Mapping[str, str]) -> random.Random:
        content = dumps(sorted(arguments.items()))
        return stable_random(
            self.seed, self.session, domain, content, len(self.bookings)
        )


def _failed(failure: Failure, why: str) -> CallResult:
    return CallResult(None, f"Failure: {why}", failure)


def _possible(domain: str, slot: str, value: str) -> bool:
    allowed = finite_values(domain, slot)
    return allowed is None or argument_spelling(slot, value) in allowed


def _best(
    domain: str, databases: Databases, arguments: Mapping[str, str]
) -> Entry | None:
    """Returns the entry that is meant: the venue of that name, or the train."""
    if domain == "train":
        return _train(databases, arguments)
    name = arguments["name"]
    likely = databases.index.fitting(domain, {"name": name})
    return max(
        likely,
        key=lambda row: (row["name"] == name, partial_ratio(str(row["name"]), name)),
        default=None,
    )


def _train(databases: Databases, arguments: Mapping[str, str]) -> Entry | None:
    """Returns the first train that fits: a number may stand for several of them."""
    slots = {k: v for k, v in arguments.items() if k != "people"}
    number = slots.get("trainID")
    choices = [slots] if number is None else [slots, {"trainID": number}]
    found = (
        entry
        for each in choices
        if each
        for entry in databases.index.fitting(domain="train", wanted=each)
    )
    return next(found, None)
