"""Readers of the raw sources: each yields typed records and keeps a ledger."""

from coalm_oumi.sources.ledger import Ledger, LedgerEntry
from coalm_oumi.sources.sgd import Sgd, read_sgd, read_sgd_schemas
from coalm_oumi.sources.snips import INTENT_SLOTS, SlotValue, Utterance, read_snips
from coalm_oumi.sources.toolace import ToolAceConversation, Turn, read_toolace
from coalm_oumi.sources.xlam import FunctionCallingRow, read_xlam

__all__ = [
    "INTENT_SLOTS",
    "FunctionCallingRow",
    "Ledger",
    "LedgerEntry",
    "Sgd",
    "SlotValue",
    "ToolAceConversation",
    "Turn",
    "Utterance",
    "read_sgd",
    "read_sgd_schemas",
    "read_snips",
    "read_toolace",
    "read_xlam",
]
