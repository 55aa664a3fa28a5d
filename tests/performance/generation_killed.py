"""300 dialogues, generated against a server that misbehaves, killed 20 times.

    python -m tests.performance.generation_killed

Prints the replies that the server has sent whole, and thus would be paid for, beside the
dialogues: without a kill, and with the kills; and how far each killed run had come.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.corpus.generator import make as corpus
from tests.generation.scripted_server import scripted_server
from tests.generation.test_killed_and_resumed import AT_ONCE, compare

REPOSITORY = Path(__file__).resolve().parents[2]


def main(dialogues: int = 300, kills: int = 20) -> None:
    """Compares the runs and prints the counts."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, scripted_server() as script:
        corpus.generate(
            Path(folder),
            train_per_intent=1,
            test_per_intent=0,
            calls=1,
            irrelevant=0,
            train_dialogues=dialogues,
        )
        told = compare(
            script,
            Path(folder),
            REPOSITORY,
            dialogues=dialogues,
            kills=kills,
            cra__path=str(Path(folder) / "sgd"),
        )
    for name in ("undisturbed", "killed"):
        usable, unusable = told[name]
        print(f"{name}: {usable} usable replies paid for, {unusable} unusable ones")
    print(f"dialogues: {dialogues}; the same files, byte for byte")
    print(f"kills: {kills}, with {AT_ONCE} requests at once; replies held after each:")
    print(" ".join(map(str, told["came"])))
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
