"""The event log in memory: a real adapter, for tests and for the simulation. It forgets everything with its process."""

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition

from domain.errors import Fenced, Unavailable
from domain.events.partitioning import partition_of
from domain.events.record import Kind, Position, Record, StoredRecord
from domain.ports.event_log import Assignment
from infra.event_log.fair_shares import fair_shares
from infra.event_log.wire_format import INPUTS, check_inputs, check_outputs, decode, encode


@dataclass(slots=True)
class _Partition:
    number: int
    offsets: list[int] = field(default_factory=list)
    # org, kind, body: readers decode, so that nobody shares an event with anybody
    entries: list[tuple[str, Kind, bytes]] = field(default_factory=list)
    next_offset: int = 0
    inputs: int = 0  # how many there are
    owner: int | None = None
    cursor: bytes = b""

    @property
    def head(self) -> int:
        return self.offsets[-1] if self.offsets else -1

    def add(self, record: Record, body: bytes) -> Position:
        offset = self.next_offset
        self.offsets.append(offset)
        self.entries.append((record.org, record.kind, body))
        self.next_offset += 1
        self.inputs += record.kind in INPUTS
        return Position(self.number, offset)

    def scan(
        self, after: int, limit: int, kinds: frozenset[Kind] | None, org: str | None = None, until: int | None = None
    ) -> tuple[list[StoredRecord], int]:
        """Records wanted, and the offset up to which we looked."""
        found: list[StoredRecord] = []
        looked = after
        for place in range(bisect_right(self.offsets, after), len(self.offsets)):
            offset = self.offsets[place]
            if len(found) >= limit:
                break
            if until is not None and offset > until:
                looked = max(after, until)
                break
            looked = offset
            its_org, kind, body = self.entries[place]
            if (kinds is None or kind in kinds) and (org is None or org == its_org):
                found.append(decode(self.number, offset, its_org, kind, body))
        return found, looked


