"""Fetching what is committed, in the caller's own thread: at most one request under way to each broker, for all that it leads."""

import logging
import select
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from kafka import TopicPartition
from kafka.errors import InvalidMetadataError, KafkaConnectionError, KafkaError, OffsetOutOfRangeError, for_code

from domain.errors import Unavailable
from infra.event_log.kafka_batch_reading import Fetched, read_answer
from infra.event_log.kafka_cluster import KafkaCluster
from infra.event_log.kafka_connection import KafkaConnection
from infra.event_log.kafka_requests import EARLIEST, fetch
from infra.event_log.kafka_security import NotLetIn

_LONGEST_WAIT = 0.5
_BYTES_OF_PARTITION = 1024 * 1024
_SECONDS_BETWEEN_TRIALS = 0.02
_SECONDS_WITHOUT_LEADER = 0.2
_SECONDS_BETWEEN_COMPLAINTS = 30.0

log = logging.getLogger(__name__)


class _UnderWay(NamedTuple):
    offsets: Mapping[TopicPartition, int]
    until: float  # it should be answered by then


class KafkaFetcher:
    """Not thread-safe. `positions`: per place, the offset after all that was given or passed over.

    While a broker is away, or lets us not in, nothing comes of what it leads. Raises the library's errors if something is not to be read.
    """

    def __init__(
        self,
        cluster: KafkaCluster,
        timeout: float,
        wanted: frozenset[str] | None = None,
        *,
        bytes_of_partition: int = _BYTES_OF_PARTITION,
    ) -> None:
        self._cluster = cluster
        self._timeout = timeout
        self._wanted = wanted
        self._bytes_of_partition = bytes_of_partition
        self._under_way: dict[KafkaConnection, _UnderWay] = {}
        self._found: dict[TopicPartition, list[Fetched]] = {}
        self._out_of_range: set[TopicPartition] = set()
        self._turn = 0
        self._learn_at = 0.0  # who leads what nobody seemed to lead
        self._say_again_at = 0.0
        self.positions: dict[TopicPartition, int] = {}
        self.bytes_given = 0

    def assign(self, offsets: Mapping[TopicPartition, int]) -> None:
        """From now on these places, each from an offset on, and no others."""
        self._give_up()
        self.positions = dict(offsets)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._give_up()
        self.positions[place] = offset

    def fetch(
        self, wait: float, places: Collection[TopicPartition] | None = None
    ) -> dict[TopicPartition, list[Fetched]]:
        """What a broker answers, if any does within so many seconds; with 0 what is there now, of all brokers.

        It may hold nothing that is wanted, and `positions` have moved on nevertheless. `places`: only of these (None: of all).
        """
        deadline = time.monotonic() + wait
        try:
            self._take_answered(0.0)
            if not self._found or wait <= 0:
                self._receive(self._ask(wait, self.positions.keys() if places is None else places), deadline)
            self._find_beginnings()
        except (OSError, Unavailable) as error:
            self._say(error)
            self._start_anew(deadline)
        except KafkaError as error:
            self._start_anew(deadline)
            if not error.retriable and not self._found:  # else what was found is given first, and it comes again
                raise
        found, self._found = self._found, {}
        return found

    def close(self) -> None:
        self._under_way.clear()
        self._cluster.close()

    def _ask(self, wait: float, places: Iterable[TopicPartition]) -> set[KafkaConnection]:
        """All that have nothing under way. Returns those that will answer at once."""
        now = time.monotonic()
        by_leader: dict[KafkaConnection, dict[TopicPartition, int]] = {}
        for place in places:
            leader = self._leader(place, now)
            if leader is not None and leader not in self._under_way:
                by_leader.setdefault(leader, {})[place] = self.positions[place]
        wait = max(0.0, min(wait, _LONGEST_WAIT))
        for connection, offsets in by_leader.items():
            request = fetch(self._in_turn(offsets), int(wait * 1000), self._bytes_of_partition)
            self._under_way[connection] = _UnderWay(offsets, now + wait)
            connection.send(request, now + self._timeout)
        return set() if wait else set(by_leader)

    def _leader(self, place: TopicPartition, now: float) -> KafkaConnection | None:
        """None while nobody leads it, or who does can't be reached: the others go on."""
        try:
            return self._cluster.leader(place, now + self._timeout)
        except (InvalidMetadataError, NotLetIn, OSError) as error:
            if now >= self._learn_at:
                self._learn_at = now + _SECONDS_WITHOUT_LEADER
                self._say(error)
                raise KafkaConnectionError(f"{place.topic} {place.partition} can't be read now: {error}") from error
            return None

    def _in_turn(self, offsets: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int]:
        """Another one comes first each time: where an answer is full, the last ones get nothing."""
        places = list(offsets)
        self._turn += 1
        first = self._turn % len(places)
        return {place: offsets[place] for place in places[first:] + places[:first]}

    def _receive(self, at_once: set[KafkaConnection], deadline: float) -> None:
        """Of all that answer at once, or of anybody until the deadline."""
        while True:
            now = time.monotonic()
            if any(now > each.until + self._timeout for each in self._under_way.values()):
                raise TimeoutError("a broker does not answer")
            if not self._under_way:
                time.sleep(max(0.0, min(_SECONDS_BETWEEN_TRIALS, deadline - now)))
                return
            answered = self._take_answered(self._timeout if at_once else max(0.0, deadline - now))
            if at_once:
                at_once -= answered
            if (answered and not at_once) or (not at_once and now >= deadline):
                return

    def _take_answered(self, seconds: float) -> set[KafkaConnection]:
        if not self._under_way:
            return set()
        poll = select.poll()
        for connection in self._under_way:
            poll.register(connection.fileno(), select.POLLIN)
        ready = {number for number, _ in poll.poll(seconds * 1000)}
        answered = {connection for connection in self._under_way if connection.fileno() in ready}
        for connection in answered:
            asked = self._under_way.pop(connection)
            answer = connection.receive(time.monotonic() + self._timeout)
            for topic in answer.responses:
                for part in topic.partitions:
                    self._take(TopicPartition(topic.topic, part.partition_index), part, asked.offsets)
        return answered

    def _take(self, place: TopicPartition, part: Any, asked: Mapping[TopicPartition, int]) -> None:
        offset = asked[place]
        if self.positions.get(place) != offset:
            return  # sent elsewhere meanwhile
        if part.error_code == OffsetOutOfRangeError.errno:
            self._out_of_range.add(place)
        elif part.error_code:
            raise for_code(part.error_code)()
        elif part.records:
            answer = bytes(part.records)
            found, self.positions[place] = read_answer(answer, offset, self._wanted, part.aborted_transactions or ())
            self.bytes_given += len(answer)
            if found:
                self._found.setdefault(place, []).extend(found)

    def _find_beginnings(self) -> None:
        """Where somebody removed the beginning of the log it goes on with what is left; after the end it waits."""
        if not self._out_of_range:
            return
        self._give_up()
        places, self._out_of_range = self._out_of_range, set()
        begins = self._cluster.offsets(places, time.monotonic() + self._timeout, EARLIEST)
        for place, offset in begins.items():
            self.positions[place] = max(self.positions[place], offset)
        time.sleep(_SECONDS_BETWEEN_TRIALS)

    def _give_up(self) -> None:
        """What is under way was asked for elsewhere."""
        for connection in self._under_way:
            self._cluster.hang_up(connection)
        self._under_way.clear()

    def _say(self, error: Exception) -> None:
        """Whoever follows waits until Kafka is back; that it does not let us in is said now and then, since it won't by itself."""
        now = time.monotonic()
        if isinstance(error, NotLetIn) and now >= self._say_again_at:
            self._say_again_at = now + _SECONDS_BETWEEN_COMPLAINTS
            log.warning("Nothing comes from the event log: %s", error.sentence)

    def _start_anew(self, deadline: float) -> None:
        self._under_way.clear()
        self._cluster.close()
        if not self._found:
            time.sleep(max(0.0, min(_SECONDS_BETWEEN_TRIALS, deadline - time.monotonic())))
