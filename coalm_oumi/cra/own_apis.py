"""Somebody's own APIs as a source of CRA: a catalogue, and seed dialogues about it.

    own = OwnApis(Path("openapi.yaml"), Path("dialogues.jsonl"))
    grounded_dialogues(own.dialogues(), own.schemas, own.functions, seed=42)

A seed dialogue is left out, with the reason in the ledger, if a call names a function or
an argument that the catalogue does not have, lacks a required one, gives one a value that
its schema does not allow, or one that nobody has said and no result has shown: it would
teach a model to make such calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from coalm_oumi.calls import FunctionCall, FunctionSchema
from coalm_oumi.calls.action import write_action
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.cra.seed_acts import OWN, annotated, result_items
from coalm_oumi.cra.seed_values import is_among, leaves, unfounded_number, wording
from coalm_oumi.errors import shorten
from coalm_oumi.own_apis.catalogue import api_functions, api_services
from coalm_oumi.own_apis.document import ApiDocument
from coalm_oumi.own_apis.names import ORIGINAL_NAME, ORIGINAL_PLACE, plain_name
from coalm_oumi.own_apis.seed_dialogues import (
    SeedDialogue,
    SeedTurn,
    read_seed_dialogues,
)
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.sgd_dialogue import Dialogue
from coalm_oumi.sources.sgd_schema import ServiceSchema

OWN_APIS = "own_apis"
"""The source's name in samples and ledgers."""
UNDEFINED = "a call that the catalogue does not allow"
"""Reason: function or argument unknown, a required one missing, or a wrong value."""
UNFOUNDED = "the value of an argument is said nowhere"
"""Reason: neither the dialogue before the call nor a result has the value."""
MISSAID = "'says' is not what the user says"
"""Reason: its words are not in the utterance, or the next call lacks the argument."""
UNWANTED = "'wants' names no function"
"""Reason: the catalogue has no function of that name."""

RENAMED = "a name of the catalogue is another one in calls"
"""Reason of a note: the name cannot stand in a call, or would be another one's too."""
UNFOUNDED_ANSWER = "an answer has a number that nothing supports"
"""Reason of a note: nobody said the number, and no result has it; the dialogue is kept."""


