"""A decider's view of the ends of its partitions: one request brings what came into all of them, and it is handed out piece by piece."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from kafka import TopicPartition

from domain.errors import Unavailable, UnknownEvent
from domain.events.record import StoredRecord
from infra.event_log.kafka_batch_reading import Fetched
from infra.event_log.kafka_clients import KafkaAddress, stored, translating_errors
from infra.event_log.wire_format import INPUTS

_AHEAD = 2000  # records kept per partition; beyond them it is not fetched until they are taken
_SECONDS_BETWEEN_FETCHES = 0.001
_SECONDS_TO_SEE_A_COMMIT = 0.01


@dataclass(slots=True)
class _Ahead:
    """What lies ready after offset `given`; None if the reader has not said yet where it stands."""

    place: TopicPartition
    given: int | None = None
    committed: int = -1  # the offset of our own last commit
    ready: deque[Fetched] = field(default_factory=deque)


class KafkaWindow:
    """Not thread-safe."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._cluster = address.cluster()
        self._fetcher = address.fetcher(INPUTS)
        self._ahead: dict[int, _Ahead] = {}
        self._fetched_at = 0.0
        self._news = False
        with translating_errors():
            self.partitions = self._cluster.count_partitions(address.events, address.deadline())
        if not self.partitions:
            self.close()
            raise Unavailable(f"Kafka has no topic {address.events}: install the log first")

    def watch(self, partitions: Iterable[int]) -> None:
        """Keep these partitions ready, and no others. Where each begins is said by the first reading."""
        self._ahead = {number: _Ahead(TopicPartition(self._address.events, number)) for number in partitions}
        self._fetcher.assign({})
        self._news = True

    def read(self, partition: int, after: int, limit: int) -> tuple[list[StoredRecord], int]:
        ahead = self._ahead[partition]
        if ahead.given != after:
            self._move(ahead, after)
        elif not ahead.ready and time.monotonic() - self._fetched_at > _SECONDS_BETWEEN_FETCHES:
            self._fetch(0.0)
            self._see_before_commit(ahead)
        try:
            return self._read(ahead, after, limit)
        except UnknownEvent:
            ahead.given = None  # what was passed on the way to it is read again
            raise

    def _see_before_commit(self, ahead: _Ahead) -> None:
        """Where several brokers lead, the one that was asked before the commit may answer after it."""
        until = time.monotonic() + _SECONDS_TO_SEE_A_COMMIT
        while not ahead.ready and self._position(ahead) <= ahead.committed and (left := until - time.monotonic()) > 0:
            self._fetch(left)

    def _read(self, ahead: _Ahead, after: int, limit: int) -> tuple[list[StoredRecord], int]:
        found: list[StoredRecord] = []
        looked = after
        ready = ahead.ready
        while ready and len(found) < limit:
            each = ready.popleft()
            looked = each.offset
            found.append(stored(ahead.place.partition, each))
        if not ready:
            looked = max(looked, self._position(ahead) - 1)
        ahead.given = looked
        return found, looked

    def committed(self, partition: int, offset: int) -> None:
        """What stands before our own commit is to be seen at the next reading: nobody waits for yet another batch."""
        self._ahead[partition].committed = offset

    def wait(self, timeout: float) -> None:
        """Until an input comes that was not there at the last reading."""
        deadline = time.monotonic() + timeout
        while not self._news:
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._fetch(left)
        self._news = False

    def close(self) -> None:
        self._cluster.close()
        self._fetcher.close()

    def _position(self, ahead: _Ahead) -> int:
        """The offset after all that was fetched."""
        return self._fetcher.positions[ahead.place]

    def _move(self, ahead: _Ahead, after: int) -> None:
        """Start anew after an offset, with what is there now."""
        ahead.ready.clear()
        deadline = self._address.deadline()
        with translating_errors():
            end = self._cluster.offsets([ahead.place], deadline)[ahead.place]
        self._fetcher.seek(ahead.place, after + 1)
        ahead.given = after
        while not ahead.ready and self._position(ahead) < end:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"partition {ahead.place.partition} of Kafka gave nothing for {self._address.timeout} s"
                )
            self._fetch(0.05)

    def _fetch(self, wait: float) -> None:
        places = {each.place for each in self._ahead.values() if each.given is not None and len(each.ready) < _AHEAD}
        with translating_errors():
            fetched = self._fetcher.fetch(wait, places)
        self._fetched_at = time.monotonic()
        for place, records in fetched.items():
            self._ahead[place.partition].ready.extend(records)
            self._news = True
