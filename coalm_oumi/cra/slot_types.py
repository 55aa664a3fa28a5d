"""The types of SGD's slots, whose values are all texts in the source.

A categorical slot of `True` and `False` is a `bool`, one of whole numbers only an `int`.
Of the other slots, those that count or measure by their name (`number_of_days`,
`stay_length`, `transfer_amount`) are `int`; everything else stays a `str`. The paper's
calls do the same: `number_of_seats=2`, `date='2023-10-07'` (Figure 6).
"""

from __future__ import annotations

import re

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.sources.sgd_schema import SlotSchema

_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")
_COUNTING = re.compile(r"number_of_\w+|(\w+_)?(amount|length)")
_BOOLS = {"True": True, "False": False}


def slot_type(slot: SlotSchema) -> str:
    """Returns `bool`, `int` or `str`, the type of the slot's values in a call."""
    values = slot.possible_values
    if slot.is_categorical and values:
        if set(values) <= set(_BOOLS):
            return "bool"
        return "int" if all(map(_WHOLE.fullmatch, values)) else "str"
    return "int" if _COUNTING.fullmatch(slot.name) else "str"


def typed_value(text: str, slot: SlotSchema) -> JsonValue:
    """Returns a value in its slot's type.

    Args:
        text: The value as SGD has it.
        slot: Its slot. A text that its type has no room for stays a text.
    """
    kind = slot_type(slot)
    if kind == "bool" and text in _BOOLS:
        return _BOOLS[text]
    if kind == "int" and _WHOLE.fullmatch(text):
        return int(text)
    return text