class OwnApis:
    """A catalogue with its seed dialogues.

    Attributes:
        schemas: The services, as SGD has them.
        functions: Their functions.
        files: The catalogue, the dialogues, and what the catalogue refers to.
    """

    def __init__(self, catalogue: Path, dialogues: Path) -> None:
        """Reads the catalogue.

        Args:
            catalogue: An OpenAPI file, or tools with JSON schemas (`own_apis.catalogue`).
            dialogues: The seed dialogues (`own_apis.seed_dialogues`).

        Raises:
            DataNotFoundError: The catalogue is not there.
            DataFormatError: It is malformed, or holds no function.
        """
        document = ApiDocument(catalogue)
        self.schemas: tuple[ServiceSchema, ...] = api_services(api_functions(document))
        self.functions: FunctionCatalogue = function_catalogue(self.schemas)
        self._dialogues = dialogues
        own = (catalogue.resolve(), dialogues.resolve())
        self.files = (*own, *sorted(f for f in document.files if f not in own))

    def dialogues(self, ledger: Ledger | None = None) -> Iterator[Dialogue]:
        """Yields the seed dialogues that can be used, with their dialogue acts.

        Args:
            ledger: Counts the dialogues, and notes those left out, and the names that the
                catalogue has otherwise.

        Raises:
            DataNotFoundError: The file is not there.
            DataFormatError: A dialogue does not have the documented form.
        """
        ledger = ledger if ledger is not None else Ledger(OWN_APIS)
        for function in self.functions.functions:
            for detail in _renamed(function):
                ledger.noted(f"{OWN}/{function.name}", RENAMED, detail)
        for seed in read_seed_dialogues(self._dialogues):
            ledger.read += 1
            found = self._problem(seed)
            if found is not None:
                ledger.rejected(f"{OWN}/{seed.dialogue_id}", *found)
                continue
            odd = _unfounded_answer(seed)
            if odd:
                ledger.noted(f"{OWN}/{seed.dialogue_id}", UNFOUNDED_ANSWER, odd)
            yield annotated(seed, self.schemas)

    def _problem(self, seed: SeedDialogue) -> tuple[str, str] | None:
        """Says why a seed dialogue cannot be used, if so, with the detail."""
        result_values: list[JsonValue] = []
        utterances: list[str] = []
        worded: set[str] = set()
        for number, turn in enumerate(seed.turns):
            if turn.wants and turn.wants not in self.functions.names:
                return UNWANTED, f"turn {number}: '{shorten(turn.wants, 40)}'"
            problem = _missaid(turn, seed.turns[number:])
            if problem:
                return MISSAID, f"turn {number}: {problem}"
            utterances.append(turn.user)
            worded.update(turn.says)
            if turn.call is None:
                utterances.append(turn.system)
                continue
            problem = self._call_problem(turn.call)
            if problem:
                return UNDEFINED, f"turn {number}: {problem}"
            said = "\n".join(utterances)
            unfounded = self._unfounded(turn.call, said, worded, result_values)
            if unfounded:
                return UNFOUNDED, f"turn {number}: {unfounded}"
            utterances.append(turn.system)
            result_values.extend(leaves([dict(turn.call.arguments), turn.result]))
            worded = set()
        return None

    def _call_problem(self, call: FunctionCall) -> str | None:
        problem = self.functions.problem(call)
        if problem:
            return problem
        try:
            write_action(call)
        except ValueError as error:
            return str(error)
        return None

    def _unfounded(
        self,
        call: FunctionCall,
        said: str,
        worded: set[str],
        result_values: list[JsonValue],
    ) -> str | None:
        """Names an argument whose value nobody has said and nothing has shown.

        Args:
            call: A call that the catalogue allows.
            said: What was said before it.
            worded: Arguments whose wording is given by `says`.
            result_values: The values of all results so far.
        """
        defaults = {
            parameter.name: parameter.default
            for function in self.functions.functions
            if function.name == call.name
            for parameter in function.parameters
            if parameter.has_default
        }
        for name, value in call.arguments.items():
            if name in worded or (name in defaults and value == defaults[name]):
                continue
            for leaf in leaves(value):
                if not wording(leaf, said) and not is_among(leaf, result_values):
                    return (
                        f"{call.name}, argument '{name}': {shorten(repr(leaf), 40)}. "
                        "Let someone say it, or name the user's words for it in 'says'"
                    )
        return None


def _renamed(function: FunctionSchema) -> Iterator[str]:
    """Says which names of a function the catalogue has otherwise."""
    original = function.extra.get(ORIGINAL_NAME)
    # An operation without a name of its own is called by method and path.
    unnamed = original is not None and " /" in original
    if original and not (unnamed and function.name == plain_name(original)):
        yield f"the function '{shorten(original, 60)}' is '{function.name}'"
    for parameter in function.parameters:
        original = parameter.definition.get(ORIGINAL_NAME)
        if original is not None:
            place = parameter.definition.get(ORIGINAL_PLACE)
            where = f" in {place}" if place else ""
            yield (
                f"the argument '{shorten(original, 60)}'{where} of '{function.name}' is "
                f"'{parameter.name}'"
            )


def _unfounded_answer(seed: SeedDialogue) -> str | None:
    result_values: list[JsonValue] = []
    said = ""
    for number, turn in enumerate(seed.turns):
        said += f"\n{turn.user}"
        if turn.call is not None:
            result_values += leaves([dict(turn.call.arguments), turn.result])
            result_values.append(len(result_items(turn.result)))
        found = unfounded_number(turn.system, said, result_values)
        if found:
            return f"turn {number}: {shorten(found, 40)}"
        said += f"\n{turn.system}"
    return None


def _missaid(turn: SeedTurn, following: Sequence[SeedTurn]) -> str | None:
    call = next((t.call for t in following if t.call is not None), None)
    for name, words in turn.says.items():
        if call is None or name not in call.arguments:
            return f"the next call has no argument '{shorten(name, 40)}'"
        if words.lower() not in turn.user.lower():
            return f"'{shorten(words, 40)}' is not in the utterance"
    return None
