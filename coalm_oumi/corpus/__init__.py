"""The embedded corpus: raw files in the real sources' layout, written by this package.

It stands in for SNIPS, xLAM, ToolACE, SGD, API-Bank, MultiWOZ and BFCL where those are
not at hand, so that the tiny recipes and the tests run without a network. Everything in it
is this project's own writing, drawn from patterns and word lists with a fixed seed; the
readers that read the real files read these, because they look the same::

    snips/2017-06-custom-intent-engines/<Intent>/train_<Intent>_full.json
    snips/2017-06-custom-intent-engines/<Intent>/validate_<Intent>.json
    snips/slotgated/snips/{train,valid,test}.json
    xlam/xlam_function_calling_60k.json
    xlam/xlam-7.5k-irrelevancek.json
    toolace/data.json
    sgd/{train,dev}/{schema,dialogues_001,...}.json
    api_bank/hammer_test/{hammer,original}/apibank_l{1,2}.json
    multiwoz24/{data,testListFile}.json, multiwoz24/db/<domain>_db.json
    bfcl_v3/{BFCL_v3_simple,possible_answer/BFCL_v3_simple,...}.json
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from coalm_oumi.errors import DataNotFoundError, OptionError, expected_one_of

SOURCES = (
    "snips",
    "snips_split",
    "xlam",
    "xlam_irrelevance",
    "toolace",
    "sgd",
    "api_bank",
    "multiwoz24",
    "multiwoz_databases",
    "bfcl_v3",
)
"""The sources for which the corpus has files."""

DIGEST = "6a484266494ac0d7b2a309be71b1ed84c7616bb04e6cacf32c1dcd36255b2a0c"
"""SHA-256 of the corpus with the default seed and size; see `content_digest`.

It names the folder in the cache, so a release that changes the corpus changes this.
"""


def embedded_folder(source_name: str) -> Path:
    """Returns the folder with the embedded corpus, written on the first call.

    The folder is the same for every source: it stands where `COALM_DATA_DIR` would, and
    a source's files lie below it under the names that the module's description lists.
    It is kept in the cache, or below the system's temporary folder if the cache cannot
    be written. The folder appears whole or not at all, also when several processes ask
    at once; one whose files were damaged or removed is written anew.

    Args:
        source_name: One of `SOURCES`.

    Raises:
        OptionError: If the corpus has no such source.
        DataNotFoundError: If neither the cache nor the temporary folder can be written.
    """
    if source_name not in SOURCES:
        raise OptionError(expected_one_of(source_name, SOURCES), field="source")
    failure: OSError | None = None
    tried = []
    for parent in _parents():
        folder = parent / f"embedded-{DIGEST[:12]}"
        try:
            _make_ready(folder)
        except OSError as error:
            failure = error
            tried.append(str(parent))
        else:
            return folder
    raise DataNotFoundError(
        f"the embedded corpus could not be written to {' or '.join(tried)}: {failure}. "
        "Set COALM_CACHE_DIR to a folder that can be written."
    ) from failure


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
    """Writes the corpus below `root`, in the layout that the module describes.

    The same arguments give the same bytes. For what is held out of what, see
    `coalm_oumi.corpus.state_tracking`.

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
    from coalm_oumi.corpus.api_bank import api_bank_files
    from coalm_oumi.corpus.bfcl import bfcl_files
    from coalm_oumi.corpus.conversations import toolace_files
    from coalm_oumi.corpus.function_calling import xlam_files
    from coalm_oumi.corpus.multiwoz import multiwoz_files
    from coalm_oumi.corpus.sgd import sgd_files
    from coalm_oumi.corpus.state_tracking import snips_files

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


def content_digest(root: Path) -> str:
    """Returns the SHA-256, in hex, over all files below `root`: their paths and bytes.

    Args:
        root: A folder; one that is not there counts as empty.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _parents() -> Iterator[Path]:
    """Yields the folders to try, best first."""
    from coalm_oumi.sources.locate import cache_dir

    yield cache_dir()
    user = os.getuid() if hasattr(os, "getuid") else "user"
    yield Path(tempfile.gettempdir()) / f"coalm-oumi-{user}"


def _make_ready(folder: Path) -> None:
    """Makes sure that `folder` holds the corpus as `DIGEST` has it."""
    if content_digest(folder) == DIGEST:
        return
    mark = secrets.token_hex(4)
    passing = folder.with_name(f".{folder.name}.{mark}")
    damaged = folder.with_name(f".{folder.name}.{mark}.damaged")
    try:
        generate(passing)
        try:
            os.replace(passing, folder)
        except OSError:
            # Either another process was quicker, or what is there is damaged.
            if content_digest(folder) == DIGEST:
                return
            os.replace(folder, damaged)
            os.replace(passing, folder)
    finally:
        shutil.rmtree(passing, ignore_errors=True)
        shutil.rmtree(damaged, ignore_errors=True)
