"""Reading once for several followers of a process.

Whoever polls while nobody reads is the reader for all, in its own thread: there is no other thread, and nothing is read ahead of the
fastest. What comes waits at the seats of those that want it; one that falls too far behind loses its seat.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Condition, Lock
from weakref import WeakSet

from domain.errors import UnknownEvent
from domain.events.record import Kind, StoredRecord
from domain.ports.event_log import EventLog, Follower

_AT_ONCE = 1_000

Kinds = frozenset[Kind] | None


class Seat:
    """What waits for one follower. Guarded by the reading's lock; one that is dropped without a word gives up its seat."""

    def __init__(self, kinds: Kinds, begins: Mapping[int, int], lock: Lock) -> None:
        self.kinds = kinds
        self.begins = dict(begins)  # what comes after these offsets is put here
        self.is_served = True  # False while the reading under way leaves out what it wants
        self.is_lost = False
        self.woken = Condition(lock)
        self.waiting: dict[int, deque[StoredRecord]] = {partition: deque() for partition in begins}

    def count(self) -> int:
        return sum(map(len, self.waiting.values()))

    def put(self, records: Sequence[StoredRecord]) -> bool:
        """Whether any of them is wanted."""
        kinds = self.kinds
        wanted = records if kinds is None else [each for each in records if each.record.kind in kinds]
        for each in wanted:
            self.waiting[each.partition].append(each)
        return bool(wanted)

    def take(self, after: dict[int, int], limit: int) -> list[StoredRecord]:
        """In even shares, so that a busy partition does not keep the others waiting. `after` is moved on."""
        taken: list[StoredRecord] = []
        while len(taken) < limit and (ready := [number for number, records in self.waiting.items() if records]):
            share = -(-(limit - len(taken)) // len(ready))
            for number in ready:
                self._take_from(number, after, min(limit, len(taken) + share), taken)
        return taken

    def _take_from(self, number: int, after: dict[int, int], limit: int, taken: list[StoredRecord]) -> None:
        records = self.waiting[number]
        while records and len(taken) < limit:
            found = records.popleft()
            if found.offset > after[number]:  # else it was read before the seat was taken
                taken.append(found)
                after[number] = found.offset


class SharedReading:
    """Reads for all seats. Thread-safe."""

    def __init__(self, log: EventLog, most_waiting: int) -> None:
        self._log = log
        self._most_waiting = most_waiting
        self._lock = Lock()
        self._seats: WeakSet[Seat] = WeakSet()
        self._idle: list[Seat] = []  # those that wait while another reads
        self._reached: dict[int, int] = {}
        self._reader: Follower | None = None
        self._reader_kinds: Kinds = None
        self._kinds: Kinds = None  # of the reading that is under way
        self._is_read = self._is_broken = False

    def seat(self, after: Mapping[int, int], kinds: Kinds) -> Seat | None:
        """A seat from where the reading stands; None if there is no shared reading any more."""
        with self._lock:
            if self._is_broken:
                return None
            if not self._seats and not self._is_read:
                self._drop_reader()
                self._reached = dict(after)
            seat = Seat(kinds, self._reached, self._lock)
            seat.is_served = not self._is_read or _covers(self._kinds, kinds)
            self._seats.add(seat)
            return seat

    def is_reached(self, seat: Seat, after: Mapping[int, int]) -> bool:
        """Whether all that stands between `after` and what comes to the seat was read."""
        with self._lock:
            return seat.is_served and all(after[number] >= begins for number, begins in seat.begins.items())

    def leave(self, seat: Seat) -> None:
        with self._lock:
            self._lose(seat)
            if not self._seats and not self._is_read:
                self._drop_reader()

    def pass_over(self, seat: Seat, after: dict[int, int]) -> None:
        """Move `after` on to where the reading stands, where nothing waits."""
        with self._lock:
            for number, waiting in seat.waiting.items():
                if not waiting and not seat.is_lost:
                    after[number] = max(after[number], self._reached[number])

    def poll(self, seat: Seat, after: dict[int, int], deadline: float, limit: int) -> list[StoredRecord] | None:
        """As `Follower.poll`; None if the seat is lost."""
        with self._lock:
            try:
                looked = False
                while not seat.is_lost:
                    left = deadline - time.monotonic()
                    if found := seat.take(after, limit):
                        return found
                    if left <= 0 and (looked or self._is_read):
                        return []
                    if self._is_read:
                        self._await(seat, left)
                    else:
                        looked = True
                        self._read(max(0.0, left))
                return None
            finally:
                if self._idle and not self._is_read:
                    self._idle[0].woken.notify()  # reads in our place

    def _await(self, seat: Seat, seconds: float) -> None:
        self._idle.append(seat)
        try:
            seat.woken.wait(seconds)
        finally:
            self._idle.remove(seat)

    def _read(self, timeout: float) -> None:
        """For all. What one can't decode ends the shared reading: who does not want it must not stand still for it."""
        kinds = self._kinds = _all_of([seat.kinds for seat in self._seats])
        try:
            with self._reading():
                reader = self._opened(kinds)
                records = reader.poll(timeout, _AT_ONCE)
                reached = dict(reader.positions())
        except UnknownEvent:
            self._is_broken = True
            for seat in list(self._seats):
                self._lose(seat)
        else:
            self._hand_out(records, reached)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Without the lock. After an error the next reading opens anew where the last good one ended."""
        self._is_read = True
        self._lock.release()
        try:
            yield
        except BaseException:
            self._drop_reader()
            raise
        finally:
            self._lock.acquire()
            self._is_read = False

    def _opened(self, kinds: Kinds) -> Follower:
        if self._reader is None or self._reader_kinds != kinds:
            self._drop_reader()
            self._reader_kinds = kinds
            self._reader = self._log.follow(self._reached, kinds)
        return self._reader

    def _drop_reader(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            with suppress(Exception):  # a reader that broke may not close either
                reader.close()

    def _hand_out(self, records: Sequence[StoredRecord], reached: dict[int, int]) -> None:
        self._reached = reached
        for seat in list(self._seats):
            if not seat.is_served:
                seat.begins, seat.is_served = dict(reached), True
            elif seat.put(records):
                if seat.count() > self._most_waiting:
                    self._lose(seat)
                seat.woken.notify()

    def _lose(self, seat: Seat) -> None:
        seat.is_lost = True
        for waiting in seat.waiting.values():
            waiting.clear()
        self._seats.discard(seat)
        seat.woken.notify()


def _covers(read: Kinds, wanted: Kinds) -> bool:
    return read is None or (wanted is not None and wanted <= read)


def _all_of(wanted: Iterable[Kinds]) -> Kinds:
    found: set[Kind] = set()
    for kinds in wanted:
        if kinds is None:
            return None
        found |= kinds
    return frozenset(found)
