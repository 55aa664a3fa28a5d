"""The provider's batch API, through Oumi's engines: half the price, within a day.

`batch.json` in the output folder is written before a batch is put, and holds its id as
soon as there is one. A run killed in between finds the batch among the provider's by the
requests that it was made of, so that none is paid for twice.

Oumi's `get_batch_results_partial` drops what an expired batch has finished, and has been
paid for; the files of results are therefore read here. Its `BatchInfo` drops `errors`,
where OpenAI says why it refused a whole batch; that is asked for here too.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import aiohttp
from oumi.core.async_utils import safe_asyncio_run
from oumi.core.types.conversation import Conversation, Message, Role

from coalm_oumi.calls import strict_json
from coalm_oumi.cra.generate.asking import Writer
from coalm_oumi.cra.generate.options import Batch
from coalm_oumi.cra.generate.prompting import Asked
from coalm_oumi.errors import CoalmError
from coalm_oumi.evaluation.conductor import Failure
from coalm_oumi.evaluation.conductor.stopping import current_stop
from coalm_oumi.storage import write_json

BATCH_FILE = "batch.json"
ENGINES = ("OPENAI", "REMOTE")
"""Engines whose endpoints may have OpenAI's batch API."""
_CLOCKS_APART = 300
_MOST_LISTED = 100
_MOST_TOLD = 3
_MOST_TRIES = 5
_T = TypeVar("_T")


