"""Calls what flows ask for (webhooks, e-mail, language models, airtime) and appends the answers, so that their runs go on.

One process calls at a time (it holds the claim of the cursor). The cursor stands before the oldest request without answer; what
is behind it and answered is recognised by its answer in the log. A crash between a call and its answer repeats the call: at least
once, as the outside is told by the request's own uuid where it can be (Message-ID, airtime transfer). The answer's id follows from
the request, and the decider takes only the answer it waits for, so a repeated answer changes nothing.

A request interrupted for good (its run ended meanwhile) is still called: the flow had asked for it.
"""

import asyncio
import logging
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from domain.errors import Unavailable, UnknownEvent
from domain.events.record import Event, Record
from domain.events.versions import version_of
from domain.ports.event_log import EventLog
from domain.ports.feed_cursor import FeedCursor
from workers.effects.calls import Calls
from workers.effects.request_reader import RequestReader
from workers.effects.unanswered import Unanswered, Waiting

log = logging.getLogger(__name__)

Data = dict[str, Any]
R = TypeVar("R")

ACTOR = "effects"
TOO_OLD_SECONDS = 5.0  # between looks whether it still stands before what a newer program wrote
OUTAGE_SECONDS = 0.5
SAVE_SECONDS = 1.0
TOO_OLD = 24 * 3600 * 1_000_000  # microseconds: nobody waits for such an answer any more


@dataclass(frozen=True, slots=True)
class EffectsLimits:
    in_all: int = 200
    per_org: int = 20
    claim_seconds: float = 10.0
    """For which a process is the one that calls; renewed."""


