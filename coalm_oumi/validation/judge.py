"""The judge: a model says of turns what rules cannot see, through Oumi.

The config is Oumi's own (`configs/cra_judge.yaml`): a prompt with `{dialogue}` and
`{functions}`, and an inference engine. The judgment is one of `good` and the four classes
of Appendix D. Oumi is imported when a judge is asked for, not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coalm_oumi.cra.defect import Defect, ErrorClass
from coalm_oumi.errors import CoalmError, shorten

GOOD = "good"
RULE = "judged by a model"
_PLACEHOLDERS = {"dialogue", "functions"}


@dataclass(frozen=True)
class Judgement:
    """What the judge said of one dialogue.

    Attributes:
        verdict: `good`, a class of Appendix D, or empty if the reply cannot be read.
        explanation: Why, in the judge's words.
    """

    verdict: str
    explanation: str

    def defect(self, turn: int) -> Defect | None:
        """Returns the defect that it names; None for a good dialogue.

        Args:
            turn: The turn to report it at: the dialogue's last.
        """
        if self.verdict not in {c.value for c in ErrorClass}:
            return None
        words = shorten(self.explanation, 200)
        return Defect(ErrorClass(self.verdict), RULE, turn, "", words, "")


class CraJudge:
    """Judges dialogues with a model."""

    def __init__(self, config: Path) -> None:
        """Loads the config and its engine.

        Args:
            config: An Oumi judge config.

        Raises:
            CoalmError: It is missing, or no judge config for CRA.
        """
        from oumi.core.configs import JudgeConfig
        from oumi.judges.simple_judge import SimpleJudge

        if not config.is_file():
            raise CoalmError("it does not exist. Check --judge.", path=config)
        loaded = JudgeConfig.from_path(str(config))
        found = loaded.judge_params.get_placeholders()
        if found != _PLACEHOLDERS:
            raise CoalmError(
                "expected the placeholders {dialogue} and {functions} in "
                f"prompt_template, found {sorted(found)}.",
                path=config,
            )
        scores = set(loaded.judge_params.judgment_scores or ())
        wanted = {GOOD, *(c.value for c in ErrorClass)}
        if scores != wanted:
            raise CoalmError(
                f"expected judgment_scores for {', '.join(sorted(wanted))}.",
                path=config,
            )
        self._judge = SimpleJudge(loaded)

    def judge(self, dialogues: Sequence[str], functions: str) -> list[Judgement]:
        """Judges dialogues, all in one wave.

        Args:
            dialogues: Their lines.
            functions: The functions on offer, as prompts list them.
        """
        inputs = [{"dialogue": text, "functions": functions} for text in dialogues]
        found = []
        for output in self._judge.judge(inputs):
            values = output.field_values
            verdict = values.get("judgment")
            explanation = values.get("explanation")
            found.append(Judgement(str(verdict or ""), str(explanation or "")))
        return found
