"""A server of OpenAI's protocol: our template, our parser, and a model that is given."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from coalm_oumi.serving import (
    CHAT_TEMPLATE,
    Call,
    Content,
    Event,
    ReplyStream,
    arguments_json,
    read_reply,
)

ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"
Model = Callable[[str], str]
"""Takes a prompt, and returns the reply's text."""


@contextmanager
def serving(model: Model) -> Iterator[str]:
    """Serves a model while the context lasts; gives the base URL."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(ASSET)
    template = CHAT_TEMPLATE.read_text()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Stays quiet."""

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            request = json.loads(self.rfile.read(length))
            kwargs = request.get("chat_template_kwargs", {})
            prompt = tokenizer.apply_chat_template(
                [_with_objects(message) for message in request["messages"]],
                tools=request.get("tools"),
                chat_template=template,
                tokenize=False,
                add_generation_prompt=True,
                **kwargs,
            )
            names = [t["function"]["name"] for t in request.get("tools", ())]
            options = {"functions": names, **kwargs}
            self.send_response(200)
            if request.get("stream"):
                self._stream(model(prompt), options)
            else:
                self._whole(model(prompt), options)

        def _whole(self, text: str, options: dict[str, Any]) -> None:
            reply = read_reply(text, **options)
            calls = [_call(Call(n, call)) for n, call in enumerate(reply.calls)]
            message = {
                "role": "assistant",
                "content": reply.content,
                "tool_calls": calls or None,
            }
            body = json.dumps(_completion(message, "message", _reason(calls))).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, text: str, options: dict[str, Any]) -> None:
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            stream = ReplyStream(**options)
            self._send({"role": "assistant", "content": ""}, None)
            for character in text:
                for event in stream.feed(character):
                    self._send(_delta(event), None)
            for event in stream.finish():
                self._send(_delta(event), None)
            self._send({}, _reason(stream.calls))
            self.wfile.write(b"data: [DONE]\n\n")

        def _send(self, delta: dict[str, Any], reason: str | None) -> None:
            data = json.dumps(_completion(delta, "delta", reason))
            self.wfile.write(f"data: {data}\n\n".encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _with_objects(message: dict[str, Any]) -> dict[str, Any]:
    """A message with the arguments of its calls as objects, as vLLM gives them."""
    calls = [
        {
            **call,
            "function": {
                **call["function"],
                "arguments": json.loads(call["function"]["arguments"]),
            },
        }
        for call in message.get("tool_calls") or ()
    ]
    return {**message, "tool_calls": calls} if calls else message


def _call(event: Call) -> dict[str, Any]:
    function = {"name": event.call.name, "arguments": arguments_json(event.call)}
    return {"id": f"call_{event.index}", "type": "function", "function": function}


def _delta(event: Event) -> dict[str, Any]:
    if isinstance(event, Call):
        return {"tool_calls": [{"index": event.index, **_call(event)}]}
    return {"content": event.text} if isinstance(event, Content) else {}


def _reason(calls: Any) -> str:
    return "tool_calls" if calls else "stop"


def _completion(
    message: dict[str, Any], part: str, reason: str | None
) -> dict[str, Any]:
    kind = "chat.completion.chunk" if part == "delta" else "chat.completion"
    choice = {"index": 0, part: message, "finish_reason": reason}
    return {
        "id": "1",
        "object": kind,
        "created": 0,
        "model": "coalm",
        "choices": [choice],
    }
