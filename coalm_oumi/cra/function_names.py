"""The names of functions: as published, or told apart by service.

SGD's training part has 53 functions of 37 names: `FindProvider` stands three times in the
paper's list, and the arguments alone tell which is meant. By service, an intent whose name
stands for several functions of the list has its service's name behind it::

    FindProvider(city, is_unisex)          FindProvider_Services_1(city, is_unisex)
    FindProvider(city, type)               FindProvider_Services_3(city, type)
    FindBus(origin, destination, ...)      FindBus_Buses_2(origin, destination, ...)

A name that stands for one function stays as it is, and so do all names of a catalogue of
one's own, which are different already. The whole part decides, so that a function has one
name in all its prompts, whether they list all functions or those of the dialogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.sources.sgd_schema import IntentSchema, ServiceSchema

FunctionNames = Literal["by_service", "as_published"]
"""How functions of one name are called."""
NAMED_BY_SERVICE = "functions_by_service"
"""What the origin of a sample with such names has behind the prompt's version."""

_NOT_IN_NAMES = re.compile(r"\W+")


def named_functions(
    schemas: Sequence[ServiceSchema], names: FunctionNames
) -> tuple[ServiceSchema, ...]:
    """Returns services whose intents say what their functions are called.

    Args:
        schemas: All services of a part, in the file's order.
        names: Whether functions that share a name are told apart `by_service`, or named
            `as_published`.
    """
    if names == "as_published":
        return tuple(schemas)
    forms: dict[str, set[frozenset[str]]] = {}
    for service in schemas:
        for intent in service.intents:
            forms.setdefault(intent.name, set()).add(_arguments(intent))
    taken = set(forms)

    def named(service: ServiceSchema, intent: IntentSchema) -> IntentSchema:
        if len(forms[intent.name]) == 1:
            return intent
        name = f"{intent.name}_{_NOT_IN_NAMES.sub('_', service.name)}"
        while name in taken:
            name += "_"
        taken.add(name)
        return replace(intent, function=name)

    return tuple(
        replace(service, intents=tuple(named(service, i) for i in service.intents))
        for service in schemas
    )


def functions_of_either_name(schemas: Iterable[ServiceSchema]) -> FunctionCatalogue:
    """Returns the functions as published, and those of other names by service.

    Args:
        schemas: All services of a part.
    """
    published = tuple(schemas)
    return function_catalogue((*published, *named_functions(published, "by_service")))


def _arguments(intent: IntentSchema) -> frozenset[str]:
    return frozenset((*intent.required_slots, *intent.optional_slots))
