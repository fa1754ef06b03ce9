"""The event log on Apache Kafka, for installations that outgrow one machine.

Two topics: `<prefix>.events` holds the records for ever (key: organization; header `kind`), `<prefix>.cursors` is compacted and holds the
deciders' cursors, partition by partition the same; a commit writes to both in one transaction, fenced by a transactional id per partition.
Offsets are Kafka's own. A commit is durable on return and becomes visible within milliseconds.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import TopicAlreadyExistsError

from domain.errors import Conflict, Invalid, Unavailable
from domain.events.partitioning import partition_of
from domain.events.record import Kind, Position, Record, StoredRecord
from infra.event_log.kafka_batch_writing import Entry, entry_of
from infra.event_log.kafka_clients import (
    LARGEST_RECORD,
    KafkaAddress,
    address_of,
    encode_all,
    stored,
    translating_errors,
)
from infra.event_log.kafka_decider import KafkaDeciderSession
from infra.event_log.kafka_follower import KafkaFollower
from infra.event_log.kafka_handshake import HungUp
from infra.event_log.kafka_pools import ProducerPool, ReaderPool
from infra.event_log.kafka_security import OPEN, KafkaSecurity, NotLetIn
from infra.event_log.wire_format import check_inputs

PREFIX = "evenkeel"
_TRIALS = 4
_SECONDS_BETWEEN_TRIALS = 0.25
_EVENTS = {"retention.ms": "-1", "retention.bytes": "-1", "max.message.bytes": str(LARGEST_RECORD)}
# Compacted often: a cursor is written at every commit, and only the last one counts.
_CURSORS = {
    "cleanup.policy": "compact",
    "segment.bytes": str(16 * 1024 * 1024),
    "max.message.bytes": str(LARGEST_RECORD),
    "min.cleanable.dirty.ratio": "0.1",
}


def install(
    url: str, partitions: int, *, prefix: str = PREFIX, timeout: float = 30.0, security: KafkaSecurity = OPEN
) -> None:
    """Make the log's topics; run again, it changes nothing. Waits for a Kafka that is away, `timeout` seconds at most.

    Raises NotLetIn at once if it does not let us in, and Conflict if the log is there with another number of partitions: organizations
    would move to other partitions.
    """
    if partitions < 1:
        raise Invalid(f"partitions is {partitions}: expected 1 or more", field="partitions")
    address = address_of(url, prefix, timeout, security)
    _await_answer(address)
    with translating_errors():
        settings = {name: value for name, value in address.client_settings().items() if name != "metrics_enabled"}
        admin = KafkaAdminClient(**settings)
    try:
        with translating_errors():
            for topic, settings in ((address.events, _EVENTS), (address.cursors, _CURSORS)):
                wanted = {topic: {"num_partitions": partitions, "configs": settings}}
                try:
                    admin.create_topics(wanted, wait_for_metadata=True)
                except TopicAlreadyExistsError:
                    pass
    finally:
        admin.close()
    there = _count_partitions(address)
    if there != partitions:
        raise Conflict(f"this event log has {there} partitions, which can't be changed to {partitions}")


def check(url: str, *, timeout: float = 5.0, security: KafkaSecurity = OPEN) -> None:
    """Whether Kafka answers us, with a log or without. Raises Unavailable with the reason."""
    _ask_for_log(address_of(url, PREFIX, timeout, security))


def _ask_for_log(address: KafkaAddress) -> int:
    """How many partitions it has; 0 if it is not there. Tries once."""
    cluster = address.cluster()
    try:
        with translating_errors():
            return cluster.count_partitions(address.events, address.deadline())
    finally:
        cluster.close()


def _await_answer(address: KafkaAddress) -> None:
    """Brokers that hang up on us again and again are there, and are not meant to be spoken with like this."""
    hung_up, deadline = 0, address.deadline()
    while True:
        try:
            _ask_for_log(address)
            return
        except NotLetIn:
            raise
        except Unavailable as error:
            hung_up += isinstance(error.__cause__, HungUp)
            if hung_up >= _TRIALS or time.monotonic() > deadline:
                raise
        time.sleep(_SECONDS_BETWEEN_TRIALS)


def _count_partitions(address: KafkaAddress) -> int:
    known = _ask_for_log(address)
    if not known:
        raise Unavailable(f"Kafka at {address.servers} has no topic {address.events}: install the log first")
    return known


class KafkaEventLog:
    """The log in one Kafka cluster, made by `install`. Nothing is opened before it is needed.

    `timeout` is how many seconds an append, a read or a commit may take before it is Unavailable. A decider that was not heard of for
    `member_timeout` seconds loses its partitions (the brokers' `group.min.session.timeout.ms` must allow it).
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = PREFIX,
        member_timeout: float = 10.0,
        timeout: float = 10.0,
        security: KafkaSecurity = OPEN,
    ) -> None:
        self._address = address_of(url, prefix, timeout, security)
        self._member_timeout = member_timeout
        self._partitions: int | None = None
        self._readers = ReaderPool(self._address)
        self._producers = ProducerPool(self._address)

    @property
    def partitions(self) -> int:
        """Asked of Kafka once. Raises Unavailable."""
        if self._partitions is None:
            self._partitions = _count_partitions(self._address)
        return self._partitions

    def append(self, records: Sequence[Record]) -> list[Position]:
        check_inputs(records)
        bodies = encode_all(list(records))
        if not records:
            return []
        partitions = [partition_of(record.org, self.partitions) for record in records]
        entries: dict[int, list[Entry]] = {}
        for partition, record, body in zip(partitions, records, bodies, strict=True):
            entries.setdefault(partition, []).append(entry_of(record, body))
        offsets = self._write(entries)
        return [Position(partition, next(offsets[partition])) for partition in partitions]

    def _write(self, entries: Mapping[int, Sequence[Entry]]) -> dict[int, Iterator[int]]:
        """Per partition the offsets of its entries, in their order."""
        places = {TopicPartition(self._address.events, partition): given for partition, given in entries.items()}
        with self._producers.use() as producer, translating_errors():
            offsets = producer.write(places, self._address.deadline())
        return {place.partition: iter(found) for place, found in offsets.items()}

    def read(self, partition: int, after: int, limit: int, kinds: Iterable[Kind] | None = None) -> list[StoredRecord]:
        wanted: frozenset[str] | None = None if kinds is None else frozenset(kinds)
        found: list[StoredRecord] = []
        with self._readers.use() as reader:
            for each in reader.scan(TopicPartition(self._address.events, partition), after):
                if len(found) >= limit:
                    break
                if wanted is None or each.kind in wanted:
                    found.append(stored(partition, each))
        return found

    def follow(self, after: Mapping[int, int], kinds: Iterable[Kind] | None = None) -> KafkaFollower:
        return KafkaFollower(self._address, after, None if kinds is None else frozenset(kinds))

    def heads(self) -> Mapping[int, int]:
        with self._readers.use() as reader:
            places = [TopicPartition(self._address.events, number) for number in range(self.partitions)]
            heads = {}
            for place, end in sorted(reader.ends(places).items()):
                newest = reader.last(place, end)
                heads[place.partition] = -1 if newest is None else newest.offset
            return heads

    def cursors(self) -> Mapping[int, bytes]:
        with self._readers.use() as reader:
            places = [TopicPartition(self._address.cursors, number) for number in range(self.partitions)]
            newest = {place.partition: reader.last(place, end) for place, end in sorted(reader.ends(places).items())}
            return {partition: bytes(found.value) for partition, found in newest.items() if found is not None}

    def own(self, member: str) -> KafkaDeciderSession:
        return KafkaDeciderSession(self._address, member, self._member_timeout)

    def close(self) -> None:
        self._readers.close()
        self._producers.close()
