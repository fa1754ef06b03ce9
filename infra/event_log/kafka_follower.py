"""Following the Kafka event log: one request over all wanted partitions, which Kafka answers when something comes."""

import time
from collections import deque
from collections.abc import Mapping

from kafka import TopicPartition

from domain.errors import UnknownEvent
from domain.events.record import Kind, StoredRecord
from infra.event_log.kafka_batch_reading import Fetched
from infra.event_log.kafka_clients import KafkaAddress, stored, translating_errors

# Bytes of one answer, after which more is awaited for a moment: an answer costs the broker and us more than a record.
_BUSY = 16 * 1024
_GATHERING_SECONDS = 0.03
# Who wants only what is rare need not be told at once of all that it passes over. It is our side that waits: for an answer that waits at
# the broker, everything that comes is weighed anew.
_RARE: frozenset[Kind] = frozenset({"configuration"})
_RARE_GATHERING_SECONDS = 0.2


class KafkaFollower:
    """Reads on and on; see the port. While Kafka is away nothing comes; afterwards it goes on by itself."""

    def __init__(self, address: KafkaAddress, after: Mapping[int, int], kinds: frozenset[Kind] | None) -> None:
        self._topic = address.events
        self._after = dict(after)
        self._fetched: dict[int, deque[Fetched]] = {partition: deque() for partition in after}
        self._gather_until = 0.0
        self._gathering = _RARE_GATHERING_SECONDS if kinds == _RARE else _GATHERING_SECONDS
        self._fetcher = address.fetcher(kinds)
        self._fetcher.assign({self._place(partition): offset + 1 for partition, offset in after.items()})

    def poll(self, timeout: float, limit: int = 1000) -> list[StoredRecord]:
        deadline = time.monotonic() + timeout
        while True:
            if found := self._take(limit):
                return found
            if (pause := min(self._gather_until, deadline) - time.monotonic()) > 0:
                time.sleep(pause)
            left = deadline - time.monotonic()
            before = self._fetcher.bytes_given
            with translating_errors():
                fetched = self._fetcher.fetch(max(0.0, left))
            for place, records in fetched.items():
                self._fetched[place.partition].extend(records)
            if self._fetcher.bytes_given - before >= _BUSY:
                self._gather_until = time.monotonic() + self._gathering
            if not fetched and left <= 0:
                return []

    def _place(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)

    def _take(self, limit: int) -> list[StoredRecord]:
        """In even shares of what was fetched, so that a busy partition does not keep the others waiting."""
        taken: list[StoredRecord] = []
        waiting = [partition for partition, fetched in self._fetched.items() if fetched]
        try:
            while waiting and len(taken) < limit:
                share = -(-(limit - len(taken)) // len(waiting))
                for partition in waiting:
                    self._take_from(partition, min(limit, len(taken) + share), taken)
                waiting = [partition for partition in waiting if self._fetched[partition]]
        except UnknownEvent:
            if not taken:  # else what comes before it is given first
                raise
        return taken

    def _take_from(self, partition: int, limit: int, taken: list[StoredRecord]) -> None:
        """Until `taken` holds `limit`. A record that can't be decoded stays where it is."""
        fetched = self._fetched[partition]
        while fetched and len(taken) < limit:
            found = fetched[0]
            taken.append(stored(partition, found))
            fetched.popleft()
            self._after[partition] = found.offset

    def seek(self, partition: int, after: int) -> None:
        self._after[partition] = after
        self._fetched[partition].clear()
        self._fetcher.seek(self._place(partition), after + 1)

    def positions(self) -> Mapping[int, int]:
        for partition, fetched in self._fetched.items():
            if not fetched:
                passed = self._fetcher.positions[self._place(partition)] - 1
                self._after[partition] = max(self._after[partition], passed)
        return dict(self._after)

    def close(self) -> None:
        self._fetcher.close()
