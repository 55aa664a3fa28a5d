"""The town of MultiWOZ 2.4: its databases and dialogues, functions to call, and users."""

from coalm_oumi.environments.multiwoz.data.databases import Databases, load_databases
from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue, DialogueTurn
from coalm_oumi.environments.multiwoz.data.load import MultiwozData, load_multiwoz
from coalm_oumi.environments.multiwoz.predicted_turn import PredictedTurn, StoredCall
from coalm_oumi.environments.multiwoz.world.tools import TOOLS, json_tools
from coalm_oumi.environments.multiwoz.world.world import Booking, CallResult, World

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
]
