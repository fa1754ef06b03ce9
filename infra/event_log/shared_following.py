"""One reading of the log for all followers of a process: what several of them want is read and decoded once.

A follower that is far behind reads by itself. Near the log's end it takes a seat in the shared reading, goes on by itself up to where the
seat begins, and joins. If it loses its seat, or is sent elsewhere, it reads by itself again, from what it was given last.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

from domain.errors import Unavailable
from domain.events.record import Kind, Position, Record, StoredRecord
from domain.ports.event_log import DeciderSession, EventLog, Follower
from infra.event_log.shared_reading import Kinds, Seat, SharedReading

NEAR = 1_000  # offsets per partition before the end, from which a follower joins
MOST_WAITING = 4_000  # records kept for a follower; beyond them it loses its seat
REST_SECONDS = 5.0  # between two attempts to join


class SharedFollowing:
    """An event log whose followers of the same partitions share their reading; see the port. All else is the log's own."""

    def __init__(
        self, log: EventLog, *, near: int = NEAR, most_waiting: int = MOST_WAITING, rest: float = REST_SECONDS
    ) -> None:
        self._log = log
        self._near = near
        self._most_waiting = most_waiting
        self._rest = rest
        self._lock = Lock()
        self._readings: dict[frozenset[int], SharedReading] = {}

    @property
    def partitions(self) -> int:
        return self._log.partitions

    def append(self, records: Sequence[Record]) -> list[Position]:
        return self._log.append(records)

    def read(self, partition: int, after: int, limit: int, kinds: Iterable[Kind] | None = None) -> list[StoredRecord]:
        return self._log.read(partition, after, limit, kinds)

    def follow(self, after: Mapping[int, int], kinds: Iterable[Kind] | None = None) -> "SharedFollower":
        with self._lock:
            key = frozenset(after)
            if key not in self._readings:
                self._readings[key] = SharedReading(self._log, self._most_waiting)
            reading = self._readings[key]
        wanted = None if kinds is None else frozenset(kinds)
        return SharedFollower(self._log, reading, after, wanted, self._near, self._rest)

    def heads(self) -> Mapping[int, int]:
        return self._log.heads()

    def cursors(self) -> Mapping[int, bytes]:
        return self._log.cursors()

    def own(self, member: str) -> DeciderSession:
        return self._log.own(member)

    def close(self) -> None:
        self._log.close()


class SharedFollower:
    """By itself (`_own`) until its seat gives all that comes after what it has read; see the port."""

    def __init__(
        self, log: EventLog, reading: SharedReading, after: Mapping[int, int], kinds: Kinds, near: int, rest: float
    ) -> None:
        self._log = log
        self._reading = reading
        self._after = dict(after)
        self._kinds = kinds
        self._near = near
        self._rest = rest
        self._own: Follower | None = None
        self._seat: Seat | None = None
        self._try_at = 0.0
        self._may_be_near = True
        self.is_sharing = False

    def poll(self, timeout: float, limit: int = 1000) -> list[StoredRecord]:
        deadline = time.monotonic() + timeout
        if not self.is_sharing:
            self._join()
        if self.is_sharing and self._seat is not None:
            found = self._reading.poll(self._seat, self._after, deadline, limit)
            if found is not None:
                return found
            self._part()
        return self._poll_own(max(0.0, deadline - time.monotonic()), limit)

    def seek(self, partition: int, after: int) -> None:
        self.close()
        self._after[partition] = after
        self._may_be_near = True

    def positions(self) -> Mapping[int, int]:
        if self.is_sharing and self._seat is not None:
            self._reading.pass_over(self._seat, self._after)
        elif self._own is not None:
            self._after.update(self._own.positions())
        return dict(self._after)

    def close(self) -> None:
        self._part()
        self._close_own()

    def _poll_own(self, timeout: float, limit: int) -> list[StoredRecord]:
        if self._own is None:
            self._own = self._log.follow(self._after, self._kinds)
        found = self._own.poll(timeout, limit)
        self._after.update(self._own.positions())
        self._may_be_near = len(found) < limit
        return found

    def _join(self) -> None:
        if self._seat is not None and self._seat.is_lost:
            self._part()
        if self._seat is None and self._may_be_near and time.monotonic() >= self._try_at:
            self._try_at = time.monotonic() + self._rest
            if self._is_near():
                self._seat = self._reading.seat(self._after, self._kinds)
        if self._seat is not None and self._reading.is_reached(self._seat, self._after):
            self._close_own()
            self.is_sharing = True

    def _is_near(self) -> bool:
        try:
            heads = self._log.heads()
        except Unavailable:
            return False
        return all(heads.get(number, -1) - after <= self._near for number, after in self._after.items())

    def _part(self) -> None:
        seat, was_sharing = self._seat, self.is_sharing
        self._seat, self.is_sharing = None, False
        if seat is not None:
            if was_sharing:
                self._reading.pass_over(seat, self._after)
            self._reading.leave(seat)
            self._try_at = time.monotonic() + self._rest

    def _close_own(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            own.close()
