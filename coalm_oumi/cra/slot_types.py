"""The types of SGD's slots, whose values are all texts in the source.

A categorical slot of `True` and `False` is a `bool`, one of whole numbers only an `int`.
Of the other slots, those that count or measure by their name (`number_of_days`,
`stay_length`, `transfer_amount`) are `int`; everything else stays a `str`. The paper's
calls do the same: `number_of_seats=2`, `date='2023-10-07'` (Figure 6).

A slot of a catalogue with JSON schemas has the type that its schema states: also `float`,
`list`, `dict`, and `any` for a schema that states none. A text stands for a list, an
object, or any value as JSON (`own_apis.function.value_text`).
"""

from __future__ import annotations

import re

from coalm_oumi.calls import strict_json
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.own_apis.function import schema_kind
from coalm_oumi.sources.sgd_schema import SlotSchema

_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")
_FRACTION = re.compile(r"-?\d{1,30}(\.\d{1,30})?(e[+-]?\d{1,3})?")
_COUNTING = re.compile(r"number_of_\w+|(\w+_)?(amount|length)")
_BOOLS = {"True": True, "False": False}


def slot_type(slot: SlotSchema) -> str:
    """Returns the type of the slot's values in a call: `bool`, `int`, `str`, ..."""
    if slot.schema is not None:
        return schema_kind(slot.schema)
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
    if kind in ("int", "float") and _WHOLE.fullmatch(text):
        return int(text)
    if kind == "float" and _FRACTION.fullmatch(text):
        return float(text)
    if kind in ("list", "dict", "any"):
        try:
            return strict_json.loads(text)
        except ValueError:
            return text
    return text
