"""A small town for the MultiWOZ half of the embedded corpus: its places and its trains.

In the layout of the published databases (`<domain>_db.json`, a list of objects). All names
are invented.
"""

from __future__ import annotations

import random
from typing import Any

AREAS = ("centre", "east", "north", "south", "west")
PRICES = ("cheap", "moderate", "expensive")
DAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)

_FOODS = ("thai", "italian", "british", "indian", "mexican", "turkish")
_RESTAURANTS = (
    "the blue heron",
    "oak kitchen",
    "saffron lantern",
    "casa del mulino",
    "the copper ladle",
    "green jackdaw",
    "riverside pantry",
    "the salted plum",
    "lotus terrace",
    "brass anchor",
    "the quiet fig",
    "marigold table",
)
_HOTELS = (
    "fenland lodge",
    "the willow guesthouse",
    "heron house",
    "kestrel rooms",
    "meadow view hotel",
    "the old granary",
    "larkspur guesthouse",
    "tollgate hotel",
)
_ATTRACTIONS = (
    ("clay museum", "museum"),
    ("lantern gallery", "museum"),
    ("reedbank park", "park"),
    ("sallow green", "park"),
    ("amber theatre", "theatre"),
    ("the paper moon", "theatre"),
    ("otter pool", "swimmingpool"),
    ("elmgate college", "college"),
)
_STREETS = ("mill lane", "orchard road", "weaver street", "canal walk", "fen row")
STATIONS = ("ely", "norwich", "leicester")
HOME = "cambridge"
_FIRST_HOUR, _LAST_HOUR, _STEP = 7, 22, 3

Rows = dict[str, list[dict[str, Any]]]


def town(seed: int) -> Rows:
    """Returns the entries by domain.

    Args:
        seed: Fixes every byte.
    """
    rng = random.Random(f"{seed} town")  # noqa: S311
    return {
        "restaurant": [_restaurant(rng, i, n) for i, n in enumerate(_RESTAURANTS)],
        "hotel": [_hotel(rng, i, name) for i, name in enumerate(_HOTELS)],
        "attraction": [_attraction(rng, i, *a) for i, a in enumerate(_ATTRACTIONS)],
        "train": _trains(rng),
    }


def _place(rng: random.Random, kind: int, number: int, name: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "name": name,
        "area": AREAS[number % len(AREAS)],
        "address": f"{rng.randint(1, 90)} {rng.choice(_STREETS)}",
        "postcode": f"cb{kind}{number % 9 + 1}{rng.choice('abdefh')}{rng.choice('jlnpq')}",
        "phone": f"012239{kind}{number:02}{rng.randint(10, 99)}",
        "location": [52.2, 0.12],
    }


def _restaurant(rng: random.Random, number: int, name: str) -> dict[str, Any]:
    return {
        **_place(rng, 1, number, name),
        "food": _FOODS[number % len(_FOODS)],
        "pricerange": rng.choice(PRICES),
        "introduction": "",
        "type": "restaurant",
    }


def _hotel(rng: random.Random, number: int, name: str) -> dict[str, Any]:
    return {
        **_place(rng, 2, number, name),
        "pricerange": rng.choice(PRICES),
        "stars": str(rng.randint(2, 5)),
        "type": "hotel" if number % 2 else "guesthouse",
        "internet": "yes",
        "parking": rng.choice(("yes", "no")),
        "price": {"double": str(rng.randint(50, 120))},
        "takesbookings": "yes",
    }


def _attraction(
    rng: random.Random, number: int, name: str, kind: str
) -> dict[str, Any]:
    return {
        **_place(rng, 3, number, name),
        "type": kind,
        "entrance fee": rng.choice(("free", "4 pounds", "?")),
        "openhours": "?",
        "pricerange": "?",
    }


def _trains(rng: random.Random) -> list[dict[str, Any]]:
    rows = []
    for station, minutes in zip(STATIONS, (17, 79, 105), strict=True):
        for day in DAYS:
            for hour in range(_FIRST_HOUR, _LAST_HOUR, _STEP):
                for there in (True, False):
                    start = 60 * hour + 5 * rng.randint(0, 11)
                    rows.append(
                        {
                            "trainID": f"TR{len(rows):04}",
                            "departure": HOME if there else station,
                            "destination": station if there else HOME,
                            "day": day,
                            "leaveAt": _clock(start),
                            "arriveBy": _clock(start + minutes),
                            "duration": f"{minutes} minutes",
                            "price": f"{minutes / 5 + 1:.2f} pounds",
                        }
                    )
    return rows


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
