r"""The labelled lines of a dialogue as a model writes it.

In::

    **Thought 1:** I look it up.
    API Name: `FindFerry`
    API Input: {"port":
                "Hull"}

Out: `Field(Label.THOUGHT, "I look it up.")`, `Field(Label.NAME, "`FindFerry`")`,
`Field(Label.INPUT, '{"port":\n"Hull"}')`, and what was passed over on the way: markers
of emphasis, code fences, headings, remarks before and after the dialogue.

The labels of Table 6 and of Figures 6 and 7 are known, with the variants that models
write. Every pattern is bounded: the time grows with the length of the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Label(Enum):
    """What a line of a dialogue is."""

    USER = "User"
    THOUGHT = "Thought"
    NAME = "API Name"
    INPUT = "API Input"
    ACTION = "Action"
    RESULT = "API Result"
    SYSTEM = "System"


@dataclass(frozen=True)
class Field:
    """A labelled passage: a line, with the lines that continue it.

    Attributes:
        label: What it is.
        text: Its text without the label; line breaks are kept.
    """

    label: Label
    text: str


@dataclass(frozen=True)
class Passed:
    """Something that was passed over or mended while lines were read.

    Attributes:
        rule: What, in a few words.
        fields: How many fields stood before it.
        text: The words concerned.
    """

    rule: str
    fields: int
    text: str


_LABELS = {
    "user input": Label.USER,
    "user": Label.USER,
    "human": Label.USER,
    "customer": Label.USER,
    "thoughts": Label.THOUGHT,
    "thought": Label.THOUGHT,
    "api call name": Label.NAME,
    "api name": Label.NAME,
    "api call": Label.NAME,
    "function name": Label.NAME,
    "tool name": Label.NAME,
    "api": Label.NAME,
    "api input arguments": Label.INPUT,
    "api input parameters": Label.INPUT,
    "api arguments": Label.INPUT,
    "api inputs": Label.INPUT,
    "api input": Label.INPUT,
    "action input": Label.INPUT,
    "action": Label.ACTION,
    "api results": Label.RESULT,
    "api result": Label.RESULT,
    "api response": Label.RESULT,
    "api output": Label.RESULT,
    "observation": Label.RESULT,
    "system response": Label.SYSTEM,
    "system": Label.SYSTEM,
    "assistant": Label.SYSTEM,
    "agent": Label.SYSTEM,
}
_PAPER = ("User", "Thought", "API Name", "API Input", "API Result", "System")
_PLAIN = frozenset(word.lower() for word in (*_PAPER, "Action", "Observation"))
_MARKS = " \t*_#>`-\u2022\u2013\u2014"
_NUMBERED = re.compile(r"\d{1,3}[.)][ \t]{1,4}")
_WORDS = "|".join(sorted((re.escape(w) for w in _LABELS), key=len, reverse=True))
_LABEL = re.compile(
    rf"({_WORDS})([ _#]?\d{{1,2}})?[ \t*_`]{{0,6}}(?:\([^()\n]{{0,30}}\))?[ \t*_`]{{0,6}}"
    "[:\uff1a][ \t*_`]{0,6}",
    # Beyond ASCII, "case" would take a long s for an s, which no label is spelled with.
    re.IGNORECASE | re.ASCII,
)
# A label inside a line, where a model has put several on one.
_INSIDE = re.compile(
    r"(?<=\s)(?:\*\*)?(Thought ?[12]?|API (?:Name|Input|Result)|System|User)(?:\*\*)?:"
)
_BEFORE = {
    Label.THOUGHT: (Label.USER, Label.RESULT),
    Label.SYSTEM: (Label.THOUGHT,),
    Label.USER: (Label.SYSTEM,),
}
_FENCE = re.compile(r"\s{0,8}(?:```|~~~)[\w+-]{0,20}\s*")
_RULE = re.compile(r"\s{0,8}[-=*_#]{3,}\s*")
_HEADING = re.compile(
    r"\s{0,8}[#*_ ]{0,8}(?:turn|dialogue|conversation|example|output)"
    r"(?: format)?[ #]{0,2}\d{0,4}[*_ :.]{0,8}",
    re.IGNORECASE | re.ASCII,
)
_ITEM = re.compile(r"\s{0,8}(?:[-*•]|\d{1,3}[.)])\s")

FENCE = "code fence taken off"
MARKS = "emphasis taken off"
HEADING = "heading passed over"
REMARK = "remark outside the dialogue passed over"
VARIANT = "label in another wording"
INSIDE = "several labels on one line"


def split_fields(text: str) -> tuple[list[Field], list[Passed]]:
    """Takes a text apart into its labelled fields.

    Args:
        text: The text, its lines ending in a line feed.

    Returns:
        The fields in order, and what was passed over or mended.
    """
    reader = _Reader([], [], [])
    for line in text.split("\n"):
        reader.take(line)
    reader.close()
    return reader.fields, reader.passed


@dataclass
class _Reader:
    fields: list[Field]
    passed: list[Passed]
    lines: list[str]
    label: Label | None = None
    gap: bool = False
    open: int = 0  # brackets of a call or result that are not closed yet

    def take(self, line: str) -> None:
        if _FENCE.fullmatch(line):
            self.note(FENCE, line)
            self.gap = True
        elif not line.strip():
            self.gap = True
        elif (found := self.labelled(line)) is not None:
            for label, text in self.parts(*found):
                self.close()
                self.label, self.lines, self.gap, self.open = label, [], False, 0
                self.add(text)
        elif _RULE.fullmatch(line) or _HEADING.fullmatch(line):
            self.note(HEADING, line)
        elif self.continues(line):
            self.add(line)
            self.gap = False
        else:
            self.note(REMARK, line)

    def add(self, text: str) -> None:
        self.lines.append(text)
        if self.label in (Label.INPUT, Label.RESULT, Label.ACTION):
            self.open += sum(map(text.count, "([{")) - sum(map(text.count, ")]}"))

    def continues(self, line: str) -> bool:
        """Whether a line without a label belongs to the field before it."""
        if self.label is None:
            return False
        return not self.gap or self.open > 0 or _ITEM.match(line) is not None

    def close(self) -> None:
        if self.label is not None:
            self.fields.append(Field(self.label, "\n".join(self.lines).strip()))
        self.label = None

    def note(self, rule: str, text: str) -> None:
        count = len(self.fields) + (self.label is not None)
        self.passed.append(Passed(rule, count, text.strip()[:200]))

    def labelled(self, line: str) -> tuple[Label, str] | None:
        """Returns a line's label and the rest of it, if it has a label."""
        start = line.lstrip(_MARKS)
        number = _NUMBERED.match(start)
        if number:
            start = start[number.end() :].lstrip(_MARKS)
        found = _LABEL.match(start)
        if not found:
            return None
        name = found[1].lower()
        rest = start[found.end() :]
        before = line[: len(line) - len(start)]
        if any(sign in before + found[0] for sign in ("*", "_", "`", "#", ">")):
            # The marks that close what a mark has opened.
            if rest.count("**") % 2:
                rest = rest.rstrip().removesuffix("**")
            self.note(MARKS, line)
        if name not in _PLAIN:
            self.note(VARIANT, found[1])
        return _LABELS[name], rest

    def parts(self, label: Label, text: str) -> Iterator[tuple[Label, str]]:
        """Yields the fields of one line, which are several where labels stand in it."""
        start = 0
        for mark in _INSIDE.finditer(text):
            inner = _LABELS[mark[1].rstrip("12 ").lower()]
            # "System:" may stand in an utterance; behind a thought it is the label.
            sure = mark[1].startswith("API") or mark[1][-1] in "12"
            if not sure and label not in _BEFORE[inner]:
                continue
            if inner is Label.USER and not start:
                continue
            if start == 0:
                self.note(INSIDE, text)
            yield label, text[start : mark.start()].strip()
            label, start = inner, mark.end()
        yield label, text[start:].strip()
