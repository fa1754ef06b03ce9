"""From the process that took a message to the one that holds its link: over lists in Redis, with the answer back.

A call is worth nothing after its time, and a holder that died answers nobody: then the message goes back to its place, and whoever takes it
asks the next holder. A caller that died is no loss either: who takes the message next asks again, and a link gives the answer it has.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import orjson
import redis

from domain.errors import Unavailable
from domain.ports.http_caller import Reply
from gateways.connections.lease import Leases
from gateways.connections.link_caller import SendingLink, not_now
from infra.redis.connection import unavailable_if_lost

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # between looks whether the holder is still the one
_LISTEN_SECONDS = 1
_KEEP_SECONDS = 120
_AT_ONCE = 200


class RedisForwarding:
    """Both ends of it. `name` is the process's, as leases have it; `link_of` gives a link that this process holds. Used in one event loop."""

    def __init__(
        self,
        client: "redis.Redis",
        leases: Leases,
        link_of: Callable[[str], object | None],
        *,
        name: str,
        now: Callable[[], datetime],
        prefix: str = "links",
    ) -> None:
        self._redis = client
        self._leases = leases
        self._link_of = link_of
        self._name = name
        self._now = now
        self._prefix = prefix
        self._number = 0
        self._run_name = f"{now().timestamp():.6f}"
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._holders: dict[str, tuple[float, str]] = {}
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(2, "forwarding")

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop` is set."""
        loop = asyncio.get_running_loop()
        listening = threading.Thread(target=self._listen, args=(loop,), name="forwarding", daemon=True)
        listening.start()
        try:
            await stop.wait()
        finally:
            self._stopping.set()
            for task in self._answering:
                task.cancel()
            await asyncio.to_thread(listening.join, 3)
            self._threads.shutdown(wait=False)

    async def submit(self, channel: str, request: dict[str, Any], seconds: float) -> Reply:
        """What the link's holder answers. Never raises but when cancelled."""
        try:
            holder = await self._holder(channel)
            if not holder or holder == self._name:
                return not_now("No process holds the link yet.")
            return await self._ask(holder, channel, request, seconds)
        except Unavailable as outage:
            return not_now(outage.sentence)

    async def _ask(self, holder: str, channel: str, request: dict[str, Any], seconds: float) -> Reply:
        self._number += 1
        id = f"{self._run_name}.{self._number}"
        until = self._now().timestamp() + seconds
        call = orjson.dumps([id, self._name, channel, request, until])
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[id] = answer
        try:
            await self._in_thread(partial(self._push, f"calls:{holder}", call))
            while not answer.done():
                await asyncio.wait((answer,), timeout=LOOK_SECONDS)
                if not answer.done() and await self._holder(channel) != holder:
                    return not_now("The link went to another process.")
            return answer.result()
        finally:
            self._waiting.pop(id, None)

    async def _holder(self, channel: str) -> str:
        """Looked up at most once a second for each channel."""
        now = asyncio.get_running_loop().time()
        looked, holder = self._holders.get(channel, (-LOOK_SECONDS, ""))
        if now - looked >= LOOK_SECONDS * 0.9:
            found = (await self._in_thread(partial(self._leases.holders, [channel]))).get(channel)
            holder = found.holder if found else ""
            self._holders[channel] = now, holder
        return holder

    # ---- the holder's end ------------------------------------------------------------------------------------------------------

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own."""
        calls, answers = f"{self._prefix}:calls:{self._name}", f"{self._prefix}:answers:{self._name}"
        while not self._stopping.is_set():
            try:
                with unavailable_if_lost():
                    first: Any = self._redis.blpop([answers, calls], timeout=_LISTEN_SECONDS)
                    if first is None:
                        continue
                    more: Any = self._redis.lpop(first[0], _AT_ONCE) or []
            except Unavailable as outage:
                log.warning(
                    "No calls come from other processes: %s", outage.sentence, extra={"action": "forwarding_waits"}
                )
                self._stopping.wait(0.5)
                continue
            heard = [orjson.loads(each) for each in (first[1], *more)]
            with contextlib.suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(self._take, first[0].decode() == calls, heard)

    def _take(self, are_calls: bool, heard: list[Any]) -> None:
        for each in heard:
            if are_calls:
                task = asyncio.create_task(self._answer(*each))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
                continue
            id, status, headers, body, error, refused = each
            waiting = self._waiting.get(id)
            if waiting is not None and not waiting.done():
                pairs = tuple((name, value) for name, value in headers)
                waiting.set_result(Reply(status, pairs, body.encode(), error=error, refused=refused, size=len(body)))

    async def _answer(self, id: str, caller: str, channel: str, request: dict[str, Any], until: float) -> None:
        seconds = until - self._now().timestamp()
        if seconds <= 0:
            return
        link = self._link_of(channel)
        if isinstance(link, SendingLink):
            reply = await link.submit(request, seconds)
        else:
            reply = not_now("The process doesn't hold the link.")
        answer = orjson.dumps([id, reply.status, reply.headers, reply.body.decode(), reply.error, reply.refused])
        try:
            await self._in_thread(partial(self._push, f"answers:{caller}", answer))
        except Unavailable:
            log.debug("An answer is lost; it is asked for again")

    def _push(self, name: str, value: bytes) -> None:
        with unavailable_if_lost():
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.rpush(f"{self._prefix}:{name}", value)
            pipeline.expire(f"{self._prefix}:{name}", _KEEP_SECONDS)
            pipeline.execute()

    async def _in_thread(self, function: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)
