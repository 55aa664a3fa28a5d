"""How long an engine waits for the conductor, and what waves cost it.

A stub server answers each request after 50 ms, 64 at a time; Oumi's own remote engine
puts 4,441 requests to it, as many as BFCL V3 has cases::

    python tests/performance/conductor_waiting.py

Printed: the seconds of the conductor with its journal, single-turn and in dialogues of
three steps; the share of them in which the engine had nothing to do; and, as the peer,
Oumi's `engine.infer` given all requests of the single turns at once.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import socket
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

LATENCY = 0.05
SLOTS = 64
CASES = 4441


def serve(port: int) -> None:
    """Runs the stub: an OpenAI-compatible endpoint that says `ok`."""
    from aiohttp import web

    slots = asyncio.Semaphore(SLOTS)

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        async with slots:
            await asyncio.sleep(LATENCY)
        message = {"role": "assistant", "content": "ok"}
        usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": usage})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def conducted(engine: object, config: object, steps: int) -> tuple[float, float]:
    """Returns the seconds of a run, and those in which the engine was at work."""
    from coalm_oumi.conductor import Dialogue, Request, conduct
    from coalm_oumi.conductor.journal import open_journal
    from coalm_oumi.conductor.oumi_engine import EngineAsk, engine_pace

    def case(number: int) -> Dialogue:
        heard = []
        for step in range(steps):
            reply = yield Request.of_user(f"case {number}, step {step}" + 500 * " word")
            heard.append(reply.text)
        return heard

    count = CASES // steps
    with (
        tempfile.TemporaryDirectory() as folder,
        open_journal(Path(folder) / "journal.jsonl", {}) as journal,
    ):
        outcome = conduct(
            {str(n): partial(case, n) for n in range(count)},
            EngineAsk(engine),  # type: ignore[arg-type]
            journal,
            pace=engine_pace(config),  # type: ignore[arg-type]
        )
    assert len(outcome.predictions) == count
    return outcome.seconds, outcome.engine_seconds


def main() -> None:
    """Measures and prints."""
    import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
    from oumi.core.configs import (
        EvaluationConfig,
        GenerationParams,
        InferenceEngineType,
        ModelParams,
        RemoteParams,
    )
    from oumi.core.types.conversation import Conversation, Message, Role
    from oumi.inference import RemoteInferenceEngine

    from coalm_oumi.conductor.progress import WithoutBars

    logging.disable(logging.CRITICAL)
    sys.stderr = WithoutBars(sys.stderr)  # type: ignore[assignment]
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(port,))
    server.start()
    try:
        time.sleep(3)
        remote = RemoteParams(
            api_url=f"http://127.0.0.1:{port}/v1/chat/completions",
            num_workers=SLOTS,
            politeness_policy=0.0,
        )
        engine = RemoteInferenceEngine(
            ModelParams(model_name="stub"),
            generation_params=GenerationParams(max_new_tokens=8),
            remote_params=remote,
        )
        config = EvaluationConfig(
            inference_engine=InferenceEngineType.REMOTE, inference_remote_params=remote
        )
        print(f"latency alone: {CASES * LATENCY / SLOTS:.1f} s")
        for steps in (1, 3):
            seconds, busy = conducted(engine, config, steps)
            waited = 100 * (1 - busy / seconds)
            print(
                f"conductor, {steps} step(s): {seconds:.1f} s, engine waited {waited:.1f} %"
            )
        words = 500 * " word"
        messages = [
            [Message(role=Role.USER, content=f"{n}{words}")] for n in range(CASES)
        ]
        began = time.monotonic()
        engine.infer([Conversation(messages=m) for m in messages])
        print(f"engine.infer, all at once: {time.monotonic() - began:.1f} s")
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
