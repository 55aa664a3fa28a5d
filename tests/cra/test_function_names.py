"""Functions that share a name are told apart by service, the same everywhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionCall
from coalm_oumi.calls.names import is_name
from coalm_oumi.cra.check.validate import SGD_TODAY, validate
from coalm_oumi.cra.function_files import read_functions
from coalm_oumi.cra.function_lists import FunctionLists
from coalm_oumi.cra.function_names import (
    functions_of_either_name,
    named_functions,
)
from coalm_oumi.cra.functions import function_call, function_catalogue
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.sources import Sgd
from coalm_oumi.sources.sgd_dialogue import ServiceCall
from coalm_oumi.sources.sgd_schema import IntentSchema, ServiceSchema, SlotSchema


def service(name: str, **intents: str) -> ServiceSchema:
    """A service whose intents have the arguments named, one space between two."""
    slots = dict.fromkeys(slot for text in intents.values() for slot in text.split())
    return ServiceSchema(
        name,
        "",
        tuple(SlotSchema(slot) for slot in slots),
        tuple(
            IntentSchema(intent, "", False, tuple(text.split()))
            for intent, text in intents.items()
        ),
    )


CLINICS = (
    service("Clinics_1", FindProvider="city is_unisex", Book="name time"),
    service("Clinics_2", FindProvider="city cosmetic", Book="name time"),
    service("Clinics_3", FindProvider="city type", Pay="amount"),
)


def test_each_function_has_a_name_of_its_own() -> None:
    found = function_catalogue(named_functions(CLINICS, "by_service"))
    assert found.listing == (
        "1. FindProvider_Clinics_1(city, is_unisex)\n"
        "2. Book(name, time)\n"
        "3. FindProvider_Clinics_2(city, cosmetic)\n"
        "4. FindProvider_Clinics_3(city, type)\n"
        "5. Pay(amount)"
    )


def test_as_published_nothing_changes() -> None:
    assert named_functions(CLINICS, "as_published") == CLINICS
    names = [f.name for f in function_catalogue(CLINICS).functions]
    assert names.count("FindProvider") == 3


def test_a_call_is_written_under_the_name_that_is_listed() -> None:
    second = named_functions(CLINICS, "by_service")[1]
    call = ServiceCall("FindProvider", {"city": "Ely", "cosmetic": "True"})
    made = function_call(call, second)
    assert made.name == "FindProvider_Clinics_2"
    lists = FunctionLists(CLINICS, "all")
    assert lists.all.problem(made) is None
    published = function_call(call, CLINICS[1])
    assert "is not listed" in str(lists.all.problem(published))


def test_a_short_list_has_the_names_of_the_whole_one() -> None:
    lists = FunctionLists(CLINICS, "dialogue")
    assert lists.label == "functions_of_dialogue+functions_by_service"
    assert FunctionLists(CLINICS, "dialogue", "as_published").label == (
        "functions_of_dialogue"
    )
    assert FunctionLists(CLINICS[:1], "all").label == ""


def test_validation_knows_both_names() -> None:
    known = functions_of_either_name(CLINICS)
    for name in ("FindProvider", "FindProvider_Clinics_3"):
        call = FunctionCall(name, {"city": "Ely", "type": "eye"})
        assert known.problem(call) is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # Signs that a name cannot have; a name that exists already.
        (("City Bus-2", "Rail/1"), ["Find_City_Bus_2", "Find_Rail_1"]),
        (("公交", "Bus"), ["Find_公交", "Find_Bus"]),
        (("A B", "A-B"), ["Find_A_B", "Find_A_B_"]),
    ],
)
def test_any_service_name_gives_a_name(
    names: tuple[str, str], expected: list[str]
) -> None:
    services = [service(names[0], Find="a"), service(names[1], Find="b")]
    found = function_catalogue(named_functions(services, "by_service"))
    assert [f.name for f in found.functions] == expected


INTENT = st.sampled_from(["Find", "Book", "Find_A", "Find_A_1"])
ARGUMENTS = st.sampled_from(["a", "b", "a b", "from class"])


@given(
    st.dictionaries(
        st.text(st.sampled_from("A_1 é-"), min_size=1, max_size=4),
        st.dictionaries(INTENT, ARGUMENTS, min_size=1),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_the_services_no_two_functions_share_a_name(
    services: dict[str, dict[str, str]],
) -> None:
    schemas = [service(name, **intents) for name, intents in services.items()]
    found = named_functions(schemas, "by_service")
    catalogue = function_catalogue(found)
    counts = Counter(function.name for function in catalogue.functions)
    assert set(counts.values()) == {1}
    assert all(is_name(name) for name in counts)
    assert found == named_functions(schemas, "by_service")
    # Nothing is lost: each intent still has its function with its arguments.
    for given_, named in zip(schemas, found, strict=True):
        for intent in named.intents:
            (function,) = [
                f for f in catalogue.functions if f.name == intent.function_name
            ]
            wanted = {*given_.intent[intent.name].required_slots}
            assert function.parameter_names == wanted


def test_the_real_list_of_53_lines_has_53_names(real_data: Path) -> None:
    schemas = Sgd(real_data / "sgd", "train").schemas
    published = FunctionLists(schemas, "all", "as_published").all
    assert (len(published.functions), len(published.names)) == (53, 37)
    named = FunctionLists(schemas, "all").all
    assert (len(named.functions), len(named.names)) == (53, 53)
    assert {"FindProvider_Services_2", "FindBus_Buses_1", "GetWeather"} < named.names
    both = read_functions(real_data / "sgd")
    assert named.names | published.names <= both.names


def test_real_calls_and_thoughts_name_what_is_listed(real_dev: Sgd) -> None:
    lists = FunctionLists(real_dev.schemas, "all")
    found = [d for d, _ in zip(real_dev.dialogues(), range(150), strict=False)]
    made = list(grounded_dialogues(found, lists.schemas, lists.all, seed=42))
    assert len(made) > 100
    for dialogue in made:
        calls = [turn.step.call for turn in dialogue.turns if turn.step]
        assert [lists.all.problem(call) for call in calls] == [None] * len(calls)
        rules = {d.rule for d in validate(dialogue, lists.all, today=SGD_TODAY)}
        assert "thought names another function than the action" not in rules
        for sample in cra_samples(dialogue, lists.all, seed=42):
            assert "ReserveHotel(" not in sample.instruction + sample.input
