"""MultiWOZ 2.4: state tracking and task success (README.md in this folder)."""

from coalm_oumi.benchmarks.multiwoz.data.databases import Databases, load_databases
from coalm_oumi.benchmarks.multiwoz.data.dialogues import Dialogue, DialogueTurn
from coalm_oumi.benchmarks.multiwoz.data.load import MultiwozData, load_multiwoz
from coalm_oumi.benchmarks.multiwoz.scorer.predicted_turn import (
    PredictedTurn,
    StoredCall,
)
from coalm_oumi.benchmarks.multiwoz.scorer.predictions import read_predictions
from coalm_oumi.benchmarks.multiwoz.scorer.score import score
from coalm_oumi.benchmarks.multiwoz.world.tools import TOOLS, json_tools
from coalm_oumi.benchmarks.multiwoz.world.world import Booking, CallResult, World

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
