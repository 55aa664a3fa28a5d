"""The judge: a model says of turns what rules cannot see, through Oumi.

The config is Oumi's own (`configs/cra_judge.yaml`): a prompt with `{dialogue}` and
`{functions}`, and an inference engine. The judgment is one of `good` and the four classes
of Appendix D. Oumi is imported when a judge is asked for, not before.

A judge that does not answer, or not in words that can be read, leaves a dialogue as it is:
only a defect that it names takes one out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from coalm_oumi.cra.check.defect import Defect, ErrorClass
from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.evaluation.conductor.remote_requests import RemoteRequests
from coalm_oumi.evaluation.conductor.stopping import stopping_at_interrupt
from coalm_oumi.secret_keys import Hider, hidden_in_logs, hider_of, server_secrets
from coalm_oumi.yaml_files import check_aliases

GOOD = "good"
RULE = "judged by a model"
UNREADABLE = "its answer names none of the verdicts"
_PLACEHOLDERS = {"dialogue", "functions"}


@dataclass(frozen=True)
class Judgement:
    """What the judge said of one dialogue.

    Attributes:
        verdict: `good`, a class of Appendix D, or empty if it said nothing of them.
        explanation: Why, in the judge's words.
        failure: Why there is no verdict; empty if there is one.
    """

    verdict: str
    explanation: str = ""
    failure: str = ""

    def defect(self, turn: int) -> Defect | None:
        """Returns the defect that it names; None for a good dialogue.

        Args:
            turn: The turn to report it at: the dialogue's last.
        """
        if self.verdict not in {c.value for c in ErrorClass}:
            return None
        words = shorten(self.explanation, 200)
        return Defect(ErrorClass(self.verdict), RULE, turn, "", words, "")


@dataclass
class JudgeCounts:
    """What became of the dialogues that a judge was asked about.

    Attributes:
        asked: How many they are.
        good: Those in which it found nothing.
        flawed: Those with a defect.
        failures: Why there is no verdict on the others, with their number.
        stopped: Whether it was not asked on, as it answered nothing at all.
    """

    asked: int = 0
    good: int = 0
    flawed: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    stopped: bool = False

    def add(self, judgement: Judgement) -> None:
        """Counts a judgement."""
        self.asked += 1
        self.good += judgement.verdict == GOOD
        self.flawed += bool(judgement.verdict) and judgement.verdict != GOOD
        if judgement.failure:
            self.failures[judgement.failure] += 1

    def as_json(self) -> dict[str, Any]:
        """Returns the counts, ready for JSON."""
        return {**asdict(self), "failures": dict(self.failures.most_common())}

    def lines(self) -> list[str]:
        """Returns the counts in sentences."""
        told = [
            f"The judge was asked about {self.asked:,}: {self.good:,} good, "
            f"{self.flawed:,} with a defect, {self.failures.total():,} without a verdict."
        ]
        told += [
            f"No verdict on {n:,}: {why}" for why, n in self.failures.most_common(3)
        ]
        if self.stopped:
            told.append("It was not asked about more, as it answered nothing.")
        return told


class CraJudge:
    """Judges dialogues with a model."""

    def __init__(self, config: Path) -> None:
        """Loads the config and its engine.

        Args:
            config: An Oumi judge config.

        Raises:
            CoalmError: It is missing, or no judge config for CRA.
        """
        if not config.is_file():
            raise CoalmError("there is no such file. Check --judge.", path=config)
        from oumi.core.configs import JudgeConfig
        from oumi.judges.simple_judge import SimpleJudge

        self._hider = hider_of()
        check_aliases(config)
        try:
            loaded = JudgeConfig.from_path(str(config))
        except Exception as error:  # YAML, OmegaConf and Oumi have errors of their own
            raise CoalmError(
                f"not a judge config that Oumi can read: {self._told(error)}",
                path=config,
            ) from None
        engine = loaded.inference_config
        remote = engine.remote_params if engine is not None else None
        self._hider = hider_of(remote)
        self._own_key = Hider(server_secrets(remote), only_known=True)
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
        try:
            self._judge = SimpleJudge(loaded)
        except Exception as error:  # whatever an engine's libraries raise
            raise CoalmError(
                f"its engine cannot be made: {self._told(error)}", path=config
            ) from None
        RemoteRequests(self._judge.inference_engine)

    def _told(self, error: object) -> str:
        return self._hider.line(error)

    def judge(self, dialogues: Sequence[str], functions: str) -> list[Judgement]:
        """Judges dialogues, all in one wave.

        Args:
            dialogues: Their lines.
            functions: The functions on offer, as prompts list them.
        """
        inputs = [{"dialogue": text, "functions": functions} for text in dialogues]
        try:
            with (
                stopping_at_interrupt() as stop,
                hidden_in_logs(self._hider),
                stop.asking(),
            ):
                result = self._judge.judge_partial(inputs)
            stop.check()
        except Exception as error:  # an engine fails in ways of its own
            return [Judgement("", failure=self._told(error)) for _ in inputs]
        found = [Judgement("", failure="no answer came") for _ in inputs]
        for place, output in result.successful:
            values = output.field_values
            verdict = str(values.get("judgment") or "")
            explanation = self._own_key(str(values.get("explanation") or ""))
            found[place] = Judgement(
                verdict, explanation, "" if verdict else UNREADABLE
            )
        for place, detail in result.failures.items():
            reason = detail.error_message or detail.error_type.value
            found[place] = Judgement("", failure=self._told(reason))
        return found
