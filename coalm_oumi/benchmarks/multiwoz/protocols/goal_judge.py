"""An optional judge of `simulated_user`: a model says whether the goal was met.

The config is Oumi's own (`configs/multiwoz_judge.yaml`): a prompt with `{goal}` and
`{dialogue}`, an inference engine, and the judgments `met` and `not_met`. The verdict is
stored in a dialogue's last turn, beside what the rules find there::

    {"response": "...", "judged": {"verdict": "not_met", "explanation": "no postcode"}}

Verdicts are journalled. A dialogue that the judge could not be asked about has none, which
is told; its scores by rule are not touched, and the same command asks again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oumi.utils.logging import logger

from coalm_oumi.environments.multiwoz.predicted_turn import (
    JUDGEMENTS,
    predicted_turn,
)
from coalm_oumi.environments.multiwoz.users.model_user import heard
from coalm_oumi.environments.multiwoz.users.user_engine import (
    check_server,
    engine_provenance,
)
from coalm_oumi.errors import OptionError, shorten
from coalm_oumi.evaluation.conductor.journal import Entry, Journal, open_journal
from coalm_oumi.evaluation.conductor.remote_requests import RemoteRequests
from coalm_oumi.evaluation.conductor.stopping import current_stop, stopping_at_interrupt
from coalm_oumi.secret_keys import Hider, hidden_in_logs, hider_of
from coalm_oumi.yaml_files import check_aliases

if TYPE_CHECKING:
    from oumi.core.configs import JudgeConfig
    from oumi.judges.simple_judge import SimpleJudge

    from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue

JOURNAL_FILE = "judge_journal.jsonl"

_PLACEHOLDERS = {"goal", "dialogue"}
_WAVE = 64
_LONGEST_EXPLANATION = 500


def judge_config(path: Path) -> JudgeConfig:
    """Loads a judge's config and checks it.

    Args:
        path: An Oumi judge config.

    Raises:
        OptionError: It is missing, cannot be read, or is of no judge of goals.
    """
    from oumi.core.configs import JudgeConfig

    if not path.is_file():
        raise OptionError(
            f"there is no file {path}; expected an Oumi judge config, such as "
            "configs/multiwoz_judge.yaml.",
            field="judge",
        )
    check_aliases(path)
    try:
        config = JudgeConfig.from_path(str(path))
        found = config.judge_params.get_placeholders()
    except Exception as error:  # the YAML reader and Oumi have errors of many kinds
        raise OptionError(
            f"{path} is no Oumi judge config: {shorten(error, 600)}", field="judge"
        ) from error
    if found != _PLACEHOLDERS:
        raise OptionError(
            f"{path}: expected the placeholders {{goal}} and {{dialogue}} in "
            f"prompt_template, found {sorted(found)}.",
            field="judge",
        )
    if set(config.judge_params.judgment_scores or ()) != set(JUDGEMENTS):
        raise OptionError(
            f"{path}: expected judgment_scores for {' and '.join(JUDGEMENTS)}.",
            field="judge",
        )
    if config.inference_config is None:
        raise OptionError(f"{path}: inference_config is missing.", field="judge")
    check_server(config.inference_config, "judge")
    return config


@dataclass(frozen=True)
class GoalJudge:
    """Asks a model about dialogues.

    Attributes:
        config: The judge's.
        dialogues: The test dialogues by id, for their goals.
    """

    config: JudgeConfig
    dialogues: Mapping[str, Dialogue]

    def provenance(self) -> dict[str, Any]:
        """Returns what is recorded of the judge; no key is among it."""
        params = self.config.judge_params
        text = f"{params.system_instruction}\0{params.prompt_template}"
        engine = self.config.inference_config
        return {
            "prompt_sha256": hashlib.sha256(text.encode()).hexdigest(),
            **(engine_provenance(engine) if engine is not None else {}),
        }

    def __call__(
        self, predictions: Mapping[str, Any], folder: Path
    ) -> tuple[dict[str, Any], bool]:
        """Adds the verdicts.

        Args:
            predictions: The stored turns by dialogue.
            folder: Where the journal is kept.

        Returns:
            The same with verdicts, and whether every dialogue was judged.
        """
        texts = {key: self._text(key, turns) for key, turns in predictions.items()}
        names = {key: f"{key}:{_digest(text)}" for key, text in texts.items()}
        path = folder / JOURNAL_FILE
        with (
            stopping_at_interrupt(),
            open_journal(path, {"judge": self.provenance()}) as journal,
        ):
            left = [key for key in texts if names[key] not in journal.entries]
            failed = ""
            for key, verdict in self._asked(left, texts) if left else ():
                if isinstance(verdict, str):
                    failed = failed or verdict
                else:
                    _write(journal, names[key], verdict)
            found = {
                key: journal.entries[name].prediction
                for key, name in names.items()
                if name in journal.entries
            }
        if len(found) == len(predictions):
            path.unlink(missing_ok=True)
        else:
            logger.warning(
                f"multiwoz24: the judge could not be asked about "
                f"{len(predictions) - len(found)} of {len(predictions)} dialogues "
                f"({failed}). Their scores by rule are there; the same command asks "
                "again."
            )
        judged = {
            key: _with_verdict(turns, found.get(key))
            for key, turns in predictions.items()
        }
        return judged, len(found) == len(predictions)

    def _text(self, key: str, turns: Sequence[Any]) -> dict[str, str]:
        read = [predicted_turn(turn) for turn in turns]
        said = "\n".join(f"Visitor: {t.user}\nAssistant: {heard(t)}" for t in read)
        goal = "\n".join(f"- {sentence}." for sentence in self.dialogues[key].message)
        return {"goal": goal, "dialogue": said or "(Nobody says anything.)"}

    def _asked(
        self, keys: Sequence[str], texts: Mapping[str, dict[str, str]]
    ) -> Iterator[tuple[str, dict[str, str] | str]]:
        """Yields the verdict on each dialogue, or why there is none."""
        from oumi.judges.simple_judge import SimpleJudge

        engine = self.config.inference_config
        remote = engine.remote_params if engine is not None else None
        hider = hider_of(remote)
        try:
            judge = SimpleJudge(self.config)
        except Exception as error:  # whatever an engine's libraries raise
            yield keys[0], hider.line(f"{type(error).__name__}: {error}", 200)
            return
        RemoteRequests(judge.inference_engine, logger.warning)
        for first in range(0, len(keys), _WAVE):
            wave = keys[first : first + _WAVE]
            with current_stop().asking(), hidden_in_logs(hider):
                came = _wave(judge, [texts[key] for key in wave], hider)
            yield from zip(wave, came, strict=True)
            current_stop().check()
            if all(isinstance(verdict, str) for verdict in came):
                return  # The judge does not answer: no more patience for the others.


def _wave(
    judge: SimpleJudge, inputs: list[dict[str, str]], hider: Hider
) -> list[dict[str, str] | str]:
    try:
        result = judge.judge_partial(inputs)
    except Exception as error:  # whatever it is, it says nothing of the dialogues
        reason = hider.line(f"{type(error).__name__}: {error}", 200)
        return [reason for _ in inputs]
    came: list[dict[str, str] | str] = [
        hider.line(result.error_messages.get(i, "no reply"), 200)
        for i in range(len(inputs))
    ]
    for place, output in result.successful:
        values = output.field_values
        verdict = str(values.get("judgment") or "")
        explanation = str(values.get("explanation") or "")
        came[place] = {
            "verdict": verdict if verdict in JUDGEMENTS else "",
            "explanation": hider.line(explanation, _LONGEST_EXPLANATION),
        }
    return came


def _write(journal: Journal, name: str, verdict: Mapping[str, str]) -> None:
    journal.write(Entry(name, dict(verdict), 1, 0, None, None, 0.0, 0.0))


def _with_verdict(turns: Sequence[Any], verdict: Any) -> list[Any]:
    if verdict is None or not turns:
        return list(turns)
    return [*turns[:-1], {**turns[-1], "judged": verdict}]


def _digest(text: Mapping[str, str]) -> str:
    return hashlib.sha256(f"{text['goal']}\0{text['dialogue']}".encode()).hexdigest()[
        :16
    ]
