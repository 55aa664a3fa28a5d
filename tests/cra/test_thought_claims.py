"""A thought states what the user's words show, and the validator finds any other."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.check.reasoning_rules import JOINED, MISREAD
from coalm_oumi.cra.check.thought_claims import joined_results, unshown_claims
from coalm_oumi.cra.check.validate import validate
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.cra.user_acts import supported_acts
from coalm_oumi.cra.write.exchange import exchanges
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.cra.write.reading import read_user
from coalm_oumi.seeding import stable_random
from coalm_oumi.sources import Sgd
from coalm_oumi.sources.sgd_dialogue import Dialogue
from tests.cra.test_grounded import FERRIES, SEARCH, WISH, act, system, user


@pytest.mark.parametrize(
    ("said", "kind", "is_shown"),
    [
        ("Okay, can you play me a movie now?", "THANK_YOU", False),
        ("No, that's it.", "THANK_YOU", False),
        ("Great. Can you find a cab?", "THANK_YOU", False),
        ("Thx a lot", "THANK_YOU", True),
        ("I appreciate it.", "THANK_YOU", True),
        ("How much will it cost?", "AFFIRM", False),
        ("Is it the right one?", "AFFIRM", False),
        ("That's correct?", "AFFIRM", False),
        ("I want their number", "AFFIRM", False),
        ("Tell me the genre", "AFFIRM", False),
        ("Yes what is the fare", "AFFIRM", True),
        ("Works for me, do they have wifi?", "AFFIRM", True),
        ("That is correct what is the cost?", "AFFIRM", True),
        ("Please do. What's the address?", "AFFIRM", True),
        ("Could you book it?", "AFFIRM", True),
        ("That is what I want.", "AFFIRM", True),
        ("Yes, please book it", "NEGATE", False),
        ("No, the 8th", "NEGATE", True),
        ("Make it three", "NEGATE", True),
        ("Tell me my savings balance as well", "REQUEST_ALTS", False),
        ("Anything else?", "REQUEST_ALTS", True),
        ("Thanks for your help", "GOODBYE", False),
        ("Thanks, bye", "GOODBYE", True),
        ("That will be all.", "GOODBYE", True),
        ("Sounds good.", "REQUEST", False),
        ("Where is it", "REQUEST", True),
    ],
)
def test_an_act_counts_only_where_the_words_show_it(
    said: str, kind: str, is_shown: bool
) -> None:
    assert supported_acts((kind, "INFORM"), said) == (
        {"INFORM", kind} if is_shown else {"INFORM"}
    )


@pytest.mark.parametrize(
    ("said", "thought", "what"),
    [
        ("Okay, can you play a movie now?", "The user thanks me.", "gives thanks"),
        ("No, that's it.", "A word of thanks from the user.", "gives thanks"),
        ("How much is it?", "The user confirms the details. I book.", "agrees"),
        ("What is the fare?", "I have the go-ahead for it.", "agrees"),
        ("Yes, book it.", "The user declines my proposal.", "refuses"),
        ("Find me a bus to Ely.", "The user turns down what I offered.", "refuses"),
        ("Yes, the 8th please.", "The user changed their mind.", "refuses"),
        ("Find me a bus to Ely.", "The user says goodbye.", "says goodbye"),
        ("Sounds good.", "The user wants to know the price.", "asks something"),
    ],
)
def test_a_thought_that_misreads_the_user_is_found(
    said: str, thought: str, what: str, functions: FunctionCatalogue
) -> None:
    assert [found for found, _ in unshown_claims(thought, said)] == [what]
    dialogue = CraDialogue("1", (CraTurn(said, thought, None, "Sure."),))
    assert MISREAD in {d.rule for d in validate(dialogue, functions)}


@pytest.mark.parametrize(
    ("said", "thought"),
    [
        ("Thank you! Is there a bus?", "The user thanks me and asks for a bus."),
        ("Is there a bus?", "Thanks to the earlier search I know. I tell the user."),
        ("Is there a bus?", "Once the user confirms, I can book it."),
        ("Is there a bus?", "I should ask whether the user agrees to this."),
        ("How long is it?", "The user has already confirmed the date."),
        ("Do they accept pets?", "The user wants to know whether they accept pets."),
        ("Can you book it?", "The user agrees, so I book it."),
        ("The cheap one", "The user wants to confirm the cheap one."),
        ("No, thanks", "The user declines and says goodbye."),
        ("Which one is free?", "The user asks which one is free."),
        ("Great!", "The user is pleased with what I found."),
    ],
)
def test_a_thought_that_reads_the_user_rightly_is_none(said: str, thought: str) -> None:
    assert list(unshown_claims(thought, said)) == []


TITLES = ["Dogman", "Hackers", "High Life"]
FOUND = {
    "count": 9,
    "results": [{"title": title, "genre": "Drama"} for title in TITLES],
}


def test_values_of_several_results_told_as_one_are_found(
    functions: FunctionCatalogue,
) -> None:
    joined = "There are 9: the title is Dogman, Hackers and High Life."
    assert list(joined_results(joined, FOUND)) == [" is Dogman, Hackers and High Life"]
    assert list(joined_results("One title is Hackers and Dogman.", FOUND))
    for right in (
        "There are 9: the title is Dogman, Hackers or High Life.",
        "There are Dogman, Hackers and High Life.",
        "The title is Dogman and the genre is Drama.",
    ):
        assert list(joined_results(right, FOUND)) == []
    whole = {"results": [{"title": "Hackers and Dogman"}, {"title": "Hackers"}]}
    assert list(joined_results("The title is Hackers and Dogman.", whole)) == []
    step = Step(FunctionCall("Find", {}), FOUND, joined)
    turn = CraTurn("Films?", "I look.", step, "There are 9.")
    defects = validate(CraDialogue("1", (turn,)), functions)
    assert JOINED in {d.rule for d in defects}


@pytest.mark.parametrize("seed", range(20))
def test_several_offers_are_told_as_alternatives(seed: int) -> None:
    ferry = {"port": "Hull", "time": "09:00"}
    names = ("Puffin", "Gull", "Tern")
    offer = system(
        "Puffin, Gull or Tern?",
        act("OFFER", "ship_name", *names),
        call=SEARCH[1].frames[0].call,
        results=[{**ferry, "ship_name": name} for name in names],
    )
    dialogue = Dialogue("1", "train", ("Ferries_1",), (*WISH, SEARCH[0], offer))
    known = function_catalogue([FERRIES])
    (made,) = grounded_dialogues([dialogue], [FERRIES], known, seed=seed)
    assert "Puffin, Gull or Tern" in made.turns[1].thoughts[-1]
    assert validate(made, known) == ()


@given(st.sampled_from(["THANK_YOU", "AFFIRM", "GOODBYE", "SELECT"]), st.integers())
def test_the_reading_of_a_wish_states_no_other_act(kind: str, seed: int) -> None:
    said = "I need a ferry from Hull to a port in the north"
    turns = (
        user(said, act(kind), act("INFORM", "port", "Hull")),
        system("When?", act("REQUEST", "time")),
    )
    dialogue = Dialogue("1", "train", ("Ferries_1",), turns)
    (exchange,) = exchanges(dialogue, {"Ferries_1": FERRIES})
    thought = " ".join(read_user(exchange, stable_random(seed, "thought")))
    assert "Hull" in thought
    assert list(unshown_claims(thought, said)) == []
    if kind != "SELECT":
        assert "thank" not in thought.lower()
        assert "goodbye" not in thought.lower()


def test_thoughts_of_real_dialogues_state_what_the_words_show(real_dev: Sgd) -> None:
    functions = function_catalogue(real_dev.schemas)
    some = islice(real_dev.dialogues(), 0, None, 10)
    made = grounded_dialogues(some, real_dev.schemas, functions, seed=42)
    wrong = [
        (turn.user, found)
        for dialogue in made
        for turn in dialogue.turns
        for found in unshown_claims(turn.thought, turn.user)
    ]
    assert wrong == []
