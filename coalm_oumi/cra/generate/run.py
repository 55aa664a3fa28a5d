"""A generation run: requests, replies, judgement, output files, run record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import coalm_oumi
from coalm_oumi.cra.generate.asking import Writer
from coalm_oumi.cra.generate.batches import BatchWriter
from coalm_oumi.cra.generate.config import (
    GenerationConfig,
    build_engine,
    check_writable,
    identity,
    with_limit,
)
from coalm_oumi.cra.generate.cost_progress import CostProgress
from coalm_oumi.cra.generate.costs import (
    Budget,
    Estimate,
    SpendingStoppedError,
    estimate,
    token_counter,
)
from coalm_oumi.cra.generate.judging import Judged, judge
from coalm_oumi.cra.generate.outputs import JOURNAL, REPLIES, RUN, write_outputs
from coalm_oumi.cra.generate.paid_replies import (
    PaidReplies,
    open_paid_replies,
    request_key,
)
from coalm_oumi.cra.generate.prompting import Asked, prompt_version, requests
from coalm_oumi.cra.generate.seeds import Seeds, read_seeds
from coalm_oumi.evaluation.conductor import single_step
from coalm_oumi.evaluation.conductor.conduct import Pace, conduct
from coalm_oumi.evaluation.conductor.engine_record import endpoint, sampling
from coalm_oumi.evaluation.conductor.journal import Journal, open_journal
from coalm_oumi.evaluation.results import package_versions
from coalm_oumi.progress import shown_progress
from coalm_oumi.secret_keys import hidden_in_logs
from coalm_oumi.storage import write_json

_PACKAGES = ("oumi", "torch", "transformers", "vllm", "aiohttp")
_LEAST_WAVE, _MOST_FIRST = 128, 32


@dataclass(frozen=True)
class Generated:
    """What a run has come to.

    Attributes:
        judged: What became of each reply, by dialogue.
        failures: Why the others have none.
        record: The run record.
        stopped: What ended the run before its end; None if nothing did.
    """

    judged: Mapping[str, Judged]
    failures: Mapping[str, str]
    record: dict[str, Any]
    stopped: SpendingStoppedError | None = None


@dataclass(frozen=True)
class Planned:
    """A run before its first request.

    Attributes:
        config: The config.
        seeds: The dialogues to write from.
        asked: Their requests.
        prompt: Name and version of the prompt.
        identity: What tells this run from others.
    """

    config: GenerationConfig
    seeds: Seeds
    asked: Sequence[Asked]
    prompt: str
    identity: dict[str, Any]

    @property
    def run(self) -> str:
        """The identity as one text, for the keys of the requests."""
        return json.dumps(self.identity, sort_keys=True)


def plan(config: GenerationConfig) -> Planned:
    """Reads the data and makes the requests.

    Raises:
        CoalmError: The data cannot be used.
    """
    seeds = read_seeds(config.options, config.options.limit)
    prompt = prompt_version(config.options)
    asked = requests(seeds, config.options)
    return Planned(
        config, seeds, asked, prompt, identity(config, prompt, seeds.revision)
    )


def estimate_run(config: GenerationConfig) -> tuple[Planned, Estimate, float | None]:
    """Estimates what is left to ask of a run; asks nothing.

    Returns:
        The run, the estimate, and the dollars spent on it already.

    Raises:
        CoalmError: The data or the tokenizer cannot be used, or the output folder holds
            another run.
    """
    planned = plan(config)
    with ExitStack() as stack:
        spent, left = None, list(planned.asked)
        if (config.options.output_dir / REPLIES).exists():
            _, replies = stack.enter_context(_opened(planned))
            spent = Budget(config.options, replies, config.longest).spent
            left = [
                one
                for one in planned.asked
                if request_key(planned.run, one.id, one.prompt) not in replies.usable
            ]
        counter = token_counter(config.options.tokenizer)
        return planned, estimate(left, config.options, counter, config.longest), spent


def preview_run(
    config: GenerationConfig, n: int, *, pace: Pace | None = None
) -> tuple[Planned, Generated]:
    """Asks for the first `n` dialogues, whose replies the run itself then has already.

    No output file is written but those that a run is taken up from.
    """
    planned = plan(with_limit(config, n))
    return planned, _generated(planned, pace, write=False)


def generate(config: GenerationConfig, *, pace: Pace | None = None) -> Generated:
    """Runs a config to its end, or what is left of it.

    Args:
        config: The config.
        pace: How many requests at once, and how patiently; by the engine if not given.

    Raises:
        CoalmError: The config, the data or the endpoint cannot be used, half of the
            first requests failed, or nothing was answered for long. What has been paid
            for is kept.
    """
    return _generated(plan(config), pace, write=True)


def _generated(planned: Planned, pace: Pace | None, *, write: bool) -> Generated:
    config, options = planned.config, planned.config.options
    check_writable(options.output_dir)
    with hidden_in_logs(config.hider), _opened(planned) as opened:
        journal, replies = opened
        budget = Budget(options, replies, config.longest)
        effort = _asked(planned, journal, replies, budget, pace)
        texts = {
            one.id: replies.usable[key].text
            for one in planned.asked
            if (key := request_key(planned.run, one.id, one.prompt)) in replies.usable
        }
        record = _record(planned, replies, budget, effort)
    seeds = {seed.record_id: seed for seed in planned.seeds.dialogues}
    judged = {
        name: judge(text, seeds[name], planned.seeds, options)
        for name, text in texts.items()
    }
    failures = {k: v for k, v in effort.failures.items() if k not in texts}
    if write:
        counts = write_outputs(
            options.output_dir,
            planned.seeds,
            judged,
            texts,
            failures,
            prompt=planned.prompt,
            seed=options.sample_seed,
            state_date=options.state_date,
        )
        complete = len(texts) + len(failures) == len(planned.asked)
        record = {"complete": complete, "counts": counts, **record}
        write_json(options.output_dir / RUN, config.hider.value(record))
    return Generated(judged, failures, record, effort.stopped)


@dataclass
class _Effort:
    """What asking has come to: failures, seconds, requests put again."""

    failures: dict[str, str]
    seconds: float = 0.0
    retried: int = 0
    stopped: SpendingStoppedError | None = None


def _asked(
    planned: Planned,
    journal: Journal,
    replies: PaidReplies,
    budget: Budget,
    pace: Pace | None,
) -> _Effort:
    """Asks for what there is no reply to yet; makes no engine if that is nothing."""
    config, asked = planned.config, planned.asked
    seconds = max((e.elapsed for e in journal.entries.values()), default=0.0)

    def key(one: Asked) -> str:
        return request_key(planned.run, one.id, one.prompt)

    effort = _Effort({}, seconds)
    open_ones = [one for one in asked if key(one) not in replies.usable]
    if not open_ones:
        return effort
    writer = _writer(planned, replies, budget)
    start = {}
    for one in asked:
        exhausted = writer.exhausted(one)
        if exhausted:
            effort.failures[one.id] = exhausted
        else:
            start[one.id] = partial(single_step, one)
    if len(effort.failures) == len(open_ones):
        return effort
    # Replies of a run with a higher limit may stand in the file too.
    before = len(asked) - len(open_ones)
    others = len(replies.usable) - before

    def done() -> int:
        return len(replies.usable) - others

    n = len(start)
    with shown_progress(
        "generate-cra", n, before, unit="dialogues", hide_bars=True
    ) as display:
        tokens = lambda: replies.read + replies.written  # noqa: E731
        progress = CostProgress(display, n, done, lambda: budget.spent, tokens)
        writer.arrived, writer.requests.say = progress.arrived, progress.say
        if isinstance(writer, BatchWriter) and config.options.batch is not None:
            writer.set_up(config.options.batch, say=progress.say)
        pace = replace(pace or _pace(config), attempts=_attempts(config, pace))
        try:
            with progress.counting_retries():
                outcome = conduct(start, writer, journal, pace=pace, progress=progress)
        except SpendingStoppedError as stopped:
            effort.stopped = stopped
            return effort
    effort.failures |= outcome.not_run
    effort.seconds, effort.retried = outcome.seconds, outcome.retried
    return effort


def _writer(planned: Planned, replies: PaidReplies, budget: Budget) -> Writer:
    config = planned.config
    kind = Writer if config.options.batch is None else BatchWriter
    return kind(
        build_engine(config),
        config.options,
        replies,
        budget,
        run=planned.run,
        hider=config.hider,
    )


def _attempts(config: GenerationConfig, pace: Pace | None) -> int:
    # The engine has retried already what it can; a reply that is cut off counts too.
    return pace.attempts if pace else max(2, config.options.attempts)


def _pace(config: GenerationConfig) -> Pace:
    """Returns waves that keep an engine busy; a reply is stored when it is there."""
    if config.options.batch is not None:
        n = config.options.batch.requests
        return Pace(wave=n, first_wave=n)
    remote = config.inference.remote_params
    slots = remote.num_workers if remote is not None else 1
    if config.engine_name in ("NATIVE", "LLAMACPP"):
        slots = config.inference.generation.batch_size or 1
    first = max(4, min(slots, _MOST_FIRST))
    return Pace(wave=max(_LEAST_WAVE, 8 * slots), first_wave=first)


@contextmanager
def _opened(planned: Planned) -> Iterator[tuple[Journal, PaidReplies]]:
    folder = planned.config.options.output_dir
    with (
        open_journal(folder / JOURNAL, planned.identity) as journal,
        open_paid_replies(folder / REPLIES) as replies,
    ):
        yield journal, replies


def _record(
    planned: Planned, replies: PaidReplies, budget: Budget, effort: _Effort
) -> dict[str, Any]:
    config, options = planned.config, planned.config.options
    prices = options.prices
    return {
        "coalm-oumi": coalm_oumi.__version__,
        "model": config.inference.model.model_name,
        "model_revision": config.inference.model.model_revision,
        "adapter": config.inference.model.adapter_model,
        "engine": config.engine_name,
        "endpoint": endpoint(config.inference.remote_params),
        "prompt": planned.prompt,
        "sampling": sampling(config.inference.generation),
        "options": options.model_dump(mode="json"),
        "source": {**planned.seeds.revision, "origin": planned.seeds.origin},
        "functions": len(planned.seeds.functions.functions),
        "replies_paid": replies.count,
        "tokens": {
            "read": replies.read,
            "cached": replies.cached,
            "written": replies.written,
            "replies_estimated": replies.estimated,
        },
        "cost_usd": None if budget.spent is None else round(budget.spent, 6),
        "prices_as_of": None if prices is None else prices.as_of.isoformat(),
        "seconds": round(effort.seconds, 1),
        "requests_put_again": effort.retried,
        "stopped": str(effort.stopped) if effort.stopped else None,
        "versions": package_versions(_PACKAGES),
    }
