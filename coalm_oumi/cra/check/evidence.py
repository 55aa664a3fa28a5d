"""What has been said and observed so far in a dialogue."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.check.grounding_names import folded, plain
from coalm_oumi.cra.check.quantities import Quantities, number_of, quantities
from coalm_oumi.cra.check.result_keys import leaves
from coalm_oumi.sources.sgd_schema import DONTCARE

MOST_COMMON = 31
"""Numbers up to this one stand in every observation."""
_RUN_ON = re.compile(r"(?<=\w)\.+(?=[^\W\d_])")
"""A full stop with no space after it: "in San Jose.I like"."""


@dataclass
class Evidence:
    """What was said and observed so far.

    What numbers, times and dates it may mean is read only as far as `read_more` is
    called, since that takes the longest.

    Attributes:
        today: The day on which the dialogue is held; None if that is not known.
        said: All utterances so far, folded.
        asked: What the user said of it.
        settled: What the system said of it that offers no alternatives ("Thai or ...").
        seen: All texts of the observations so far, folded.
        words: Said and seen without punctuation, for names.
        wordings: How annotated values were last worded, by value in lower case.
        observed: The values that observations showed, folded, each with its keys.
        observed_numbers: Numbers in the observations, under any key.
        observed_fields: The small ones of these with key and owner (`result_keys`).
        meant: What numbers, times and dates the utterances read may mean.
        observed_meant: Times and dates in the observations read.
    """

    today: date | None = None
    said: str = ""
    asked: str = ""
    settled: str = ""
    seen: str = ""
    words: str = " "
    wordings: dict[str, str] = field(default_factory=dict)
    observed: dict[str, set[str]] = field(default_factory=dict)
    observed_numbers: set[float] = field(default_factory=set)
    observed_fields: set[tuple[float, str, str]] = field(default_factory=set)
    meant: Quantities = field(default_factory=Quantities)
    observed_meant: Quantities = field(default_factory=Quantities)
    _unread: list[str] = field(default_factory=list)
    _unread_observed: list[str] = field(default_factory=list)

    def hear(self, utterance: str, *, user: bool = False) -> None:
        """Takes in what the user or the system said.

        Args:
            utterance: The words.
            user: Whether it was the user.
        """
        text = folded(utterance)
        if user:
            self.asked += f" \n {text}"
        elif " or " not in text:
            self.settled += plain(text)
        self.said += f" \n {text}"
        self.words += plain(text)
        if "'s" in text:
            self.words += plain(text.replace("'s", ""))
        if _RUN_ON.search(text):
            self.words += plain(_RUN_ON.sub(" ", text))
        self._unread.append(text)

    def observe(self, observation: JsonValue) -> None:
        """Takes in what a call returned."""
        for key, owner, value in leaves(observation):
            text = folded(str(value))
            self.observed.setdefault(text, set()).add(key.lower())
            number = number_of(text) if not isinstance(value, bool) else None
            if number is not None:
                self.observed_numbers.add(number)
                if abs(number) <= MOST_COMMON:
                    self.observed_fields.add((number, key, owner))
            elif isinstance(value, str):
                self.seen += f" \n {text}"
                self.words += plain(text)
                self._unread_observed.append(text)

    def read_more(self) -> bool:
        """Reads the numbers, times and dates of one more text; whether there was one."""
        if self._unread:
            self.meant.add(read_quantities(self._unread.pop()))
            return True
        if self._unread_observed:
            self.observed_meant.add(read_quantities(self._unread_observed.pop()))
            return True
        return False

    def read_all(self) -> None:
        """Reads the numbers, times and dates of all that was said and observed."""
        while self.read_more():
            pass

    def copy(self) -> Evidence:
        """Returns the evidence as it is now."""
        return replace(
            self,
            wordings=dict(self.wordings),
            observed={text: set(keys) for text, keys in self.observed.items()},
            observed_numbers=set(self.observed_numbers),
            observed_fields=set(self.observed_fields),
            meant=self.meant.copy(),
            observed_meant=self.observed_meant.copy(),
            _unread=list(self._unread),
            _unread_observed=list(self._unread_observed),
        )

    def has(self, value: str, wording: str = "") -> bool:
        """Whether an annotated value was named or observed.

        Args:
            value: The value as calls and results have it (`19:00`).
            wording: As the utterance has it (`7 pm`); either will do.
        """
        text, worded = folded(value), folded(wording)
        return (
            value == DONTCARE
            or value.lower() in self.wordings
            or text in self.observed
            or text in self.said
            or bool(worded and worded in self.said)
        )

    def worded(self, value: str) -> str:
        """Returns a value as it was last worded, or as it is if nobody named it."""
        return self.wordings.get(value.lower(), value)


@lru_cache(maxsize=4096)
def read_quantities(text: str) -> Quantities:
    """Returns the numbers, times and dates that a folded text may mean."""
    return quantities(text)
