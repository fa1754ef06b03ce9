"""Reading up to what was visible when the reader asked, which a consumer that only follows can't promise."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from kafka import KafkaConsumer, TopicPartition

from domain.errors import Unavailable
from infra.event_log.kafka_batch_reading import Fetched
from infra.event_log.kafka_clients import KafkaAddress, reached, translating_errors

_POLL_MS = 200
# How far before the end the last record is sought first: one transaction's mark and its neighbours.
_NEAR_THE_END = 4


class KafkaReader:
    """One consumer that is sent from place to place. Not thread-safe."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._consumer: KafkaConsumer = address.consumer()
        self._place: TopicPartition | None = None

    def close(self) -> None:
        self._consumer.close()

    def ends(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Per place, the offset after the last one that a reader of committed records can see."""
        with translating_errors():
            found: Mapping[TopicPartition, int] = self._consumer.end_offsets(
                list(places), timeout_ms=self._address.timeout_ms
            )
            return found

    def scan(self, place: TopicPartition, after: int, at_once: int) -> Iterator[Fetched]:
        """Every record after an offset that is visible now. Raises Unavailable if they don't come in time."""
        end = self.ends([place])[place]
        if end <= after + 1:
            return
        with translating_errors():
            self._send_to(place, after)
            deadline = time.monotonic() + self._address.timeout
            while reached(self._consumer, place) < end - 1:
                batch = self._consumer.poll(timeout_ms=_POLL_MS, max_records=at_once)
                for found in batch.get(place, ()):
                    if found.offset >= end:
                        return
                    yield found
                if batch:
                    deadline = time.monotonic() + self._address.timeout
                elif time.monotonic() > deadline:
                    raise Unavailable(
                        f"partition {place.partition} of Kafka gave nothing for {self._address.timeout} s"
                    )

    def last(self, place: TopicPartition, end: int) -> Fetched | None:
        """The last visible record before an offset that `ends` gave; None if there is none."""
        back = _NEAR_THE_END
        while end > 0:
            after = max(-1, end - back - 1)
            newest = deque(self.scan(place, after, 500), maxlen=1)
            if newest:
                found: Fetched = newest[0]
                return found
            if after < 0:
                return None
            back *= 8
        return None

    def _send_to(self, place: TopicPartition, after: int) -> None:
        if self._place != place:
            self._consumer.assign([place])
            self._place = place
        self._consumer.seek(place, after + 1)


class ReaderPool:
    """Readers that lie idle between two uses. Thread-safe."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._idle: deque[KafkaReader] = deque()
        self._closed = False

    @contextmanager
    def use(self) -> Iterator[KafkaReader]:
        """One that no other thread uses meanwhile; given up after an error."""
        if self._closed:
            raise Unavailable("the event log is closed")
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = KafkaReader(self._address)
        try:
            yield reader
        except BaseException:
            reader.close()
            raise
        if self._closed:
            reader.close()
        else:
            self._idle.append(reader)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()
