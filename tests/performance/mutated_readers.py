"""Gives every reader of replies mutated and hostile text, and measures how long it takes.

    python tests/performance/mutated_readers.py [--n 200000] [--seed 42] [--size 32000]

Every reader (`tests/serving/reply_readers.py`) gets mutated replies, and may raise what it
documents alone. Then it gets each hostile pattern at growing lengths up to `--size`
characters (an eighth where they come one by one): what takes much more than twice as long
for twice the text is told. Prints the longest times; the aim is 50 ms of processor time for
32,000 characters. Exits with 1 if a reader raises anything else, or its time grows faster
than the text.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

# ruff: noqa: S311 - the repository is put on the path first; no secrets here
import contextlib

from tests.serving.hostile_texts import PATTERNS, mutated, pattern_text
from tests.serving.reply_readers import READERS, Reader

AIM_MS = 50.0
MOST_GROWTH = 3.0
"""How much longer twice the text may take; twice, and what a busy machine adds."""
_TOO_SHORT_S = 0.004


def seconds(reader: Reader, text: str) -> float:
    """Processor time of reading a text; raises what the reader does not document."""
    start = time.process_time()
    with contextlib.suppress(*reader.raises):
        reader.read(text)
    return time.process_time() - start


def failures(count: int, seed: int) -> Iterator[str]:
    """Yields what readers raised that they should not, on so many mutated replies."""
    draw = random.Random(seed)
    worst: dict[str, float] = dict.fromkeys(READERS, 0.0)
    for number in range(count):
        text = mutated(draw)
        for name, reader in READERS.items():
            try:
                worst[name] = max(worst[name], seconds(reader, text))
            except Exception as error:  # which is what is looked for
                yield f"{name} raised {error!r} on {text!r}"
        if (number + 1) % 20_000 == 0:
            print(f"{number + 1:,} replies", flush=True)
    for name, longest in sorted(worst.items(), key=lambda item: -item[1])[:5]:
        print(f"mutated: {name}: longest {longest * 1000:.1f} ms")


def grown(size: int) -> Iterator[str]:
    """Yields where time grows faster than the text, and prints the longest times."""
    longest: list[tuple[float, str, object]] = []
    for name, reader in READERS.items():
        length = size // 8 if reader.by_character else size
        for pattern in PATTERNS:
            before = after = 0.0
            half, whole = (pattern_text(pattern, n) for n in (length // 2, length))
            for _ in range(3):
                try:
                    before, after = seconds(reader, half), seconds(reader, whole)
                except Exception as error:  # which is what is looked for
                    yield f"{name} raised {error!r} on {pattern!r}"
                    break
                if after < max(MOST_GROWTH * before, _TOO_SHORT_S):
                    break
            else:
                yield (
                    f"{name} takes {before * 1000:.1f} ms, then {after * 1000:.1f} ms "
                    f"for twice the text: {pattern!r}"
                )
            if not reader.by_character:
                longest.append((after, name, pattern))
    print(f"Longest at {size:,} characters (aim: {AIM_MS:.0f} ms):")
    for taken, name, pattern in sorted(longest, key=lambda e: -e[0])[:15]:
        print(f"  {taken * 1000:7.1f} ms  {name}: {pattern!r}")


def main() -> int:
    """Runs both parts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--size", type=int, default=32_000)
    given = parser.parse_args()
    found = 0
    for problem in chain(grown(given.size), failures(given.n, given.seed)):
        found += 1
        print(problem[:1000], flush=True)
    print(f"{found} problems")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
