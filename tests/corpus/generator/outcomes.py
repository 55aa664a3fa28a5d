"""What the corpus's functions return, and how the assistant tells it.

A result is drawn field by field, as `functions.Parameter.draw` says; the answer names
the call's arguments and the result's fields::

    call    [train_timetable(station="Fairview", limit=5)]
    result  {"next_train": "9:40", "platform": 3}
    answer  The next train leaves Fairview at 9:40 from platform 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """The result of a function's calls.

    Attributes:
        fields: How each field of the result is drawn.
        answer: What the assistant says then; ``{name}`` stands for a field or for an
            argument that every call passes.
    """

    fields: Mapping[str, str]
    answer: str


_CLOCK = "<hour>:[05|17|40]"

OUTCOMES: Mapping[str, Outcome] = {
    "get_forecast": Outcome(
        {"sky": "<sky_adjective>", "high": "int 8 31"},
        "It will be {sky}, with up to {high} degrees.",
    ),
    "air_quality.index": Outcome(
        {"index": "int 12 140", "level": "[good|fair|poor]"},
        "The index stands at {index}, which counts as {level}.",
    ),
    "search_flights": Outcome(
        {"airline": "<adjective> Air", "departs": _CLOCK, "price": "int 60 900"},
        "{airline} flies from {origin} to {destination} at {departs} for {price} "
        "euros.",
    ),
    "hotels.find": Outcome(
        {"name": "Hotel <noun>", "price": "int 50 240"},
        "I found {name}, at {price} euros a night.",
    ),
    "train_timetable": Outcome(
        {"next_train": _CLOCK, "platform": "int 1 9"},
        "The next train leaves {station} at {next_train} from platform {platform}.",
    ),
    "track_parcel": Outcome(
        {"status": "[in transit|held at customs|delivered]", "place": "<town>"},
        "Parcel {tracking_id} is {status}. It was last seen in {place}.",
    ),
    "search_products": Outcome(
        {"offers": "strs <adjective> <noun>", "price": "float 5 90"},
        "There are {offers}, from {price} euros on.",
    ),
    "nutrition_facts": Outcome(
        {"kcal": "int 20 650", "protein_g": "float 0 30"},
        "That is {kcal} kilocalories and {protein_g} g of protein.",
    ),
    "book_table": Outcome(
        {"booking": "<code>"},
        "Your table at {restaurant} is booked. The booking number is {booking}.",
    ),
    "museum_hours": Outcome(
        {"opens": "[9|10] am", "closes": "[4|5|6] pm"},
        "The museums in {city} open at {opens} and close at {closes}.",
    ),
    "similar_artists": Outcome(
        {"artists": "strs <person>"},
        "Try {artists}: they sound like {artist}.",
    ),
    "calendar.create_event": Outcome(
        {"event_id": "<code>"},
        "'{title}' is in your calendar on {day} as {event_id}.",
    ),
    "convert_currency": Outcome(
        {"result": "float 4 990"}, "{amount} {source} are {result} {target}."
    ),
    "stock_price": Outcome(
        {"price": "float 3 480"}, "{symbol} stands at {price} at the moment."
    ),
    "local_time": Outcome({"time": f"{_CLOCK} [am|pm]"}, "It is {time} there now."),
    "match_results": Outcome(
        {"won": "int 1 20", "lost": "int 1 20"},
        "They won {won} and lost {lost} matches.",
    ),
    "find_pharmacy": Outcome(
        {"name": "<last> Pharmacy", "distance_km": "float 0 2"},
        "{name} is {distance_km} km from {near}.",
    ),
}
