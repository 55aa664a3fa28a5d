"""The dialogues of the embedded corpus, in the layout of SGD.

`sgd/<part>/schema.json` and `sgd/<part>/dialogues_001.json`, ... Each dialogue searches,
and mostly books, as SGD's do: missing slots are asked for, a search may find nothing, the
user may ask for details, for another option or for other criteria, a booking is confirmed
(and sometimes corrected) before it is made, it may fail or fail with another time on offer,
and a second service may follow.
"""

from __future__ import annotations

import json
import random

from tests.corpus.generator.sgd_booking import book, decline
from tests.corpus.generator.sgd_service import Service
from tests.corpus.generator.sgd_services import SERVICES
from tests.corpus.generator.sgd_talk import Talk
from tests.corpus.generator.sgd_turns import Json, Writer

_PER_FILE = 64


def sgd_files(seed: int, train: int, dev: int) -> dict[str, bytes]:
    """Returns the SGD-like files by their path below the data folder.

    Args:
        seed: Fixes every byte.
        train: Dialogues of the training part.
        dev: Dialogues of the development part.
    """
    files: dict[str, bytes] = {}
    for part, count in (("train", train), ("dev", dev)):
        files[f"sgd/{part}/schema.json"] = _file([_schema(s) for s in SERVICES[part]])
        rows = dialogues(seed, part, count)
        for number, start in enumerate(range(0, max(count, 1), _PER_FILE), 1):
            name = f"sgd/{part}/dialogues_{number:03d}.json"
            files[name] = _file(rows[start : start + _PER_FILE])
    return files


def dialogues(seed: int, part: str, count: int) -> list[Json]:
    """Returns dialogues of a part, each about one or two of its services.

    Args:
        seed: Fixes them.
        part: `train` or `dev`.
        count: How many.
    """
    services = SERVICES[part]
    found = []
    for number in range(count):
        rng = random.Random(f"{seed} sgd {part} {number}")  # noqa: S311
        talk = Talk(Writer(rng), rng)
        first = services[number % len(services)]
        talked = [first]
        _serve(talk, first, opening=True)
        if first.book is None or rng.random() < 0.3:
            second = rng.choice([s for s in services if s is not first])
            talked.append(second)
            _serve(talk, second, opening=False)
        talk.close(talked[-1])
        found.append(
            {
                "dialogue_id": f"{services.index(first) + 1}_{number:05d}",
                "services": [service.name for service in talked],
                "turns": talk.writer.turns,
            }
        )
    return found


def _serve(talk: Talk, service: Service, *, opening: bool) -> None:
    """Goes from a wish to its end: a result, a booking, or a refusal."""
    wanted = talk.wish(service, opening=opening)
    results = talk.search(service, wanted)
    if service.book is None:
        talk.say(service, [("SELECT", "", ())], "[good to know|I see, fine]")
        talk.more(service)
        return
    chosen = talk.choose(service, wanted, results)
    if talk.rng.random() < 0.2:
        decline(talk, service)
    else:
        book(talk, service, chosen)


def _schema(service: Service) -> Json:
    """Returns a service as an entry of `schema.json`."""
    search, book = service.search, service.book
    returned = sorted(
        {*service.needed, *service.narrowing, *service.shown, *service.askable}
    )
    intents = [
        {
            "name": search[0],
            "description": search[1],
            "is_transactional": False,
            "required_slots": list(service.needed),
            "optional_slots": dict.fromkeys(service.narrowing, "dontcare"),
            "result_slots": returned,
        }
    ]
    if book is not None:
        intents.append(
            {
                "name": book[0],
                "description": book[1],
                "is_transactional": True,
                "required_slots": list(service.booking),
                "optional_slots": dict(service.defaults),
                "result_slots": sorted(
                    {*service.booking, *service.defaults, *service.askable}
                ),
            }
        )
    return {
        "service_name": service.name,
        "description": service.description,
        "slots": [
            {
                "name": slot.name,
                "description": slot.description,
                "is_categorical": slot.closed,
                "possible_values": list(slot.values) if slot.closed else [],
            }
            for slot in service.slots
        ],
        "intents": intents,
    }


def _file(rows: list[Json]) -> bytes:
    """Returns a file's bytes, indented as the real ones are."""
    return json.dumps(rows, ensure_ascii=False, indent=1).encode("utf-8")
