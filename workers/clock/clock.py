"""Timers that fall due become facts: `timer_fired`.

The clock looks at the read model of due timers and decides nothing: a timer that is no longer wanted is ignored by the decider, so
firing twice is harmless and firing is never forgotten, since a timer stays in the read model until a decision takes it away.

A fired timer stays due until it was decided and projected. The clock remembers what it fired and is quiet about it for `again` seconds,
then fires once more, each time after twice as long: what a decider set aside must not fill the log. Of each organization at most
`each` timers are under way at a time; when a hundred thousand waits run out in the same minute, the replies that come in
meanwhile find a gap between them.

Several clocks may run: one at a time holds the lock and works, the others stand by.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event as Signal
from typing import NamedTuple
from uuid import UUID, uuid5

from psycopg2.extensions import connection as Connection

from domain.errors import Unavailable
from domain.events.record import Event, Position, Record
from domain.events.versions import version_of
from projections.due_timers.queries import DueTimer, due_timers, seconds_to_next
from projections.translated import database_errors
from workers.letting_go import let_go

log_of_work = logging.getLogger("evenkeel.clock")

LIMIT = 10_000  # timers looked at in one sweep
EACH = 1_000  # timers of one organization under way at a time
IN_RECORD = 500  # timers in one record
AGAIN = 60.0  # seconds until a timer that nobody took up fires once more ...
LONGEST_AGAIN = 3_600.0  # ... and at most so long after many times
REST = 2.0  # after a sweep it rests at least so many times as long as the sweep took
SHORTEST_REST = timedelta(seconds=0.1)

_LOCK = 7_305_522_917  # any number, the same in every process
_NAMES = UUID("6d3cf1c2-1b6e-4f55-9d0e-9a4f86f5f0a1")

Append = Callable[[Sequence[Record]], Sequence[Position]]


class _Fired(NamedTuple):
    """When it fired last, and how often."""

    at: datetime
    times: int


class Clock:
    """`connect` opens a connection to the read models, `append` writes to the log, `now` is the time in UTC.

    Not thread-safe: one thread calls `step` and `close`.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        append: Append,
        now: Callable[[], datetime],
        *,
        limit: int = LIMIT,
        each: int = EACH,
        again: float = AGAIN,
    ) -> None:
        self._connect = connect
        self._append = append
        self._now = now
        self._limit = limit
        self._each = each
        self._again = again
        self._connection: Connection | None = None
        self._leads = False
        self._has_tables = False  # the projector makes them, maybe later than we start
        self._fired: dict[DueTimer, _Fired] = {}
        self._rests_until: datetime | None = None
        self._stop = Signal()
        self.fired = 0
        """How many it fired since it began, repetitions counted; for /metrics."""

    def step(self, timeout: float) -> int:
        """Fire what is due; returns how many. Waits up to `timeout` seconds when nothing is."""
        begun = self._now()
        if self._rests_until is not None and begun < self._rests_until:
            self._stop.wait(min(timeout, (self._rests_until - begun).total_seconds()))
            begun = self._now()
            if begun < self._rests_until:
                return 0
        try:
            fired = self._sweep(begun)
            pause = 0.0 if fired else self._pause(begun, timeout)
        except Unavailable as error:
            log_of_work.warning("No timer fires: %s", error.sentence, extra={"action": "clock_stands"})
            if self._connection is None or self._connection.closed:  # else the log is away, and the lock is kept
                self._release()
            self._stop.wait(timeout)
            return 0
        ended = self._now()
        self._rests_until = ended + max((ended - begun) * REST, SHORTEST_REST)
        if pause:
            self._stop.wait(pause)
        return fired

    def stop(self) -> None:
        """From another thread or a signal handler: end a wait at once."""
        self._stop.set()

    def close(self) -> None:
        """Let go of the database; another clock takes over."""
        self._stop.set()
        self._release()

    def _sweep(self, now: datetime) -> int:
        connection = self._leading()
        if connection is None:
            return 0
        due = due_timers(connection, _text(now), each=self._each, limit=self._limit)
        remembered = {timer: self._fired[timer] for timer in due if timer in self._fired}
        wanted = [timer for timer in due if timer not in remembered or self._is_late(remembered[timer], now)]
        if wanted:
            self._append(_records(wanted, int(now.timestamp() * 1_000_000)))
            for timer in wanted:
                before = remembered.get(timer)
                remembered[timer] = _Fired(now, before.times + 1 if before else 1)
        self._fired = remembered
        self.fired += len(wanted)
        return len(wanted)

    def _is_late(self, fired: _Fired, now: datetime) -> bool:
        """It fired, and nothing came of it for too long."""
        patience: float = min(self._again * 2 ** min(fired.times - 1, 16), LONGEST_AGAIN)
        return (now - fired.at).total_seconds() >= patience

    def _pause(self, now: datetime, timeout: float) -> float:
        if self._connection is None or not (self._leads and self._has_tables):
            return timeout
        seconds = seconds_to_next(self._connection, _text(now))
        return timeout if seconds is None else max(0.0, min(timeout, seconds))

    def _leading(self) -> Connection | None:
        """The connection, if this clock is the one that works. The lock goes with the connection."""
        with database_errors():
            if self._connection is None:
                self._connection = self._connect()
                self._connection.autocommit = True
                self._leads = False
            with self._connection.cursor() as cursor:
                if not self._leads:
                    cursor.execute("select pg_try_advisory_lock(%s)", (_LOCK,))
                    (self._leads,) = cursor.fetchone() or (False,)
                if self._leads and not self._has_tables:
                    cursor.execute("select to_regclass('due_timers.due_timers') is not null")
                    (self._has_tables,) = cursor.fetchone() or (False,)
        return self._connection if self._leads and self._has_tables else None

    def _release(self) -> None:
        connection, self._connection, self._leads = self._connection, None, False
        let_go(connection)


def _records(timers: Iterable[DueTimer], recorded_on: int) -> list[Record]:
    """One record per organization and IN_RECORD timers; each timer is an input of its own."""
    events: dict[str, list[Event]] = {}
    for timer in timers:
        events.setdefault(timer.org, []).append(_fact(timer))
    return [
        Record(org, "fact", tuple(batch[begin : begin + IN_RECORD]), recorded_on, "clock")
        for org, batch in events.items()
        for begin in range(0, len(batch), IN_RECORD)
    ]


def _fact(timer: DueTimer) -> Event:
    """The same timer gives the same event, id and all, however often it fires."""
    data = {
        "contact": timer.contact,
        "kind": timer.kind,
        "session": timer.session,
        "sprint": timer.sprint,
        "due_on": timer.due_on,
    }
    name = f"{timer.org} {timer.contact} {timer.kind} {timer.session} {timer.sprint} {timer.due_on}"
    return {"type": "timer_fired", "version": version_of("timer_fired"), "id": str(uuid5(_NAMES, name)), "data": data}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
