"""Puts known errors into grounded SGD dialogues and counts which the validator finds.

    python tests/cra/seeded_defects.py DATA_FOLDER [--part dev] [--each 600] [--write]

DATA_FOLDER holds SGD in its upstream layout, or `sgd_<part>.tar.xz`. For each class of
Appendix D, `--each` errors, the kinds of a class alike; an error is found if its turn has
a new defect of its class. False alarms are turns with a defect in all dialogues as they
are. The rules were made looking at the training part only; the targets are for `dev`.
`--write` stores the tables as `seeded_defects.md` and `seeded_defects.json` beside this
script. Exits with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY))

# ruff: noqa: E402 - the repository is put on the path first
from coalm_oumi.cra.check.defect import Defect, ErrorClass
from coalm_oumi.cra.check.validate import SGD_TODAY, validate, validate_turn
from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.functions import function_catalogue
from coalm_oumi.cra.write.grounded import ground
from coalm_oumi.seeding import stable_random
from coalm_oumi.sources import Sgd
from coalm_oumi.sources.sgd_dialogue import Dialogue
from tests.cra.corruptions import (
    BEYOND_RULES,
    CORRUPTIONS,
    Case,
    Corrupt,
    World,
    applicable,
)
from tests.cra.reasoning_corruptions import REASONING

TARGETS = {
    ErrorClass.UNDEFINED_FUNCTION: 0.99,
    ErrorClass.ARGUMENT_TYPE: 0.99,
    ErrorClass.ARGUMENT_HALLUCINATION: 0.95,
    ErrorClass.REASONING: 0.85,
}
MOST_FALSE_ALARMS = 0.01
KINDS = {**CORRUPTIONS, ErrorClass.REASONING: REASONING}
MISSED = "missed"


@dataclass
class Measured:
    """What was found.

    Attributes:
        turns: Turns of the dialogues as they are.
        alarms: Turns of these with a defect.
        alarms_by_rule: Defects in these, by class and rule.
        found: For each class and kind, the errors found and put in.
        confusion: For each class put in, what its turn was found to have.
        missed: Examples of errors that were not found, by kind.
        beyond: For kinds beyond the rules, the errors found and put in.
    """

    turns: int = 0
    alarms: int = 0
    alarms_by_rule: Counter[str] = field(default_factory=Counter)
    found: dict[ErrorClass, dict[str, list[int]]] = field(default_factory=dict)
    confusion: dict[ErrorClass, Counter[str]] = field(default_factory=dict)
    missed: dict[str, list[str]] = field(default_factory=dict)
    beyond: dict[str, list[int]] = field(default_factory=dict)

    def recall(self, error_class: ErrorClass) -> float:
        """The share of a class's errors that were found."""
        rows = self.found[error_class].values()
        return sum(row[0] for row in rows) / max(1, sum(row[1] for row in rows))

    @property
    def false_alarms(self) -> float:
        """The share of untouched turns that have a defect."""
        return self.alarms / max(1, self.turns)

    def targets_met(self) -> bool:
        """Whether every target is met."""
        recalls = all(self.recall(c) >= least for c, least in TARGETS.items())
        return recalls and self.false_alarms <= MOST_FALSE_ALARMS


def measure(sgd: Sgd, dialogues: Iterable[Dialogue], each: int, seed: int) -> Measured:
    """Corrupts dialogues and validates them.

    Args:
        sgd: The part, for its schemas.
        dialogues: The dialogues.
        each: Errors of each class.
        seed: Fixes what is corrupted how.
    """
    functions = function_catalogue(sgd.schemas)
    services = {schema.name: schema for schema in sgd.schemas}
    world, cases, measured = World(functions, services), [], Measured()
    base: dict[str, tuple[Defect, ...]] = {}
    for dialogue in dialogues:
        # Those that the grounded set leaves out count as false alarms here.
        made, _, _ = ground(dialogue, services, functions, seed=seed, ungrounded=True)
        if made is None:
            continue
        world.add(dialogue)
        cases.append(Case(dialogue, made))
        defects = base[made.record_id] = validate(made, functions, today=SGD_TODAY)
        measured.turns += len(made.turns)
        measured.alarms += len({defect.turn for defect in defects})
        for defect in defects:
            rule = f"{defect.error_class.value}: {defect.rule}"
            measured.alarms_by_rule[rule] += 1
    for error_class, kinds in KINDS.items():
        rows = measured.found[error_class] = {}
        confusion = measured.confusion[error_class] = Counter()
        for number, (kind, corrupt) in enumerate(kinds.items()):
            wanted = each // len(kinds) + (number < each % len(kinds))
            rows[kind] = _put_in(
                (error_class, kind, corrupt), wanted, cases, world, base, seed,
                measured, confusion,
            )  # fmt: skip
    for kind, corrupt in BEYOND_RULES.items():
        entry = (ErrorClass.ARGUMENT_HALLUCINATION, kind, corrupt)
        measured.beyond[kind] = _put_in(
            entry, each // 4, cases, world, base, seed, measured, Counter()
        )
    return measured


