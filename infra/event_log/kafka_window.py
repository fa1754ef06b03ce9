"""A decider's view of the ends of its partitions: read ahead in the background, handed out without waiting."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from kafka import TopicPartition

from domain.errors import Unavailable, UnknownEvent
from domain.events.record import StoredRecord
from infra.event_log.kafka_batch_reading import Fetched
from infra.event_log.kafka_clients import KafkaAddress, reached, stored, translating_errors
from infra.event_log.wire_format import INPUTS

_AHEAD = 4000  # records kept per partition; beyond them it is not fetched until they are taken
_FETCHED_AT_ONCE = 1000
_SECONDS_BETWEEN_POLLS = 0.001
_SECONDS_TO_SEE_A_COMMIT = 0.01
# A partition that is wanted again waits for a fetch from the others that is under way.
_FETCH_WAITS_MS = 100


@dataclass(slots=True)
class _Ahead:
    """What lies ready after offset `given`; None if the reader has not said yet where it stands."""

    place: TopicPartition
    given: int | None = None
    committed: int = -1  # the offset of our own last commit
    ready: deque[Fetched] = field(default_factory=deque)
    paused: bool = False


class KafkaWindow:
    """Not thread-safe."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._consumer = address.consumer(INPUTS, fetch_max_wait_ms=_FETCH_WAITS_MS)
        self._ahead: dict[int, _Ahead] = {}
        self._polled_at = 0.0
        self._news = False
        try:
            with translating_errors():
                self.partitions = len(self._consumer.partitions_for_topic(address.events) or ())
            if not self.partitions:
                raise Unavailable(f"Kafka has no topic {address.events}: install the log first")
        except BaseException:
            self._consumer.close()
            raise

    def watch(self, partitions: Iterable[int]) -> None:
        """Keep these partitions ready, and no others."""
        places = {number: TopicPartition(self._address.events, number) for number in partitions}
        self._ahead = {number: _Ahead(place) for number, place in places.items()}
        with translating_errors():
            self._consumer.assign(list(places.values()))
            self._consumer.pause(*places.values())
        for ahead in self._ahead.values():
            ahead.paused = True
        self._news = True

    def read(self, partition: int, after: int, limit: int) -> tuple[list[StoredRecord], int]:
        ahead = self._ahead[partition]
        if ahead.given != after:
            self._move(ahead, after)
        elif not ahead.ready and time.monotonic() - self._polled_at > _SECONDS_BETWEEN_POLLS:
            self._poll(0.0)
            self._see_before_commit(ahead)
        try:
            return self._read(ahead, after, limit)
        except UnknownEvent:
            ahead.given = None  # what was passed on the way to it is read again
            raise

    def _see_before_commit(self, ahead: _Ahead) -> None:
        """The fetch that was under way may have been answered before the commit; the next one is on its way."""
        until = time.monotonic() + _SECONDS_TO_SEE_A_COMMIT
        while not ahead.ready and reached(self._consumer, ahead.place) < ahead.committed and time.monotonic() < until:
            self._poll(_SECONDS_BETWEEN_POLLS)

    def _read(self, ahead: _Ahead, after: int, limit: int) -> tuple[list[StoredRecord], int]:
        found: list[StoredRecord] = []
        looked = after
        ready = ahead.ready
        while ready and len(found) < limit:
            each = ready.popleft()
            looked = each.offset
            found.append(stored(ahead.place.partition, each))
        if not ready:
            looked = max(looked, reached(self._consumer, ahead.place))
        ahead.given = looked
        if ahead.paused and len(ready) < _AHEAD // 2:
            self._consumer.resume(ahead.place)
            ahead.paused = False
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
            self._poll(left)
        self._news = False

    def close(self) -> None:
        self._consumer.close()

    def _move(self, ahead: _Ahead, after: int) -> None:
        """Start anew after an offset, with what is there now."""
        ahead.ready.clear()
        with translating_errors():
            end = self._consumer.end_offsets([ahead.place], timeout_ms=self._address.timeout_ms)[ahead.place]
            self._consumer.seek(ahead.place, after + 1)
            self._consumer.resume(ahead.place)
        ahead.paused = False
        ahead.given = after
        deadline = time.monotonic() + self._address.timeout
        while not ahead.ready and reached(self._consumer, ahead.place) < end - 1:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"partition {ahead.place.partition} of Kafka gave nothing for {self._address.timeout} s"
                )
            self._poll(0.05)

    def _poll(self, timeout: float) -> None:
        with translating_errors():
            batch = self._consumer.poll(timeout_ms=int(timeout * 1000), max_records=_FETCHED_AT_ONCE)
        self._polled_at = time.monotonic()
        for place, records in batch.items():
            ahead = self._ahead[place.partition]
            ahead.ready.extend(records)
            self._news = True
            if len(ahead.ready) > _AHEAD:
                self._consumer.pause(place)
                ahead.paused = True
