"""The order of CRA dialogues, and the same bytes in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.samples import in_seeded_order


def dialogues(count: int) -> list[CraDialogue]:
    turn = CraTurn("Hi.", "A greeting.", None, "Hello.")
    return [CraDialogue(f"train/1_{n:05d}", (turn,)) for n in range(count)]


def test_the_order_depends_on_the_names_and_the_seed_alone() -> None:
    forth = list(in_seeded_order(dialogues(50), seed=1))
    back = list(in_seeded_order(reversed(dialogues(50)), seed=1))
    other = list(in_seeded_order(dialogues(50), seed=2))
    assert forth == back != other
    assert sorted(forth, key=lambda d: d.record_id) == dialogues(50)
    assert forth != dialogues(50)


SCRIPT = """
import hashlib, sys, tempfile
from pathlib import Path
from coalm_oumi.cra.functions import function_catalogue
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.sources import Sgd
from tests.corpus.generator import make as corpus
with tempfile.TemporaryDirectory() as folder:
    corpus.generate(Path(folder), train_per_intent=0, calls=0, train_dialogues=20)
    sgd = Sgd(Path(folder) / "sgd", "train")
    functions = function_catalogue(sgd.schemas)
    digest = hashlib.sha256()
    made = grounded_dialogues(sgd.dialogues(), sgd.schemas, functions, seed=42)
    for dialogue in made:
        for sample in cra_samples(dialogue, functions, seed=42):
            digest.update(repr(sample).encode())
print(digest.hexdigest())
"""


def test_every_process_makes_the_same_bytes(repository: Path) -> None:
    def digest(hash_seed: str) -> str:
        own = {"PYTHONPATH": str(repository), "PYTHONHASHSEED": hash_seed}
        printed = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=os.environ | own,
            check=True,
            capture_output=True,
            text=True,
        )
        return printed.stdout

    assert digest("1") == digest("2") != ""
