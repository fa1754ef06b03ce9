"""A producer that takes many records at once, and with an end to every wait."""

import time
from collections.abc import Mapping, Sequence

from kafka import KafkaProducer, TopicPartition
from kafka.errors import (
    IllegalStateError,
    InvalidProducerEpochError,
    KafkaError,
    KafkaTimeoutError,
    ProducerFencedError,
)
from kafka.producer.producer_batch import ProducerBatch

from infra.event_log.kafka_batch_writing import Entry, write_batches


class Sending:
    """Entries under way to one partition."""

    def __init__(self, place: TopicPartition, entries: Sequence[Entry]) -> None:
        self.place = place
        self.batches = [ProducerBatch(place, records) for records in write_batches(entries)]

    def offsets(self, deadline: float) -> list[int]:
        """Of all entries in their order, as soon as every one is acknowledged. Raises the library's errors."""
        offsets: list[int] = []
        for batch in self.batches:
            if not batch.produce_future.wait(max(0.0, deadline - time.monotonic())):
                raise KafkaTimeoutError("records were not acknowledged in time")
            first, _, errors = batch.produce_future.value
            if errors is not None:
                raise errors(0)
            offsets.extend(range(first, first + batch.record_count))
        return offsets


class Producer(KafkaProducer):  # type: ignore[misc]  # the library is not typed
    """The library's sender and its transactions; records reach it in batches that are written already."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        # What it would split are its own batches only; ours are refused instead, and the caller is told.
        self._sender._can_split = lambda *_: False
        if self._transaction_manager.is_transactional():
            # Fenced within a transaction, the library would ask for the transactional id anew: the fenced one would fence its successor.
            self._transaction_manager._supports_epoch_bump = lambda: False

    def send_all(self, entries: Mapping[TopicPartition, Sequence[Entry]]) -> list[Sending]:
        """Set everything on its way; the order within a partition is kept, also from call to call of one thread."""
        under_way = [Sending(place, of_place) for place, of_place in entries.items()]
        for sending in under_way:
            self._enqueue(sending)
        self._sender.wakeup()
        return under_way

    def _enqueue(self, sending: Sending) -> None:
        place, accumulator = sending.place, self._accumulator
        if self._metadata.partitions_for_topic(place.topic) is None:
            self._wait_on_metadata(place.topic, self.config["max_block_ms"])
        if self._transaction_manager.is_transactional():
            self._transaction_manager.maybe_add_partition_to_transaction(place)
        accumulator._appends_in_progress.increment()
        try:
            with accumulator._tp_lock(place):
                if self._closed or accumulator._closed:
                    raise IllegalStateError("the producer is closed")
                for batch in sending.batches:
                    accumulator._incomplete.add(batch)
                    accumulator._batches[place].append(batch)
        finally:
            accumulator._appends_in_progress.decrement()

    @property
    def is_fenced(self) -> bool:
        """Another claimed the transactional id."""
        return isinstance(self._transaction_manager.last_error, ProducerFencedError | InvalidProducerEpochError)

    def commit_within(self, seconds: float) -> None:
        """`commit_transaction` waits for ever if the broker goes away in it."""
        result = self._transaction_manager.begin_commit()
        self._sender.wakeup()
        if not result.wait(seconds * 1000):
            raise KafkaTimeoutError("the transaction was not committed in time")

    def drop(self) -> None:
        """Close at once; what is under way is given up."""
        try:
            self.close(timeout=0)
        except KafkaError:
            self._sender.force_close()
