"""The state-tracking half of the embedded corpus, in the layout of SNIPS.

For each intent there are two raw files, as in the 2017-06 release, and the rows are
spans of text of which some carry a slot::

    {"RateBook": [{"data": [
        {"text": "Give "},
        {"text": "The Silent Orchard", "entity": "object_name"},
        {"text": " "},
        {"text": "4", "entity": "rating_value"},
        {"text": " "},
        {"text": "points", "entity": "rating_unit"}]}, ...]}

The three files of the common split (Goo et al., 2018) hold the same utterances::

    {"dialog_id": "rb_12", "domain": "RateBook",
     "utterance": "Give The Silent Orchard 4 points",
     "slot_values": {"object_name": "The Silent Orchard", "rating_value": "4", ...}}

What belongs where: the split's `train` is the raw training files; the raw validation
files hold, per intent, the split's `valid` (half as many rows as `test`) and then its
`test`. The number in `dialog_id` counts an intent's raw rows, training file first.
(The real split takes its test rows out of the raw training files; here nothing that is
tested stands in any training file, save the `LEAKED` utterances.)

The real files' habits are kept: PlayMusic's training file is latin-1 and the others are
UTF-8, some utterances begin or end in white space, a few repeat a slot, and a few test
utterances also stand in train, so that a check for leakage has something to find.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.corpus.generator.grammar import Grammar
from tests.corpus.generator.utterances import KINDS, PATTERNS, REPEATING, VALUE_WORDS
from tests.corpus.generator.words import WORDS

INTENTS = tuple(PATTERNS)
"""The seven intents, in alphabetical order."""

LEAKED = ("AddToPlaylist", "GetWeather", "RateBook")
"""The intents that have one test utterance which also stands in train."""

RAW_FOLDER = "snips/2017-06-custom-intent-engines"
SPLIT_FOLDER = "snips/slotgated/snips"

_PREFIXES = {
    "AddToPlaylist": "ap",
    "BookRestaurant": "br",
    "GetWeather": "gw",
    "PlayMusic": "pm",
    "RateBook": "rb",
    "SearchCreativeWork": "sc",
    "SearchScreeningEvent": "ss",
}
_QUESTION = re.compile(
    r"(any|are|at which|can|do|does|have|how|is|should|what|what's|when|where|which"
    r"|will|would)\b"
)
_SLOT = re.compile(r"\{(\w+)(?:=(\w+))?\}")
_ARTICLE = re.compile(r"\b([Aa])\(n\) (\w)")
_REPEAT_EVERY = 100


@dataclass(frozen=True)
class Span:
    """A piece of an utterance; `slot` is None for text that fills no slot."""

    text: str
    slot: str | None = None


@dataclass(frozen=True)
class Utterance:
    """An utterance as its spans, in reading order."""

    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """The whole utterance, white space at its ends included."""
        return "".join(span.text for span in self.spans)

    @property
    def slot_values(self) -> dict[str, str]:
        """Slot to value; of a repeated slot the last value, as in the real split."""
        return {span.slot: span.text for span in self.spans if span.slot}

    def raw(self) -> dict[str, list[dict[str, str]]]:
        """The utterance as a row of a raw file."""
        return {
            "data": [
                {"text": span.text, "entity": span.slot}
                if span.slot
                else {"text": span.text}
                for span in self.spans
            ]
        }


@dataclass(frozen=True)
class IntentRows:
    """One intent's utterances by the split that they belong to."""

    train: tuple[Utterance, ...]
    valid: tuple[Utterance, ...]
    test: tuple[Utterance, ...]


def snips_files(
    seed: int, train_per_intent: int, test_per_intent: int
) -> dict[str, bytes]:
    """Returns the SNIPS-like files by their path below the data folder.

    Args:
        seed: Fixes every byte.
        train_per_intent: Utterances of each intent in the training files.
        test_per_intent: Utterances of each intent in the split's test file; its
            validation file has half as many.
    """
    rows = {
        intent: intent_rows(intent, seed, train_per_intent, test_per_intent)
        for intent in INTENTS
    }
    files: dict[str, bytes] = {}
    for intent, parts in rows.items():
        folder = f"{RAW_FOLDER}/{intent}"
        encoding = "latin-1" if intent == "PlayMusic" else "utf-8"
        train = _raw_text(intent, parts.train)
        held_out = _raw_text(intent, parts.valid + parts.test)
        files[f"{folder}/train_{intent}_full.json"] = train.encode(encoding)
        files[f"{folder}/validate_{intent}.json"] = held_out.encode("utf-8")
    for name, entries in _split(rows, seed).items():
        text = json.dumps(entries, indent=4)
        files[f"{SPLIT_FOLDER}/{name}.json"] = text.encode("ascii")
    return files


