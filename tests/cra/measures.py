"""Measures of grounded CRA: how varied the thoughts are, how well all is grounded.

`CraMeasures` takes SGD dialogues one at a time, makes CRA of each, and counts; its `lines`
are the report. Of everything that can be counted over all dialogues (valid calls, supported
values) it is, also over those that are then left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.functions import FunctionCatalogue, function_call
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.cra.write.exchange import exchanges
from coalm_oumi.cra.write.grounded import ground, reported
from coalm_oumi.sample import Sample
from coalm_oumi.sources.sgd_dialogue import Dialogue
from coalm_oumi.sources.sgd_schema import ServiceSchema
from tests.cra.leaks import leaks, schema_values, slot_values

PAPER_SAMPLES = 82_236
"""CRA samples of CoALM-IT (Table 1)."""
FULL_TRAIN = 16_142
"""Dialogues of SGD's whole training part."""

_WORD = re.compile(r"\w+|[^\w\s]")
_NUMBER = re.compile(r"\d+")
_BLOCK = 1_000


def distinct(texts: Iterable[str], n: int) -> float:
    """Returns distinct-n: different runs of n words, as a share of all such runs."""
    runs: list[tuple[str, ...]] = []
    for text in texts:
        words = _WORD.findall(text.lower())
        runs.extend(zip(*(words[i:] for i in range(n)), strict=False))
    return len(set(runs)) / len(runs) if runs else 0.0


def delexicalised(texts: Iterable[str], values: Mapping[str, str]) -> Iterator[str]:
    """Yields texts with slot values replaced by slot names, and numbers by one sign.

    Args:
        texts: The texts.
        values: The slot of each value, the values in lower case.
    """
    longest = sorted((v for v in values if v.strip()), key=len, reverse=True)
    pattern = re.compile(
        rf"(?<!\w)({'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE
    )
    for text in texts:
        named = text
        if longest:
            named = pattern.sub(lambda m: f"<{values.get(m[0].lower(), '')}>", text)
        yield _NUMBER.sub("<n>", named)


