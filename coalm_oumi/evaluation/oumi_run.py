"""A benchmark's dialogues, run on the engine of an `oumi evaluate`, scored and stored.

While it runs, `<output_dir>/<task>/journal.jsonl` holds the finished dialogues, and
`paid_replies.jsonl` each reply of a server as it comes; the same command takes a
broken-off run up from there. When every case has its reply, results and
predictions are written and the journal is removed; with COALM_KEEP_JOURNAL=1 it is kept,
and the same command over more cases then asks for the others only. A case that could not
be run, for a reason that is not the model's, is never scored: the run then ends in an
error that names it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oumi.core.configs import EvaluationConfig, InferenceEngineType
from oumi.utils.logging import logger

import coalm_oumi
from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.evaluation.benchmark import Dialogues
from coalm_oumi.evaluation.conductor import Ask, Outcome
from coalm_oumi.evaluation.conductor.conduct import conduct
from coalm_oumi.evaluation.conductor.engine_record import endpoint, sampling
from coalm_oumi.evaluation.conductor.journal import KEEP_JOURNAL, open_journal
from coalm_oumi.evaluation.conductor.lost_text import lost_notes
from coalm_oumi.evaluation.conductor.oumi_engine import (
    EngineAsk,
    engine_pace,
    stopping_config,
)
from coalm_oumi.evaluation.conductor.paid_replies import PaidReplies, open_paid_replies
from coalm_oumi.evaluation.conductor.several import SeveralAsk
from coalm_oumi.evaluation.results import (
    package_versions,
    shares_with_errors,
    write_results,
)
from coalm_oumi.progress import shown_progress
from coalm_oumi.secret_keys import hidden_in_errors, hidden_in_logs, hider_of

if TYPE_CHECKING:
    from oumi.core.inference import BaseInferenceEngine

JOURNAL_FILE = "journal.jsonl"
REPLIES_FILE = "paid_replies.jsonl"

# What a run may change without making other replies: how many cases it has, mostly.
_NOT_OF_REPLIES = (
    *("n", "cases_in_data", "limit", "judge"),
    *("dialogues", "undated_actions", "per_category"),
)
_PACKAGES = ("oumi", "torch", "transformers", "peft", "vllm", "datasets")


def run_dialogues(
    task: str,
    dialogues: Dialogues,
    config: EvaluationConfig,
    engine: BaseInferenceEngine,
) -> dict[str, Any]:
    """Runs a benchmark, or what is left of it, and stores its results.

    Returns:
        The metrics by name, as shares of 1, with their standard errors: as
        `oumi evaluate` prints them in per cent.

    Raises:
        CoalmError: Some cases could not be run; nearly no reply has a text; the journal
            is another run's; the results cannot be written.
    """
    _check_padding(config, engine)
    name = f"{task}_{dialogues.variant}" if dialogues.variant else task
    folder = Path(config.output_dir) / name
    with _hidden(dialogues, config, engine):
        return _run(task, name, folder, dialogues, config, engine)


@contextmanager
def _hidden(
    dialogues: Dialogues, config: EvaluationConfig, engine: BaseInferenceEngine
) -> Iterator[None]:
    """Hides the keys of all models in what is logged and in errors."""
    hider = hider_of(
        config.inference_remote_params,
        getattr(engine, "_remote_params", None),
        *(other.remote_params for other in dialogues.others.values()),
    )
    with hidden_in_logs(hider), hidden_in_errors(hider):
        yield


def _run(
    task: str,
    name: str,
    folder: Path,
    dialogues: Dialogues,
    config: EvaluationConfig,
    engine: BaseInferenceEngine,
) -> dict[str, Any]:
    journal_file, replies_file = folder / JOURNAL_FILE, folder / REPLIES_FILE
    anew = not journal_file.exists()
    with (
        open_journal(journal_file, _identity(dialogues, config)) as journal,
        open_paid_replies(replies_file, anew=anew) as replies,
    ):
        done = sum(key in journal.entries for key in dialogues.start)
        n = len(dialogues.start)
        with shown_progress(
            task, n, done, unit=dialogues.unit, hide_bars=True
        ) as progress:
            ask = _ask(dialogues, config, engine, replies, progress.say)
            outcome = conduct(
                dialogues.start,
                ask,
                journal,
                pace=engine_pace(config),
                threads=dialogues.threads,
                early=dialogues.early,
                progress=progress,
            )
    _refuse_gaps(outcome, journal_file)
    predictions: Mapping[str, Any] = outcome.predictions
    if dialogues.assembled is not None:
        predictions = dialogues.assembled(predictions)
    whole = True
    if dialogues.review is not None:
        predictions, whole = dialogues.review(predictions, folder)
    scores = dialogues.score(predictions)
    lost = lost_notes(outcome.lost, outcome.requests)
    scores = replace(scores, notes=(*lost, *scores.notes))
    write_results(
        folder,
        scores,
        predictions,
        task=task,
        provenance={
            **dialogues.provenance,
            **_run_provenance(config, engine, dialogues.packages),
            **_effort(outcome, ask),
        },
    )
    replies_file.unlink(missing_ok=True)
    if whole and not os.environ.get(KEEP_JOURNAL):
        journal_file.unlink(missing_ok=True)
    logger.info(f"{name}: results and predictions are in {folder}")
    for note in scores.notes:
        logger.warning(f"{name}: {note}")
    return {**shares_with_errors(scores.metrics), "n": len(predictions)}


def _ask(
    dialogues: Dialogues,
    config: EvaluationConfig,
    engine: BaseInferenceEngine,
    replies: PaidReplies,
    say: Callable[[str], None],
) -> Ask:
    from oumi.builders.inference_engines import build_inference_engine

    how = stopping_config(config, engine, dialogues.stop)
    evaluated = EngineAsk(engine, how, replies=replies, say=say)
    if not dialogues.others:
        return evaluated
    asks: dict[str, Ask] = {"": evaluated}
    for name, other in dialogues.others.items():
        built = build_inference_engine(
            other.engine or InferenceEngineType.NATIVE,
            other.model,
            other.remote_params,
            other.generation,
        )
        asks[name] = EngineAsk(built, name=name, replies=replies, say=say)
    return SeveralAsk(asks)


def _refuse_gaps(outcome: Outcome, journal_file: Path) -> None:
    if not outcome.not_run:
        return
    named = "; ".join(
        f"{key}: {shorten(reason, 120)}"
        for key, reason in list(outcome.not_run.items())[:5]
    )
    more = len(outcome.not_run) - 5
    raise CoalmError(
        f"{len(outcome.not_run)} of {len(outcome.not_run) + len(outcome.predictions)} "
        f"cases could not be run, through no fault of the model: {named}"
        f"{f'; and {more} more' if more > 0 else ''}. Nothing was scored. Run the same "
        f"command again to run these; the others are kept in {journal_file}."
    )


def _check_padding(config: EvaluationConfig, engine: BaseInferenceEngine) -> None:
    """Refuses to generate from prompts padded on the right.

    Oumi's NATIVE engine pads a batch as the tokenizer is set for training; a model goes on
    after the padding then, and writes nonsense without a word of warning.
    """
    tokenizer = getattr(engine, "_tokenizer", None)
    batch_size = config.generation.batch_size or 1
    if (
        config.inference_engine == InferenceEngineType.NATIVE
        and batch_size > 1
        and getattr(tokenizer, "padding_side", "left") == "right"
    ):
        raise CoalmError(
            f"the tokenizer pads on the right, and generation.batch_size is "
            f"{batch_size}: the NATIVE engine would generate after the padding. Set "
            "model.tokenizer_kwargs: {padding_side: left}."
        )


def _identity(dialogues: Dialogues, config: EvaluationConfig) -> dict[str, Any]:
    """Returns what the replies depend on, by name: what tells one run from another."""
    told = {k: v for k, v in dialogues.provenance.items() if k not in _NOT_OF_REPLIES}
    model = {f"model.{k}": v for k, v in asdict(config.model).items()}
    generation = {f"generation.{k}": v for k, v in sampling(config.generation).items()}
    # NATIVE writes the tokenizer's own end into the recipe's at its first batch.
    del generation["generation.stop_token_ids"]
    found = {
        **told,
        **model,
        **generation,
        "inference_engine": config.inference_engine.value,
        "endpoint": endpoint(config.inference_remote_params),
        "model files": _files(config.model.model_name),
        "adapter files": _files(config.model.adapter_model),
        "coalm-oumi": coalm_oumi.__version__,
    }
    return json.loads(json.dumps(found, default=str))


def _files(folder: str | None) -> str | None:
    """Returns a digest of the files of a local model; None for one of the Hub."""
    if not folder or not Path(folder).is_dir():
        return None
    hasher = hashlib.sha256()
    for path in sorted(Path(folder).iterdir()):
        if path.is_file():
            seen = path.stat()
            hasher.update(f"{path.name}\0{seen.st_size}\0{seen.st_mtime_ns}\0".encode())
    return hasher.hexdigest()


def _run_provenance(
    config: EvaluationConfig, engine: BaseInferenceEngine, packages: Sequence[str]
) -> dict[str, Any]:
    own_template = getattr(getattr(engine, "_tokenizer", None), "chat_template", None)
    digest = (
        hashlib.sha256(own_template.encode()).hexdigest()
        if isinstance(own_template, str)
        else None
    )
    return {
        "model": config.model.model_name,
        "model_revision": config.model.model_revision,
        "adapter": config.model.adapter_model,
        "chat_template": config.model.chat_template or "default",
        "chat_template_sha256": digest,
        "engine": config.inference_engine.value,
        "endpoint": endpoint(config.inference_remote_params),
        "sampling": sampling(config.generation),
        "versions": package_versions((*_PACKAGES, *packages)),
    }


def _effort(outcome: Outcome, ask: Ask) -> dict[str, Any]:
    # It counts from this run's start, the others over all runs that were broken off.
    computed = getattr(ask, "prompt_tokens_computed", None)
    return {
        "seconds": round(outcome.seconds, 1),
        "engine_seconds": round(outcome.engine_seconds, 1),
        "requests": outcome.requests,
        "requests_put_again": outcome.retried,
        "replies_cut_off": outcome.cut_off,
        "replies_without_whole_text": outcome.lost,
        "tokens": {
            "prompt": outcome.prompt_tokens,
            "completion": outcome.completion_tokens,
        },
        "prompt_tokens_computed": None if outcome.resumed else computed,
    }
