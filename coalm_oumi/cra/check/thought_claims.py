"""What a thought says that the user or the results do not show.

In: the user's ``Okay, can you play me a movie now?`` and the thought ``The user thanks
me.`` Out: the thought says that the user gives thanks, and the words show none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.user_acts import Cue, shows

_USER = (
    r"(?P<cond>\b(?:if|once|until|till|whether|when|after|before|unless|let|lets|that) )?"
    r"\b(?:the|this|my) user (?:(?:now|also|just|clearly|then|has|already|and) )*"
)
_BEGIN = r"(?:^|(?<=[;:] ))"


@dataclass(frozen=True)
class _Claim:
    """What thoughts say of the user, and which words would show it."""

    what: str
    words: re.Pattern[str]
    cues: frozenset[Cue]


_CLAIMS = (
    _Claim(
        "gives thanks",
        re.compile(
            rf"{_USER}(?:thanks\b|thanked|(?:is|seems) (?:thankful|grateful)|says? thank"
            r"|express\w* (?:\w+ )?(?:thanks|gratitude|appreciation)"
            r"|takes leave with thanks)"
            r"|\b(?:i am|i'm) (?:being )?thanked\b"
            rf"|{_BEGIN}(?:a word of thanks|(?:some )?thanks(?! to\b)|gratitude|a thank you"
            r"|thank you and farewell)\b"
        ),
        frozenset((Cue.THANKS,)),
    ),
    _Claim(
        "agrees",
        re.compile(
            rf"{_USER}(?:confirms\b|confirmed\b|agrees\b|agreed\b|approves\b|approved\b"
            r"|accepts\b|accepted\b|consents\b|consented\b|says? yes\b|said yes\b)"
            r"|\bi (?:have|get|got) (?:the go-ahead|a clear yes|a yes|their approval)\b"
            r"|\bthe answer is yes\b|\bthey (?:say yes|agree),"
        ),
        frozenset((Cue.AGREEMENT, Cue.THANKS)),
    ),
    _Claim(
        "refuses",
        re.compile(
            rf"{_USER}(?:declines\b|declined\b|refuses\b|refused\b|rejects\b|rejected\b"
            r"|turns? down\b|turned down\b|says? no\b|said no\b|does not confirm\b"
            r"|cancels\b|corrects me\b|change[sd] (?:their|his|her) mind\b)"
            r"|\bthe answer is (?:a )?no\b"
        ),
        frozenset((Cue.REFUSAL, Cue.OTHER, Cue.GOODBYE)),
    ),
    _Claim(
        "says goodbye",
        re.compile(
            rf"{_USER}(?:says? (?:goodbye|farewell)|said goodbye|takes leave|is leaving\b"
            r"|(?:ends|closes) the conversation)|\bi hear a (?:goodbye|farewell)\b"
            rf"|{_BEGIN}(?:this|that) is a (?:goodbye|farewell)\b"
        ),
        frozenset((Cue.GOODBYE, Cue.THANKS, Cue.REFUSAL)),
    ),
    _Claim(
        "asks something",
        re.compile(
            rf"{_USER}(?:wants to know|would like to know|inquires\b|asks (?:about|whether"
            r"|if|what|which|how|when|where|who)\b|asked (?:about|whether|if|what|how)\b"
            r"|wonders\b)|\bthere is a question about\b"
        ),
        frozenset((Cue.MATTER,)),
    ),
)
_EARLIER = re.compile(r"\b(?:already|earlier|before|previous\w*|so far|last turn)\b")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_MOST_NESTED = 20


def unshown_claims(thought: str, utterance: str) -> Iterator[tuple[str, str]]:
    """Yields what a thought says that the user does, and the user's words do not show.

    Args:
        thought: The thought before the call or the response.
        utterance: What the user has just said.

    Yields:
        What the user is said to do, and the sentence that says so.
    """
    text = thought.replace("\u2019", "'")
    reported: set[str] = set()
    for sentence in map(str.strip, _SENTENCE.findall(text)):
        lower = sentence.lower()
        # What the user did in an earlier turn is another matter.
        if _EARLIER.search(lower):
            continue
        for claim in _CLAIMS:
            match = claim.words.search(lower)
            # So is what the user is yet to do.
            if match is None or match["cond"] or claim.what in reported:
                continue
            if not shows(utterance, claim.cues):
                reported.add(claim.what)
                yield claim.what, sentence


def joined_results(thought: str, observation: JsonValue) -> Iterator[str]:
    """Yields words that give one thing the values of several results.

    "The title is Dogman, Hackers and High Life" is wrong of three films; with "or" it is
    right.

    Args:
        thought: The thought after the observation.
        observation: What the call returned.
    """
    if " is " not in thought or " and " not in thought:
        return
    for results in _lists(observation):
        for key in dict.fromkeys(key for result in results for key in result):
            values = [r[key] for r in results if isinstance(r.get(key), str) and r[key]]
            found = _run(thought, list(dict.fromkeys(values)))
            if found and not any(
                found.partition(" is ")[2] in value for value in values
            ):
                yield found
                return


def _run(thought: str, values: list[str]) -> str:
    """Returns the words `is A, B and C` of a text; empty if there are none."""
    for first in values if len(values) > 1 else ():
        start = thought.find(f" is {first}")
        end = start + len(f" is {first}")
        links: list[str] = []
        while start >= 0:
            link = next((k for k in (", ", " and ") if thought.startswith(k, end)), "")
            others = (v for v in values if thought.startswith(v, end + len(link)))
            value = max(others, key=len, default="") if link else ""
            if not value:
                break
            links.append(link)
            end += len(link) + len(value)
        if " and " in links:
            return thought[start:end]
    return ""


def _lists(value: JsonValue, depth: int = 0) -> Iterator[list[Mapping[str, JsonValue]]]:
    if depth > _MOST_NESTED:
        return
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _lists(inner, depth + 1)
    elif isinstance(value, list):
        yield [item for item in value if isinstance(item, Mapping)]
        for inner in value:
            yield from _lists(inner, depth + 1)
