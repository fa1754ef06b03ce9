"""Membership in the group of deciders on Kafka.

Who should own a partition is settled by an ordinary consumer group (cooperative, so that what stays where it is goes on meanwhile). What
fences is the transactional id that belongs to the partition: taking over initializes it, which aborts at once whatever the predecessor
had begun and refuses whatever it does later, even if the group's view of the world comes late.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack

from kafka import ConsumerRebalanceListener, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

from domain.errors import Fenced, Unavailable
from domain.events.record import Position, Record, StoredRecord
from domain.ports.event_log import Assignment
from infra.event_log.kafka_batch_writing import NO_HEADERS, Entry, entry_of
from infra.event_log.kafka_clients import KafkaAddress, encode_all, translating_errors
from infra.event_log.kafka_producer import Producer
from infra.event_log.kafka_reading import KafkaReader, SliceReader
from infra.event_log.kafka_window import KafkaWindow
from infra.event_log.wire_format import check_outputs

# So long may one look at the group last while it finds together, and so long the taking over of what was gained.
_SECONDS_TO_REBALANCE = 1.0
_SECONDS_TO_TAKE_OVER = 1.0
# By a heartbeat a member learns that others come or go, and they wait for it.
_LONGEST_WITHOUT_NEWS_MS = 500


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # the library is not typed
    """Notes what the group takes away, even if it gives it back in the same breath."""

    def __init__(self, taken_away: set[int]) -> None:
        self._taken_away = taken_away

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self._taken_away.update(place.partition for place in revoked)

    def on_partitions_lost(self, lost: Sequence[TopicPartition]) -> None:
        self.on_partitions_revoked(lost)

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Nothing is noted: what is assigned is asked for."""


class KafkaDeciderSession:
    """Membership in the group of deciders; see the port."""

    def __init__(self, address: KafkaAddress, name: str, member_timeout: float) -> None:
        self.name = name
        self._address = address
        self._owned: dict[int, Producer] = {}
        self._to_report_lost: set[int] = set()
        self._taken_away: set[int] = set()
        self._reader: KafkaReader | None = None
        patience = int(member_timeout * 1000)
        with ExitStack() as opened:  # closed again if the next can't be opened
            self._window = KafkaWindow(address)
            opened.callback(self._window.close)
            self._slices = SliceReader(address)
            self._group = address.member(
                client_id=name,
                session_timeout_ms=patience,
                heartbeat_interval_ms=min(patience // 4, _LONGEST_WITHOUT_NEWS_MS),
                max_poll_interval_ms=patience,
                partition_assignment_strategy=(CooperativeStickyAssignor,),
            )
            opened.pop_all()
        self._group.subscribe([address.events], listener=_Rebalance(self._taken_away))

    def assignment(self) -> Assignment:
        with translating_errors():
            # Giving up in the midst of a rebalance can leave the library waiting for ever.
            rebalancing = not self._owned or self._group._coordinator.need_rejoin()
            wait = _SECONDS_TO_REBALANCE if rebalancing else 0.0
            # Not the consumer's own poll, which would fetch: it says who owns what, the window reads.
            self._group._coordinator.poll(timeout_ms=int(wait * 1000))
            assigned = self._group.assignment()
        held = {place.partition for place in assigned}
        for partition in (self._owned.keys() - held) | (self._owned.keys() & self._taken_away):
            self._lose(partition)
        self._taken_away.clear()
        if self._to_report_lost:
            lost, self._to_report_lost = frozenset(self._to_report_lost), set()
            self._window.watch(self._owned)
            return Assignment({}, lost)
        gained = self._take_over(sorted(held - self._owned.keys()))
        if gained:
            self._window.watch(self._owned)
        return Assignment(gained, frozenset())

    def _take_over(self, partitions: list[int]) -> dict[int, bytes]:
        """Some at a time, so that the group hears of us meanwhile; the cursor is read when nobody else can move it any more."""
        gained: dict[int, bytes] = {}
        until = time.monotonic() + _SECONDS_TO_TAKE_OVER
        for partition in partitions:
            if gained and time.monotonic() > until:
                break
            producer = self._address.producer(f"{self._address.prefix}-decider-{partition}")
            try:
                with translating_errors():
                    producer.claim(self._address.deadline())
                gained[partition] = self._cursor(partition)
            except Fenced:
                producer.close()
                break  # somebody else takes over at the same time; the next look knows whose it is
            except Unavailable:
                producer.close()
                if gained:
                    break  # the next look tries again
                raise
            self._owned[partition] = producer
        return gained

    def _cursor(self, partition: int) -> bytes:
        place = TopicPartition(self._address.cursors, partition)
        reader = self._open_reader()
        newest = reader.last(place, reader.ends([place])[place])
        return b"" if newest is None else bytes(newest.value)

    def _open_reader(self) -> KafkaReader:
        if self._reader is None:
            self._reader = KafkaReader(self._address)
        return self._reader

    def read(
        self, partition: int, after: int, limit: int, *, org: str | None = None, until: int | None = None
    ) -> tuple[list[StoredRecord], int]:
        if until is not None and until <= after:
            return [], after
        if org is None and until is None and partition in self._owned:
            return self._window.read(partition, after, limit)
        return self._slices.read(partition, after, limit, org, until)

    def wait(self, timeout: float) -> None:
        if self._owned:
            self._window.wait(timeout)
        else:
            time.sleep(min(timeout, _SECONDS_TO_REBALANCE))

    def commit(self, partition: int, outputs: Sequence[Record], cursor: bytes) -> list[Position]:
        check_outputs(outputs, partition, self._window.partitions)
        producer = self._owned.get(partition)
        if producer is None:
            raise Fenced(f"{self.name} does not own partition {partition}")
        bodies = encode_all(list(outputs))
        events = TopicPartition(self._address.events, partition)
        entries = {
            events: list(map(entry_of, outputs, bodies)),
            TopicPartition(self._address.cursors, partition): [
                Entry(b"%d" % partition, cursor, NO_HEADERS, time.time_ns() // 1_000_000)
            ],
        }
        deadline = self._address.deadline()
        try:
            with translating_errors():
                offsets = producer.write(entries, deadline)
                producer.commit(deadline)
        except BaseException:
            # Committed or not, the cursor tells whoever takes over next, which may be this member.
            self._lose(partition)
            raise
        positions = [Position(partition, offset) for offset in offsets[events]]
        if positions:
            self._window.committed(partition, positions[-1].offset)
        return positions

    def _lose(self, partition: int) -> None:
        producer = self._owned.pop(partition, None)
        if producer is not None:
            producer.close()
            self._to_report_lost.add(partition)

    def close(self) -> None:
        for partition in list(self._owned):
            self._lose(partition)
        with translating_errors(), ExitStack() as closing:
            for client in (self._window, self._slices, self._reader):
                if client is not None:
                    closing.callback(client.close)
            self._group.close(autocommit=False, timeout_ms=self._address.timeout_ms)
