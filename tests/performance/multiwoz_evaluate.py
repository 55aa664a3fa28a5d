"""How long `oumi evaluate` takes for multiwoz24's gold_history, killed and resumed or not.

A stub server answers each request after 50 ms, 64 at a time: every other turn with a call
first, then with a reply. Oumi's own remote engine puts all turns of all test dialogues to
it, once without a break and once killed on the way and started again::

    python tests/performance/multiwoz_evaluate.py FOLDER [--kills N] [--seed N]

FOLDER holds the benchmark's data (`multiwoz24`, with `db/`). The moments of the kills
(SIGKILL) are drawn: after some part of the turns, and a fraction of a second later.
`--only whole` or `--only killed` makes one of the runs and `--keep FOLDER` leaves what it
wrote there, so that they can be made one after the other. Printed: seconds, requests, the
time that the stub alone would take, and whether both runs left the same predictions and
cases. Fails if they did not, or if the run without a break took longer than 3 minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

LATENCY = 0.05
SLOTS = 64
BUDGET = 180.0
TURNS = 7368
DIALOGUES = 999
RUNS = ("whole", "killed")

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


def moments(kills: int, turns: int, seed: int) -> list[tuple[int, float]]:
    """Draws when to kill: after so many journalled turns, and seconds after that."""
    draws = random.Random(seed)  # noqa: S311
    counts = sorted(draws.randrange(1, int(turns * 0.95)) for _ in range(kills))
    return [(count, draws.uniform(0, 0.5)) for count in counts]


def finished(journal: Path) -> int:
    """Returns how many turns a journal holds; none once it is gone."""
    try:
        return journal.read_bytes().count(b"\n") - 1
    except FileNotFoundError:
        return 0


def evaluate(recipe: Path, journal: Path, kills: list[tuple[int, float]]) -> float:
    """Runs `oumi evaluate`, killing it at these moments; returns the seconds."""
    command = ["oumi", "evaluate", "-c", str(recipe)]
    log = recipe.with_suffix(".log")
    began, left = time.monotonic(), list(kills)
    while True:
        with log.open("wb") as told:
            process = subprocess.Popen(command, stdout=told, stderr=told)
        while process.poll() is None:
            time.sleep(0.05)
            turns = finished(journal)
            if left and turns >= left[0][0]:
                time.sleep(left.pop(0)[1])
                process.send_signal(signal.SIGKILL)
                print(f"  killed after {turns} turns", flush=True)
                process.wait()
        if process.returncode == 0:
            return time.monotonic() - began
        if process.returncode != -signal.SIGKILL:
            told = log.read_text("utf-8", "replace")[-2000:]
            raise SystemExit(f"oumi evaluate ended with {process.returncode}: {told}")


def left(folder: Path) -> tuple[bytes, str, dict[str, object]]:
    """Returns what a run left: predictions, cases, and how it was made."""
    results = json.loads((folder / "results.json").read_text())
    predictions = (folder / "predictions.jsonl").read_bytes()
    return predictions, json.dumps(results["cases"]), results["provenance"]


def measured(given: argparse.Namespace, name: str, folder: Path, port: int) -> float:
    """Makes one of the two runs, prints how long it took, and returns the seconds."""
    output, recipe = folder / name, folder / f"{name}.yaml"
    shutil.rmtree(output, ignore_errors=True)
    recipe.write_text(
        RECIPE.format(
            port=port,
            slots=SLOTS,
            dialogues=given.dialogues,
            data=given.data.resolve(),
            output=output,
        )
    )
    results = output / "multiwoz24"
    turns = TURNS * given.dialogues // DIALOGUES
    kills = moments(given.kills, turns, given.seed) if name == "killed" else []
    wall = evaluate(recipe, results / "journal.jsonl", kills)
    _, _, told = left(results)
    requests = int(str(told["requests"]))
    alone = requests * given.latency / SLOTS
    print(
        f"{name} ({len(kills)} kills): {wall:.1f} s with starts and scoring, "
        f"{told['seconds']} s of dialogues; {requests} requests, for which the stub "
        f"alone takes {alone:.1f} s",
        flush=True,
    )
    return wall


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--dialogues", type=int, default=DIALOGUES)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latency", type=float, default=LATENCY)
    parser.add_argument("--only", choices=("whole", "killed"))
    parser.add_argument("--keep", type=Path)
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
            folder = (given.keep or Path(scratch)).resolve()
            folder.mkdir(parents=True, exist_ok=True)
            names = (given.only,) if given.only else RUNS
            seconds = {name: measured(given, name, folder, port) for name in names}
            same = None
            if all((folder / name / "multiwoz24").is_dir() for name in RUNS):
                first, second = (left(folder / n / "multiwoz24")[:2] for n in RUNS)
                same = first == second
                print(f"identical: {same}")
    finally:
        server.terminate()
        server.join()
    if same is False:
        raise SystemExit("the runs differ")
    if seconds.get("whole", 0.0) > BUDGET:
        raise SystemExit(f"over the budget of {BUDGET:.0f} s")


if __name__ == "__main__":
    main()
