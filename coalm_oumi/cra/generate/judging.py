"""From a reply to a dialogue, or to the reason why it is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from coalm_oumi.case_errors import SCORER_ERROR, guarded
from coalm_oumi.cra.check.defect import Defect
from coalm_oumi.cra.check.validate import SGD_TODAY, validate
from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.generate.options import CraOptions
from coalm_oumi.cra.generate.seeds import Seeds
from coalm_oumi.cra.generate.thoughts_reply import parse_thoughts
from coalm_oumi.cra.read.reply import Rejection, Repair, parse_reply
from coalm_oumi.cra.write.grounded import UNUSABLE


@dataclass(frozen=True)
class Judged:
    """What became of a reply.

    Attributes:
        dialogue: The dialogue; None if the reply is rejected.
        reason: Why it is rejected, the same for all of its kind.
        detail: What is particular to this one.
        repairs: What was mended to read it.
        defects: What the validation found.
    """

    dialogue: CraDialogue | None
    reason: str = ""
    detail: str = ""
    repairs: tuple[Repair, ...] = ()
    defects: tuple[Defect, ...] = ()


def judge(text: str, seed: CraDialogue, seeds: Seeds, options: CraOptions) -> Judged:
    """Reads and validates a reply; one that makes the reading fail is rejected.

    Args:
        text: What the model wrote.
        seed: The dialogue that it was to write from.
        seeds: All of them, with the functions.
        options: The `cra` block.
    """
    return guarded(
        lambda: _judged(text, seed, seeds, options),
        lambda told: Judged(None, SCORER_ERROR, told),
    )


def _judged(text: str, seed: CraDialogue, seeds: Seeds, options: CraOptions) -> Judged:
    if options.mode == "paper":
        parsed = parse_reply(text, seeds.functions.functions)
    else:
        parsed = parse_thoughts(text, seed, rephrased=options.rephrase)
    if isinstance(parsed, Rejection):
        where = "" if parsed.turn is None else f"turn {parsed.turn}: "
        return Judged(None, parsed.reason, where + parsed.detail)
    dialogue = replace(parsed.dialogue(seed.record_id), today=seed.today)
    problem = dialogue.unwritable()
    if problem:
        return Judged(None, UNUSABLE, problem, parsed.repairs)
    # A dialogue of SGD that was written anew has a day to validate it by, not to state.
    day = SGD_TODAY if options.source == "sgd" else dialogue.today
    defects = validate(dialogue, seeds.functions, today=day)
    for defect in defects:
        if defect.error_class.value in options.reject:
            return Judged(
                None,
                f"{defect.error_class.value}: {defect.rule}",
                f"turn {defect.turn}: {defect.message}",
                parsed.repairs,
                defects,
            )
    return Judged(dialogue, "", "", parsed.repairs, defects)
