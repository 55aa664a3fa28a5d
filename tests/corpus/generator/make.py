"""Writes the embedded corpus, drawn from patterns and word lists with a fixed seed.

    python -m tests.corpus.generator.make

packs it into the archive that the package ships and prints its digest, which
`coalm_oumi.embedded.DIGEST` has to name. That module describes the files.
"""

from __future__ import annotations

import os
import secrets
import sys
import tarfile
import tempfile
from pathlib import Path

from coalm_oumi.embedded import ARCHIVE, content_digest
from coalm_oumi.errors import OptionError

_DATE = 1577836800
"""Every packed file's date, 2020-01-01; zip files know none before 1980."""


def generate(
    root: Path,
    *,
    seed: int = 2017,
    train_per_intent: int = 300,
    test_per_intent: int = 20,
    calls: int = 400,
    irrelevant: int = 50,
    conversations: int = 240,
    train_dialogues: int = 120,
    dev_dialogues: int = 32,
    api_requests: int = 24,
    town_dialogues: int = 12,
    bfcl_cases: int = 2,
) -> None:
    """Writes the corpus below `root`, in the layout that `coalm_oumi.embedded` describes.

    The same arguments give the same bytes. For what is held out of what, see
    `tests.corpus.generator.state_tracking`.

    Args:
        root: The folder that is to stand for `COALM_DATA_DIR`; made if it is not there.
        seed: Fixes every byte.
        train_per_intent: SNIPS-like training utterances of each of the seven intents.
        test_per_intent: Test utterances of each intent; validation has half as many.
        calls: xLAM-like rows.
        irrelevant: Irrelevance rows.
        conversations: ToolACE-like rows.
        train_dialogues: SGD-like dialogues for training.
        dev_dialogues: SGD-like dialogues for development, of unseen services in part.
        api_requests: API-Bank-like rows of level 1; level 2 has half as many.
        town_dialogues: MultiWOZ-like dialogues for testing.
        bfcl_cases: BFCL-like cases of each category.

    Raises:
        OptionError: If a size is negative.
        OSError: If a file cannot be written.
    """
    sizes = {
        "train_per_intent": train_per_intent,
        "test_per_intent": test_per_intent,
        "calls": calls,
        "irrelevant": irrelevant,
        "conversations": conversations,
        "train_dialogues": train_dialogues,
        "dev_dialogues": dev_dialogues,
        "api_requests": api_requests,
        "town_dialogues": town_dialogues,
        "bfcl_cases": bfcl_cases,
    }
    for name, size in sizes.items():
        if size < 0:
            raise OptionError(f"expected a number from 0 on, found {size}.", field=name)
    from tests.corpus.generator.api_bank import api_bank_files
    from tests.corpus.generator.bfcl import bfcl_files
    from tests.corpus.generator.conversations import toolace_files
    from tests.corpus.generator.function_calling import xlam_files
    from tests.corpus.generator.multiwoz import multiwoz_files
    from tests.corpus.generator.sgd import sgd_files
    from tests.corpus.generator.state_tracking import snips_files

    files = snips_files(seed, train_per_intent, test_per_intent)
    files |= xlam_files(seed, calls, irrelevant)
    files |= toolace_files(seed, conversations)
    files |= sgd_files(seed, train_dialogues, dev_dialogues)
    files |= api_bank_files(seed, api_requests)
    files |= multiwoz_files(seed, town_dialogues)
    files |= bfcl_files(seed, bfcl_cases)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        passing = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            passing.write_bytes(content)
            os.replace(passing, path)
        finally:
            passing.unlink(missing_ok=True)


def pack(root: Path, archive: Path) -> None:
    """Packs all files below `root`, the same bytes for the same files."""
    with tarfile.open(archive, "w:xz", format=tarfile.USTAR_FORMAT, preset=9) as packed:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(path.relative_to(root).as_posix())
            entry.size = path.stat().st_size
            entry.mtime = _DATE
            with path.open("rb") as content:
                packed.addfile(entry, content)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        generate(Path(name))
        pack(Path(name), ARCHIVE)
        sys.stdout.write(f"{content_digest(Path(name))}\n")
