"""`transformers serve` on a CPU, with the tiny model that ships with the package.

Its weights are drawn at random, so that what it writes is nonsense. Almost any token
ends a reply: the server takes no notice of `max_completion_tokens`, which is what Oumi
sends, and would write 1024 tokens each time.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SECONDS_TO_START = 300
_EVERY = 32


def write_tiny_model(folder: Path) -> Path:
    """Writes the tiny model with random weights, and its tokenizer, to a folder."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    source = Path(__file__).parent / "assets/tiny_llama"
    config = AutoConfig.from_pretrained(source)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config)
    ends = model.generation_config
    ends.eos_token_id = list(range(0, config.vocab_size, _EVERY))
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return folder


@contextmanager
def served_tiny_model(folder: Path) -> Iterator[str]:
    """Serves the model of a folder; yields the address of the chat completions.

    Raises:
        RuntimeError: The server has not come up.
    """
    port = free_port()
    cache = folder / "cache"
    cache.mkdir()
    log = folder / "server.log"
    code = "from transformers.cli.transformers import main; main()"
    command = [sys.executable, "-c", code, "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env=os.environ | {"HF_HUB_CACHE": str(cache), "OMP_NUM_THREADS": "1"},
            stdout=out,
            stderr=out,
        )
    with waited_for(process, f"http://127.0.0.1:{port}/health", log):
        yield f"http://127.0.0.1:{port}/v1/chat/completions"


def free_port() -> int:
    """Returns a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def waited_for(process: subprocess.Popen[bytes], url: str, log: Path) -> Iterator[None]:
    """Waits until a server answers, and ends it after the block.

    Raises:
        RuntimeError: The server has not come up.
    """
    try:
        _wait(url, process, log)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"no server: {log.read_text()[-2000:]}")
