"""Grounded CRA: SGD's own calls and results, with thoughts written by rules.

In: an SGD dialogue. Out: the same dialogue as `CraDialogue`. Utterances, calls and results
are SGD's; nothing of them is made up. A thought has two halves: what the user has just
done (`reading`), and what to do next and why (`deciding`; after a call `judging`). Both are
worded from the dialogue acts, the state and the results, by draws that are seeded per turn.
A thought names no other function than the action does, no value that is not known at that
point, and nothing that the observation denies.

Left out, with the reason in the ledger: dialogues whose gold call is not valid (18 of the
training part lack the place of a hotel, which nobody named), those in which the system
reports a value that neither the dialogue nor a result supports, and those in which an
argument's value is not grounded by any normalisation of `grounding` (the user says "the 3rd
of July", the call has 2019-03-03). Of the user's own APIs such a dialogue is kept, and the
ledger notes it: their values may be worded in ways that are not known here. One that no
lines can be made of is left out as well, whatever the reason, and never ends the set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.check.grounding import grounded
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.cra.functions import FunctionCatalogue, function_call
from coalm_oumi.cra.write.deciding import decide_call, decide_response
from coalm_oumi.cra.write.exchange import Exchange, exchanges, take_in
from coalm_oumi.cra.write.judging import judge_observation
from coalm_oumi.cra.write.reading import read_user
from coalm_oumi.cra.write.reports import Report, reports
from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.seeding import stable_random
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.sgd_dialogue import Dialogue
from coalm_oumi.sources.sgd_schema import ServiceSchema

INVALID_CALL = "the gold call is not valid"
UNSUPPORTED = "the response reports a value that nothing supports"
UNGROUNDED = "an argument's value stands nowhere before the call"
UNUSABLE = "the dialogue cannot be made into samples"


def grounded_dialogues(
    dialogues: Iterable[Dialogue],
    schemas: Iterable[ServiceSchema],
    catalogue: FunctionCatalogue,
    *,
    seed: int,
    ledger: Ledger | None = None,
    ungrounded: bool = False,
) -> Iterator[CraDialogue]:
    """Turns SGD dialogues into CRA dialogues, one at a time.

    Args:
        dialogues: The dialogues.
        schemas: The services that they are about.
        catalogue: The functions against which the calls are checked.
        seed: Fixes the wording of the thoughts.
        ledger: Notes the dialogues left out; `read` is not counted here.
        ungrounded: Whether dialogues of SGD with an ungrounded argument are given too.

    Yields:
        The dialogues that can be used, in the order given.
    """
    services = {schema.name: schema for schema in schemas}
    for dialogue in dialogues:
        try:
            found, reason, detail = ground(
                dialogue, services, catalogue, seed=seed, ungrounded=ungrounded
            )
        except (CoalmError, ValueError, LookupError) as error:
            # One dialogue that its service does not describe is no reason to end.
            found, reason, detail = None, UNUSABLE, shorten(repr(error))
        if ledger is not None and reason:
            note = ledger.noted if found is not None else ledger.rejected
            note(dialogue.record_id, reason, detail)
        if found is not None:
            yield found


def ground(
    dialogue: Dialogue,
    services: Mapping[str, ServiceSchema],
    catalogue: FunctionCatalogue,
    *,
    seed: int,
    ungrounded: bool = False,
) -> tuple[CraDialogue | None, str, str]:
    """Turns one SGD dialogue into a CRA dialogue.

    Args:
        dialogue: The dialogue.
        services: The services by name.
        catalogue: The functions against which the calls are checked.
        seed: Fixes the wording of the thoughts.
        ungrounded: Whether a dialogue of SGD with an ungrounded argument is given too.

    Returns:
        The dialogue, or None; and the reason and the detail for the ledger, if there is
        anything to say.
    """
    turns, own, ungrounded_one = [], False, ""
    for exchange in exchanges(dialogue, services):
        call = _call(exchange)
        problem = catalogue.problem(call) if call is not None else None
        if problem:
            return None, INVALID_CALL, f"turn {exchange.number}: {problem}"
        for report in reported(exchange):
            if report.support is None:
                detail = f"turn {exchange.number}: {report.act.slot} '{report.value}'"
                return None, UNSUPPORTED, detail
        if call is not None and not ungrounded_one:
            ungrounded_one = _ungrounded(exchange, call, catalogue)
        turns.append(_turn(exchange, call, dialogue.record_id, seed))
        own = own or exchange.own
    made = CraDialogue(dialogue.record_id, tuple(turns), dialogue.today)
    problem = made.unwritable()
    if problem:
        return None, UNUSABLE, problem
    if ungrounded_one:
        return made if own or ungrounded else None, UNGROUNDED, ungrounded_one
    return made, "", ""


def reported(exchange: Exchange) -> list[Report]:
    """Lists the values that the response of an exchange reports, with their support."""
    evidence = exchange.evidence
    if exchange.observed is not None:
        evidence = evidence.copy()
        take_in(evidence, exchange.observed)
    intent = exchange.intent.name if exchange.intent else ""
    return reports(exchange.frame.acts, evidence, exchange.service, intent)


def _ungrounded(
    exchange: Exchange, call: FunctionCall, catalogue: FunctionCatalogue
) -> str:
    """Returns the first argument whose value stands nowhere before the call, if any."""
    named = [f for f in catalogue.functions if f.name == call.name]
    for name, value in call.arguments.items():
        if not grounded(value, name, exchange.evidence, named):
            return f"turn {exchange.number}: {call.name} {name}={value!r}"
    return ""


def _call(exchange: Exchange) -> FunctionCall | None:
    if exchange.frame.call is None:
        return None
    return function_call(exchange.frame.call, exchange.service)


def _turn(
    exchange: Exchange, call: FunctionCall | None, record_id: str, seed: int
) -> CraTurn:
    rng = stable_random(seed, "thought", record_id, exchange.number)
    reading = read_user(exchange, rng)
    step = None
    if call is None or exchange.observed is None:
        deciding = decide_response(exchange, rng)
    else:
        deciding = decide_call(exchange, call, rng)
        judging = judge_observation(exchange, call, exchange.observed, rng)
        step = Step(call, exchange.observed.value, " ".join(judging))
    return CraTurn(
        exchange.user.utterance,
        " ".join([*reading, *deciding]),
        step,
        exchange.system.utterance,
        exchange.service.name,
    )
