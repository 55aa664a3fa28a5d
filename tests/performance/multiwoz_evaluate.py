"""How long `oumi evaluate` takes for multiwoz24's gold_history, killed and resumed or not.

A stub server answers each request after 50 ms, 64 at a time: every other turn with a call
first, then with a reply. Oumi's own remote engine puts all turns of all test dialogues to
it, once without a break and once killed on the way and started again::

    python tests/performance/multiwoz_evaluate.py FOLDER [--dialogues N] [--kills N]

FOLDER holds the benchmark's data (`multiwoz24`, with `db/`). Printed: seconds, requests,
the share of the time that the stub alone would take, and whether both runs left the same
predictions and cases.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

LATENCY = 0.05
SLOTS = 64

CALL = (
    "Thought: I need to call an API.\nAPI Name: query_restaurants\n"
    'API Input: {"area": "centre", "pricerange": "cheap"}\nAPI Result:'
)
REPLY = "Thought: I need no API.\nResponse: There is the Missing Sock, in the centre."

RECIPE = """\
model: {{model_name: stub}}
generation: {{max_new_tokens: 64}}
inference_engine: REMOTE
inference_remote_params:
  api_url: http://127.0.0.1:{port}/v1/chat/completions
  num_workers: {slots}
  politeness_policy: 0.0
  use_adaptive_concurrency: false
tasks:
  - evaluation_backend: custom
    task_name: multiwoz24
    num_samples: {dialogues}
    eval_kwargs: {{data: {data}, on_missing: error}}
output_dir: {output}
"""


def serve(port: int, latency: float) -> None:
    """Runs the stub: an OpenAI-compatible endpoint."""
    from aiohttp import web

    slots = asyncio.Semaphore(SLOTS)

    async def answer(request: web.Request) -> web.Response:
        messages = (await request.json())["messages"]
        async with slots:
            await asyncio.sleep(latency)
        calls = len(messages) == 2 and len(messages[1]["content"]) % 2 == 0
        message = {"role": "assistant", "content": CALL if calls else REPLY}
        usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": usage})

    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/v1/chat/completions", answer)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def evaluate(recipe: Path, journal: Path, kills: int) -> float:
    """Runs `oumi evaluate`, killing it so many times on the way; returns the seconds."""
    command = ["oumi", "evaluate", "-c", str(recipe)]
    began, lines = time.monotonic(), 0
    while True:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None:
            time.sleep(0.05)
            now = journal.read_bytes().count(b"\n") if journal.exists() else 0
            if kills and now > lines + 30:
                process.send_signal(signal.SIGKILL)
                lines, kills = now, kills - 1
        if process.returncode == 0:
            return time.monotonic() - began
        if process.returncode != -signal.SIGKILL:
            raise SystemExit(f"oumi evaluate ended with {process.returncode}")


def left(folder: Path) -> tuple[bytes, str, dict[str, object]]:
    """Returns what a run left: predictions, cases, and how it was made."""
    results = json.loads((folder / "results.json").read_text())
    predictions = (folder / "predictions.jsonl").read_bytes()
    return predictions, json.dumps(results["cases"]), results["provenance"]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--dialogues", type=int, default=999)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--latency", type=float, default=LATENCY)
    given = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    server = multiprocessing.get_context("spawn").Process(
        target=serve, args=(port, given.latency)
    )
    server.start()
    os.environ["OUMI_LOG_LEVEL"] = "ERROR"
    try:
        time.sleep(3)
        with tempfile.TemporaryDirectory() as scratch:
            ends = []
            for name, kills in (("whole", 0), ("killed", given.kills)):
                output = Path(scratch) / name
                recipe = Path(scratch) / f"{name}.yaml"
                recipe.write_text(
                    RECIPE.format(
                        port=port,
                        slots=SLOTS,
                        dialogues=given.dialogues,
                        data=given.data.resolve(),
                        output=output,
                    )
                )
                folder = output / "multiwoz24"
                wall = evaluate(recipe, folder / "journal.jsonl", kills)
                predictions, cases, told = left(folder)
                ends.append((predictions, cases))
                requests = int(str(told["requests"]))
                alone = requests * given.latency / SLOTS
                print(
                    f"{name} ({kills} kills): {wall:.1f} s with starts and scoring, "
                    f"{told['seconds']} s of dialogues; {requests} requests, for which "
                    f"the stub alone takes {alone:.1f} s",
                    flush=True,
                )
            print(f"identical: {ends[0] == ends[1]}")
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
