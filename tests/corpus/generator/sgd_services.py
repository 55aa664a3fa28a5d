"""The services of the embedded corpus's dialogues: schemas, values and wording.

Five services of our own invention; `Gardens_1` and `Repairs_1` are in the development part
only, so that there are services that no training has seen. Each is searched and most can
then be booked.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.corpus.generator.sgd_service import (
    COUNTS,
    DATES,
    FLAG,
    MONEY,
    TIMES,
    TOWNS,
    Service,
    Slot,
)
from tests.corpus.generator.sgd_unseen_services import GARDENS, REPAIRS

_PORTS = ("Marrowdale", "Port Ellery", "Elsinore", "Heron Bay", "Whale Cove", "Thule")

_FERRIES = Service(
    "Ferries_1",
    "Finds and books ferries between the islands",
    (
        Slot(
            "origin_port",
            "Port where the ferry leaves",
            _PORTS,
            ask="Where do you want to leave from",
            tell="from {}",
        ),
        Slot(
            "destination_port",
            "Port where the ferry arrives",
            _PORTS,
            ask="Where should it take you",
            tell="to {}",
        ),
        Slot(
            "departure_date",
            "Day of departure",
            kind=DATES,
            ask="Which day suits you",
            tell="on {}",
        ),
        Slot(
            "departure_time",
            "Time of departure",
            kind=TIMES,
            ask="What time does it leave",
            tell="leaving at {}",
        ),
        Slot(
            "ferry_name",
            "Name of the ship",
            (
                "Grey Gull",
                "Sea Holly",
                "Salt Wind",
                "Lady Amber",
                "Puffin",
                "Morning Tide",
                "Blue Heron",
                "Old Pilot",
            ),
            tell="the {}",
        ),
        Slot(
            "fare",
            "Fare per passenger in dollars",
            kind=MONEY,
            ask="What does it cost",
            tell="for {}",
        ),
        Slot(
            "takes_cars",
            "Whether the ferry takes cars",
            FLAG,
            closed=True,
            ask="Can I bring a car",
            tell="that takes cars",
        ),
        Slot(
            "passengers",
            "Number of passengers",
            COUNTS,
            closed=True,
            ask="How many of you will travel",
            tell="for {} people",
        ),
        Slot(
            "cabin",
            "Kind of place on board",
            ("seat", "berth", "cabin"),
            closed=True,
            tell="with a {}",
        ),
    ),
    ("FindFerry", "Find a ferry between two ports on a given day", "find a ferry"),
    ("origin_port", "destination_port", "departure_date"),
    ("takes_cars",),
    ("ferry_name", "departure_time", "fare"),
    ("fare", "takes_cars", "departure_time"),
    ("BookFerry", "Book places on a ferry", "book the crossing"),
    ("ferry_name", "departure_date", "departure_time", "passengers"),
    {"cabin": "seat"},
)
_WORKSHOPS = Service(
    "Workshops_1",
    "Courses in old and new crafts",
    (
        Slot(
            "craft",
            "Craft that is taught",
            ("pottery", "weaving", "bookbinding", "woodcarving"),
            closed=True,
            ask="Which craft interests you",
            tell="for {}",
        ),
        Slot("town", "Town of the workshop", TOWNS, ask="In which town", tell="in {}"),
        Slot(
            "workshop_name",
            "Name of the workshop",
            (
                "The Clay Shed",
                "Loom & Thread",
                "Paper Lane",
                "Oak Bench",
                "Studio Fern",
                "Kiln House",
                "The Warp Room",
                "Folded Corner",
            ),
            tell="{}",
        ),
        Slot(
            "price_range",
            "How costly it is",
            ("low", "middle", "high"),
            closed=True,
            ask="How expensive is it",
            tell="with a {} price",
        ),
        Slot(
            "street_address",
            "Street address",
            (
                "4 Mill Lane",
                "19 Quarry Road",
                "7 Bell Street",
                "31 Orchard Row",
                "2 Tanner's Yard",
            ),
            ask="What is the address",
            tell="at {}",
        ),
        Slot(
            "session_date",
            "Day of the session",
            kind=DATES,
            ask="On what day",
            tell="on {}",
        ),
        Slot(
            "session_time",
            "Start of the session",
            kind=TIMES,
            ask="At what time",
            tell="at {}",
        ),
        Slot(
            "number_of_places",
            "Number of places to take",
            COUNTS,
            closed=True,
            ask="How many places",
            tell="places wanted: {}",
        ),
    ),
    ("FindWorkshop", "Find a workshop for a craft in a town", "find a workshop"),
    ("craft", "town"),
    ("price_range",),
    ("workshop_name", "price_range"),
    ("street_address", "price_range"),
    ("JoinWorkshop", "Take places in a workshop", "join a session"),
    ("workshop_name", "session_date", "session_time"),
    {"number_of_places": "1"},
)
_TIDES = Service(
    "Tides_1",
    "Tide tables for small harbours",
    (
        Slot(
            "harbour",
            "Name of the harbour",
            _PORTS,
            ask="For which harbour",
            tell="at {}",
        ),
        Slot(
            "date",
            "Day of the tide table",
            kind=DATES,
            ask="For which day",
            tell="on {}",
        ),
        Slot(
            "high_water",
            "Time of high water",
            kind=TIMES,
            ask="When is high water",
            tell="high water at {}",
        ),
        Slot(
            "low_water",
            "Time of low water",
            kind=TIMES,
            ask="When is low water",
            tell="low water at {}",
        ),
    ),
    ("GetTides", "Get the times of high and low water in a harbour", "know the tides"),
    ("harbour", "date"),
    (),
    ("high_water", "low_water"),
    (),
)

SERVICES: Mapping[str, tuple[Service, ...]] = {
    "train": (_FERRIES, _WORKSHOPS, _TIDES),
    "dev": (_FERRIES, _TIDES, GARDENS, REPAIRS),
}
"""The services of each part, in the order of its `schema.json`."""