@dataclass
class CraMeasures:
    """Counts over the dialogues added so far.

    Attributes:
        schemas: The services of the part.
        catalogue: The functions.
        seed: The seed of the thoughts.
        dialogues: Dialogues added.
        kept: Dialogues that became CRA.
        reasons: Those left out, by reason.
        calls: Gold calls, by whether they are valid.
        supports: Values reported by responses, by their support.
        samples: Samples, by kind.
        characters: Characters of all samples.
        leaked: Thoughts that name a value not yet known.
        misnamed: Thoughts of a turn that name another function than its action.
    """

    schemas: tuple[ServiceSchema, ...]
    catalogue: FunctionCatalogue
    seed: int = 42
    dialogues: int = 0
    kept: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    calls: Counter[bool] = field(default_factory=Counter)
    supports: Counter[str] = field(default_factory=Counter)
    samples: Counter[str] = field(default_factory=Counter)
    characters: int = 0
    leaked: list[tuple[str, int, str, str]] = field(default_factory=list)
    misnamed: list[tuple[str, int, str]] = field(default_factory=list)
    thoughts: Counter[int] = field(default_factory=Counter)
    bare_thoughts: Counter[int] = field(default_factory=Counter)
    runs: dict[int, set[int]] = field(default_factory=dict)
    run_counts: Counter[int] = field(default_factory=Counter)
    blocks: list[tuple[float, float, float]] = field(default_factory=list)
    _block: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Prepares what is looked up for each dialogue."""
        self._services = {schema.name: schema for schema in self.schemas}
        self._listed = schema_values(self.schemas)
        names = sorted(self.catalogue.names, key=len, reverse=True)
        self._function = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")

    def add(self, dialogue: Dialogue) -> list[Sample]:
        """Takes in a dialogue, and returns the samples made of it."""
        self.dialogues += 1
        for exchange in exchanges(dialogue, self._services):
            if exchange.frame.call is not None:
                call = function_call(exchange.frame.call, exchange.service)
                self.calls[self.catalogue.problem(call) is None] += 1
            self.supports.update(str(r.support) for r in reported(exchange))
        made, reason, _ = ground(
            dialogue, self._services, self.catalogue, seed=self.seed
        )
        if made is None:
            self.reasons[reason] += 1
            return []
        self.kept += 1
        self._take_thoughts(dialogue, made)
        for number, turn in enumerate(made.turns):
            if turn.step is None:
                continue
            named = set(self._function.findall(" ".join(turn.thoughts)))
            for name in sorted(named - {turn.step.call.name}):
                self.misnamed.append((made.record_id, number, name))
        found = list(cra_samples(made, self.catalogue, seed=self.seed))
        for sample in found:
            self.samples[sample.origin.transformation] += 1
            parts = (sample.instruction, sample.input, sample.output)
            self.characters += sum(map(len, parts))
        return found

    def _take_thoughts(self, dialogue: Dialogue, made: CraDialogue) -> None:
        texts = [thought for turn in made.turns for thought in turn.thoughts]
        self.thoughts.update(map(hash, texts))
        bare = delexicalised(texts, slot_values(dialogue))
        self.bare_thoughts.update(map(hash, bare))
        self.leaked.extend(
            (made.record_id, *leak) for leak in leaks(dialogue, made, self._listed)
        )
        for text in texts:
            words = _WORD.findall(text.lower())
            for n in (1, 2, 3):
                runs = zip(*(words[i:] for i in range(n)), strict=False)
                before = self.run_counts[n]
                seen = self.runs.setdefault(n, set())
                for run in runs:
                    seen.add(hash(run))
                    before += 1
                self.run_counts[n] = before
        self._block += texts
        while len(self._block) >= _BLOCK:
            block, self._block = self._block[:_BLOCK], self._block[_BLOCK:]
            self.blocks.append(
                (distinct(block, 1), distinct(block, 2), distinct(block, 3))
            )

    @property
    def valid_share(self) -> float:
        """Share of gold calls that the catalogue accepts."""
        return self.calls[True] / max(1, self.calls.total())

    @property
    def support_share(self) -> float:
        """Share of reported values that are supported, a function's default included."""
        total = self.supports.total()
        return 1 - self.supports["None"] / total if total else 1.0

    def top_share(self, *, bare: bool = False) -> float:
        """Share of the most frequent thought, or of that without its slot values."""
        counted = self.bare_thoughts if bare else self.thoughts
        return max(counted.values(), default=0) / max(1, counted.total())

    def distinct(self, n: int) -> float:
        """Distinct-n over all thoughts."""
        return len(self.runs.get(n, ())) / max(1, self.run_counts[n])

    def block_distinct(self, n: int) -> float:
        """Mean distinct-n over blocks of 1,000 thoughts, whatever their number."""
        shares = [block[n - 1] for block in self.blocks]
        return sum(shares) / len(shares) if shares else 0.0

    def lines(self) -> Iterator[str]:
        """Yields the report."""
        yield f"dialogues {self.dialogues:,}, made into CRA {self.kept:,}"
        for reason, n in sorted(self.reasons.items()):
            yield f"left out {n:,}: {reason}"
        yield f"functions listed {len(self.catalogue.functions)}"
        yield f"gold calls {self.calls.total():,}, valid {self.valid_share:.4%}"
        yield (
            f"values reported {self.supports.total():,}, supported "
            f"{self.support_share:.4%} (by a default {self.supports['default']:,}, by "
            f"nothing {self.supports['None']:,})"
        )
        samples = self.samples.total()
        yield f"samples {samples:,} " + ", ".join(
            f"{kind} {n:,}" for kind, n in sorted(self.samples.items())
        )
        projected = samples / max(1, self.dialogues) * FULL_TRAIN
        yield (
            f"projected to {FULL_TRAIN:,} dialogues: {projected:,.0f} samples; the "
            f"paper has {PAPER_SAMPLES:,}"
        )
        yield f"characters per sample {self.characters / max(1, samples):,.0f}"
        yield f"thoughts {self.thoughts.total():,}, different {len(self.thoughts):,}"
        yield f"most frequent thought {self.top_share():.4%}"
        yield f"the same without slot values {self.top_share(bare=True):.4%}"
        for n in (1, 2, 3):
            yield (
                f"distinct-{n} {self.distinct(n):.4f}, in blocks of {_BLOCK:,} thoughts "
                f"{self.block_distinct(n):.3f}"
            )
        yield f"thoughts that name another function {len(self.misnamed)}"
        yield f"thoughts that name a value not yet known {len(self.leaked)}"
