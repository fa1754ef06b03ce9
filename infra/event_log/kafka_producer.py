"""A producer in the caller's own thread: a write is one request to each leader, sent again as it was until it is answered.

The brokers know a repetition by the producer's id and the batch's number, so what is sent twice stands in the log once.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka import TopicPartition
from kafka.errors import ConcurrentTransactionsError, KafkaError, KafkaTimeoutError, for_code
from kafka.protocol.api_message import ApiMessage

from infra.event_log.kafka_batch_writing import Entry, WrittenBatch, write_batches
from infra.event_log.kafka_cluster import KafkaCluster, raise_error
from infra.event_log.kafka_requests import (
    add_partitions,
    added_partitions_error,
    end_transaction,
    init_producer_id,
    produce,
)

# A transaction waits so long whenever its predecessor is not yet marked as complete.
_SECONDS_BETWEEN_TRANSACTIONS = 0.002
_SEQUENCES = 1 << 31


class Producer:
    """Not thread-safe, and not to be used again after it raised. Raises the library's errors, OSError, and Unavailable.

    Deadlines are in `time.monotonic()`'s seconds. With a `transactional_id`: `claim` it, then `write` and `commit` in turn. Whoever
    claims it next fences this one and aborts what it wrote and did not commit.
    """

    def __init__(self, cluster: KafkaCluster, timeout_ms: int, transactional_id: str | None = None) -> None:
        self._cluster = cluster
        self._timeout_ms = timeout_ms
        self._transactional_id = transactional_id
        self._id: int | None = None
        self._epoch = -1
        self._sequences: dict[TopicPartition, int] = {}
        self._in_transaction: set[TopicPartition] = set()

    def claim(self, deadline: float) -> None:
        # Nobody waits longer for a commit. A transaction that was begun and never ended, because its owner was killed and nobody
        # took over, holds up readers so long (and until the brokers look the next time).
        request = init_producer_id(self._transactional_id, self._timeout_ms)
        answer = self._ask(request, lambda answer: answer.error_code, deadline)
        self._id, self._epoch = answer.producer_id, answer.producer_epoch

    def write(
        self, entries: Mapping[TopicPartition, Sequence[Entry]], deadline: float
    ) -> dict[TopicPartition, list[int]]:
        """The offsets of all entries in their order; every one is acknowledged. Raises KafkaTimeoutError if it is not known in time."""
        if self._id is None:
            self.claim(deadline)
        self._begin_with(entries, deadline)
        offsets: dict[TopicPartition, list[int]] = {place: [] for place in entries}
        waiting = {place: deque(write_batches(of_place)) for place, of_place in entries.items()}
        while batches := {place: queue.popleft() for place, queue in waiting.items() if queue}:
            for place, first in self._write(batches, deadline).items():
                offsets[place] += range(first, first + batches[place].next_offset())
        return offsets

    def commit(self, deadline: float) -> None:
        """What was written since the last time, all or nothing."""
        if self._in_transaction:
            request = end_transaction(self._transactional_id or "", self._id or 0, self._epoch)
            self._ask(request, lambda answer: answer.error_code, deadline)
            self._in_transaction.clear()

    def close(self) -> None:
        """Close at once; what is under way is given up."""
        self._cluster.close()

    def _begin_with(self, places: Mapping[TopicPartition, object], deadline: float) -> None:
        """The coordinator must know what a transaction writes to before it is written."""
        missing = [place for place in places if place not in self._in_transaction]
        if self._transactional_id is None or not missing:
            return
        request = add_partitions(self._transactional_id, self._id or 0, self._epoch, missing)
        self._ask(request, added_partitions_error, deadline)
        self._in_transaction.update(missing)

    def _ask(self, request: ApiMessage, error_of: Callable[[Any], int], deadline: float) -> Any:
        """The coordinator, until it does what is asked; all of it may be asked again."""
        while True:
            try:
                if self._transactional_id is None:
                    connection = self._cluster.anybody(deadline)
                else:
                    connection = self._cluster.coordinator(self._transactional_id, deadline)
                answer = connection.ask(request, deadline)
                raise_error(error_of(answer))
                return answer
            except ConcurrentTransactionsError as error:
                if time.monotonic() > deadline:
                    raise KafkaTimeoutError("the transaction before was not completed in time") from error
                time.sleep(_SECONDS_BETWEEN_TRANSACTIONS)
            except (OSError, KafkaError) as error:
                self._cluster.start_anew(error, deadline)

    def _write(self, batches: Mapping[TopicPartition, WrittenBatch], deadline: float) -> dict[TopicPartition, int]:
        """Per place, the offset of its batch's first entry."""
        for place, batch in batches.items():
            sequence = self._sequences.get(place, 0)
            batch.set_producer_state(self._id or 0, self._epoch, sequence, self._transactional_id is not None)
            batch.close()
        written: dict[TopicPartition, int] = {}
        while missing := {place: batch.buffer() for place, batch in batches.items() if place not in written}:
            try:
                self._send(missing, written, deadline)
            except (OSError, KafkaError) as error:
                self._cluster.start_anew(error, deadline)
        for place, batch in batches.items():
            self._sequences[place] = (self._sequences.get(place, 0) + batch.next_offset()) % _SEQUENCES
        return written

    def _send(
        self, batches: Mapping[TopicPartition, bytearray], written: dict[TopicPartition, int], deadline: float
    ) -> None:
        """To all leaders at the same time. What was acknowledged is noted, also if it raises for the others."""
        asked = self._cluster.by_leader(batches, deadline)
        for connection, places in asked.items():
            of_leader = {place: batches[place] for place in places}
            connection.send(produce(self._transactional_id, self._timeout_ms, of_leader), deadline)
        errors: list[KafkaError] = []
        for connection in asked:
            for topic in connection.receive(deadline).responses:
                for part in topic.partition_responses:
                    if part.error_code:
                        errors.append(for_code(part.error_code)())
                    else:
                        written[TopicPartition(topic.name, part.index)] = part.base_offset
        for error in sorted(errors, key=lambda each: bool(each.retriable)):
            raise error
