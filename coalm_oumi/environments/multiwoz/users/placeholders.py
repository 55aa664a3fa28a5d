"""Placeholders of delexicalised replies, in the names that the scorer looks for.

In: ``The phone of the [restaurant_name] is [value_phone].``
Out: ``the phone of the NAME is PHONE.``

The names of slots and what they become are mwzeval's (normalization.py at 7f19ee0).
Its further step, Moses tokenisation, neither makes nor breaks a placeholder and serves
BLEU only, so that it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

REQUESTABLES = ("PHONE", "ADDRESS", "POST", "REFERENCE", "TRAINID")
"""The placeholders that answer a request of the goal."""

_SLOTS: Mapping[str, tuple[str, ...]] = {
    "ADDRESS": (
        "address",
        "attraction_address",
        "hospital_address",
        "hotel_address",
        "police_address",
        "restaurant_address",
        "value_address",
    ),
    "AREA": ("area", "value_area", "attraction_area", "restaurant_area", "hotel_area"),
    "TIME": (
        "booktime",
        "value_time",
        "time",
        "duration",
        "value_duration",
        "train_duration",
        "arriveby",
        "taxi_arriveby",
        "value_arrive",
        "arrive by",
        "train_arriveby",
        "leaveat",
        "value_leave",
        "leave at",
        "train_leaveat",
        "train_leave",
        "train_arrive",
        "taxi_leaveat",
    ),
    "DAY": ("day", "value_day", "bookday", "train_day"),
    "PLACE": (
        "destination",
        "value_destination",
        "departure",
        "value_departure",
        "value_place",
        "train_departure",
        "train_destination",
        "taxi_destination",
        "taxi_departure",
    ),
    "FOOD": ("food", "value_food", "restaurant_food"),
    "NAME": (
        "name",
        "attraction_name",
        "hospital_name",
        "hotel_name",
        "police_name",
        "restaurant_name",
        "value_name",
    ),
    "PHONE": (
        "phone",
        "attraction_phone",
        "hospital_phone",
        "hotel_phone",
        "police_phone",
        "restaurant_phone",
        "taxi_phone",
        "value_phone",
    ),
    "POST": (
        "postcode",
        "attraction_postcode",
        "hospital_postcode",
        "hotel_postcode",
        "restaurant_postcode",
        "value_postcode",
        "police_postcode",
    ),
    "PRICE": (
        "price",
        "value_price",
        "entrancefee",
        "entrance fee",
        "train_price",
        "attraction_entrancefee",
        "pricerange",
        "value_pricerange",
        "price range",
        "restaurant_pricerange",
        "hotel_pricerange",
        "attraction_pricerange",
        "attraction_price",
    ),
    "REFERENCE": (
        "ref",
        "attraction_reference",
        "hotel_reference",
        "restaurant_reference",
        "train_reference",
        "value_reference",
        "reference",
    ),
    "COUNT": (
        "stars",
        "value_stars",
        "hotel_stars",
        "bookstay",
        "value_stay",
        "stay",
        "bookpeople",
        "value_people",
        "people",
        "choice",
        "value_choice",
        "value_count",
        "attraction_choice",
        "hotel_choice",
        "restaurant_choice",
        "train_choice",
    ),
    "TYPE": (
        "type",
        "taxi_type",
        "taxi_car",
        "value_type",
        "value_car",
        "car",
        "restaurant_type",
        "hotel_type",
        "attraction_type",
    ),
    "TRAINID": ("trainid", "train_id", "value_id", "id", "train", "train_trainid"),
    "INTERNET": ("internet", "hotel_internet"),
    "PARKING": ("parking", "hotel_parking"),
    "ID": ("hospital_id", "attraction_id", "restaurant_id"),
    "DEPARTMENT": ("value_department", "department", "hospital_department"),
    "OPEN": ("openhours",),
}
_BY_SLOT: Mapping[str, str] = MappingProxyType(
    {slot: name for name, slots in _SLOTS.items() for slot in slots}
)
_SLOT = re.compile(r"\[([\w\s]+)\](?:es|s|-s|-es|)")


def named_placeholders(response: str) -> str:
    """Returns a delexicalised reply in lower case with its placeholders renamed.

    Args:
        response: The reply, with `[slot]` for each value; an unknown slot leaves
            nothing.
    """
    renamed = _SLOT.sub(lambda m: _BY_SLOT.get(m[1], ""), response.lower())
    return renamed.replace("-s", "").replace("-ly", "")


def unknown_placeholders(response: str) -> list[str]:
    """Returns the slots in a reply that no placeholder is known for."""
    found = (match[1] for match in _SLOT.finditer(response.lower()))
    return [slot for slot in found if slot not in _BY_SLOT]


def requestables_in(response: str) -> frozenset[str]:
    """Returns which requestables a reply gives (`named_placeholders` of it)."""
    return frozenset(name for name in REQUESTABLES if name in response)
