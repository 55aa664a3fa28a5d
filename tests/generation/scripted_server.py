"""An OpenAI-compatible server that writes CRA replies, and misbehaves on a schedule.

What happens to a request is decided by its prompt and by how often that was put before,
so that a run meets the same faults however often it is killed.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = (
    "429",
    "500",
    "time-out",
    "cut",
    "malformed",
    "length",
    "content_filter",
    "429 429",
)
"""What befalls the first request of some prompts (`429 429`: the first two)."""
RUBBISH = "I am sorry, I did not understand what I should write."


def number_of(prompt: str) -> int:
    """Returns a number that the prompt alone decides."""
    return int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:4], "big")


def faulty(prompt: str) -> tuple[str, ...]:
    """Faults for two prompts of five, one kind each."""
    kind = number_of(prompt) % 20
    return tuple(FAULTS[kind].split()) if kind < len(FAULTS) else ()


def written(prompt: str) -> str:
    """Returns what a good model writes to Table 6's prompt, or to that for thoughts."""
    if "# User Input:" in prompt:
        said = prompt.rpartition("# User Input:\n")[2]
        thought = "Thought: The user speaks, and I answer without an API call."
        return re.sub(r"(?m)^(User: .*)$", rf"\1\n{thought}", said)
    turns = prompt.partition("# Conversation")[2].partition("# Task")[0]
    made = []
    for turn in re.split(r"(?m)^Turn ", turns)[1:]:
        number = int(turn.split()[0])
        response = turn.strip().rpartition("Assistant: ")[2]
        names = ("thought1", "thought2") if "\nCall: " in turn else ("thought",)
        value = dict.fromkeys(names, "The user wants this, and I go on.")
        made.append({"turn": number, **value, "response": response})
    return "```json\n" + json.dumps(made) + "\n```"


def rubbish_for_some(prompt: str) -> str:
    """Rubbish for every twentieth prompt, a good reply for the others."""
    return RUBBISH if number_of(prompt) % 20 == 19 else written(prompt)


@dataclass
class Script:
    """What the server does, and what it has done.

    Attributes:
        faults: The faults of a prompt's first requests, in order.
        reply: The text for a prompt.
        latency: Seconds for each reply.
        hang: Seconds without an answer that are a time-out to the client.
        usage: Whether replies say how many tokens they took.
        echo: Whether errors and replies repeat the key that they were sent.
        paid: Replies sent whole that can be used, by prompt.
        unusable: Replies sent whole that are cut off or refused, by prompt.
        put: Requests, by prompt.
        batches: Batches put, by id.
        files: Files put or made, by id.
        broken_files: How many times a file is not given.
        changed: What a batch is when it has just been put, beside its usual self.
    """

    faults: Callable[[str], tuple[str, ...]] = lambda prompt: ()
    reply: Callable[[str], str] = written
    latency: float = 0.0
    hang: float = 3.0
    usage: bool = True
    echo: bool = False
    paid: Counter[str] = field(default_factory=Counter)
    unusable: Counter[str] = field(default_factory=Counter)
    put: Counter[str] = field(default_factory=Counter)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    broken_files: int = 0
    changed: Callable[[str], dict[str, Any]] = lambda batch: {}
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def completion(self, prompt: str, fault: str = "") -> dict[str, Any]:
        """Returns the body of a completion."""
        text = self.reply(prompt)
        if fault == "length":
            text = text[: len(text) // 2]
        body: dict[str, Any] = {
            "id": "c",
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": fault or "stop",
                }
            ],
        }
        if fault == "content_filter":
            body["choices"][0]["message"]["content"] = None
        if self.usage:
            read, made = len(prompt) // 4, len(text) // 4
            body["usage"] = {"prompt_tokens": read, "completion_tokens": made}
        return body