def intent_rows(intent: str, seed: int, train: int, test: int) -> IntentRows:
    """Returns one intent's utterances.

    Args:
        intent: One of `INTENTS`.
        seed: Fixes them, together with the intent's name.
        train: How many to write for training.
        test: How many to write for testing; half as many more are for validation.
    """
    rng = random.Random(f"{seed} {intent}")  # noqa: S311
    seen = _utterances(intent, Grammar({**WORDS, **VALUE_WORDS}), rng)
    train_rows = tuple(next(seen) for _ in range(train))
    known = {_folded(utterance) for utterance in train_rows}
    unseen = _utterances(
        intent, Grammar({**WORDS, **VALUE_WORDS}, held_out=True), rng, repeating=False
    )
    fresh: list[Utterance] = []
    while len(fresh) < test + test // 2:
        utterance = next(unseen)
        if _folded(utterance) not in known:
            known.add(_folded(utterance))
            fresh.append(utterance)
    valid_rows, test_rows = fresh[: test // 2], fresh[test // 2 :]
    if intent in LEAKED and train_rows and test_rows:
        test_rows[rng.randrange(test)] = train_rows[rng.randrange(train)]
    return IntentRows(train_rows, tuple(valid_rows), tuple(test_rows))


def _utterances(
    intent: str, grammar: Grammar, rng: random.Random, repeating: bool = True
) -> Iterator[Utterance]:
    """Yields utterances without end, every pattern as often as the others."""
    made = 0
    while True:
        patterns = list(PATTERNS[intent])
        rng.shuffle(patterns)
        for pattern in patterns:
            made += 1
            if repeating and made % _REPEAT_EVERY == 0:
                yield _utterance(rng.choice(REPEATING[intent]), grammar, rng)
            else:
                yield _utterance(pattern, grammar, rng)


def _utterance(pattern: str, grammar: Grammar, rng: random.Random) -> Utterance:
    """Makes an utterance of `pattern`, its letters' case and punctuation included."""
    pattern = grammar.expand(pattern, rng)
    spans: list[Span] = []
    end = 0
    for slot in _SLOT.finditer(pattern):
        kind = slot[2] or KINDS.get(slot[1], slot[1])
        spans.append(Span(pattern[end : slot.start()]))
        value = Span(grammar.expand(f"<{kind}>", rng), slot[1])
        while value in spans:
            value = Span(grammar.expand(f"<{kind}>", rng), slot[1])
        spans.append(value)
        end = slot.end()
    spans.append(Span(pattern[end:]))
    spans = [span for span in _in_agreement(spans) if span.text]
    return Utterance(tuple(_dressed(spans, rng)))


def _in_agreement(spans: list[Span]) -> Iterator[Span]:
    """Yields the spans with articles settled, and "1 stars" as "1 star"."""
    for place, span in enumerate(spans):
        following = "".join(later.text for later in spans[place + 1 :])[:1]
        text = _ARTICLE.sub(_article, span.text + following)
        text = text.removesuffix(following)
        before = [earlier.text for earlier in spans[max(place - 2, 0) : place]]
        if span.slot == "rating_unit" and before in (["1", " "], ["one", " "]):
            text = text.removesuffix("s")
        yield Span(text, span.slot)


def _article(match: re.Match[str]) -> str:
    """The article for the letter that stands after it."""
    return match[1] + ("n " if match[2].lower() in "aeiou" else " ") + match[2]


def _dressed(spans: list[Span], rng: random.Random) -> list[Span]:
    """Writes the spans as hurried people do: capitals, full stops, stray blanks."""
    question = _QUESTION.match("".join(span.text for span in spans))
    style = rng.random()
    if style < 0.12:
        spans = [Span(span.text.lower(), span.slot) for span in spans]
    elif style < 0.7:
        first = spans[0]
        spans[0] = Span(first.text[0].upper() + first.text[1:], first.slot)
    tail = ""
    if rng.random() < 0.25:
        tail = "?" if question else "."
    blank = rng.random()
    if blank < 0.05:
        tail += " "
    elif blank < 0.06:
        tail += "\n"
    elif blank < 0.07:
        spans = [Span(" "), *spans]
    return [*spans, Span(tail)] if tail else spans


def _folded(utterance: Utterance) -> str:
    """The text by which two utterances count as the same."""
    return utterance.text.strip().rstrip("?.").casefold()


def _raw_text(intent: str, utterances: tuple[Utterance, ...]) -> str:
    """A raw file's text; RateBook's is written in one line, as upstream has it."""
    content = {intent: [utterance.raw() for utterance in utterances]}
    indent = None if intent == "RateBook" else 2
    return json.dumps(content, ensure_ascii=False, indent=indent)


def _split(
    rows: dict[str, IntentRows], seed: int
) -> dict[str, list[dict[str, object]]]:
    """Returns the split's files' content; train and test are shuffled over intents."""
    split: dict[str, list[dict[str, object]]] = {"train": [], "valid": [], "test": []}
    for intent, parts in rows.items():
        number = 0
        for name, utterances in vars(parts).items():
            for utterance in utterances:
                entry = {
                    "dialog_id": f"{_PREFIXES[intent]}_{number}",
                    "domain": intent,
                    "utterance": utterance.text,
                    "slot_values": utterance.slot_values,
                }
                split[name].append(entry)
                number += 1
    for name in ("train", "test"):
        random.Random(f"{seed} {name}").shuffle(split[name])  # noqa: S311
    return split
