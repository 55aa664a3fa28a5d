"""An OpenAI-compatible endpoint on this machine that says what it is told to say."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from aiohttp import web

Messages = list[dict[str, Any]]
_LONGEST_REQUEST = 1 << 26


class OpenAIStub:
    """The endpoint, in a thread of its own, on a free port of 127.0.0.1.

    Args:
        reply: Returns the model's text, given the messages of a request; or the choice
            of the response, as far as it is another one (`message`, `finish_reason`).
        latency: Seconds that a reply takes.
        slots: Requests that are answered at the same time.

    Attributes:
        down: While true, requests are refused with status 503.
        answered: How many requests got a reply.
        refused: How many got none.
    """

    def __init__(
        self,
        reply: Callable[[Messages], str | dict[str, Any]],
        *,
        latency: float = 0.0,
        slots: int = 64,
    ) -> None:
        self._reply = reply
        self._latency = latency
        self._slots = slots
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self._port = 0
        self.down = False
        self.answered = 0
        self.refused = 0

    @property
    def url(self) -> str:
        """The address that chat completions are asked of."""
        return f"http://127.0.0.1:{self._port}/v1/chat/completions"

    def __enter__(self) -> OpenAIStub:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(60)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)

    async def _start(self) -> None:
        free = asyncio.Semaphore(self._slots)

        async def answer(request: web.Request) -> web.Response:
            asked = await request.json()
            async with free:
                await asyncio.sleep(self._latency)
            return self._answer(asked)

        async def models(request: web.Request) -> web.Response:
            return web.json_response({"object": "list", "data": [{"id": "stub"}]})

        app = web.Application(client_max_size=_LONGEST_REQUEST)
        app.router.add_post("/v1/chat/completions", answer)
        app.router.add_get("/v1/models", models)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _answer(self, asked: dict[str, Any]) -> web.Response:
        if self.down:
            self.refused += 1
            error = {"message": "the model is being loaded"}
            return web.json_response({"error": error}, status=503)
        said = self._reply(asked["messages"])
        self.answered += 1
        choice = {"index": 0, "finish_reason": "stop"}
        if isinstance(said, str):
            said = {"message": {"content": said}}
        choice |= {**said, "message": {"role": "assistant", **said["message"]}}
        usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
        return web.json_response(
            {
                "object": "chat.completion",
                "model": asked.get("model"),
                "choices": [choice],
                "usage": usage,
            }
        )
