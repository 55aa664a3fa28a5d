"""The embedded corpus: raw files in the real sources' layout, unpacked into the cache.

It stands in for SNIPS, xLAM, ToolACE, SGD, API-Bank, MultiWOZ and BFCL where those are
not at hand, so that the smol recipes and the tests run without a network. Everything in it
is this project's own writing; `tests/corpus/generator` writes it. The readers that read
the real files read these, because they look the same::

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
import lzma
import os
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from coalm_oumi.errors import DataNotFoundError, OptionError, expected_one_of
from coalm_oumi.storage import cache_dir

ARCHIVE = Path(__file__).parent / "assets" / "embedded.tar.xz"
"""The packed corpus, as the package brings it."""

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
    """Returns the folder with the embedded corpus, unpacked on the first call.

    The folder is the same for every source: it stands where `COALM_DATA_DIR` would, and
    a source's files lie below it under the names that the module's description lists.
    It is kept in the cache, or below the system's temporary folder if the cache cannot
    be written. The folder appears whole or not at all, also when several processes ask
    at once; one whose files were damaged or removed is written anew.

    Args:
        source_name: One of `SOURCES`.

    Raises:
        OptionError: If the corpus has no such source.
        DataNotFoundError: If neither the cache nor the temporary folder can be written,
            or if the package's own archive is damaged.
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
        _unpack(passing)
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


def _unpack(folder: Path) -> None:
    """Unpacks the archive into a new folder.

    Raises:
        DataNotFoundError: If what comes out is not the corpus as `DIGEST` has it.
        OSError: If a file cannot be written.
    """
    try:
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(folder, filter="data")
    except (FileNotFoundError, tarfile.TarError, lzma.LZMAError, EOFError) as error:
        raise _damaged() from error
    if content_digest(folder) != DIGEST:
        raise _damaged()


def _damaged() -> DataNotFoundError:
    return DataNotFoundError(
        "the embedded corpus that the package brings is damaged or missing. Install "
        "coalm-oumi anew.",
        path=ARCHIVE,
    )
