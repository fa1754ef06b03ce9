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

import psycopg2
from psycopg2.extensions import connection as Connection

from domain.contact.query.errors import QueryError
from domain.errors import Invalid, Unavailable
from domain.events.record import Position, Record, StoredRecord
from domain.ports.event_log import EventLog, Follower
from projections.contacts.recipients import NOBODY, Wanted, resolve_recipients
from projections.translated import database_errors
from workers.decider.cursor import Cursor
from workers.letting_go import let_go
from workers.starter import plans, taking_up
from workers.starter.plans import SLICE, Key, Plan
from workers.starter.recipient_commands import derived_id, records_of

log_of_work = logging.getLogger("evenkeel.starter")

WINDOW = 2 * SLICE
"""Recipients of one organization that are in the log undecided: one slice is decided while the read models take in the other."""

AT_ONCE = 200  # plans looked at in a step
BUSY_POLL = 0.05  # seconds it waits for news while plans wait for others' work
LOOK_ANYWAY = timedelta(seconds=5)  # after so long an idle starter looks for plans that another left behind
PATIENCE = timedelta(seconds=5)  # after so long without progress it asks the decider's cursor what became of a slice

RESOLVING = timedelta(seconds=1)  # after so long it lets the slices of others go first

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
        self._moved: dict[Key, tuple[int, datetime]] = {}
        self._stop = Signal()
        self.started = 0
        """Recipients whose commands it appended; for /metrics."""

    def step(self, timeout: float) -> int:
        """Take up new starts and append slices; returns how many recipients' commands it appended.

        Waits up to `timeout` seconds when there is nothing to do. An outage of log or database gives 0.
        Raises UnknownEvent when the log holds a start that is newer than this program.
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
            self._busy = taking_up.take_up(connection, records, news) > 0 or self._busy
            self._written.update(news)

    def _open(self) -> None:
        connection = self._connection = self._connect()
        taking_up.install(connection)
        with connection, connection.cursor() as cursor:
            cursor.execute("set search_path to contacts, runs")  # where conditions of contact queries look
        self._written = taking_up.read_cursor(connection, self._log.partitions)
        self._catch_up = {partition: head for partition, head in self._log.heads().items() if head >= 0}
        self._follower = self._log.follow(self._written, ("configuration",))
        self._busy = True

    def _release(self) -> None:
        follower, connection = self._follower, self._connection
        self._follower = self._connection = None
        let_go(follower, connection)

    # ---- working off plans -------------------------------------------------------------------------------------------------

    def _work(self, connection: Connection, now: datetime) -> int:
        """Resolve what is new, then append a slice of each plan that may go on."""
        try:
            waiting = plans.open_plans(connection, AT_ONCE)
        except psycopg2.errors.UndefinedTable:
            return 0  # the projector has not made its tables yet
        new = [plan for plan in waiting if plan.applied and plan.total is None]
        if new:
            self._resolve(connection, new)
            waiting = plans.open_plans(connection, AT_ONCE)
        self._busy = bool(waiting)
        ready, held_up = self._sorted_out(waiting)
        for plan in held_up:
            self._watch(connection, plan, now)
        self._moved = {plan.key: self._moved[plan.key] for plan in held_up}
        count = self._send(connection, ready) if ready else 0
        self.started += count
        return count

    def _sorted_out(self, waiting: Sequence[Plan]) -> tuple[list[Plan], list[Plan]]:
        """Which may go on, and which wait until what their organization has in the log is decided."""
        outstanding = {plan.org: plan.outstanding for plan in waiting}
        ready: list[Plan] = []
        held_up: list[Plan] = []
        for plan in waiting:
            if plan.total is None:
                continue
            size = min(SLICE, plan.total - plan.sent)
            if outstanding[plan.org] and outstanding[plan.org] + size > self._window:
                held_up.append(plan)
            else:
                outstanding[plan.org] += size
                ready.append(plan)
        return ready, held_up

    def _resolve(self, connection: Connection, new: Sequence[Plan]) -> None:
        """Write down who is reached, before anything of it is in the log: what is told as a total must be what is sent, whatever
        happens in between."""
        until = self._now() + RESOLVING
        with connection:
            locked = plans.lock(connection, new)
            for plan in new:
                if plan.key in locked:
                    self._write_slices(connection, plan, locked[plan.key])
                if self._now() > until:
                    break

    def _write_slices(self, connection: Connection, plan: Plan, wanted: dict[str, object]) -> None:
        made = derived_id(f"{plan.uuid} made") if wanted.get("create_contact") else None
        try:
            with plans.undone_if_refused(connection):
                recipients = resolve_recipients(connection, plan.org, Wanted.of_start(wanted))
                plans.write_slices(connection, plan, recipients, made)
        except (QueryError, Invalid, psycopg2.DataError) as error:
            log_of_work.warning(
                "The recipients of %s %s can't be found, so it reaches nobody: %s", plan.kind, plan.uuid, error,
                extra={"action": "recipients_unknown", "organization": plan.org},
            )  # fmt: skip
            plans.write_slices(connection, plan, NOBODY, made)

    def _send(self, connection: Connection, ready: Sequence[Plan]) -> int:
        """Append the next slice of each, and note it in the same step; returns how many recipients they have."""
        recorded_on = int(self._now().timestamp() * 1_000_000)
        with connection:
            locked = plans.lock(connection, ready)
            mine = [plan for plan in ready if plan.key in locked]
            if not mine:
                return 0
            slices = plans.read_slices(connection, mine)
            records = {plan.key: records_of(plan, slices.get(plan.key), recorded_on) for plan in mine}
            positions = iter(self._append([record for each in records.values() for record in each]))
            offsets = {key: [next(positions).offset for _ in each] for key, each in records.items()}
            sizes = {plan.key: len(slices.get(plan.key) or ()) for plan in mine}
            done = [plan for plan in mine if plan.sent + sizes[plan.key] >= (plan.total or 0)]
            going_on = [plan for plan in mine if plan.sent + sizes[plan.key] < (plan.total or 0)]
            if done:
                plans.forget(connection, done)
            if going_on:
                plans.note_sent(connection, [(plan, sizes[plan.key], offsets[plan.key][-1]) for plan in going_on])
        return sum(sizes.values())

    # ---- what was decided and is not counted -------------------------------------------------------------------------------

    def _watch(self, connection: Connection, plan: Plan, now: datetime) -> None:
        """A plan whose window is full. If nothing is handled for long although the decider is past the last slice, go on all the same:
        somebody's start was put off (a webhook's answer is awaited) or set aside."""
        handled, since = self._moved.get(plan.key, (-1, now))
        if handled != plan.handled:
            self._moved[plan.key] = (plan.handled, now)
            return
        if now - since < PATIENCE or plan.last_offset is None:
            return
        self._moved[plan.key] = (plan.handled, now)
        cursor = Cursor.decode(self._log.cursors().get(plan.partition, b""))
        decided = cursor.behind[plan.org][0] - 1 if plan.org in cursor.behind else cursor.read_to
        if decided >= plan.last_offset:
            plans.note_forgiven(connection, plan, plan.uncounted)