def _put_in(
    entry: tuple[ErrorClass, str, Corrupt],
    wanted: int,
    cases: list[Case],
    world: World,
    base: dict[str, tuple[Defect, ...]],
    seed: int,
    measured: Measured,
    confusion: Counter[str],
) -> list[int]:
    error_class, kind, corrupt = entry
    rng = stable_random(seed, "corrupt", error_class.value, kind)
    counts = [0, 0]
    for case, made in applicable(corrupt, cases, world, rng):
        if counts[1] >= wanted:
            break
        counts[1] += 1
        classes = _new_classes(made.dialogue, made.turn, world, base)
        if error_class in classes:
            counts[0] += 1
            confusion[error_class.value] += 1
            continue
        confusion[classes[0].value if classes else MISSED] += 1
        examples = measured.missed.setdefault(kind, [])
        if len(examples) < 12:
            turn = made.dialogue.turns[made.turn]
            examples.append(f"{case.made.record_id}#{made.turn}: {turn.lines()}")
    return counts


def _new_classes(
    dialogue: CraDialogue,
    turn: int,
    world: World,
    base: dict[str, tuple[Defect, ...]],
) -> list[ErrorClass]:
    before = {(d.turn, d.rule, d.excerpt) for d in base[dialogue.record_id]}
    found = validate_turn(dialogue, world.functions, number=turn, today=SGD_TODAY)
    new = [d for d in found if (d.turn, d.rule, d.excerpt) not in before]
    here = {d.error_class for d in new if d.turn == turn}
    return [c for c in ErrorClass if c in here]


def as_json(measured: Measured, part: str, seed: int) -> dict[str, Any]:
    """Returns the figures, ready for JSON."""
    return {
        "part": part,
        "seed": seed,
        "turns": measured.turns,
        "false_alarms": measured.alarms,
        "false_alarm_rate": round(measured.false_alarms, 5),
        "false_alarms_by_rule": dict(measured.alarms_by_rule.most_common()),
        "recall": {c.value: round(measured.recall(c), 4) for c in ErrorClass},
        "found_of_put_in": {c.value: measured.found[c] for c in ErrorClass},
        "confusion": {c.value: dict(measured.confusion[c]) for c in ErrorClass},
        "beyond_rules": measured.beyond,
    }


def as_markdown(measured: Measured, part: str) -> str:
    """Returns the tables as Markdown."""
    columns = [c.value for c in ErrorClass] + [MISSED]
    lines = [
        f"# Seeded errors in grounded CRA, SGD {part}",
        "",
        f"Untouched turns: {measured.turns:,}; with a defect: {measured.alarms:,} "
        f"({measured.false_alarms:.2%}; target at most {MOST_FALSE_ALARMS:.0%}).",
        "",
        f"| put in | n | {' | '.join(columns)} | recall | target |",
        f"|---|--:|{'--:|' * len(columns)}--:|--:|",
    ]
    for c in ErrorClass:
        counts = measured.confusion[c]
        cells = " | ".join(str(counts[column]) for column in columns)
        lines.append(
            f"| {c.value} | {counts.total()} | {cells} | {measured.recall(c):.1%} | "
            f"{TARGETS[c]:.0%} |"
        )
    lines += ["", "| class | kind of error | found | put in |", "|---|---|--:|--:|"]
    for c in ErrorClass:
        for kind, (found, total) in measured.found[c].items():
            lines.append(f"| {c.value} | {kind} | {found} | {total} |")
    for kind, (found, total) in measured.beyond.items():
        lines.append(f"| beyond the rules | {kind} | {found} | {total} |")
    lines += ["", "| rule with false alarms | defects |", "|---|--:|"]
    lines += [f"| {rule} | {n} |" for rule, n in measured.alarms_by_rule.most_common()]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Prints the tables; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", default="dev", choices=["train", "dev", "test"])
    parser.add_argument("--each", type=int, default=600)
    parser.add_argument("--every", type=int, default=1, help="Take each n-th dialogue.")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--missed", action="store_true", help="Print missed errors.")
    options = parser.parse_args()
    sgd = Sgd(options.folder, options.part)
    dialogues = (d for n, d in enumerate(sgd.dialogues()) if n % options.every == 0)
    measured = measure(sgd, dialogues, options.each, options.seed)
    table = as_markdown(measured, options.part)
    print(table)
    if options.missed:
        for kind, examples in measured.missed.items():
            print(f"== {kind}", *examples, sep="\n\n")
    if options.write:
        stored = Path(__file__).with_suffix(".md")
        stored.write_text(table, encoding="utf-8")
        text = json.dumps(as_json(measured, options.part, options.seed), indent=1)
        Path(__file__).with_suffix(".json").write_text(f"{text}\n", encoding="utf-8")
    return int(not measured.targets_met())


if __name__ == "__main__":
    sys.exit(main())
