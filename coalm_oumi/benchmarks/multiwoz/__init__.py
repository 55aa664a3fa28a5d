"""MultiWOZ 2.4: state tracking and task success (README.md in this folder)."""

from coalm_oumi.benchmarks.multiwoz.scorer.predictions import read_predictions
from coalm_oumi.benchmarks.multiwoz.scorer.score import score
from coalm_oumi.environments.multiwoz import (
    TOOLS,
    Booking,
    CallResult,
    Databases,
    Dialogue,
    DialogueTurn,
    MultiwozData,
    PredictedTurn,
    StoredCall,
    World,
    json_tools,
    load_databases,
    load_multiwoz,
)

__all__ = [
    "TOOLS",
    "Booking",
    "CallResult",
    "Databases",
    "Dialogue",
    "DialogueTurn",
    "MultiwozData",
    "PredictedTurn",
    "StoredCall",
    "World",
    "json_tools",
    "load_databases",
    "load_multiwoz",
    "read_predictions",
    "score",
]