class Effects:
    """`name` is the process's own, `micros` the clock in microseconds since 1970. Counters for /metrics: `called`, `failed`."""

    def __init__(
        self,
        event_log: EventLog,
        cursor: FeedCursor,
        calls: Calls,
        *,
        name: str,
        micros: Callable[[], int],
        limits: EffectsLimits = EffectsLimits(),
    ) -> None:
        self._log = event_log
        self._calls = calls
        self._micros = micros
        self._limits = limits
        self._reader = RequestReader(event_log, cursor, name, limits.claim_seconds)
        self._claim_every = limits.claim_seconds / 5
        self._unanswered = self._nothing()
        self._answers: list[_Answered] = []
        self._appending = self._may_begin = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = threading.Event()
        self._may_go = asyncio.Event()
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.called = self.failed = 0

    @property
    def waiting(self) -> int:
        """Requests without answer, as far as they were read."""
        return len(self._unanswered)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; calls under way get a few seconds, the others are made by whoever starts next."""
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(3, "effects")
        reading = threading.Thread(target=self._read, name="effects-reader", daemon=True)
        reading.start()
        parts = [asyncio.create_task(part(stop)) for part in (self._give_turns, self._append_answers)]
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*parts, waiting], return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            self._may_go.set()
            await asyncio.gather(parts[0])
            if self._tasks:
                await asyncio.wait(set(self._tasks), timeout=3)
            for task in self._tasks:
                task.cancel()
            self._news.set()
            await asyncio.gather(parts[1])
        finally:
            waiting.cancel()
            for task in (*parts, *self._tasks):
                task.cancel()
            await asyncio.gather(*parts, *self._tasks, return_exceptions=True)
            self._stopping.set()
            await asyncio.to_thread(reading.join, 5)
            self._threads.shutdown(wait=False)

    # ---- reading, in a thread of its own --------------------------------------------------------------------------------------

    def _read(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._reader.claim():
                    self._read_while_claimed()
                else:
                    self._stopping.wait(self._claim_every)
            except Unavailable as outage:
                log.warning("Requests aren't read: %s", outage.sentence, extra={"action": "effects_wait"})
                self._stopping.wait(OUTAGE_SECONDS)
            except UnknownEvent as newer:
                log.error("%s", newer.sentence, extra={"action": "too_old"})
                self._stopping.wait(TOO_OLD_SECONDS)
            except Exception:
                log.exception("Reading requests failed", extra={"action": "effects_failed"})
                self._stopping.wait(OUTAGE_SECONDS)
        self._reader.close()

    def _read_while_claimed(self) -> None:
        """Until the claim is lost. What this process has under way from before is brought home first, so that the log knows it."""
        self._reader.close()
        self._in_loop(self._come_to_rest())
        self._in_loop(self._begin(self._reader.catch_up(self._reader.claim)))
        claimed = saved = monotonic()
        while not self._stopping.is_set():
            asked, over = self._reader.poll(min(OUTAGE_SECONDS, self._claim_every))
            if asked or over:
                self._in_loop(self._take_in(asked, over))
            if monotonic() - claimed > self._claim_every:
                if not self._reader.claim():
                    break
                claimed = monotonic()
            if monotonic() - saved > SAVE_SECONDS:
                self._save()
                saved = monotonic()
        if self._stopping.is_set():
            self._save()
            self._reader.release()

    def _save(self) -> None:
        self._reader.save(self._in_loop(self._done_up_to(dict(self._reader.positions))))

    def _in_loop(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Run it in the event loop, where all state is; its result."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    # ---- in the event loop -----------------------------------------------------------------------------------------------------

    async def _come_to_rest(self) -> None:
        self._unanswered, self._may_begin = self._nothing(), False
        while self._tasks or self._answers or self._appending:
            await asyncio.sleep(0.02)

    async def _begin(self, found: Iterable[Waiting]) -> None:
        self._may_begin = True
        await self._take_in(found, ())

    async def _take_in(self, asked: Iterable[Waiting], over: Iterable[str]) -> None:
        for waiting in asked:
            self._unanswered.add(waiting)
        for request in over:
            self._unanswered.drop(request)
        self._may_go.set()

    async def _done_up_to(self, reached: dict[int, int]) -> dict[int, int]:
        return {partition: self._unanswered.done_up_to(partition, at) for partition, at in reached.items()}

    def _nothing(self) -> Unanswered:
        return Unanswered(in_all=self._limits.in_all, per_org=self._limits.per_org)

    async def _give_turns(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            waiting = self._unanswered.next() if self._may_begin else None
            if waiting is None:
                await self._may_go.wait()
                self._may_go.clear()
                continue
            task = asyncio.create_task(self._call(waiting, self._unanswered))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _call(self, waiting: Waiting, unanswered: Unanswered) -> None:
        answer = await self._answer(waiting)
        self.called += 1
        self.failed += "error" in answer
        event = {
            "type": "service_answered",
            "version": version_of("service_answered"),
            "id": str(uuid.uuid5(uuid.UUID(waiting.uuid), "answer")),
            "data": {"contact": waiting.contact, "request": waiting.uuid, "answer": answer},
        }
        self._answers.append(_Answered(waiting, event, unanswered))
        self._news.set()

    async def _answer(self, waiting: Waiting) -> Data:
        request = waiting.request
        while request is None:
            try:
                found = await self._in_thread(partial(self._reader.again, waiting))
            except Unavailable:
                await asyncio.sleep(OUTAGE_SECONDS)
                continue
            if found is None or found.request is None:
                return {"error": "The request can't be found in the log any more."}
            request = found.request
        if self._micros() - waiting.asked_on > TOO_OLD:
            return {
                "error": "It took more than a day until the call could be made; it was not made.",
                "key": request.get("key"),
            }
        return await self._calls.answer(waiting.org, request)

    async def _append_answers(self, stop: asyncio.Event) -> None:
        """Many at once: what is answered while an append is on its way goes with the next."""
        while not (stop.is_set() and not self._answers and not self._tasks):
            await self._news.wait()
            self._news.clear()
            batch, self._answers = self._answers, []
            if not batch:
                continue
            self._appending = True
            if not await self._append(batch, stop):
                return
            for each in batch:
                each.unanswered.answered(each.waiting)
            self._appending = False
            self._may_go.set()

    async def _append(self, batch: list["_Answered"], stop: asyncio.Event) -> bool:
        by_org: dict[str, list[Event]] = {}
        for each in batch:
            by_org.setdefault(each.waiting.org, []).append(each.event)
        now = self._micros()
        records = [Record(org, "fact", (event,), now, ACTOR) for org, events in by_org.items() for event in events]
        while True:
            try:
                await self._in_thread(partial(self._log.append, records))
                return True
            except Unavailable as outage:
                log.warning("Answers wait: %s", outage.sentence, extra={"action": "answers_wait"})
                if stop.is_set():
                    return False
                await asyncio.sleep(OUTAGE_SECONDS)

    async def _in_thread(self, function: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)


@dataclass(slots=True)
class _Answered:
    waiting: Waiting
    event: Event
    unanswered: Unanswered