class BatchWriter(Writer):
    """Puts each wave of requests as one batch."""

    def set_up(
        self,
        batch: Batch,
        *,
        say: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Takes what a batch needs beside the engine.

        Args:
            batch: The `batch` block.
            say: Shows a line that stays.
            sleep: Waits for seconds.
            now: Returns the time in seconds since 1970.
        """
        self._batch, self._say, self._sleep, self._now = batch, say, sleep, now
        self._file = self._options.output_dir / BATCH_FILE
        # The batch API belongs to the remote engines alone.
        self._remote: Any = self._engine

    def put(self, left: Sequence[Asked]) -> dict[str, Failure]:
        """Puts requests as a batch, waits for it, and takes its replies."""
        failed: dict[str, Failure] = {}
        known = self._known()
        if known is not None:
            # What it brings may be more, or other, than what is asked for now.
            failed |= self._finish(known)
            left = [one for one in left if self.key(one) not in self.replies.usable]
        if left:
            try:
                known = self._create(left)
            except CoalmError:
                raise
            except Exception as error:
                failure = Failure(self.told(f"the batch could not be put: {error}"))
                return failed | {one.id: failure for one in left}
            failed |= self._finish(known)
        return failed

    def _create(self, left: Sequence[Asked]) -> dict[str, Any]:
        conversations = [self.conversation(one) for one in left]
        known: dict[str, Any] = {
            "batch": None,
            "since": self._now() - _CLOCKS_APART,
            "ids": [one.id for one in left],
            "keys": [conversation.metadata["key"] for conversation in conversations],
            "prompts": [len(one.prompt) for one in left],
            "digest": _digest([one.prompt for one in left]),
        }
        write_json(self._file, known)
        known["batch"] = self._remote.infer_batch(conversations)
        write_json(self._file, known)
        self._say(f"batch {known['batch']}: {len(left)} requests put")
        return known

    def _known(self) -> dict[str, Any] | None:
        """Returns the batch that a killed run has put, if it has."""
        try:
            known = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        if known.get("batch") is None:
            known["batch"] = self._found(known)
        return known if known["batch"] is not None else None

    def _found(self, known: dict[str, Any]) -> str | None:
        """Looks for a batch whose id the killed run did not come to write down."""
        try:
            listed = self._remote.list_batches(limit=_MOST_LISTED).batches
        except Exception as error:
            raise CoalmError(
                "an earlier run may have put a batch, and the endpoint does not list its "
                f"batches ({self.told(str(error))}). Look there whether it has; if not, "
                "remove this file and run the same command again.",
                path=self._file,
            ) from None
        for info in listed:
            created = info.created_at.timestamp() if info.created_at else 0.0
            if created < known["since"] or not info.input_file_id:
                continue
            if self._digest_of(info.input_file_id) == known["digest"]:
                return str(info.id)
        return None

    def _digest_of(self, file: str) -> str | None:
        try:
            sent = [
                line["body"]["messages"][0]["content"] for line in self._lines(file)
            ]
        except (KeyError, TypeError, IndexError):
            return None  # a batch of another program
        return _digest(sent)

    def _finish(self, known: dict[str, Any]) -> dict[str, Failure]:
        batch = known["batch"]
        told = None
        while True:
            try:
                info = self._patiently(lambda: self._remote.get_batch_status(batch))
            except Exception as error:
                reason = f"batch {batch}: {self.told(str(error))}"
                return {name: Failure(reason) for name in known["ids"]}
            if info.is_terminal:
                break
            status = f"{info.status.value}, {info.completed_requests} finished"
            if status != told:
                told = status
                self._say(f"batch {batch}: {status}")
            self._pause()
        failed: dict[str, Failure] = {}
        try:
            for file in (info.output_file_id, info.error_file_id):
                lines = self._patiently(partial(self._read, file)) if file else []
                for line in lines:
                    self._take_line(line, known, failed)
        except CoalmError:
            raise
        except Exception as error:
            # It is read anew, by the next try or the next run: `batch.json` stays.
            reason = f"the results of batch {batch} cannot be read: {error}"
            return {name: Failure(self.told(reason)) for name in known["ids"]}
        why = self._why_refused(batch) if info.status.value == "failed" else ""
        for name, key in zip(known["ids"], known["keys"], strict=True):
            if key not in self.replies.usable and not self.replies.unusable[key]:
                reason = (
                    f"batch {batch} is {info.status.value}: "
                    f"{why or info.error or 'no reply'}"
                )
                failed.setdefault(name, Failure(self.told(reason)))
        self._file.unlink(missing_ok=True)
        return failed

    def _why_refused(self, batch: str) -> str:
        """Returns why a batch as a whole has failed, in the endpoint's words."""

        async def asked() -> Any:
            headers = self._remote._get_request_headers(self._remote._remote_params)
            url = f"{self._remote.get_batch_api_url()}/{batch}"
            async with (
                aiohttp.ClientSession() as session,
                session.get(url, headers=headers) as response,
            ):
                return await response.json()

        try:
            errors = safe_asyncio_run(asked())["errors"]["data"]
            return "; ".join(str(error["message"]) for error in errors[:_MOST_TOLD])
        except Exception:  # no reason is given, or none that can be read
            return ""

    def _patiently(self, ask: Callable[[], _T]) -> _T:
        """Asks again after a pause, as one failed question of a long wait says little."""
        for _ in range(_MOST_TRIES - 1):
            try:
                return ask()
            except Exception as error:
                self._say(f"asked in vain, and again soon: {self.told(str(error))}")
                self._pause()
        return ask()

    def _pause(self) -> None:
        """Waits for the batch, which an interruption does not: it goes on without us."""
        current_stop().check()
        with current_stop().idle():
            self._sleep(self._batch.poll_seconds)

    def _read(self, file: str) -> list[dict[str, Any]]:
        return list(self._lines(file))

    def _lines(self, file: str) -> Iterator[dict[str, Any]]:
        for line in self._remote.get_file_content(file).splitlines():
            try:
                value = strict_json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value

    def _take_line(
        self, line: dict[str, Any], known: dict[str, Any], failed: dict[str, Failure]
    ) -> None:
        try:
            place = int(str(line.get("custom_id")).partition("-")[2])
            name, key = known["ids"][place], known["keys"][place]
        except (ValueError, IndexError):
            return
        try:
            body = line["response"]["body"]
            choice = body["choices"][0]
            text = choice["message"].get("content") or ""
        except (KeyError, TypeError, IndexError, AttributeError):
            error = line.get("error") or (line.get("response") or {}).get("body")
            failed[name] = Failure(self.told(f"in the batch: {json.dumps(error)}"))
            return
        usage = body.get("usage") or {}
        details = usage.get("prompt_tokens_details") or {}
        said = Message(role=Role.ASSISTANT, content=str(text))
        prompt = Message(role=Role.USER, content=" " * known["prompts"][place])
        metadata: dict[str, Any] = {
            "key": key,
            # The same whenever the file is read, so that it is counted once.
            "attempt": f"{known['batch']}/{line.get('custom_id')}",
            "finish_reason": choice.get("finish_reason") or "",
        }
        if usage:
            metadata["usage"] = {
                "prompt_tokens": usage.get("prompt_tokens"),
                "completion_tokens": usage.get("completion_tokens"),
                "cached_tokens": details.get("cached_tokens"),
            }
        self.take(
            Conversation(
                conversation_id=name, messages=[prompt, said], metadata=metadata
            )
        )


def _digest(prompts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(prompts).encode()).hexdigest()
