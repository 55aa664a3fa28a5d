"""The MultiWOZ half of the embedded corpus: dialogues about a small town.

In the layout of MultiWOZ 2.4's archive (`environments/multiwoz/data/dialogues.py` shows a
dialogue): `data.json` with goals, texts and annotated states, `testListFile.json` with the
names of those for testing, and the databases. A dialogue has one or two domains; each is
looked for, asked about and, in most cases, booked.
"""

from __future__ import annotations

import copy
import json
import random
import string
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.generator.multiwoz_town import DAYS, HOME, STATIONS, Rows, town

_FOLDER = "multiwoz24"
_DOMAINS = ("restaurant", "hotel", "attraction", "train", "taxi")
_TRAINING = 4
_ASKED = {"phone": "phone number", "postcode": "postcode", "address": "address"}
_CARS = ("red skoda", "black audi", "white tesla", "blue honda")
_A = {
    "restaurant": "a restaurant",
    "hotel": "a place to stay",
    "attraction": "an attraction",
}
_REFERENCE = string.ascii_uppercase + string.digits
_FINDS: dict[str, tuple[str, ...]] = {
    "restaurant": ("food", "area"),
    "hotel": ("type", "area"),
    "attraction": ("type",),
}
_SLOTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "restaurant": (
        ("food", "pricerange", "name", "area"),
        ("people", "day", "time"),
    ),
    "hotel": (
        ("name", "area", "parking", "pricerange", "stars", "internet", "type"),
        ("people", "day", "stay"),
    ),
    "attraction": (("type", "name", "area"), ()),
    "train": (
        ("leaveAt", "destination", "day", "arriveBy", "departure"),
        ("people",),
    ),
    "taxi": (("leaveAt", "destination", "departure", "arriveBy"), ()),
}


def multiwoz_files(seed: int, count: int) -> dict[str, bytes]:
    """Returns the MultiWOZ-like files by their path below the data folder.

    Args:
        seed: Fixes every byte.
        count: Dialogues for testing; a few more are for training, which nothing reads.
    """
    rows = town(seed)
    made = {}
    for number in range(count + _TRAINING if count else 0):
        rng = random.Random(f"{seed} multiwoz {number}")  # noqa: S311
        domains = _chosen(rng, number)
        kind = "MUL" if len(domains) > 1 else "SNG"
        name = f"{kind}{number + 1:04}.json"
        made[name] = _Script(rng, rows).dialogue(domains)
    tested = list(made)[:count]
    files = {
        f"{_FOLDER}/db/{domain}_db.json": json.dumps(entries, indent=1).encode()
        for domain, entries in rows.items()
    }
    files[f"{_FOLDER}/data.json"] = json.dumps(made, indent=1).encode()
    files[f"{_FOLDER}/testListFile.json"] = "".join(f"{n}\n" for n in tested).encode()
    return files


def _chosen(rng: random.Random, number: int) -> tuple[str, ...]:
    """Returns a dialogue's domains: each comes first in turn, every other has two."""
    first = _DOMAINS[number % len(_DOMAINS)]
    if number % 2 and first != "taxi":
        others = [d for d in _DOMAINS if d not in (first, "taxi")]
        return first, rng.choice(others)
    return (first,)


