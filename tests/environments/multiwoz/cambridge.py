"""A small Cambridge of our own, in the published layouts: three dialogues, five venues."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coalm_oumi.environments.multiwoz import Databases

RESTAURANTS = (
    {
        "id": "1",
        "name": "the blue heron",
        "area": "east",
        "food": "thai",
        "pricerange": "cheap",
        "address": "1 Mill Road City Centre",
        "postcode": "cb13nf",
        "phone": "01223000001",
        "type": "restaurant",
        "introduction": "a quiet place by the river",
        "location": [52.2, 0.1],
    },
    {
        "id": "2",
        "name": "oak kitchen",
        "area": "north",
        "food": "british",
        "pricerange": "expensive",
        "address": "27 Station Street",
        "postcode": "cb41aa",
        "phone": "01223000002",
        "type": "restaurant",
        "introduction": "",
        "location": [52.2, 0.1],
    },
)
HOTELS = (
    {
        "id": "0",
        "name": "fenland hotel",
        "area": "east",
        "pricerange": "cheap",
        "stars": "4",
        "type": "hotel",
        "internet": "yes",
        "parking": "no",
        "address": "3 fen lane",
        "postcode": "cb58aa",
        "phone": "01223000003",
        "price": {"single": "40"},
        "takesbookings": "yes",
        "location": [52.2, 0.1],
    },
)
ATTRACTIONS = (
    {
        "id": "5",
        "name": "clay museum",
        "area": "west",
        "type": "museum",
        "entrance fee": "free",
        "pricerange": "?",
        "address": "old yard, clay lane",
        "postcode": "cb21aa",
        "phone": "01223000004",
        "openhours": "?",
        "location": [52.2, 0.1],
    },
    {
        "id": "6",
        "name": "the place",
        "area": "centre",
        "type": "nightclub",
        "entrance fee": "5 pounds",
        "pricerange": "cheap",
        "address": "8 north walk",
        "postcode": "cb22aa",
        "phone": "01223000005",
        "openhours": "?",
        "location": [52.2, 0.1],
    },
)
TRAINS = tuple(
    {
        "trainID": number,
        "day": "friday",
        "departure": "ely",
        "destination": "cambridge",
        "leaveAt": leave,
        "arriveBy": arrive,
        "duration": "17 minutes",
        "price": "4.40 pounds",
    }
    for number, leave, arrive in (
        ("TR0001", "09:00", "09:17"),
        ("TR0002", "17:30", "17:47"),
        ("TR0003", "23:50", "24:07"),
    )
)


def databases() -> Databases:
    """The databases of this Cambridge."""
    return Databases.of(
        {
            "restaurant": RESTAURANTS,
            "hotel": HOTELS,
            "attraction": ATTRACTIONS,
            "train": TRAINS,
        }
    )


def metadata(**domains: dict[str, Any]) -> dict[str, Any]:
    """The annotation of a system turn; `book_` marks a booking's slots."""
    made: dict[str, Any] = {}
    for domain in ("restaurant", "hotel", "attraction", "train", "taxi"):
        slots = domains.get(domain, {})
        book = {k[5:]: v for k, v in slots.items() if k.startswith("book_")}
        semi = {k: v for k, v in slots.items() if not k.startswith("book_")}
        made[domain] = {"semi": semi, "book": {"booked": [], **book}}
    return made


_EAST = {"area": "east", "pricerange": "not mentioned", "name": "", "food": "thai"}
_TABLE = {
    **_EAST,
    "book_people": "2",
    "book_day": "friday",
    "book_time": "18:00",
    "book_booked": [{"name": "the blue heron", "reference": "AB12CD34"}],
}
_TRAIN = {"day": "friday", "departure": "ely", "leaveAt": "17:15", "arriveBy": ""}

DATA = {
    "SNG0001.json": {
        "goal": {
            "restaurant": {
                "info": {"area": "east", "food": "thai"},
                "reqt": ["phone", "area"],
                "book": {"people": "2", "day": "friday", "time": "18:00"},
            },
            "hotel": {},
            "message": ["You want a <span class='emphasis'>thai</span> restaurant"],
            "topic": {"hotel": False},
        },
        "log": [
            {"text": "Thai food in the east?", "metadata": {}},
            {
                "text": "The Blue Heron, 01223000001.",
                "metadata": metadata(restaurant=_EAST),
            },
            {"text": "A table for two, Friday at six.", "metadata": {}},
            {
                "text": "Booked. The reference is AB12CD34.",
                "metadata": metadata(restaurant=_TABLE),
            },
        ],
    },
    "MUL0002.json": {
        "goal": {
            "train": {
                "info": {"day": "friday", "departure": "ely", "leaveAt": "17:15"},
                "reqt": ["trainID", "price"],
            },
            "taxi": {"info": {"arriveBy": "18:00"}, "reqt": ["phone", "car type"]},
            "message": "You want a train.",
        },
        "log": [
            {"text": "A train from Ely on Friday after 17:15.", "metadata": {}},
            {"text": "TR0002 leaves at 17:30.", "metadata": metadata(train=_TRAIN)},
            {"text": "And a taxi to arrive by 18:00.", "metadata": {}},
            {
                "text": "A red skoda, 07123456789.",
                "metadata": metadata(
                    train=_TRAIN,
                    taxi={
                        "arriveBy": "18:00",
                        "book_booked": [{"phone": "07123456789", "type": "red skoda"}],
                    },
                ),
            },
        ],
    },
    "PMUL1455.json": {
        "goal": {
            "attraction": {"info": {"type": "museum"}, "reqt": ["postcode"]},
            "message": ["You want a museum"],
        },
        "log": [
            {"text": "A museum, anywhere.", "metadata": {}},
            {
                "text": "Clay Museum, CB2 1AA.",
                "metadata": metadata(
                    attraction={"type": "museum", "area": "do n't care"}
                ),
            },
        ],
    },
}


def write_cambridge(folder: Path) -> Path:
    """Writes the data as a source's folder: `data.json` and `db/`."""
    (folder / "db").mkdir(parents=True)
    for domain, rows in databases().rows.items():
        (folder / "db" / f"{domain}_db.json").write_text(json.dumps(rows))
    (folder / "data.json").write_text(json.dumps(DATA))
    names = [*DATA]
    (folder / "testListFile.json").write_text("\n".join(names) + "\n")
    return folder
