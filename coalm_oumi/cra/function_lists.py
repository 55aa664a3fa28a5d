"""Which functions the prompts of a dialogue list: all of the part's, or its services'.

The paper shows one list of 51 to 53 functions in every prompt, and so do these samples
unless asked otherwise (`all`). On SGD's training part it has some 1,100 tokens. For a
model that cannot take them (a small one), `dialogue` lists the functions of the
services that the dialogue is about and no other, in the same order. That makes the choice
of a function easier: figures for the two must not be compared, and provenance names it.

Functions that share a name are told apart by service, or listed as published, as in the
paper (`function_names`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.function_names import (
    NAMED_BY_SERVICE,
    FunctionNames,
    named_functions,
)
from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.sources.sgd_schema import ServiceSchema

FunctionList = Literal["all", "dialogue"]
OF_DIALOGUE = "functions_of_dialogue"
"""What the origin of a sample with the short list has behind the prompt's version."""


class FunctionLists:
    """The list of functions for each dialogue of a part.

    Attributes:
        schemas: The services, with the names of their functions.
        all: All functions.
        label: What the lists are in a sample's origin; empty for the paper's.
    """

    def __init__(
        self,
        schemas: Sequence[ServiceSchema],
        kind: FunctionList,
        names: FunctionNames = "by_service",
    ) -> None:
        """Takes the part's services.

        Args:
            schemas: The services, in the order in which their functions are listed.
            kind: Whether `all` functions are listed, or those of the `dialogue`.
            names: Whether functions that share a name are told apart `by_service`, or
                named `as_published`.
        """
        self.schemas = named_functions(schemas, names)
        renamed = any(i.function for schema in self.schemas for i in schema.intents)
        labels = (
            OF_DIALOGUE if kind == "dialogue" else "",
            NAMED_BY_SERVICE if renamed else "",
        )
        self.label = "+".join(filter(None, labels))
        self.all = replace(function_catalogue(self.schemas), label=self.label)
        self._kind = kind
        self._known: dict[frozenset[str], FunctionCatalogue] = {}

    def of(self, dialogue: CraDialogue) -> FunctionCatalogue:
        """Returns the functions that the dialogue's prompts list."""
        if self._kind == "all":
            return self.all
        services = frozenset(turn.service for turn in dialogue.turns)
        if services not in self._known:
            own = function_catalogue(s for s in self.schemas if s.name in services)
            self._known[services] = replace(own, label=self.label)
        return self._known[services]