class MemoryEventLog:
    """`gaps` offsets are left out after every append and commit, as Kafka's transactions do; no reader may count on density.

    `now` is a clock in seconds; a member that was not heard of for `member_timeout` seconds loses its partitions.
    """

    def __init__(
        self,
        partitions: int = 8,
        *,
        gaps: int = 0,
        member_timeout: float = 10.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.partitions = partitions
        self._gaps = gaps
        self._member_timeout = member_timeout
        self._now = now
        self._changed = Condition()
        self._partitions = [_Partition(number) for number in range(partitions)]
        self._seen: dict[int, float] = {}  # member number -> when it was last heard of
        self._members = 0
        self._closed = False

    def append(self, records: Sequence[Record]) -> list[Position]:
        check_inputs(records)
        return self._add(records)

    def read(self, partition: int, after: int, limit: int, kinds: Iterable[Kind] | None = None) -> list[StoredRecord]:
        with self._changed:
            self._check_open()
            return self._partitions[partition].scan(after, limit, None if kinds is None else frozenset(kinds))[0]

    def follow(self, after: Mapping[int, int], kinds: Iterable[Kind] | None = None) -> "MemoryFollower":
        return MemoryFollower(self, after, None if kinds is None else frozenset(kinds))

    def heads(self) -> Mapping[int, int]:
        with self._changed:
            self._check_open()
            return {partition.number: partition.head for partition in self._partitions}

    def cursors(self) -> Mapping[int, bytes]:
        with self._changed:
            self._check_open()
            return {partition.number: partition.cursor for partition in self._partitions if partition.cursor}

    def own(self, member: str) -> "MemoryDeciderSession":
        with self._changed:
            self._check_open()
            self._members += 1
            self._seen[self._members] = self._now()
            return MemoryDeciderSession(self, self._members, member)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _check_open(self) -> None:
        if self._closed:
            raise Unavailable("the event log is closed")

    def _add(self, records: Sequence[Record]) -> list[Position]:
        encoded = [(record, encode(record)) for record in records]
        with self._changed:
            self._check_open()
            positions = [
                self._partitions[partition_of(record.org, self.partitions)].add(record, body)
                for record, body in encoded
            ]
            for number in {position.partition for position in positions}:
                self._partitions[number].next_offset += self._gaps
            self._changed.notify_all()
        return positions

    def _shares(self, member: int) -> tuple[dict[int, bytes], set[int]]:
        """What this member gains (with cursors) and what it must give up now; it is alive from now on."""
        self._seen[member] = now = self._now()
        for other, seen in list(self._seen.items()):
            if now - seen > self._member_timeout:
                self._leave(other)
        shares = fair_shares(list(self._seen), {partition.number: partition.owner for partition in self._partitions})
        mine = [partition for partition in self._partitions if shares[partition.number] == member]
        gained = {partition.number: partition.cursor for partition in mine if partition.owner is None}
        lost = {p.number for p in self._partitions if p.owner == member and shares[p.number] != member}
        for number in gained:
            self._partitions[number].owner = member
        for number in lost:
            self._partitions[number].owner = None
        return gained, lost

    def _leave(self, member: int) -> None:
        self._seen.pop(member, None)
        for partition in self._partitions:
            if partition.owner == member:
                partition.owner = None


class MemoryFollower:
    """Reads on and on; see the port."""

    def __init__(self, log: MemoryEventLog, after: Mapping[int, int], kinds: frozenset[Kind] | None) -> None:
        self._log = log
        self._after = dict(after)
        self._kinds = kinds
        self._closed = False

    def poll(self, timeout: float, limit: int = 1000) -> list[StoredRecord]:
        changed = self._log._changed
        with changed:
            if timeout > 0 and not self._has_news():
                changed.wait_for(lambda: self._has_news() or self._log._closed, timeout)
            self._log._check_open()
            return self._take(limit)

    def _has_news(self) -> bool:
        """Also passes over what is not wanted, so that waiting goes on when only that came."""
        news = False
        for number, after in self._after.items():
            found, looked = self._log._partitions[number].scan(after, 1, self._kinds)
            if found:
                news = True
            else:
                self._after[number] = looked
        return news

    def _take(self, limit: int) -> list[StoredRecord]:
        taken: list[StoredRecord] = []
        for number in list(self._after):
            found, looked = self._log._partitions[number].scan(self._after[number], limit - len(taken), self._kinds)
            taken += found
            # The one that was served goes to the end of the row: a busy partition can't keep the others waiting.
            del self._after[number]
            self._after[number] = looked
            if len(taken) >= limit:
                break
        return taken

    def seek(self, partition: int, after: int) -> None:
        self._after[partition] = after

    def positions(self) -> Mapping[int, int]:
        return dict(self._after)

    def close(self) -> None:
        self._closed = True


class MemoryDeciderSession:
    """Membership in the group of deciders; see the port."""

    def __init__(self, log: MemoryEventLog, number: int, name: str) -> None:
        self._log = log
        self._number = number
        self.name = name
        self._owned: dict[int, int] = {}  # partition -> inputs counted when we last waited
        self._closed = False

    def assignment(self) -> Assignment:
        with self._log._changed:
            self._log._check_open()
            taken_away = {number for number in self._owned if self._log._partitions[number].owner != self._number}
            if taken_away:
                gained: dict[int, bytes] = {}
                lost = taken_away
                self._log._seen[self._number] = self._log._now()
            else:
                gained, lost = self._log._shares(self._number)
            for number in lost:
                del self._owned[number]
            for number in gained:
                self._owned[number] = -1
            if lost:
                self._log._changed.notify_all()
            return Assignment(gained, frozenset(lost))

    def read(
        self, partition: int, after: int, limit: int, *, org: str | None = None, until: int | None = None
    ) -> tuple[list[StoredRecord], int]:
        with self._log._changed:
            self._log._check_open()
            return self._log._partitions[partition].scan(after, limit, INPUTS, org, until)

    def wait(self, timeout: float) -> None:
        with self._log._changed:
            self._log._changed.wait_for(lambda: self._log._closed or self._has_inputs(), timeout)
            for number in self._owned:
                self._owned[number] = self._log._partitions[number].inputs

    def _has_inputs(self) -> bool:
        return any(self._log._partitions[number].inputs != counted for number, counted in self._owned.items())

    def commit(self, partition: int, outputs: Sequence[Record], cursor: bytes) -> list[Position]:
        check_outputs(outputs, partition, self._log.partitions)
        with self._log._changed:
            if self._closed or partition not in self._owned or self._log._partitions[partition].owner != self._number:
                raise Fenced(f"{self.name} no longer owns partition {partition}")
            positions = self._log._add(outputs)
            self._log._partitions[partition].cursor = cursor
            return positions

    def close(self) -> None:
        self._closed = True
        with self._log._changed:
            self._log._leave(self._number)
            self._owned.clear()
            self._log._changed.notify_all()
