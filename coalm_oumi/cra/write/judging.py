"""The second thought: what the observation says, and what to tell the user."""

from __future__ import annotations

import random

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.functions import typed_argument
from coalm_oumi.cra.write.deciding import known_facts
from coalm_oumi.cra.write.exchange import Exchange, offered_thing
from coalm_oumi.cra.write.observation import Observed
from coalm_oumi.cra.write.phrases import enumeration
from coalm_oumi.cra.write.slot_words import fact, goals, is_name, slot_of
from coalm_oumi.cra.write.wordings import say

_NOUNS = ("results", "options", "matches", "entries")


def judge_observation(
    exchange: Exchange, call: FunctionCall, observed: Observed, rng: random.Random
) -> list[str]:
    """Words what the observation says and what follows for the response.

    Args:
        exchange: An exchange whose SYSTEM turn has a call.
        call: The call.
        observed: Its observation.
        rng: Source of the draws.
    """
    transaction = exchange.intent is not None and exchange.intent.is_transactional
    if "NOTIFY_FAILURE" in exchange.system_acts:
        return _failure(exchange, call, observed, rng)
    if transaction:
        return _success(exchange, call, observed, rng)
    return _found(exchange, call, observed, rng)


def _found(
    exchange: Exchange, call: FunctionCall, observed: Observed, rng: random.Random
) -> list[str]:
    offers = exchange.acts("OFFER") + exchange.acts("INFORM")
    facts = enumeration(known_facts(exchange, offers))
    if not facts:
        return [say("tell", rng)]
    thing = offered_thing(offers, exchange.frame.call)
    other = _differing(exchange, call, observed)
    named = any(is_name(act.slot) for act in offers)
    if observed.count == 1 and not (thing and named):
        sentences = [say("found_data", rng, facts=facts), say("tell", rng)]
    elif observed.count == 1:
        sentences = [say("found_one", rng, facts=facts)]
        if not other:
            sentences.append(say("offer", rng))
    else:
        count = f"{observed.count} {rng.choice(_NOUNS)}"
        several = any(len(act.canonical_values) > 1 for act in offers)
        kind = "found_several" if several else "found_many"
        sentences = [say(kind, rng, count=count, facts=facts)]
        if rng.random() < 0.6 and not other:
            sentences.append(say("offer", rng))
    if other:
        sentences.append(say("differing", rng, facts=other))
    if "INFORM_COUNT" in exchange.system_acts and rng.random() < 0.4:
        sentences.append(say("offer_count", rng))
    return sentences


def _success(
    exchange: Exchange, call: FunctionCall, observed: Observed, rng: random.Random
) -> list[str]:
    goal = _goal(exchange, rng)
    sentences = [say("accepted" if exchange.own else "success", rng, goal=goal)]
    other = _differing(exchange, call, observed)
    if other:
        sentences.append(say("differing", rng, facts=other))
    facts = known_facts(exchange, exchange.acts("INFORM"))
    if facts:
        kind = "told_too" if exchange.own else "answer_too"
        sentences.append(say(kind, rng, facts=enumeration(facts)))
    if not facts or rng.random() < 0.5:
        sentences.append(say("success_tell", rng))
    return sentences


def _failure(
    exchange: Exchange,
    call: FunctionCall,
    observed: Observed,
    rng: random.Random,
) -> list[str]:
    transaction = exchange.intent is not None and exchange.intent.is_transactional
    kind = "failed" if transaction else "empty"
    if exchange.own and (transaction or observed.count):
        kind = "refused"
    sentences = [say(kind, rng, goal=_goal(exchange, rng))]
    other = _differing(exchange, call, observed)
    if other:
        sentences.append(say("failed_other", rng, facts=other))
    facts = known_facts(exchange, exchange.acts("INFORM"))
    if facts:
        kind = "told_too" if exchange.own else "answer_too"
        sentences.append(say(kind, rng, facts=enumeration(facts)))
    offers = "OFFER" in exchange.system_acts
    sentences.append(say("failed_offer" if offers else "failed_tell", rng))
    return sentences


def _goal(exchange: Exchange, rng: random.Random) -> str:
    return rng.choice(goals(exchange.intent)) if exchange.intent else "go on"


def _differing(exchange: Exchange, call: FunctionCall, observed: Observed) -> str:
    """Words the values in which the first result is not what the call asked for."""
    clauses = []
    for name, wanted in call.arguments.items():
        found = observed.results[0].get(name) if observed.results else None
        if (
            found is not None
            and typed_argument(found, name, exchange.service) != wanted
        ):
            clauses.append(
                f"{fact(slot_of(exchange.service, name), found)} instead of {wanted}"
            )
    return enumeration(clauses)
