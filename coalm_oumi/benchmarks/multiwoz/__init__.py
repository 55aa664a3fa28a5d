"""MultiWOZ 2.4: state tracking and task success (README.md in this folder)."""

from coalm_oumi.benchmarks.multiwoz.scorer.predictions import read_predictions
from coalm_oumi.benchmarks.multiwoz.scorer.score import score
from coalm_oumi.environments import multiwoz
from coalm_oumi.environments.multiwoz import *  # noqa: F403 - the names in its __all__

__all__ = ["read_predictions", "score"]
__all__ += multiwoz.__all__
