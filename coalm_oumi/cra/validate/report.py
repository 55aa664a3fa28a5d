"""The validation report: defects by class, rule, service and turn, with examples.

One accumulator takes validated items one at a time; its tables go to the terminal, to
`report.md` and to `report.json`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coalm_oumi.cra.check.defect import Defect, ErrorClass
from coalm_oumi.cra.validate.items import Validated
from coalm_oumi.cra.validate.judge import JudgeCounts
from coalm_oumi.errors import shorten

EXAMPLES = 5
_MOST_TURNS = 20


@dataclass
class Tally:
    """Turns that were looked at, and those with a defect."""

    turns: int = 0
    flawed: int = 0

    @property
    def rate(self) -> float:
        """The share of turns with a defect, in per cent."""
        return 100 * self.flawed / self.turns if self.turns else 0.0


@dataclass
class ValidationReport:
    """Counts over all items added.

    Attributes:
        origin: What was validated, in words.
        items: Dialogues or rows.
        clean: Those without any defect.
        unreadable: Those that cannot be read, by reason.
        total: All turns that were looked at.
        classes: Turns with a defect of a class.
        rules: Defects by class and rule.
        services: Turns by service; a function's name stands for an unknown service.
        positions: Turns by their place in the dialogue; of rows the place is not kept.
        repairs: Items that were mended, by rule.
        examples: The first defects of each rule, with their item.
        judged: What became of what a judge was asked about; None without a judge.
    """

    origin: str
    items: int = 0
    clean: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    total: Tally = field(default_factory=Tally)
    classes: Counter[ErrorClass] = field(default_factory=Counter)
    rules: Counter[tuple[ErrorClass, str]] = field(default_factory=Counter)
    services: dict[str, Tally] = field(default_factory=dict)
    positions: dict[int, Tally] = field(default_factory=dict)
    repairs: Counter[str] = field(default_factory=Counter)
    examples: dict[tuple[ErrorClass, str], list[tuple[str, Defect]]] = field(
        default_factory=dict
    )
    judged: JudgeCounts | None = None

    def add(self, item: Validated) -> None:
        """Takes in an item."""
        self.items += 1
        if item.problem:
            self.unreadable[item.problem] += 1
            return
        self.clean += not item.defects
        self.repairs.update(item.repairs)
        flawed = {defect.turn for defect in item.defects}
        self.total.turns += item.turns
        self.total.flawed += len(flawed)
        for error_class in ErrorClass:
            turns = {d.turn for d in item.defects if d.error_class is error_class}
            self.classes[error_class] += len(turns)
        self._by_service(item, flawed)
        if item.stored is not None:
            for number in range(item.turns):
                tally = self.positions.setdefault(min(number, _MOST_TURNS), Tally())
                tally.turns += 1
                tally.flawed += number in flawed
        for defect in item.defects:
            key = (defect.error_class, defect.rule)
            self.rules[key] += 1
            kept = self.examples.setdefault(key, [])
            if len(kept) < EXAMPLES:
                kept.append((item.record_id, defect))

    def _by_service(self, item: Validated, flawed: set[int]) -> None:
        functions = {d.turn: d.function for d in item.defects if d.function}
        for number, service in enumerate(item.services):
            # Of a row the only turn is the last of its dialogue.
            is_flawed = number in flawed if item.stored is not None else bool(flawed)
            known = next(iter(functions.values()), "") if item.stored is None else ""
            tally = self.services.setdefault(service or known or "(unknown)", Tally())
            tally.turns += 1
            tally.flawed += is_flawed

    def as_json(self) -> dict[str, Any]:
        """Returns the report, ready for JSON."""
        return {
            "origin": self.origin,
            "items": self.items,
            "clean_items": self.clean,
            "unreadable": dict(self.unreadable.most_common()),
            "turns": self.total.turns,
            "turns_with_a_defect": self.total.flawed,
            "rate_percent": round(self.total.rate, 3),
            "turns_by_class": {c.value: self.classes[c] for c in ErrorClass},
            "defects_by_rule": [
                {"class": c.value, "rule": rule, "defects": n}
                for (c, rule), n in self.rules.most_common()
            ],
            "by_service": _tallies(self.services),
            "by_turn": _tallies({str(n + 1): t for n, t in self.positions.items()}),
            "repairs": dict(self.repairs.most_common()),
            "judge": self.judged.as_json() if self.judged else None,
            "examples": [
                {"record_id": record_id, "class": c.value, **_told(defect)}
                for (c, _), kept in self.examples.items()
                for record_id, defect in kept
            ],
        }

    def class_rows(self) -> list[tuple[str, str, str]]:
        """Returns a row per class: its name, its turns, and their share."""
        rows = [
            (c.words, f"{self.classes[c]:,}", _share(self.classes[c], self.total.turns))
            for c in ErrorClass
        ]
        flawed = self.total.flawed
        rows.append(("any", f"{flawed:,}", _share(flawed, self.total.turns)))
        return rows

    def rule_rows(self) -> list[tuple[str, str, str]]:
        """Returns a row per rule that found something, the most frequent first."""
        return [(c.words, rule, f"{n:,}") for (c, rule), n in self.rules.most_common()]

    def as_markdown(self) -> str:
        """Returns the report as Markdown."""
        lines = [f"# Validation of CRA: {self.origin}", "", *self.headlines(), ""]
        lines += _table(("class", "turns", "share"), self.class_rows())
        lines += ["", "## Rules", ""]
        lines += _table(("class", "rule", "defects"), self.rule_rows())
        for title, tallies in (
            ("Services", self.services),
            ("Turns", {str(n + 1): t for n, t in sorted(self.positions.items())}),
        ):
            if tallies:
                rows = [
                    (name, f"{t.turns:,}", f"{t.flawed:,}", f"{t.rate:.2f} %")
                    for name, t in _ordered(title, tallies)
                ]
                lines += ["", f"## {title}", ""]
                lines += _table(("", "turns", "with a defect", "share"), rows)
        if self.repairs:
            rows = [(rule, f"{n:,}") for rule, n in self.repairs.most_common()]
            lines += ["", "## Repairs", "", *_table(("rule", "items"), rows)]
        if self.unreadable:
            rows = [(why, f"{n:,}") for why, n in self.unreadable.most_common()]
            lines += ["", "## Not readable", "", *_table(("reason", "items"), rows)]
        lines += ["", "## Examples", ""]
        for (c, rule), kept in self.examples.items():
            lines += [f"**{c.words}: {rule}**", ""]
            lines += [f"- {_sentence(record_id, d)}" for record_id, d in kept]
            lines.append("")
        return "\n".join(lines).rstrip() + "\n"

    def headlines(self) -> list[str]:
        """Returns what was looked at and found, in sentences."""
        told = [
            f"{self.items:,} items, {self.total.turns:,} turns; "
            f"{self.total.flawed:,} turns with a defect "
            f"({_share(self.total.flawed, self.total.turns)}), "
            f"{self.clean:,} items without any."
        ]
        if self.unreadable:
            told.append(f"{self.unreadable.total():,} items cannot be read.")
        if self.judged:
            told += self.judged.lines()
        return told


def _ordered(title: str, tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    if title == "Turns":
        return list(tallies.items())
    return sorted(tallies.items(), key=lambda entry: (-entry[1].flawed, entry[0]))


def _tallies(tallies: Mapping[str, Tally]) -> dict[str, dict[str, int]]:
    return {
        name: {"turns": t.turns, "with_a_defect": t.flawed}
        for name, t in sorted(tallies.items())
    }


def _told(defect: Defect) -> dict[str, Any]:
    return {
        "rule": defect.rule,
        "turn": defect.turn + 1,
        "service": defect.service,
        "function": defect.function,
        "message": defect.message,
        "excerpt": defect.excerpt,
    }


def _sentence(record_id: str, defect: Defect) -> str:
    text = f"{record_id}, turn {defect.turn + 1}: {defect.message} (`{defect.excerpt}`)"
    return shorten(text.replace("|", "/"), 240)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


def _table(head: tuple[str, ...], rows: list[Any]) -> list[str]:
    if not rows:
        return ["none"]
    aligned = "|".join("---" if n == 0 else "--:" for n in range(len(head)))
    lines = [f"| {' | '.join(head)} |", f"|{aligned}|"]
    cells = ([str(cell).replace("|", "\\|") for cell in row] for row in rows)
    return lines + [f"| {' | '.join(row)} |" for row in cells]
