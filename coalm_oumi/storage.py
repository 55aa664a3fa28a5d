"""Where the package keeps files of its own."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Returns the folder that downloads go to; it need not exist yet.

    It is $COALM_CACHE_DIR, else `coalm-oumi` in $XDG_CACHE_HOME, else in `~/.cache`.
    """
    own = os.environ.get("COALM_CACHE_DIR")
    if own:
        return Path(own).expanduser()
    # The XDG base directory specification: a relative path there is to be ignored.
    shared = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(shared) if os.path.isabs(shared) else Path.home() / ".cache"
    return base / "coalm-oumi"