class _Handler(BaseHTTPRequestHandler):
    script: Script
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/files"):
            self._take_file(body)
        elif self.path.endswith("/batches"):
            self._take_batch(json.loads(body))
        else:
            self._complete(json.loads(body))

    def do_GET(self) -> None:
        script, path = self.script, self.path.partition("?")[0]
        if path.endswith("/batches"):
            self._send({"data": list(script.batches.values())})
        elif "/batches/" in path:
            self._send(script.batches[path.rpartition("/")[2]])
        elif path.endswith("/content") and script.broken_files:
            script.broken_files -= 1
            self._send({"error": {"message": "no such file now"}}, 500)
        elif path.endswith("/content"):
            self._send_bytes(script.files[path.split("/")[-2]].encode())
        else:
            self._send({"error": {"message": "not found"}}, 404)

    def _complete(self, request: dict[str, Any]) -> None:
        script, prompt = self.script, request["messages"][0]["content"]
        with script.lock:
            script.put[prompt] += 1
            faults = script.faults(prompt)
            times = script.put[prompt] - 1
        fault = faults[min(times, len(faults) - 1)] if times < len(faults) else ""
        if faults and faults[-1] == "always":
            fault = faults[0]
        time.sleep(script.latency)
        key = self.headers.get("Authorization", "") if script.echo else ""
        if fault == "429":
            self._send({"error": {"message": f"slow down {key}"}}, 429, "0.05")
        elif fault in ("400", "401", "500"):
            self._send({"error": {"message": f"no, {key}"}}, int(fault))
        elif fault == "time-out":
            time.sleep(script.hang)
            self.close_connection = True
        elif fault == "malformed":
            self._send_bytes(b'{"choices": [{"message": {"role": "assis')
        elif fault == "cut":
            self._cut(json.dumps(script.completion(prompt)).encode())
        else:
            made = script.completion(prompt, fault)
            if key:
                made["choices"][0]["message"]["content"] += f"\nkey: {key}"
            # Counted before the last byte is out, so never less than the client has.
            with script.lock:
                (script.unusable if fault else script.paid)[prompt] += 1
            self._send(made)

    def _take_file(self, body: bytes) -> None:
        name = f"file-{len(self.script.files)}"
        lines = [line for line in body.split(b"\n") if line.startswith(b'{"custom_id')]
        self.script.files[name] = b"\n".join(lines).decode()
        self._send({"id": name})

    def _take_batch(self, body: dict[str, Any]) -> None:
        script, name = self.script, f"batch-{len(self.script.batches)}"
        made, failed = [], []
        for text in script.files[body["input_file_id"]].splitlines():
            line = json.loads(text)
            prompt = line["body"]["messages"][0]["content"]
            script.put[prompt] += 1
            times, faults = script.put[prompt] - 1, script.faults(prompt)
            fault = faults[times] if times < len(faults) else ""
            answer: dict[str, Any] = {
                "id": f"batch_req_{len(made) + len(failed)}",
                "custom_id": line["custom_id"],
                "response": None,
                "error": None,
            }
            if fault in ("", "length", "content_filter"):
                (script.unusable if fault else script.paid)[prompt] += 1
                found = script.completion(prompt, fault)
                answer["response"] = {"status_code": 200, "body": found}
                made.append(json.dumps(answer))
            elif fault == "expired":
                answer["error"] = {"code": "batch_expired", "message": "out of time"}
                failed.append(json.dumps(answer))
            else:
                body_of_error = {"error": {"message": f"failed with {fault}"}}
                answer["response"] = {"status_code": 500, "body": body_of_error}
                failed.append(json.dumps(answer))
        script.files[f"out-{name}"] = "\n".join(made)
        script.files[f"err-{name}"] = "\n".join(failed)
        script.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": body["endpoint"],
            "completion_window": body["completion_window"],
            "errors": None,
            "status": "completed",
            "created_at": int(time.time()),
            "request_counts": {
                "total": len(made) + len(failed),
                "completed": len(made),
                "failed": len(failed),
            },
            "input_file_id": body["input_file_id"],
            "output_file_id": f"out-{name}",
            "error_file_id": f"err-{name}" if failed else None,
        }
        script.batches[name].update(script.changed(name))
        self._send(script.batches[name])

    def _send(self, value: Any, status: int = 200, retry_after: str = "") -> None:
        self._send_bytes(json.dumps(value).encode(), status, retry_after)

    def _send_bytes(
        self, body: bytes, status: int = 200, retry_after: str = ""
    ) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # the client has been killed
            self.close_connection = True

    def _cut(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a killed client breaks connections."""


@contextmanager
def scripted_server(script: Script | None = None) -> Iterator[Script]:
    """Runs a server on a free port of 127.0.0.1; its `url` is that of the completions."""
    script = script or Script()

    class Handler(_Handler):
        pass

    Handler.script = script
    with _Server(("127.0.0.1", 0), Handler) as http:
        script.url = f"http://127.0.0.1:{http.server_address[1]}/v1/chat/completions"
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield script
        finally:
            http.shutdown()
            thread.join()
