"""The requests that one of Oumi's remote engines puts: counted, paced, ended.

Oumi asks many at a time in an event loop of its own, follows a server's Retry-After for
as long as it says, days if need be, and cannot be interrupted before all are done. Here
each request's session is wrapped:

- Retry-After is followed up to four times `remote_params.retry_backoff_max` (2 minutes
  unless the config says otherwise), and what is waited for is told;
- the requests that the server is at work on are known, and the others can be given up
  (`stopping`).
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable
from typing import Any

from multidict import CIMultiDict

from coalm_oumi.evaluation.conductor.stopping import current_stop
from coalm_oumi.retry_after import retry_after_seconds, spoken_seconds

_BACKOFFS = 4
_SECONDS_BETWEEN_WORDS = 30.0
_WORTH_A_WORD = 5.0
_HEADER = "Retry-After"


class RequestGivenUpError(RuntimeError):
    """A request was not put, as the run is to stop.

    A `RuntimeError`, as that is what Oumi's engines do not put again.
    """


class RemoteRequests:
    """The requests of one engine.

    Attributes:
        say: Shows a line that stays.
    """

    def __init__(self, engine: Any, say: Callable[[str], None] | None = None) -> None:
        """Takes over the engine's way of asking.

        Args:
            engine: One of Oumi's engines; one that is not remote stays as it is.
            say: Shows a line that stays; nothing is shown without.
        """
        self.say = say or (lambda line: None)
        self._stopped = False
        self._pending: set[_Call] = set()
        self._told, self._lock = -_SECONDS_BETWEEN_WORDS, threading.Lock()
        original = getattr(engine, "_query_api", None)
        if original is None or "session" not in inspect.signature(original).parameters:
            return
        remote = engine._remote_params
        self._longest = _BACKOFFS * remote.retry_backoff_max

        async def query(
            conversation: Any, semaphore: Any, session: Any, *args: Any, **kwargs: Any
        ) -> Any:
            call = _Call(self)
            wrapped = _Session(session, call)
            asked = original(conversation, semaphore, wrapped, *args, **kwargs)
            return await self._ended(call, asked)

        engine._query_api = query

    def count(self) -> int:
        """Returns how many requests the server is at work on."""
        return sum(call.at_work for call in list(self._pending))

    def end_others(self) -> None:
        """Gives up those that it is not at work on."""
        for call in list(self._pending):
            call.loop.call_soon_threadsafe(call.give_up)

    @property
    def stopped(self) -> bool:
        """Whether no request is to be put any more."""
        return self._stopped or current_stop().requested

    def stop(self) -> None:
        """Puts no request any more, as their replies could not be stored."""
        self._stopped = True
        self.end_others()

    def told_wait(self, asked: float, waits: float) -> None:
        """Says, now and then, what is waited for."""
        now = time.monotonic()
        with self._lock:
            if asked < _WORTH_A_WORD or now - self._told < _SECONDS_BETWEEN_WORDS:
                return
            self._told = now
        self.say(
            f"the server asks to wait {spoken_seconds(asked)}; asking again in "
            f"{spoken_seconds(waits)}"
        )

    def capped(self, header: str) -> str | None:
        """Returns a Retry-After that is followed; None for one that says nothing."""
        asked = retry_after_seconds(header)
        if asked is None:
            return None
        waits = min(asked, self._longest)
        self.told_wait(asked, waits)
        return f"{waits:.3f}"

    async def _ended(self, call: _Call, asked: Any) -> Any:
        current_stop().watch(self)
        call.loop = asyncio.get_running_loop()
        call.task = asyncio.ensure_future(asked)
        self._pending.add(call)
        try:
            return await call.task
        except asyncio.CancelledError:
            if call.given_up:
                raise RequestGivenUpError("not put, as the run is to stop") from None
            raise
        finally:
            self._pending.discard(call)


class _Call:
    """A request: waiting for its turn or to be put again, or at work on the server."""

    loop: asyncio.AbstractEventLoop
    task: asyncio.Future[Any]

    def __init__(self, requests: RemoteRequests) -> None:
        self.requests = requests
        self.at_work = self.given_up = False

    def give_up(self) -> None:
        """Ends it unless the server is at work on it; called in the event loop."""
        if not self.at_work and not self.task.done():
            self.given_up = True
            self.task.cancel()


class _Session:
    """A client session whose requests are counted."""

    def __init__(self, session: Any, call: _Call) -> None:
        self._session, self._call = session, call

    def post(self, *args: Any, **kwargs: Any) -> _Post:
        return _Post(self._session, self._call, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class _Post:
    """One request and its response."""

    def __init__(self, session: Any, call: _Call, args: Any, kwargs: Any) -> None:
        self._session, self._call = session, call
        self._args, self._kwargs = args, kwargs
        self._inner: Any = None

    async def __aenter__(self) -> Any:
        if self._call.requests.stopped:
            raise RequestGivenUpError("not put, as the run is to stop")
        self._call.at_work = True
        try:
            self._inner = self._session.post(*self._args, **self._kwargs)
            return _Response(await self._inner.__aenter__(), self._call.requests)
        except BaseException:
            self._rests()
            raise

    async def __aexit__(self, *error: Any) -> Any:
        try:
            return await self._inner.__aexit__(*error)
        finally:
            self._rests()

    def _rests(self) -> None:
        self._call.at_work = False
        if self._call.requests.stopped:
            # Where it has its reply, it has ended by then.
            self._call.loop.call_soon(self._call.give_up)


class _Response:
    """A response whose Retry-After can be followed."""

    def __init__(self, response: Any, requests: RemoteRequests) -> None:
        self._response = response
        self.headers = CIMultiDict(response.headers)
        if response.status != 200 and _HEADER in self.headers:
            followed = requests.capped(self.headers.pop(_HEADER))
            self.headers.popall(_HEADER, None)
            if followed is not None:
                self.headers[_HEADER] = followed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)
