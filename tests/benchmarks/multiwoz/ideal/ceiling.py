"""What the protocols give to an agent that knows the gold, and to one that is silent.

    python -m tests.benchmarks.multiwoz.ideal.ceiling [--data FOLDER] [--limit N]

Prints Inform, Success, joint goal accuracy and the goals met, and for the dialogues of
`gold_history` in which the oracle does not succeed, why not. A model's score is to be read
between the two.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.multiwoz.protocols.dst_prompt import dst_prompt, state_prompt
from coalm_oumi.benchmarks.multiwoz.protocols.gold_history import (
    assembled,
    gold_history,
)
from coalm_oumi.benchmarks.multiwoz.protocols.prompt import system_prompt
from coalm_oumi.benchmarks.multiwoz.protocols.simulated_user import simulated_user
from coalm_oumi.benchmarks.multiwoz.scorer.judge import JudgedDialogue, judge
from coalm_oumi.benchmarks.multiwoz.scorer.success import TOTAL
from coalm_oumi.environments.multiwoz.data.load import MultiwozData, load_multiwoz
from coalm_oumi.environments.multiwoz.predicted_turn import (
    PredictedTurn,
    predicted_turn,
)
from coalm_oumi.environments.multiwoz.users.delexicalise import Delexicaliser
from coalm_oumi.environments.multiwoz.users.goal_user import GoalUser
from coalm_oumi.evaluation.conductor import Reply, StartDialogue
from tests.benchmarks.multiwoz.ideal.oracle import Oracle

Held = Mapping[str, tuple[PredictedTurn, ...] | None]


def held(
    data: MultiwozData, ids: Sequence[str], protocol: str, *, silent: bool = False
) -> Held:
    """Returns the turns of an agent in a protocol, by dialogue.

    Args:
        data: The benchmark's data.
        ids: The test dialogues to hold.
        protocol: `gold_history`, `simulated_user` (with the rule-based user) or
            `dst_prompt`.
        silent: Whether the agent says nothing; else it knows the gold.
    """
    chosen = [data.dialogues[key] for key in ids]
    start: Mapping[str, StartDialogue]
    if protocol == "gold_history":
        start = gold_history(chosen, data.databases, system_prompt(), 0)
    elif protocol == "dst_prompt":
        start = dst_prompt(chosen, state_prompt())
    else:
        user = partial(GoalUser, delexicalise=Delexicaliser(data.databases))
        start = simulated_user(chosen, data.databases, system_prompt(), user=user)
    oracle = Oracle(data)
    ends: dict[str, Any] = {}
    for key, begin in start.items():
        dialogue = begin()
        try:
            request = next(dialogue)
            while True:
                said = "Response:" if silent else oracle.reply(key, request.messages)
                request = dialogue.send(Reply(said))
        except StopIteration as end:
            ends[key] = end.value
    stored = ends if protocol == "simulated_user" else assembled(ends)
    return {key: tuple(map(predicted_turn, turns)) for key, turns in stored.items()}


def measured(data: MultiwozData, turns: Held) -> dict[str, float]:
    """Returns rates in per cent, without intervals, and the number of dialogues.

    Args:
        data: The benchmark's data.
        turns: What `held` returns.
    """
    judged = judge(data, turns)
    tracked = [turn.strict.joint() for item in judged for turn in item.tracking]
    found: dict[str, float] = {"dialogues": len(judged)}
    if not any(item.only_state for item in judged):
        outcomes = [item.outcome for item in judged if item.outcome is not None]
        found["inform"] = _rate([outcome.informed for outcome in outcomes])
        found["success"] = _rate([outcome.succeeded for outcome in outcomes])
    if tracked:
        found["jga_strict"] = _rate(tracked)
    if any(item.booked is not None for item in judged):
        found["goal_met"] = _rate([item.goal_met for item in judged])
    return found


def _rate(flags: Sequence[bool]) -> float:
    return round(100 * sum(flags) / max(len(flags), 1), 1)


def causes(data: MultiwozData, turns: Held) -> dict[str, list[str]]:
    """Returns why dialogues do not succeed though the agent knows the gold.

    Args:
        data: The benchmark's data.
        turns: What `held` returns.

    Returns:
        The dialogues by cause, the most frequent cause first.
    """
    found: dict[str, list[str]] = {}
    for item in judge(data, turns):
        if item.outcome is None or item.outcome.succeeded:
            continue
        for cause in _causes(data, item):
            found.setdefault(cause, []).append(item.dialogue.id)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def _causes(data: MultiwozData, item: JudgedDialogue) -> set[str]:
    outcome, dialogue = item.outcome, item.dialogue
    if outcome is None:
        return set()
    wrong = [d for d, right in outcome.inform.items() if not right and d != TOTAL]
    return {_why_no_offer(data, item, domain) for domain in wrong} or {
        _why_not_given(item, domain, name)
        for domain, names in outcome.missing.items()
        for name in names
        if dialogue.goal.get(domain)
    }


def _why_no_offer(data: MultiwozData, item: JudgedDialogue, domain: str) -> str:
    goal = data.goals[item.dialogue.id][domain]
    wanted = data.venues.matching(domain, goal.informable)
    states = [turn.state.get(domain) for turn in item.scored]
    if not any(domain in turn.active_domains for turn in item.scored):
        return f"{domain}: by the guess of domains no turn is about it"
    last = next((state for state in reversed(states) if state is not None), None)
    if last is None:
        return f"{domain}: the gold state never has it"
    matching = data.venues.matching(domain, last)
    if not matching:
        return f"{domain}: nothing fits the gold state"
    if not matching <= wanted:
        wrong = sorted(
            slot
            for slot, value in goal.informable.items()
            if not data.venues.matching(domain, {slot: last.get(slot, "dontcare")})
            <= data.venues.matching(domain, {slot: value})
        )
        return f"{domain}: the gold state is not the goal's ({', '.join(wrong)})"
    return f"{domain}: an earlier offer counts, the last one only widens it"


def _why_not_given(item: JudgedDialogue, domain: str, name: str) -> str:
    if name == "REFERENCE" and not any(domain in t.booked for t in item.dialogue.turns):
        return f"{domain}: the test's dialogue books nothing, so no reference counts"
    if not any(domain in turn.active_domains for turn in item.scored):
        return f"{domain}: by the guess of domains no turn is about it"
    if any(name in turn.response for turn in item.scored):
        return f"{domain}: {name} is given in turns that count as another domain's"
    return f"{domain}: the entry has no {name}"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="instead of the source's own place")
    parser.add_argument("--limit", type=int, help="the first dialogues only")
    given = parser.parse_args()
    data = load_multiwoz(data=given.data, on_missing="error")
    ids = data.test_ids[: given.limit]
    for silent in (False, True):
        for protocol in ("gold_history", "simulated_user", "dst_prompt"):
            turns = held(data, ids, protocol, silent=silent)
            rates = measured(data, turns)
            told = ", ".join(f"{name} {rate:g}" for name, rate in rates.items())
            print(f"{'silent' if silent else 'oracle'}, {protocol}: {told}")
            if not silent and protocol == "gold_history":
                _print_causes(causes(data, turns))


def _print_causes(found: Mapping[str, Sequence[str]]) -> None:
    counts = Counter({cause: len(ids) for cause, ids in found.items()})
    for cause, count in counts.most_common():
        print(f"  {count:3}  {cause}; such as {', '.join(found[cause][:3])}")


if __name__ == "__main__":
    main()
