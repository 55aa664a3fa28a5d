"""What can be wrong with a model's text, by name, and what each means.

A turn's problems and its failed calls are counted under these names and explained in the
report; none of them ends a dialogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NO_STATE = "no_state"
"""The model was asked for a state and wrote none: the turn counts as not predicted."""

PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "empty_reply": "the model wrote nothing",
        "cut_off": "its length ran out before a call or a response (endless thought)",
        "no_field": "it wrote neither 'API Name:' nor 'Response:'",
        "no_response": "it made its five calls, and another in place of the response",
        "too_long": "a response of 5,000 characters or more, which is scored as empty",
        "context_full": "the conversation with its calls outgrew the model's context",
        NO_STATE: "it was asked for the state and wrote no JSON object of slots",
    }
)
"""The problems of a turn; one turn may have several."""

FAILED_CALLS: Mapping[str, str] = MappingProxyType(
    {
        "no_input": "'API Input:' is missing",
        "not_an_object": "the input holds no JSON object",
        "not_json": "the input is not JSON",
        "unknown_function": "there is no such function",
        "unknown_argument": "the function has no such parameter",
        "wrong_type": "an argument is neither short text nor a whole number",
        "missing_argument": "a booking lacks an argument",
        "no_such_venue": "no venue has the name",
    }
)
"""Why a call failed; the model is told, and may go on."""
