"""Which simulated APIs a multi-turn case is played on.

Upstream changed them after CoALM was scored: `book_flight` lost its parameter
`travel_cost`, for one. The cases of the published revision still name it, so that on the
APIs of the checker's package 164 of the 800 cases have a right call that is refused, for
the model and for the right answer alike, and measure less than they should. These cases
want the APIs of their own revision, which are a download of 0.4 MB more. Without them, no
total is made of multi-turn cases.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from coalm_oumi.benchmarks.bfcl.load import BfclData
from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.sources.catalogue import get_source
from coalm_oumi.sources.locate import find
from coalm_oumi.storage import cache_dir

SOURCE = "bfcl_v3_simulators"


@dataclass(frozen=True)
class Simulators:
    """The simulated APIs.

    Attributes:
        folder: Where they are; None for those of the checker's package.
        name: Which they are, for the results.
        note: Why no total is made of multi-turn cases; nothing if these APIs are theirs.
    """

    folder: Path | None
    name: str
    note: str = ""


def find_simulators(data: BfclData) -> Simulators:
    """Returns the APIs that fit the cases, downloading them if need be and possible."""
    if not data.as_published or not any(case.multi_turn for case in data.cases):
        return Simulators(None, "bfcl-eval 2025.8.6.2")
    source = get_source(SOURCE)
    try:
        found = find(source)
        folder = found.folder if found else _downloaded()
    except CoalmError as error:
        return Simulators(None, "bfcl-eval 2025.8.6.2", _mismatch(error))
    return Simulators(folder, f"gorilla {source.revision[:7]}")


def _downloaded() -> Path:
    from coalm_oumi.sources.attempts import Retry
    from coalm_oumi.sources.download import download_source

    source = get_source(SOURCE)
    print("bfcl_v3: downloading the simulated APIs", file=sys.stderr, flush=True)
    patience = Retry(attempts=2, timeout=15.0)
    download_source(source, cache_dir(), progress=False, retry=patience)
    return cache_dir() / source.folder


def _mismatch(error: CoalmError) -> str:
    return (
        "the multi-turn cases are of the published revision, but were played on the "
        "simulated APIs of bfcl-eval 2025.8.6.2, which refuse a right call in 164 of the "
        "800: so there is no figure for multi_turn and overall, and those cases are not "
        "fair where they are in others. "
        f"Run `coalm download {SOURCE}` ({shorten(error, 160)}), or take the cases "
        "of the package (data: checker)."
    )
