"""Durable appends for many requests at once.

What arrives while a commit is under way goes into the next one: one record per organization, kind and actor, one write for all. Under load
the next one waits a moment until as many are there as were in the last: the same callbacks spread over more processes would be more and
smaller commits, and every commit wakes everybody who follows the log.

A request is answered when its record is durable: in the log, or, while the log is away, in the local spool. The spool is emptied into the
log in order before anything newer goes there directly, so an organization's order holds.

Kill it after the write and before the answer: the event is in the log and the caller, unanswered, repeats it; inputs carry ids, so the
decider knows the repetition.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, NamedTuple

from domain.errors import EvenkeelError, Invalid, Unavailable
from domain.events.record import Event, Kind, Record
from domain.ports.event_log import EventLog
from gateways.append.spool import Spool

log = logging.getLogger(__name__)

AT_ONCE = 2_000  # events of one write
GATHERING_SECONDS = 0.01  # what a commit waits at most for as many as the last one had; one alone waits for nobody
DRAIN_EVERY = 0.25  # seconds between looks whether the log is back
LOOK_AROUND_EVERY = 5.0  # seconds between looks for what processes that are gone have spooled


class _Waiting(NamedTuple):
    org: str
    kind: Kind
    actor: str
    events: Sequence[Event]
    done: asyncio.Future[None]


class GroupCommit:
    """Start with `start()`, stop with `stop()` (waits for what was given).

    `micros` is the clock in microseconds since 1970. Counters for /metrics: `appended` events, `commits`, `spooled` events.
    """

    def __init__(self, event_log: EventLog, spool: Spool, micros: Callable[[], int]) -> None:
        self._log = event_log
        self._spool = spool
        self._micros = micros
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._wanted = 1  # so many wake the writer
        self._last = 0  # so many were in the last commit
        self._ended = 0.0
        self._stopping = False
        self._look_at = monotonic() + LOOK_AROUND_EVERY
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self.appended = self.commits = self.spooled = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join(10)
        self._spool.close()

    def append(self, org: str, kind: Kind, actor: str, events: Sequence[Event]) -> asyncio.Future[None]:
        """Awaitable; done when durable. Raises (when awaited) Unavailable if neither log nor spool could take it."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.append(_Waiting(org, kind, actor, events, future))
        if len(self._waiting) >= self._wanted and not self._wake.is_set():
            self._wake.set()
        return future

    # ---- the writer's thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not (self._stopping and not self._waiting):
            self._wake.wait(DRAIN_EVERY if self._spool.pending else LOOK_AROUND_EVERY)
            self._wake.clear()
            self._gather()
            self._look_around()
            self._drain()
            batch = self._take()
            if batch:
                self._last = len(batch)
                self._settle(batch, self._write(batch))
                self._ended = monotonic()
            if self._waiting or self._stopping:
                self._wake.set()

    def _gather(self) -> None:
        """Clients that wait for their answer come back together, so they lose nothing by it."""
        until = self._ended + GATHERING_SECONDS
        self._wanted = self._last
        while not self._stopping and len(self._waiting) < self._last and (left := until - monotonic()) > 0:
            self._wake.wait(left)
            self._wake.clear()
        self._wanted = 1

    def _take(self) -> list[_Waiting]:
        with self._lock:
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        return batch

    def _write(self, batch: list[_Waiting]) -> EvenkeelError | None:
        try:
            return self._write_together(batch)
        except Exception:
            return self._write_alone(batch)

    def _write_together(self, batch: list[_Waiting]) -> EvenkeelError | None:
        records = self._records(batch)
        try:
            if self._spool.pending:
                raise Unavailable("The log is away; what came before is still in the spool.")
            self._log.append(records)
            self.commits += 1
            self.appended += len(batch)
            return None
        except Unavailable as outage:
            return self._spool_away(batch, records, outage)
        except EvenkeelError as error:
            return error

    def _write_alone(self, batch: list[_Waiting]) -> EvenkeelError | None:
        """Something in it can't be written at all, by a fault of ours: it fails alone, and the thread lives on."""
        if len(batch) == 1:
            log.exception("A record can't be written", extra={"action": "append_failed", "org": batch[0].org})
            return Invalid("It can't be written to the log.")
        for waiting in batch:
            self._settle([waiting], self._write([waiting]))
        batch.clear()
        return None

    def _spool_away(self, batch: list[_Waiting], records: list[Record], outage: Unavailable) -> EvenkeelError | None:
        """Facts and reports are kept locally; a command is refused, because its answer can't be given."""
        kept = [record for record in records if record.kind != "command"]
        try:
            if kept:
                self._spool.write(kept)
                self.spooled += sum(len(record.events) for record in kept)
        except OSError as error:
            return Unavailable(f"Neither the log nor the local spool can take it: {outage.sentence} {error}")
        commands = [waiting for waiting in batch if waiting.kind == "command"]
        if commands:
            self._settle(commands, outage)
            batch[:] = [waiting for waiting in batch if waiting.kind != "command"]
        return None

    def _records(self, batch: list[_Waiting]) -> list[Record]:
        grouped: dict[tuple[str, Kind, str], list[Event]] = {}
        for waiting in batch:
            grouped.setdefault((waiting.org, waiting.kind, waiting.actor), []).extend(waiting.events)
        now = self._micros()
        return [Record(org, kind, tuple(events), now, actor) for (org, kind, actor), events in grouped.items()]

    def _look_around(self) -> None:
        if monotonic() < self._look_at:
            return
        self._look_at = monotonic() + LOOK_AROUND_EVERY
        try:
            self._spool.take_over_abandoned()
        except OSError:
            log.exception("What others have spooled can't be taken over", extra={"action": "spool_stuck"})

    def _drain(self) -> None:
        """Move spooled records to the log, oldest first, as far as it takes them."""
        while self._spool.pending:
            try:
                segment = self._spool.oldest()
                if segment.records:
                    self._log.append(segment.records)
                self._spool.forget(segment)
            except Unavailable:
                return
            except Exception:
                log.exception("The spool can't be emptied", extra={"action": "spool_stuck"})
                return

    def _settle(self, batch: list[_Waiting], error: EvenkeelError | None) -> None:
        by_loop: dict[Any, list[asyncio.Future[None]]] = {}
        for waiting in batch:
            by_loop.setdefault(waiting.done.get_loop(), []).append(waiting.done)
        for loop, futures in by_loop.items():
            loop.call_soon_threadsafe(_settle_all, futures, error)


def _settle_all(futures: list[asyncio.Future[None]], error: EvenkeelError | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
