"""How many cases of each task are run: `num_samples` of the task, and a limit for all.

`COALM_NUM_SAMPLES=20 oumi evaluate -c recipes/8b_evaluate.yaml` runs the first 20 cases of
each of our tasks, or fewer where a task's own `num_samples` says so. It is a variable of
the environment because Oumi has no field of a recipe that holds for all tasks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from coalm_oumi.errors import OptionError, shorten

VARIABLE = "COALM_NUM_SAMPLES"


def sample_limit(
    own: int | None, environment: Mapping[str, str] | None = None
) -> int | None:
    """Returns how many cases of a task are run; None for all.

    Args:
        own: The task's `num_samples`.
        environment: The environment variables; this process's own if not given.

    Raises:
        OptionError: The variable is no number from 1.
    """
    given = (os.environ if environment is None else environment).get(VARIABLE, "")
    if not given.strip():
        return own
    if not given.strip().isdecimal() or int(given) < 1:
        raise OptionError(
            f"expected a number from 1, found {shorten(repr(given))}. Correct the "
            "variable or unset it.",
            field=VARIABLE,
        )
    return int(given) if own is None else min(own, int(given))
