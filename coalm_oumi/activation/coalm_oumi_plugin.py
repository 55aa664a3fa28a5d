"""The module that Oumi imports by the name of its file; it lies beside the package.

Oumi appends each entry's folder to `sys.path` and imports its stem, which therefore has to
be a name of its own. The entry has no folder (this module is found where the package was
installed), so Oumi appends the working directory; that is taken back here.
"""

import sys

if sys.path and sys.path[-1] == ".":
    sys.path.pop()

import coalm_oumi.plugin  # noqa: F401
