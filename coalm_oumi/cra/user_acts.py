"""What the words of a user's turn show: thanks, agreement, refusal, a goodbye, a question.

In: ``Okay, can you play me a movie now?``. Out: agreement and a question; no thanks.

SGD's annotation has acts that the words do not show (`THANK_YOU` of "No, that's it.",
`AFFIRM` of "How much will it cost?"), and models think of some that nobody did. A thought
is to state those alone that are shown. The lists are wide: what is not found in them is
told in no other way either. English is read, as the prompts are English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache


class Cue(Enum):
    """What words show."""

    THANKS = "thanks"
    AGREEMENT = "agreement"
    REFUSAL = "refusal"
    GOODBYE = "goodbye"
    OTHER = "the wish for something else"
    MATTER = "something to answer or act on"


_THANKS = re.compile(
    r"\b(?:thank|than you so|thnk|thanx)|\b(?:thx|thnx|tysm|ty|tks|cheers|obliged|danke"
    r"|merci|gracias)\b|appreciat|grateful|gratitude|\b(?:been|so|very|most|really|super"
    r"|a) "
    r"(?:\w+ )?help(?:ful)?\b"
)
_YES = (
    r"yes|yes+|yeah|yep|yup|yea|yeap|ye|ya|sure|surely|ok|oks|okay|okey|okie|alright"
    r"|all right"
)
_AGREEING = re.compile(
    rf"\b(?:{_YES}|absolutely|definitely|certainly|indeed|affirmative|of course|exactly"
    r"|agreed?|correct|right|perfect\w*|great\w*|good|fine|excellent|awesome|wonderful"
    r"|fantastic|terrific|cool|nice\w*|lovely|super\w*|amazing|brilliant|beautiful|ideal"
    r"|please|go (?:ahead|with|for|on)|do (?:it|that|so|this)|proceed|confirm\w*|works?"
    r"|suits?"
    r"|sounds?|looks|permission|got it|that(?:'?s| is| was| would be| will be|'ll be) it"
    r"|(?:will|'ll|would) do|let'?s|by all means|why not|no problem|you (?:may|can|got)"
    r"|happy|pleased|satisf\w*|interest\w*|thank\w*|choose|pick|take|like|love|want|need"
    r"|book|reserve|prefer|accept|select|one|buy|watch|play|schedule|add|set|make|purchase"
    r"|enjoy|true|precisely|totally|very well|splendid|marvelous|accurate|prefect|on point"
    r"|fits?|fab|down (?:for|with)|looking for|it is then|i (?:will|do)|glad|k)\b"
)
_REFUSING = re.compile(
    r"\b(?:no|nope|nah|not|never|none|nothing|neither|nor|cancel|stop|wait|hold on"
    r"|actually|wrong|incorrect|sorry|decline|refuse|pass|skip|forget|later|maybe|possibly"
    r"|perhaps|some ?(?:other )?time|second thoughts?|first|think|dont|doesnt|cant|wont"
    r"|isnt"
    r"|ain'?t|mistake\w*|misunder\w*|supposed|should be|meant|too|make (?:it|that)|switch"
    r"|correction|without)\b|n't\b|n;t\b"
)
_OTHERWISE = re.compile(
    r"\b(?:others?|another|else|different\w*|more|instead|rather|alternativ\w*|how about"
    r"|what about|next|chang\w*|prefer\w*|but|options?|anything|something|anyone|hmm+"
    r"|prior|earlier|cheaper|better)\b"
)
_CLOSING = re.compile(
    r"\b(?:good ?bye|bye+|bye-bye|good ?(?:day|night|evening)|see (?:you|ya|u)|so long"
    r"|farewell|take care|cya|later|ciao|have an? (?:\w+ ){0,3}(?:day|one|night|evening"
    r"|weekend|time|trip|week|morning|afternoon|rest)|have fun|enjoy (?:your|the)"
    r"|(?:that|this|it)(?:'?s| is| was|'?ll be| will be| would be|'d be)? (?:about )?(?:all"
    r"|it|everything|enough|for now)|all (?:set|done|good|i (?:need|want)\w*|for (?:now"
    r"|today)|now)|(?:nothing|anything|no) (?:else|more|further|other)"
    r"|further (?:assistance"
    r"|help)|(?:i'?m|i am|we'?re|we are) (?:\w+ )?(?:good|done|set|fine|ok|okay)"
    r"|what i (?:need|want|was)\w*|done|(?:do ?n[o']?t|won'?t|not|no) (?:\w+ )?need\w*"
    r"|need nothing|be all|be it|needing you|to go now|(?:will|'ll) do it|does it"
    r"|dismissed|until next|talk to you|not (?:for )?(?:now"
    r"|today|at the moment|right now))\b"
)
_OPENING = (
    r"(?:(?:and|also|so|but|then|well|um+|uh|oh|hey|hi|now|please|first|just|ah|hmm+)\W+)*"
    r"(?:what(?! i\b)|what'?s|how(?! to\b)|how'?s|when|where|which|who|whose|why|does|did"
    r"|(?:is|are|was|were|do) (?:it|this|that|these|those|the|there|they|an?|any|my|he|she"
    r"|you|we|i|pets?|parking|wi-?fi|people)|can|could|would|will|should|shall|may"
    r"|have you|has|any"
    r"|i wonder|i'?m wondering|tell|let me know|give me|send me|show me|find out)\b"
)
_QUESTION = re.compile(_OPENING)
_YES_THEN = re.compile(rf"(?:{_YES})\b\W*\S")
_TO_ACT = re.compile(
    r"\b(?:can|could|would|will) (?:you|u|we|i)\b(?! (?:please )?(?:\w+ )?(?:tell|give"
    r"|send|"
    r"provide|check|find|look|show|let|see|know|say|help|confirm|explain"
    r"|get (?:me )?(?:the|"
    r"their|its)|have|bring|also))"
)
_INFORMATION = re.compile(
    r"\b(?:(?<!good to )(?<!great to )know|knowing|tell|number|address|phone|prices?"
    r"|costs?|pricey|costly|info\w*"
    r"|ratings?|fare|details?)\b"
)
_CLAUSES = re.compile(r"[^.!?;,]+[.!?;,]*")
_JOINED = re.compile(
    r"\b(?:but|and|also|though)\b|(?<=\w )(?=(?:what(?:'?s)?(?! i\b)|how|when|where|which"
    r"|who"
    r"|can you|could you|do they|does (?:it|the))\b)"
)
_EMPTY = re.compile(
    r"\b(?:the|that|this|it|is|was|be|will|would|to|you|u|i|i'?m|i'?ll|me|my|we|your|for|of"
    r"|very|so|much|a|an|all|really|just|too|again|now|then|have|day|lot|lots|there|with"
    r"|oh|hi|hello|wow|well|am|are|everything|help\w*|today|have|been|in|everyone|more"
    r"|by|see|not|no|nothing|don'?t|thats?|and|has|do|did|going|can)\b|\W+|'s\b"
)


def shows(utterance: str, kinds: Iterable[Cue]) -> bool:
    """Whether an utterance shows one of some kinds.

    Args:
        utterance: What the user says.
        kinds: What it may show.
    """
    return any(_shows(utterance, kind) for kind in kinds)


def supported_acts(acts: Iterable[str], utterance: str) -> frozenset[str]:
    """Returns those of a turn's annotated acts that its words show.

    Args:
        acts: The kinds of the user's acts, as SGD has them.
        utterance: What the user says.
    """
    needs = ((act, _NEEDS.get(act)) for act in acts)
    return frozenset(act for act, need in needs if not need or shows(utterance, need))


@lru_cache(maxsize=8192)
def _shows(utterance: str, kind: Cue) -> bool:
    text = utterance.replace("\u2019", "'").lower()
    if kind in _WORDS:
        return _WORDS[kind].search(text) is not None
    if kind is Cue.AGREEMENT:
        return any(_agrees(clause) for clause in _clauses(text))
    for words in (_CLOSING, _THANKS, _AGREEING, _EMPTY) if "?" not in text else ():
        text = words.sub(" ", text)
    return bool(text.strip())


_WORDS = {
    Cue.THANKS: _THANKS,
    Cue.REFUSAL: _REFUSING,
    Cue.GOODBYE: _CLOSING,
    Cue.OTHER: _OTHERWISE,
}
_NEEDS: dict[str, frozenset[Cue]] = {
    "THANK_YOU": frozenset((Cue.THANKS,)),
    "GOODBYE": frozenset((Cue.GOODBYE,)),
    "REQUEST": frozenset((Cue.MATTER,)),
    "AFFIRM": frozenset((Cue.AGREEMENT,)),
    "AFFIRM_INTENT": frozenset((Cue.AGREEMENT,)),
    "SELECT": frozenset((Cue.AGREEMENT, Cue.THANKS)),
    "NEGATE": frozenset((Cue.REFUSAL, Cue.OTHER, Cue.GOODBYE)),
    "NEGATE_INTENT": frozenset((Cue.REFUSAL, Cue.OTHER, Cue.GOODBYE)),
    "REQUEST_ALTS": frozenset((Cue.REFUSAL, Cue.OTHER)),
}
"""For each act one of which words have to show."""


def _clauses(text: str) -> Iterator[str]:
    for match in _CLAUSES.finditer(text):
        *first, last = _JOINED.split(match[0])
        yield from first
        yield last


def _agrees(clause: str) -> bool:
    """Whether a clause agrees: has such a word, and is no question.

    "Right?", "is it good?" and "I want their number" do not agree; "yes, what is the
    fare?" and "could you book it?" do.
    """
    words = clause.strip(" \"'-")
    if _TO_ACT.search(words):
        return True
    asks = "?" in words or _QUESTION.match(words) or _INFORMATION.search(words)
    if asks:
        return _YES_THEN.match(words.rstrip("?! .,;")) is not None
    return _AGREEING.search(words) is not None
