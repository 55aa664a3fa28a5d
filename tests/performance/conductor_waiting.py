"""How long an engine waits for the conductor, and what waves cost it.

A stub server answers each request after 50 ms, 64 at a time; Oumi's own remote engine
puts requests to it::

    python tests/performance/conductor_waiting.py [plain] [bfcl]

`plain`: 4,441 requests, as many as BFCL V3 has cases, single-turn and in dialogues of
three steps; as the peer, Oumi's `engine.infer` given all of the single turns at once.

`bfcl`: the 4,441 cases that bfcl-eval brings, as the task plays them. The stub gives the
right calls, so that every turn of the 800 multi-turn cases is executed, and its results
are read, in the checker's processes (`COALM_BFCL_PYTHON`, or `uv`).

Printed: the seconds of the conductor with its journal, and the share of them in which the
engine had nothing to do.
"""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.openai_stub import Messages, OpenAIStub

LATENCY = 0.05
SLOTS = 64
CASES = 4441

Turns = Mapping[str, list[str]]


def serve(turns: Turns, pipe: Connection) -> None:
    """Runs the stub until it is ended; says its address.

    Args:
        turns: What to say turn by turn, by the digest of a dialogue's beginning; to any
            other it says `ok`, as it does when it reads results.
        pipe: Where its address goes.
    """

    def reply(messages: Messages) -> str:
        roles = [m["role"] for m in messages]
        end = roles.index("assistant") if "assistant" in roles else len(roles)
        said = turns.get(digest(messages[:end]))
        if said is None or roles[-1] == "tool":
            return "ok"
        return said[min(roles[end:].count("user"), len(said) - 1)]

    with OpenAIStub(reply, latency=LATENCY, slots=SLOTS) as stub:
        pipe.send(stub.url)
        pipe.recv()


def digest(messages: Messages) -> str:
    """Returns what tells a dialogue's beginning from others."""
    told = json.dumps([(m["role"], m["content"]) for m in messages])
    return hashlib.sha256(told.encode()).hexdigest()


class Served:
    """The stub in a process of its own, and Oumi's engine before it."""

    def __init__(self, turns: Turns) -> None:
        from oumi.core.configs import (
            EvaluationConfig,
            GenerationParams,
            InferenceEngineType,
            ModelParams,
            RemoteParams,
        )
        from oumi.inference import RemoteInferenceEngine

        spawn = multiprocessing.get_context("spawn")
        here, there = spawn.Pipe()
        self._pipe = here
        self._server = spawn.Process(target=serve, args=(turns, there))
        self._server.start()
        remote = RemoteParams(
            api_url=here.recv(),
            num_workers=SLOTS,
            politeness_policy=0.0,
            use_adaptive_concurrency=False,
        )
        self.engine = RemoteInferenceEngine(
            ModelParams(model_name="stub"),
            generation_params=GenerationParams(max_new_tokens=8),
            remote_params=remote,
        )
        self.config = EvaluationConfig(
            inference_engine=InferenceEngineType.REMOTE, inference_remote_params=remote
        )

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *error: object) -> None:
        self._pipe.send(None)
        self._server.join()

    def conducted(self, title: str, start: Mapping[str, Any], **how: Any) -> None:
        """Runs dialogues, and prints how long it took and the engine waited."""
        from coalm_oumi.evaluation.conductor.conduct import conduct
        from coalm_oumi.evaluation.conductor.journal import open_journal
        from coalm_oumi.evaluation.conductor.oumi_engine import EngineAsk, engine_pace

        with (
            tempfile.TemporaryDirectory() as folder,
            open_journal(Path(folder) / "journal.jsonl", {}) as journal,
        ):
            outcome = conduct(
                start,
                EngineAsk(self.engine),
                journal,
                pace=engine_pace(self.config),
                **how,
            )
        assert len(outcome.predictions) == len(start)
        waited = 100 * (1 - outcome.engine_seconds / outcome.seconds)
        alone = outcome.requests * LATENCY / SLOTS
        print(
            f"{title}: {len(start)} dialogues, {outcome.requests} requests in "
            f"{outcome.seconds:.1f} s (latency alone {alone:.1f} s), engine waited "
            f"{waited:.1f} %",
            flush=True,
        )


def plain() -> None:
    """Requests that need no work between them."""
    from oumi.core.types.conversation import Conversation, Message, Role

    from coalm_oumi.evaluation.conductor import Dialogue, Request

    def case(number: int, steps: int) -> Dialogue:
        heard = []
        for step in range(steps):
            reply = yield Request.of_user(f"case {number}, step {step}" + 500 * " word")
            heard.append(reply.text)
        return heard

    with Served({}) as served:
        for steps in (1, 3):
            start = {str(n): partial(case, n, steps) for n in range(CASES // steps)}
            served.conducted(f"{steps} step(s)", start)
        words = 500 * " word"
        messages = [
            [Message(role=Role.USER, content=f"{n}{words}")] for n in range(CASES)
        ]
        began = time.monotonic()
        served.engine.infer([Conversation(messages=m) for m in messages])
        print(f"engine.infer, all at once: {time.monotonic() - began:.1f} s")


def bfcl() -> None:
    """The cases of BFCL V3, with right calls for replies."""
    from coalm_oumi.benchmarks.bfcl.benchmark import BFCL_V3, BfclOptions
    from coalm_oumi.benchmarks.bfcl.categories import CATEGORIES, GROUPS
    from coalm_oumi.benchmarks.bfcl.environment import ensure_environment, package_data
    from coalm_oumi.benchmarks.bfcl.gold import gold_prediction
    from coalm_oumi.benchmarks.bfcl.load import load_bfcl
    from coalm_oumi.benchmarks.bfcl.prompt import first_messages

    data = package_data(ensure_environment())
    turns = {}
    for case in load_bfcl(categories=GROUPS["multi_turn"], data=data).cases:
        turns[digest(first_messages(case))] = [
            turn[0] for turn in gold_prediction(case)
        ]
    with Served(turns) as served:
        for name, categories in (
            ("all", CATEGORIES),
            ("multi-turn", GROUPS["multi_turn"]),
        ):
            options = BfclOptions(categories=list(categories), data="checker")
            prepared = BFCL_V3.dialogues(options, None)
            served.conducted(
                f"bfcl_v3, {name}",
                prepared.start,
                threads=prepared.threads,
                early=prepared.early,
            )


def main() -> None:
    """Measures and prints."""
    import oumi.builders  # noqa: F401 - first, for Oumi's circular imports

    from coalm_oumi.progress import WithoutBars

    logging.disable(logging.CRITICAL)
    sys.stderr = WithoutBars(sys.stderr)  # type: ignore[assignment]
    parts = {"plain": plain, "bfcl": bfcl}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
