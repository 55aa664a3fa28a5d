"""Dialogues that went wrong, to be read turn by turn.

In: a case with `turns` (each with `user`, `calls`, `response`, `state`, `expected_state`
and so on, whatever of it there is). Out: a `CaseShown` with a text per turn::

    turn 2   User: A table for two, please.
             Call: book_restaurant {"name": "the blue heron", "people": 2}
               -> failed: missing_argument (a booking lacks an argument)
             Reply: It is booked.
             Gives: NAME        About: restaurant
             State: restaurant(area=east)
             Gold:  restaurant(area=east, people=2)
             Wrong: missed restaurant-people (gold 2)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from coalm_oumi.errors import DataFormatError, shorten
from coalm_oumi.evaluation.report.comparability import badge_of
from coalm_oumi.evaluation.report.document import CaseShown, Section
from coalm_oumi.evaluation.report.stored import StoredResult
from coalm_oumi.evaluation.results import RESULTS_FILE

_SHOWN = 40


def dialogue_section(result: StoredResult) -> Section | None:
    """Returns the failed dialogues of a result; None if no case has turns.

    Those of each kind of failure take turns, so that none hides the others.

    Args:
        result: A stored result.
    """
    failed = [case for case in result.cases if _turns(case)]
    if not failed:
        return None
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for case in failed:
        kinds.setdefault(str(case.get("error")).partition(":")[0], []).append(case)
    longest = max(map(len, kinds.values()))
    chosen = [
        cases[place]
        for place in range(longest)
        for cases in kinds.values()
        if place < len(cases)
    ][:_SHOWN]
    counts = ", ".join(f"{name} ({len(cases)})" for name, cases in kinds.items())
    told = (
        f"{len(chosen)} of {len(failed)} dialogues that went wrong: {counts}. Gold is "
        "what the test's annotation says; gives is what the scorer found in a reply.",
    )
    return Section(
        f"{result.task}: dialogues of {result.label} that went wrong",
        told,
        cases=tuple(map(shown_dialogue, chosen)),
        badge=badge_of([result]),
    )


def shown_dialogue(case: Mapping[str, Any]) -> CaseShown:
    """Returns a case with turns as it is shown.

    Args:
        case: The case.

    Raises:
        DataFormatError: Its turns have another form than scoring writes.
    """
    try:
        return _shown_dialogue(case)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataFormatError(
            f"the case '{shorten(case.get('id'), 40)}' of a {RESULTS_FILE} has another "
            "form than scoring writes. Score the predictions again with `coalm score`.",
            field="turns",
        ) from error


def _shown_dialogue(case: Mapping[str, Any]) -> CaseShown:
    errors = case.get("state_errors")
    by_turn = {
        error.get("turn"): error
        for error in (errors if isinstance(errors, list) else ())
        if isinstance(error, dict)
    }
    turns = tuple(
        (f"turn {number + 1}", "\n".join(_lines(turn, by_turn.get(number))))
        for number, turn in enumerate(_turns(case))
    )
    texts = (("goal", str(case.get("goal") or "-")), *_missing(case), *turns)
    return CaseShown(str(case["id"]), str(case.get("error") or ""), texts)


def _turns(case: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    turns = case.get("turns")
    if not isinstance(turns, list):
        return ()
    return [turn for turn in turns if isinstance(turn, dict)]


def _missing(case: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields what was missing, by domain."""
    for name, title in (("inform", "no fitting offer"), ("booked", "not booked")):
        found = case.get(name)
        if isinstance(found, dict):
            wrong = [d for d, right in found.items() if not right and d != "total"]
            if wrong:
                yield title, ", ".join(wrong)
    given = case.get("not_given")
    if isinstance(given, dict) and given:
        told = (f"{d}: {', '.join(map(str, names))}" for d, names in given.items())
        yield "not given", "; ".join(told)
    judge = case.get("judge")
    if isinstance(judge, dict):
        verdict = str(judge.get("verdict") or "no verdict").replace("_", " ")
        why = judge.get("explanation")
        yield "judge", f"{verdict}: {why}" if why else verdict


def _lines(turn: Mapping[str, Any], error: Mapping[str, Any] | None) -> Iterator[str]:
    yield f"User: {turn.get('user', '-')}"
    for call in turn.get("calls") or ():
        yield f"Call: {call.get('call')}\n  -> {call.get('result')}"
    for problem in turn.get("problems") or ():
        yield f"Problem: {problem}"
    if "response" in turn:
        yield f"Reply: {turn['response'] or '(none)'}"
        gives = ", ".join(turn.get("gives") or ()) or "nothing asked for"
        yield f"Gives: {gives}; about {', '.join(turn.get('about') or ()) or 'nothing'}"
    if "expected_response" in turn:
        yield f"Gold reply: {turn['expected_response']}"
    if "state" in turn:
        yield f"State: {_state(turn['state'])}"
    if "expected_state" in turn:
        yield f"Gold state: {_state(turn['expected_state'])}"
    yield from _wrong(error)


def _state(state: Any) -> str:
    if not isinstance(state, dict) or not state:
        return "(empty)"
    return "; ".join(
        f"{domain}({', '.join(f'{slot}={value}' for slot, value in slots.items())})"
        for domain, slots in state.items()
        if isinstance(slots, dict)
    )


def _wrong(error: Mapping[str, Any] | None) -> Iterator[str]:
    for kind, slots in (error or {}).items():
        if not isinstance(slots, dict):
            continue
        for slot, values in slots.items():
            gold, found = values.get("expected"), values.get("found")
            yield f"Wrong: {kind} {slot} (gold {gold or '-'}, found {found or '-'})"