@dataclass
class _Script:
    """Writes one dialogue."""

    rng: random.Random
    rows: Rows
    goal: dict[str, Any] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)

    def dialogue(self, domains: tuple[str, ...]) -> dict[str, Any]:
        self.goal = {domain: {} for domain in _DOMAINS}
        self.state = {
            domain: {
                "semi": dict.fromkeys(semi, ""),
                "book": {"booked": [], **dict.fromkeys(book, "")},
            }
            for domain, (semi, book) in _SLOTS.items()
        }
        self.goal["message"] = []
        for domain in domains:
            {"train": self._train, "taxi": self._taxi}.get(
                domain, lambda domain=domain: self._venue(domain)
            )()
        self._say("That is all, thank you.", "You are welcome. Goodbye.")
        return {"goal": self.goal, "log": self.log}

    def _say(self, user: str, system: str) -> None:
        self.log.append({"text": user, "metadata": {}})
        self.log.append({"text": system, "metadata": copy.deepcopy(self.state)})

    def _venue(self, domain: str) -> None:
        entry = self.rng.choice(self.rows[domain])
        info = {slot: entry[slot] for slot in _FINDS[domain]}
        asked = self.rng.sample(sorted(_ASKED), 2)
        self.goal[domain] = {"info": info, "reqt": asked}
        wishes = ", ".join(f"{slot} {value}" for slot, value in info.items())
        semi = self.state[domain]["semi"]
        semi.update(info)
        message = [f"You are looking for {_A[domain]}: {_tagged(wishes)}"]
        open_slot = " Any area will do." if domain == "attraction" else ""
        if open_slot:
            semi["area"] = "dontcare"
        self._say(
            f"I am looking for {_A[domain]}: {wishes}.{open_slot}",
            f"There is {entry['name']}, in the {entry['area']}. Would you like more?",
        )
        semi["name"] = entry["name"]
        listed = " and the ".join(_ASKED[slot] for slot in asked)
        told = " ".join(f"Its {_ASKED[slot]} is {entry[slot]}." for slot in asked)
        message.append(f"Make sure you get the {_tagged(listed)}")
        self._say(f"Sounds good. What are the {listed}?", told)
        if domain != "attraction":
            self._book(domain, entry, message)
        self.goal["message"] += message

    def _book(self, domain: str, entry: dict[str, Any], message: list[str]) -> None:
        people, day = str(self.rng.randint(2, 8)), self.rng.choice(DAYS)
        book = {"people": people, "day": day}
        when = f"for {people} people on {day}"
        if domain == "hotel":
            book["stay"] = str(self.rng.randint(2, 5))
            when += f", {book['stay']} nights"
        else:
            book["time"] = f"{self.rng.randint(12, 20)}:{self.rng.choice(('00', '30'))}"
            when += f" at {book['time']}"
        self.goal[domain]["book"] = {**book, "invalid": False}
        message.append(f"Book it {_tagged(when)} and get the reference number")
        reference = self._booked(domain, book, {"name": entry["name"]})
        self._say(
            f"Please book it {when}.",
            f"It is booked. The reference number is {reference}.",
        )

    def _booked(self, domain: str, book: dict[str, str], what: dict[str, str]) -> str:
        reference = "".join(self.rng.choices(_REFERENCE, k=8))
        self.state[domain]["book"].update(book)
        self.state[domain]["book"]["booked"] = [{**what, "reference": reference}]
        return reference

    def _train(self) -> None:
        there, station = self.rng.random() < 0.5, self.rng.choice(STATIONS)
        info = {
            "departure": HOME if there else station,
            "destination": station if there else HOME,
            "day": self.rng.choice(DAYS),
            "leaveAt": f"{self.rng.randint(8, 17):02}:15",
        }
        people = str(self.rng.randint(2, 8))
        self.goal["train"] = {
            "info": info,
            "reqt": ["trainID", "price"],
            "book": {"people": people, "invalid": False},
        }
        wish = "from {departure} to {destination} on {day}, leaving after {leaveAt}"
        wish = wish.format(**info)
        self.goal["message"] += [
            f"You are looking for a train {_tagged(wish)}",
            f"Book {_tagged(people)} tickets and get the reference number",
        ]
        entry = min(
            (
                row
                for row in self.rows["train"]
                if all(row[k] == v for k, v in info.items() if k != "leaveAt")
                and row["leaveAt"] >= info["leaveAt"]
            ),
            key=lambda row: row["leaveAt"],
        )
        self.state["train"]["semi"].update(info)
        self._say(
            f"I need a train {wish}.",
            f"{entry['trainID']} leaves at {entry['leaveAt']} for {entry['price']}.",
        )
        reference = self._booked(
            "train", {"people": people}, {"trainID": entry["trainID"]}
        )
        self._say(
            f"Book {people} tickets for it, please.",
            f"Done, {entry['trainID']} is booked. The reference number is {reference}.",
        )

    def _taxi(self) -> None:
        start, end = self.rng.sample(self.rows["restaurant"] + self.rows["hotel"], 2)
        info = {
            "departure": start["name"],
            "destination": end["name"],
            "leaveAt": f"{self.rng.randint(9, 22):02}:45",
        }
        self.goal["taxi"] = {"info": info, "reqt": ["phone", "car type"]}
        wish = "from {departure} to {destination}, leaving after {leaveAt}"
        wish = wish.format(**info)
        self.goal["message"].append(f"You want to book a taxi {_tagged(wish)}")
        car = self.rng.choice(_CARS)
        phone = "07" + "".join(self.rng.choices(string.digits, k=9))
        self.state["taxi"]["semi"].update(info)
        self.state["taxi"]["book"]["booked"] = [{"type": car, "phone": phone}]
        self._say(f"I need a taxi {wish}.", f"A {car} is booked, its phone is {phone}.")


def _tagged(text: str) -> str:
    return f"<span class='emphasis'>{text}</span>"
