"""An OpenAI-compatible server that answers each request as a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer: its status, headers, raw body and the seconds it takes."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def said(text: str, seconds: float = 0.0) -> Answer:
    """Returns a completion."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 9, "completion_tokens": 1}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice], "usage": usage}).encode()
    return Answer(body, seconds=seconds)


def busy(retry_after: str) -> Answer:
    """Returns status 429 with a Retry-After."""
    error = b'{"error": {"message": "slow down"}}'
    return Answer(error, 429, {"Retry-After": retry_after})


Answers = Callable[[str, int, str], Answer]


class HostileServer:
    """The server.

    Attributes:
        answer: Returns the answer, given the last message of a request, how often that
            was put before, and the Authorization header.
        asked: The last message of each request, in order.
        answered: The same of those whose answer was sent whole.
    """

    def __init__(self, answer: Answers) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.answered: list[str] = []
        self.url = ""
        self.lock = threading.Lock()


@contextmanager
def hostile_server(answer: Answers) -> Iterator[HostileServer]:
    """Runs a server on a free port of 127.0.0.1."""
    known = HostileServer(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            prompt: Any = json.loads(self.rfile.read(size))["messages"][-1]["content"]
            with known.lock:
                times = known.asked.count(prompt)
                known.asked.append(prompt)
            found = known.answer(prompt, times, self.headers.get("Authorization", ""))
            time.sleep(found.seconds)
            try:
                self.send_response(found.status)
                headers = {"Content-Type": "application/json", **found.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(found.body)))
                self.end_headers()
                self.wfile.write(found.body)
                known.answered.append(prompt)
            except OSError:  # the client has ended
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        known.url = f"http://127.0.0.1:{http.server_address[1]}/v1/chat/completions"
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield known
        finally:
            http.shutdown()
            thread.join()
