"""Flow starts and broadcasts, cut into slices: `flow_start_created` becomes a count and a command for each recipient.

For each start the starter waits until the read models show everything that was in the log before it, resolves the recipients once,
writes them down in slices of 500, and appends one slice after the other. Of one organization at most WINDOW recipients are in the log
undecided: what its contacts write meanwhile finds a gap after half a second, however many are to be reached. Organizations and starts
take turns, a slice each.

Killed at any moment, it goes on from its own tables. A slice that is appended twice reaches each contact once, because the decider
knows for each contact which starts reached it. Several starters may run: each plan is worked on by one at a time.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event as Signal
from uuid import UUID, uuid5

import psycopg2
from psycopg2.extensions import connection as Connection

from domain.contact.query.errors import QueryError
from domain.errors import Invalid, Unavailable
from domain.events.record import Event, Position, Record, StoredRecord
from domain.ports.event_log import EventLog, Follower
from projections.contacts.recipients import NOBODY, Wanted, resolve_recipients
from projections.translated import database_errors
from workers.decider.cursor import Cursor
from workers.starter import plans
from workers.starter.plans import SLICE, Plan, Slice

log_of_work = logging.getLogger("evenkeel.starter")

WINDOW = 2 * SLICE
"""Recipients of one organization that are in the log undecided: one slice is decided while the read models take in the other."""

AT_ONCE = 200  # plans looked at in a step
BUSY_POLL = 0.02  # seconds it waits for news while plans wait for others' work
LOOK_ANYWAY = timedelta(seconds=5)  # after so long an idle starter looks for plans that another left behind
PATIENCE = timedelta(seconds=5)  # after so long without progress it asks the decider's cursor what became of a slice

_NAMES = UUID("0f7d3f0e-8d7e-4c11-b1a8-1f7c1f5f2f2a")
_COMMANDS = {"flow_start": "start_contact", "broadcast": "broadcast_to_contact"}

Append = Callable[[Sequence[Record]], Sequence[Position]]


class Starter:
    """`connect` opens a connection to the read models' database, where the starter keeps its tables too; `now` is the time in UTC.

    Not thread-safe: one thread calls `step` and `close`.
    """

    def __init__(
        self,
        log: EventLog,
        connect: Callable[[], Connection],
        append: Append,
        now: Callable[[], datetime],
        *,
        window: int = WINDOW,
    ) -> None:
        self._log = log
        self._connect = connect
        self._append = append
        self._now = now
        self._window = window
        self._connection: Connection | None = None
        self._follower: Follower | None = None
        self._reached: dict[int, int] = {}
        self._written: dict[int, int] = {}
        self._catch_up: dict[int, int] = {}
        self._busy = True
        self._look_at: datetime | None = None
        self._moved: dict[tuple[str, str], tuple[int, datetime]] = {}
        self._stop = Signal()
        self.started = 0
        """Recipients whose commands it appended; for /metrics."""

    def step(self, timeout: float) -> int:
        """Take up new starts and append slices; returns how many recipients' commands it appended.

        Waits up to `timeout` seconds when there is nothing to do. An outage of log or database gives 0.
        """
        try:
            with database_errors():
                return self._step(timeout)
        except Unavailable as error:
            log_of_work.warning("Starts stand still: %s", error.sentence, extra={"action": "starter_stands"})
            self._release()
            self._stop.wait(timeout)
            return 0

    def stop(self) -> None:
        """From another thread or a signal handler: end a pause at once."""
        self._stop.set()

    def close(self) -> None:
        """Let go of log and database; what is begun is gone on with by the next starter."""
        self._stop.set()
        self._release()

    # ---- following the configuration ---------------------------------------------------------------------------------------

    def _step(self, timeout: float) -> int:
        if self._follower is None or self._connection is None:
            self._open()
        follower, connection = self._follower, self._connection
        assert follower is not None and connection is not None
        records = follower.poll(min(timeout, BUSY_POLL) if self._busy else timeout)
        self._reached = dict(follower.positions())
        now = self._now()
        looks = self._look_at is None or now >= self._look_at
        if records or looks:
            self._take_up(connection, records)
        if any(self._reached.get(partition, -1) < offset for partition, offset in self._catch_up.items()):
            return 0  # a start that was created long ago may have been begun long ago too
        if not (self._busy or looks):
            return 0
        self._look_at = now + LOOK_ANYWAY
        return self._work(connection, now)

    def _take_up(self, connection: Connection, records: Sequence[StoredRecord]) -> None:
        news = {p: offset for p, offset in self._reached.items() if offset > self._written.get(p, -1)}
        if news:
            self._busy = plans.take_up(connection, records, news) > 0 or self._busy
            self._written.update(news)

    def _open(self) -> None:
        connection = self._connection = self._connect()
        plans.install(connection)
        with connection, connection.cursor() as cursor:
            cursor.execute("set search_path to contacts, runs")  # where conditions of contact queries look
        self._written = plans.read_cursor(connection, self._log.partitions)
        self._catch_up = {partition: head for partition, head in self._log.heads().items() if head >= 0}
        self._follower = self._log.follow(self._written, ("configuration",))
        self._busy = True

    def _release(self) -> None:
        follower, connection = self._follower, self._connection
        self._follower = self._connection = None
        for each in (follower, connection):
            if each is not None:
                try:
                    each.close()
                except Exception as error:  # it is broken already: that is why we let go of it
                    log_of_work.debug("Closing failed: %s", error)

    # ---- working off plans -------------------------------------------------------------------------------------------------

    def _work(self, connection: Connection, now: datetime) -> int:
        """A slice of each plan that may go on, all in one append and one transaction."""
        try:
            waiting = plans.open_plans(connection, AT_ONCE)
        except psycopg2.errors.UndefinedTable:
            return 0  # the projector has not made its tables yet
        self._busy = bool(waiting)
        self._moved = {key: moved for plan in waiting if (moved := self._moved.get(key := (plan.org, plan.uuid)))}
        outstanding = {plan.org: plan.outstanding for plan in waiting}
        taken: list[tuple[Plan, Slice | None, int]] = []
        with connection:
            for plan in waiting:
                if plan.applied and outstanding[plan.org] + SLICE <= self._window:
                    found = self._next_slice(connection, plan)
                    if found is not None:
                        taken.append((plan, *found))
                        outstanding[plan.org] += len(found[0] or ())
                elif plan.applied:
                    self._watch(connection, plan, now)
            if taken:
                self._send(connection, taken)
        count = sum(len(part or ()) for _, part, _ in taken)
        self.started += count
        return count

    def _next_slice(self, connection: Connection, plan: Plan) -> tuple[Slice | None, int] | None:
        """The plan's next slice and its total. None: somebody else works on it, or its slices were only just written down."""
        wanted = plans.lock(connection, plan)
        if wanted is None:
            return None
        total = plan.total
        if total is None:
            total = self._write_slices(connection, plan, wanted)
            if total > SLICE:
                return None  # what is told as its total must be what is sent, whatever happens: commit first
        return plans.read_slice(connection, plan, plan.next_slice), total

    def _write_slices(self, connection: Connection, plan: Plan, wanted: dict[str, object]) -> int:
        made = str(uuid5(_NAMES, f"{plan.uuid} made")) if wanted.get("create_contact") else None
        try:
            with plans.undone_if_refused(connection):
                recipients = resolve_recipients(connection, plan.org, Wanted.of_start(wanted))
                return plans.write_slices(connection, plan, recipients, made)
        except (QueryError, Invalid, psycopg2.DataError) as error:
            log_of_work.warning(
                "The recipients of %s %s can't be found, so it reaches nobody: %s", plan.kind, plan.uuid, error,
                extra={"action": "recipients_unknown", "organization": plan.org},
            )  # fmt: skip
            return plans.write_slices(connection, plan, NOBODY, made)

    def _send(self, connection: Connection, taken: Sequence[tuple[Plan, Slice | None, int]]) -> None:
        records = [self._records(plan, part, total) for plan, part, total in taken]
        positions = iter(self._append([record for each in records for record in each]))
        for (plan, part, total), written in zip(taken, records, strict=True):
            last = [next(positions) for _ in written]
            sent = len(part or ())
            if part is None or plan.sent + sent >= total:
                plans.forget(connection, plan)
            else:
                plans.note_sent(connection, plan, sent, last[-1].offset)

    def _records(self, plan: Plan, part: Slice | None, total: int) -> list[Record]:
        recorded_on = int(self._now().timestamp() * 1_000_000)
        records = []
        if plan.next_slice == 0:
            counted = _event(f"{plan.kind}_counted", f"{plan.uuid} counted", {plan.kind: plan.uuid, "total": total})
            records.append(Record(plan.org, "fact", (counted,), recorded_on, "starter"))
        if part is not None:
            records.append(Record(plan.org, "command", tuple(_commands(plan, part)), recorded_on, "starter"))
        return records

    # ---- what was decided and is not counted -------------------------------------------------------------------------------

    def _watch(self, connection: Connection, plan: Plan, now: datetime) -> None:
        """A plan whose window is full. If nothing is handled for long although the decider is past the last slice, go on all the same:
        somebody's start was put off (a webhook's answer is awaited) or set aside."""
        handled, since = self._moved.get((plan.org, plan.uuid), (-1, now))
        if handled != plan.handled:
            self._moved[plan.org, plan.uuid] = (plan.handled, now)
            return
        if now - since < PATIENCE or plan.last_offset is None:
            return
        self._moved[plan.org, plan.uuid] = (plan.handled, now)
        cursor = Cursor.decode(self._log.cursors().get(plan.partition, b""))
        decided = cursor.behind[plan.org][0] - 1 if plan.org in cursor.behind else cursor.read_to
        if decided >= plan.last_offset:
            plans.note_forgiven(connection, plan, plan.uncounted)


def _commands(plan: Plan, part: Slice) -> list[Event]:
    """One command for each recipient; the same ids when the slice is repeated."""
    name, origin = _COMMANDS[plan.kind], plan.kind
    uuid, nth = plan.uuid, part.first_nth
    if part.made is not None:
        contact = {"uuid": part.made, "urns": [], "groups": [], "fields": {}}
        data = {origin: uuid, "contact": part.made, "nth": nth}
        return [
            _event("create_contact", f"{uuid} make", {"contact": contact}),
            _event(name, f"{uuid} {part.made}", data),
        ]
    if part.contacts:
        return [
            _event(name, f"{uuid} {contact}", {origin: uuid, "contact": contact, "nth": at})
            for at, contact in enumerate(part.contacts, nth)
        ]
    return [
        _event(name, f"{uuid} {urn}", {origin: uuid, "urn": urn, "new_uuid": _id(f"{uuid} new {urn}"), "nth": at})
        for at, urn in enumerate(part.urns, nth)
    ]


def _event(name: str, key: str, data: dict[str, object]) -> Event:
    return {"type": name, "version": 1, "id": _id(key), "data": data}


def _id(name: str) -> str:
    return str(uuid5(_NAMES, name))
