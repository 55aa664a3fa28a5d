"""Mutates replies of a model and holds the parser to its promises.

    python tests/cra/mutated_replies.py [--n 100000] [--seed 42]

Every mutated reply gives a dialogue or a rejection with a reason, never an error; a
dialogue can be written as CRA; no reply takes longer than 50 ms (of processor time, so
that a busy machine does not count); nothing in a reply is ever executed: a canary would
make a file. Exits with 1 if any of it fails.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

# ruff: noqa: S311 - the repository is put on the path first; no secrets here
from coalm_oumi.cra.read.reply import ParsedCra, Rejection, parse_reply

SLOWEST_MS = 50.0
SEEDS = (
    """User: Is there a ferry from Hull?
Thought1: FindFerry needs the port alone.
API Name: FindFerry
API Input: 'port': 'Hull', 'passengers': 2
API Result: 'count': 1, 'results': [{'fare': '12'}]
Thought2: There is one result.
System: There is one for $12.

User: Thank you.
Thought: The user is content. I need no API.
System: You are welcome.
""",
    """```
**User:** Book it for me and Bonnie.
**Thought 1:** All is known.
**API Name:** `BookFerry()`
**API Input:** {"port": "Hull", "seats": 2, "when": null}
**API Result:** {"status": "success", "results": []}
**Thought 2:** It worked.
**System:** Done!
```
""",
    """User: both, please
Thought: Two calls then.
Action: FindFerry(port='Hull', day="March 8th")
Observation: [{"fare": 12.5, "open": true}]
Thought: Next one.
API Name: GetTide
API Input: - port: Hull
- day: tomorrow
API Result: high at 10:30
Thought: Now I know.
System: The ferry is $12.50, high tide at 10:30.
""",
)
_PIECES = (
    "User:", "System:", "Thought1:", "Thought:", "API Name:", "API Input:",
    "API Result:", "Action:", "Observation:", "**", "```", "```json\n", "{", "}", "[",
    "]", "(", ")", "'", '"', "\\", "\\u", "\\ud800", "\n", "\r", "\n\n", ",", ":", "=",
    "None", "null", "True", "NaN", "1e999", "9" * 400, "{" * 200, "[" * 200, "(" * 200,
    "F(" * 50, "'" * 99, "a=" * 60, ", x: y" * 40, "\x00", "\ufeff", "\u202e", "\u2028",
    "\U0001f600", "é", "\uff1a", " " * 300, "\t", "- ", "1. ", "#", ">", "[User Input]",
)  # fmt: skip


@dataclass
class Outcome:
    """What mutated replies gave.

    Attributes:
        parsed: Dialogues.
        rejected: Rejections.
        slowest_ms: The longest processor time of one reply.
        failures: What broke a promise.
    """

    parsed: int = 0
    rejected: int = 0
    slowest_ms: float = 0.0
    failures: list[str] = field(default_factory=list)


def canaries(marker: Path) -> tuple[str, ...]:
    """Returns code that would make a file if anything ran it."""
    made = f"open({str(marker)!r}, 'w').close()"
    return (
        f"__import__('pathlib').Path({str(marker)!r}).touch()",
        f"FindFerry(port={made})",
        f"{{'port': {made}}}",
        f"'port': __import__('os').system('touch {marker}')",
        f"$(touch {marker})",
        f"{{{{ ''.__class__ }}}}; {made}",
    )


def mutated(rng: random.Random, pieces: tuple[str, ...]) -> str:
    """Returns a mutated reply: pieces put in, cut out, doubled, moved, swapped."""
    text = rng.choice(SEEDS)
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8, 20))):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((1, 3, 10, 60, 300)))
        kind = rng.randrange(6)
        if kind == 0:
            text = text[:start] + rng.choice(pieces) + text[start:]
        elif kind == 1:
            text = text[:start] + text[end:]
        elif kind == 2:
            text = text[:end] + text[start:end] * rng.choice((1, 2, 30)) + text[end:]
        elif kind == 3:
            lines = text.split("\n")
            rng.shuffle(lines)
            text = "\n".join(lines)
        elif kind == 4:
            text = text[:start] + rng.choice(pieces) + text[end:]
        else:
            text = text[:start] + chr(rng.randrange(0x110000)) + text[end:]
        text = text[:60_000]
    return text


def run(count: int, seed: int) -> Outcome:
    """Parses `count` mutated replies, drawn with `seed`."""
    rng, outcome = random.Random(seed), Outcome()
    with tempfile.TemporaryDirectory() as folder:
        marker = Path(folder) / "executed"
        pieces = _PIECES + canaries(marker)
        for number in range(count):
            _check(mutated(rng, pieces), number, outcome)
        if os.listdir(folder):
            outcome.failures.append("a reply was executed")
    return outcome


def _check(text: str, number: int, outcome: Outcome) -> None:
    start = time.process_time()
    try:
        found = parse_reply(text)
    except Exception as error:
        outcome.failures.append(f"reply {number}: {type(error).__name__}: {error}")
        return
    took = (time.process_time() - start) * 1000
    outcome.slowest_ms = max(outcome.slowest_ms, took)
    if isinstance(found, Rejection):
        outcome.rejected += 1
        if not found.reason:
            outcome.failures.append(f"reply {number}: rejected without a reason")
        return
    outcome.parsed += 1
    _check_dialogue(found, number, outcome)


def _check_dialogue(found: ParsedCra, number: int, outcome: Outcome) -> None:
    try:
        lines = [turn.lines() for turn in found.turns]
        "\n".join(lines).encode("utf-8")
    except ValueError as error:
        outcome.failures.append(f"reply {number}: cannot be written: {error}")
    if not found.turns or any(not t.user or not t.response for t in found.turns):
        outcome.failures.append(f"reply {number}: a turn without user or response")


def main() -> int:
    """Prints what came of the replies."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    outcome = run(options.n, options.seed)
    print(
        f"{options.n:,} replies: {outcome.parsed:,} parsed, {outcome.rejected:,} rejected"
    )
    print(f"slowest {outcome.slowest_ms:.1f} ms, {len(outcome.failures)} failures")
    print(*outcome.failures[:20], sep="\n")
    return int(bool(outcome.failures) or outcome.slowest_ms > SLOWEST_MS)


if __name__ == "__main__":
    sys.exit(main())
