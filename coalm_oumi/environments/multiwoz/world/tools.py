"""The eight functions that a model may call, as schemas.

`query_restaurants`, with its four parameters, as JSON schema (`json_tools()`)::

    {"type": "function", "function": {"name": "query_restaurants", "description": ...,
     "parameters": {"type": "object", "properties": {"area": {"type": "string", "enum":
     ["centre", ...], "description": ...}, ...}, "required": []}}}

Names and parameters are those of the AutoTOD variant that CoALM was most probably scored
with; the descriptions are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from coalm_oumi.calls import FunctionSchema, ParameterSchema
from coalm_oumi.environments.multiwoz.data.domains import (
    AREAS,
    DAYS,
    HOTEL_TYPES,
    PRICES,
)

Kind = Literal["query", "book"]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function.

    Attributes:
        name: Its name.
        description: What it means.
        type: `string` or `integer`; a number may be given as text as well.
        values: The values it can have; empty if any.
        required: Whether a call without it fails.
    """

    name: str
    description: str
    type: Literal["string", "integer"] = "string"
    values: tuple[str, ...] = ()
    required: bool = False

    def json_schema(self) -> dict[str, Any]:
        """Returns the parameter as a property of a JSON schema."""
        schema: dict[str, Any] = {"type": self.type, "description": self.description}
        return schema | ({"enum": list(self.values)} if self.values else {})


@dataclass(frozen=True)
class Tool:
    """One function.

    Attributes:
        name: Its name.
        domain: The domain it belongs to.
        kind: Whether it looks something up or books it.
        description: What it does.
        parameters: Its parameters, in order.
    """

    name: str
    domain: str
    kind: Kind
    description: str
    parameters: tuple[Parameter, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the parameters that a call must have."""
        return tuple(p.name for p in self.parameters if p.required)

    def schema(self) -> FunctionSchema:
        """Returns the function in this package's notation."""
        return FunctionSchema(
            self.name,
            self.description,
            tuple(ParameterSchema(p.name, p.json_schema()) for p in self.parameters),
            {"required": list(self.required)},
        )

    def json_tool(self) -> dict[str, Any]:
        """Returns the function as an OpenAI-style tool with a JSON schema."""
        parameters = {
            "type": "object",
            "properties": {p.name: p.json_schema() for p in self.parameters},
            "required": list(self.required),
        }
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": parameters,
            },
        }


_TIME = "as HH:MM in 24 hours"


def _area(what: str) -> Parameter:
    return Parameter("area", f"Part of Cambridge that the {what} is in.", values=AREAS)


def _price(what: str) -> Parameter:
    return Parameter("pricerange", f"Price range of the {what}.", values=PRICES)


def _booked(name: str, what: str, *, number: bool = False) -> Parameter:
    return Parameter(name, what, "integer" if number else "string", required=True)


_PEOPLE = _booked("people", "Number of people.", number=True)
_TRAIN = (
    Parameter("arriveBy", f"Latest arrival, {_TIME}."),
    Parameter("day", "Day of the journey.", values=DAYS),
    Parameter("departure", "Station that the train leaves from."),
    Parameter("destination", "Station that the train goes to."),
    Parameter("leaveAt", f"Earliest departure, {_TIME}."),
    Parameter("trainID", "The train's id, such as TR1234."),
)
_YES_NO = ("yes", "no")

_ALL = (
    Tool(
        "query_restaurants",
        "restaurant",
        "query",
        "Finds restaurants.",
        (
            _area("restaurant"),
            _price("restaurant"),
            Parameter("food", "Kind of food served."),
            Parameter("name", "Name of the restaurant."),
        ),
    ),
    Tool(
        "book_restaurant",
        "restaurant",
        "book",
        "Books a table.",
        (
            _booked("name", "Name of the restaurant."),
            _PEOPLE,
            _booked("day", "Day of the visit."),
            _booked("time", f"Time of the visit, {_TIME}."),
        ),
    ),
    Tool(
        "query_hotels",
        "hotel",
        "query",
        "Finds hotels and guesthouses.",
        (
            _area("hotel"),
            Parameter("internet", "Whether it has internet.", values=_YES_NO),
            Parameter("name", "Name of the hotel."),
            Parameter("parking", "Whether it has parking.", values=_YES_NO),
            _price("hotel"),
            Parameter("stars", "Number of stars, 0 to 5.", "integer"),
            Parameter("type", "Kind of house.", values=HOTEL_TYPES),
        ),
    ),
    Tool(
        "book_hotel",
        "hotel",
        "book",
        "Books a room.",
        (
            _booked("name", "Name of the hotel."),
            _PEOPLE,
            _booked("day", "Day of arrival."),
            _booked("stay", "Number of nights.", number=True),
        ),
    ),
    Tool(
        "query_attractions",
        "attraction",
        "query",
        "Finds places to visit.",
        (
            _area("attraction"),
            Parameter("name", "Name of the attraction."),
            Parameter("type", "Kind of attraction, such as museum or park."),
        ),
    ),
    Tool("query_trains", "train", "query", "Finds trains.", _TRAIN),
    Tool(
        "buy_train_tickets",
        "train",
        "book",
        "Buys tickets for a train.",
        (*_TRAIN, Parameter("people", "Number of tickets.", "integer")),
    ),
    Tool(
        "book_taxi",
        "taxi",
        "book",
        "Books a taxi.",
        (
            Parameter("arriveBy", f"Latest arrival, {_TIME}."),
            Parameter("departure", "Where the taxi picks up."),
            Parameter("destination", "Where it goes."),
            Parameter("leaveAt", f"Earliest departure, {_TIME}."),
        ),
    ),
)

TOOLS: Mapping[str, Tool] = MappingProxyType({tool.name: tool for tool in _ALL})
"""The functions by name, in the order in which prompts list them."""


def json_tools() -> list[dict[str, Any]]:
    """Returns all functions as OpenAI-style tools with JSON schemas."""
    return [tool.json_tool() for tool in TOOLS.values()]
