"""The first half of a thought: what the user has just done, in a sentence or two."""

from __future__ import annotations

import random

from coalm_oumi.cra.user_acts import Cue, shows
from coalm_oumi.cra.write.exchange import Exchange, UserAct
from coalm_oumi.cra.write.phrases import enumeration
from coalm_oumi.cra.write.slot_words import goals, question, slot_of, wish
from coalm_oumi.cra.write.wordings import say

_MOST_DETAILS = 4


def read_user(exchange: Exchange, rng: random.Random) -> list[str]:
    """Words what the user did, from the dialogue acts of the turn.

    Args:
        exchange: The exchange; only what the user said and what came before is used.
        rng: Source of the draws.

    Returns:
        One to three sentences.
    """
    acts = exchange.user_acts
    sentences = [*_stance(exchange, acts, rng)]
    wanted = [a for a in exchange.acts_by_user if a.act.act == "INFORM_INTENT"]
    details = [a for a in exchange.acts_by_user if a.act.act == "INFORM"]
    if wanted:
        intent = wanted[0].service.intent.get(wanted[0].act.value)
        first = not exchange.history.acts
        if intent is not None:
            kind = "intent" if first else "next_intent"
            sentences.append(say(kind, rng, goal=rng.choice(goals(intent))))
    if details:
        answers = any(a.act.slot in exchange.history.requested for a in details)
        kind = "details" if wanted else "answer" if answers else "informs"
        sentences.append(say(kind, rng, details=_details(details)))
    questions = [a for a in exchange.acts_by_user if a.act.act == "REQUEST"]
    if questions and "REQUEST" in acts:
        asked = enumeration([_question(a) for a in questions])
        thing = exchange.history.thing.get(questions[0].service.name, "what was found")
        if exchange.own and thing.lower() not in exchange.user.utterance.lower():
            thing = "what was found"
        sentences.append(say("request", rng, asked=asked, thing=thing))
    if (
        not sentences
        and exchange.acts_by_user
        and shows(exchange.user.utterance, (Cue.AGREEMENT,))
    ):
        # "Great!" praises what was found, whatever act it is annotated as.
        return [say("select_none", rng)]
    return sentences or [say("spoken", rng)]


def _stance(exchange: Exchange, acts: frozenset[str], rng: random.Random) -> list[str]:
    """Words agreement, refusal, choice, thanks and goodbye."""
    found = []
    before = exchange.history.acts
    bye, thanks = "GOODBYE" in acts, "THANK_YOU" in acts
    thing = _thing(exchange)
    if "SELECT" in acts:
        kind = "select" if thing else "select_none"
        found.append(say(kind, rng, thing=thing or ""))
    if "REQUEST_ALTS" in acts:
        found.append(say("alternatives", rng, thing=thing or "what I offered"))
    offered = exchange.history.offered_intent
    for act, kind in (("AFFIRM_INTENT", "affirm_intent"), ("NEGATE_INTENT", None)):
        if act in acts and offered is not None:
            goal = rng.choice(goals(offered))
            found.append(say(kind or "negate_intent", rng, goal=goal))
    if "AFFIRM" in acts:
        found.append(say("affirm" if "CONFIRM" in before else "affirm_offer", rng))
    if "NEGATE" in acts:
        if "REQ_MORE" in before:
            found.append(say("no_more", rng))
        else:
            found.append(say("correct" if "CONFIRM" in before else "negate", rng))
    if bye:
        found.append(say("thanks_bye" if thanks else "bye", rng))
    elif thanks and not ("NEGATE" in acts and rng.random() < 0.5):
        found.append(say("thanks", rng))
    return found


def _thing(exchange: Exchange) -> str | None:
    """Returns what the user chooses or turns down: something offered before."""
    for user_act in exchange.acts_by_user:
        if user_act.act.act in ("SELECT", "REQUEST_ALTS"):
            return exchange.history.thing.get(user_act.service.name)
    return None


def _details(details: list[UserAct]) -> str:
    """Words what the user states; a wish that is long is cut to its first parts."""
    clauses = [
        wish(slot_of(a.service, a.act.slot), _stated(a))
        for a in details[:_MOST_DETAILS]
        if a.act.canonical_values
    ]
    return enumeration(clauses)


def _stated(user_act: UserAct) -> str:
    """Returns a value in the user's words; `True` and the like stay as they are."""
    value = user_act.act.value
    return value if value in ("True", "False", "dontcare") else user_act.act.wording


def _question(user_act: UserAct) -> str:
    slot = slot_of(user_act.service, user_act.act.slot)
    if user_act.act.wording and user_act.act.value not in ("True", "False"):
        return f"whether the {slot.name.replace('_', ' ')} is {user_act.act.wording}"
    return question(slot)
