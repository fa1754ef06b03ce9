"""Log to read models: reads reports, decisions and configuration, and folds them into the live tables.

Any number of projectors may run: each takes the partitions it is given, or its share (`projections/sharing.py`). Two that have the same one
wait for each other and pass over what the other applied. Whatever is killed at whatever moment, rows and cursor stand at the same place afterwards.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from threading import Event as Signal
from time import monotonic

from domain.errors import Unavailable, UnknownEvent
from domain.ports.event_log import EventLog, Follower
from projections import sharing
from projections.building import build_outdated
from projections.catalogue import CATALOGUE
from projections.installing import install, live_set
from projections.projection import Connection, Projection
from projections.projection_set import KINDS
from workers.letting_go import let_go

BATCH = 2_000
"""Records per transaction: enough that the statements' fixed costs vanish, few enough that a waiting API client doesn't notice."""

BUSY = 32
"""From so many records in a batch on, the next one waits for more: together they cost a third of what they cost in small batches."""

GATHERING_SECONDS = 0.15
"""How long it waits; nothing while only a few records come, so that who writes one thing after the other reads it at once."""

LOOK_SECONDS = 0.5
"""Between looks at who shares the partitions; so long nobody applies those of a projector that was killed."""

_LONGEST_PAUSE = 5.0

log_of_work = logging.getLogger("evenkeel.projector")


class Projector:
    """`connect` opens a new connection to the database of the read models. `partitions`: all if they are not named; `shares`: of these only
    this one's share, while others run. Not thread-safe: one thread calls `step` and `close`.
    """

    def __init__(
        self,
        log: EventLog,
        connect: Callable[[], Connection],
        *,
        partitions: Iterable[int] | None = None,
        projections: Sequence[Projection] = CATALOGUE,
        batch: int = BATCH,
        shares: bool = False,
    ) -> None:
        self._log = log
        self._connect = connect
        self._partitions = tuple(sorted(range(log.partitions) if partitions is None else partitions))
        self._shares = shares
        self._own = frozenset(self._partitions)
        self._next_look = 0.0
        self._projections = tuple(projections)
        self._set = live_set(projections)
        self._batch = batch
        self._connection: Connection | None = None
        self._follower: Follower | None = None
        self._applied: dict[int, int] = {}
        self._failures = 0
        self._gather_until = 0.0
        self._stop = Signal()
        self._builder: threading.Thread | None = None
        self._too_new: UnknownEvent | None = None

    @property
    def applied(self) -> dict[int, int]:
        """Per partition, the offset up to which everything is in the rows; empty before the first step."""
        return dict(self._applied)

    def step(self, timeout: float) -> int:
        """Apply what there is, waiting up to `timeout` seconds for the first; returns the number of events applied.

        When log or database can't be reached it returns 0 after a pause, and the next step tries again from the cursor.
        Raises UnknownEvent when the log holds an event that is newer than this program, or a newer one has switched a read model.
        """
        try:
            applied = self._step(timeout)
        except Unavailable as error:
            self._failures += 1
            log_of_work.warning("The read models stand still: %s", error.sentence)
            self._release()
            self._stop.wait(min(timeout, 0.05 * 2**self._failures, _LONGEST_PAUSE))
            return 0
        self._failures = 0
        return applied

    def stop(self) -> None:
        """From another thread or a signal handler: end a pause at once."""
        self._stop.set()

    def close(self) -> None:
        """Let go of log and database. What was not committed will be applied again by the next projector."""
        self._stop.set()
        self._release()  # the connection's end tells the others

    def _step(self, timeout: float) -> int:
        if self._too_new:
            raise self._too_new
        if self._connection is None:
            self._open()
        assert self._connection is not None
        follower, connection = self._following(self._connection), self._connection
        if follower is None:
            self._stop.wait(min(timeout, max(0.0, self._next_look - monotonic())))
            return 0
        self._stop.wait(max(0.0, self._gather_until - monotonic()))
        records = follower.poll(timeout, self._batch)
        if BUSY <= len(records) < self._batch:
            self._gather_until = monotonic() + GATHERING_SECONDS
        reached = {
            partition: offset
            for partition, offset in follower.positions().items()
            if offset > self._applied.get(partition, -1)
        }
        if not reached:
            return 0
        count = self._set.apply(connection, records, reached)
        self._applied.update(reached)
        return count

    def _open(self) -> None:
        connection = self._connection = self._connect()
        if install(connection, self._projections):
            self._begin_building()
        self._set.use(connection)
        if self._shares:
            sharing.join(connection)
            self._next_look = 0.0

    def _following(self, connection: Connection) -> Follower | None:
        """The follower of our partitions, another one when they are others than before; None if we have none."""
        if self._shares and monotonic() >= self._next_look:
            self._next_look = monotonic() + LOOK_SECONDS
            places = sharing.share(connection, len(self._partitions))
            own = frozenset(self._partitions[place] for place in places)
            if own != self._own:
                self._own = own
                self._stop_following()
        if self._follower is None and self._own:
            at = self._set.read_cursor(connection, self._log.partitions)
            self._applied = {partition: at[partition] for partition in self._own}
            self._follower = self._log.follow(self._applied, KINDS)
        return self._follower

    def _stop_following(self) -> None:
        follower, self._follower = self._follower, None
        self._applied = {}
        if follower is not None:
            follower.close()

    def _begin_building(self) -> None:
        """Beside the live rows; those of the read models that did not change are kept current meanwhile."""
        if self._builder is None or not self._builder.is_alive():
            self._builder = threading.Thread(target=self._build, name="read-models", daemon=True)
            self._builder.start()

    def _build(self) -> None:
        while not self._stop.is_set():
            try:
                build_outdated(self._log, self._connect, self._projections)
                return
            except UnknownEvent as newer:
                self._too_new = newer
                return
            except Unavailable as error:
                log_of_work.warning("Read models are not built: %s", error.sentence)
            except Exception:
                log_of_work.exception(
                    "Building read models failed; it is tried again", extra={"action": "build_failed"}
                )
            self._stop.wait(_LONGEST_PAUSE)

    def _release(self) -> None:
        follower, connection = self._follower, self._connection
        self._follower = self._connection = None
        let_go(follower, connection)
