"""A small HTTP server on 127.0.0.1 that misbehaves as a test tells it to."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        body: The whole file; a Range request gets a piece of it.
        status: The status of an answer to a request without Range.
        headers: Further headers.
        ranges: Whether Range is honoured.
        cut_after: Bytes of the body after which the connection is closed.
        with_length: Whether Content-Length is sent; without it, the end of the
            connection is the end of the body.
        delay: Seconds between headers and body.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    cut_after: int | None = None
    with_length: bool = True
    delay: float = 0.0


@dataclass(frozen=True)
class Seen:
    """One request."""

    path: str
    headers: Message
    method: str = "GET"


class Server:
    """What the server answers, and what it was asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.replies: dict[str, list[Reply]] = {}
        self.seen: list[Seen] = []

    def serve(self, path: str, *replies: Reply) -> str:
        """Answers `path` with each reply in turn, the last one again and again."""
        self.replies[path] = list(replies)
        return self.url + path

    def next_reply(self, path: str) -> Reply:
        """Returns the answer to the next request for `path`."""
        left = self.replies.get(path, [Reply(status=404)])
        return left.pop(0) if len(left) > 1 else left[0]

    def header(self, name: str) -> list[str | None]:
        """Returns one header of every request so far, in order."""
        return [seen.headers.get(name) for seen in self.seen]


class _Handler(BaseHTTPRequestHandler):
    known: Server

    def do_HEAD(self) -> None:
        """Answers as a GET is going to be, which stays in turn."""
        self.known.seen.append(Seen(self.path, self.headers, "HEAD"))
        reply = self.known.replies.get(self.path, [Reply(status=404)])[0]
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def do_GET(self) -> None:
        self.known.seen.append(Seen(self.path, self.headers))
        reply = self.known.next_reply(self.path)
        body, status, extra = reply.body, reply.status, dict(reply.headers)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        validator = self.headers.get("If-Range")
        if wanted and reply.ranges and status == 200:
            start = int(wanted[1])
            if validator in (None, reply.headers.get("ETag")):
                if start >= len(body):
                    body, status = b"", 416
                else:
                    span = f"bytes {start}-{len(body) - 1}/{len(body)}"
                    extra["Content-Range"] = span
                    body, status = body[start:], 206
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        if reply.with_length:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        time.sleep(reply.delay)
        self.wfile.write(body[: reply.cut_after])
        self.wfile.flush()
        self.close_connection = True
        if reply.cut_after is not None:
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def running_server() -> Iterator[Server]:
    """Yields a server that answers 404 until told otherwise."""

    class Handler(_Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        Handler.known = Server(http.server_address[1])
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield Handler.known
        finally:
            http.shutdown()
            thread.join()
