"""Who leads which partition, and connections to those who do."""

import time
from collections.abc import Iterable, Mapping

from kafka import TopicPartition
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    InvalidMetadataError,
    KafkaError,
    KafkaProtocolError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    NotCoordinatorError,
    TopicAuthorizationFailedError,
    for_code,
)

from domain.errors import Unavailable
from infra.event_log.kafka_connection import KafkaConnection
from infra.event_log.kafka_handshake import HungUp
from infra.event_log.kafka_requests import LATEST, find_coordinator, list_offsets, metadata
from infra.event_log.kafka_security import OPEN, KafkaSecurity, NotLetIn

SECONDS_TO_REACH = 1.0
_SECONDS_BETWEEN_TRIALS = 0.02
_BROKEN_OR_MOVED = (
    OSError,
    KafkaProtocolError,
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    InvalidMetadataError,
    NotCoordinatorError,
)

_Broker = tuple[str, int]


class KafkaCluster:
    """`servers` are brokers to begin with. Not thread-safe. What it can't do because a broker is gone or no longer the leader it raises
    as OSError or one of the library's errors: `start_anew` and try again. Raises Unavailable at once if no broker can be reached, NotLetIn
    if one does not let us in."""

    def __init__(self, servers: Iterable[str], topics: Iterable[str], security: KafkaSecurity = OPEN) -> None:
        self._servers = [(host, int(port)) for host, _, port in (server.rpartition(":") for server in servers)]
        self._topics = tuple(topics)
        self._security = security
        self._leaders: dict[TopicPartition, _Broker] = {}
        self._coordinators: dict[str, _Broker] = {}
        self._connections: dict[_Broker, KafkaConnection] = {}

    def leader(self, place: TopicPartition, deadline: float) -> KafkaConnection:
        if not self._leaders:
            self._learn(deadline)
        if place not in self._leaders:
            raise LeaderNotAvailableError(f"{place.topic} {place.partition} has no leader")
        return self._connected(self._leaders[place], deadline)

    def by_leader(
        self, places: Iterable[TopicPartition], deadline: float
    ) -> Mapping[KafkaConnection, list[TopicPartition]]:
        found: dict[KafkaConnection, list[TopicPartition]] = {}
        for place in places:
            found.setdefault(self.leader(place, deadline), []).append(place)
        return found

    def coordinator(self, transactional_id: str, deadline: float) -> KafkaConnection:
        if transactional_id not in self._coordinators:
            answer = self.anybody(deadline).ask(find_coordinator(transactional_id), deadline)
            raise_error(answer.error_code)
            self._coordinators[transactional_id] = (answer.host, answer.port)
        return self._connected(self._coordinators[transactional_id], deadline)

    def anybody(self, deadline: float) -> KafkaConnection:
        for connection in self._connections.values():
            return connection
        return self._reach(deadline)

    def count_partitions(self, topic: str, deadline: float) -> int:
        """0 if there is no such topic. Raises the library's TopicAuthorizationFailedError if we may not know."""
        answer = self.anybody(deadline).ask(metadata([topic]), deadline)
        for each in answer.topics:
            if each.error_code == TopicAuthorizationFailedError.errno:
                raise_error(each.error_code)
        return sum(len(each.partitions) for each in answer.topics if each.name == topic)

    def offsets(
        self, places: Iterable[TopicPartition], deadline: float, which: int = LATEST
    ) -> dict[TopicPartition, int]:
        """Tries again until the deadline. Raises KafkaTimeoutError."""
        wanted = sorted(places)
        while True:
            try:
                return self._offsets(wanted, deadline, which)
            except (OSError, KafkaError) as error:
                self.start_anew(error, deadline)

    def _offsets(self, places: Iterable[TopicPartition], deadline: float, which: int) -> dict[TopicPartition, int]:
        found: dict[TopicPartition, int] = {}
        for connection, led in self.by_leader(places, deadline).items():
            for topic in connection.ask(list_offsets(led, which), deadline).topics:
                for part in topic.partitions:
                    raise_error(part.error_code)
                    found[TopicPartition(topic.name, part.partition_index)] = part.offset
        return found

    def start_anew(self, error: Exception, deadline: float) -> None:
        """After this error, if it is one that passes and there is time for another trial; raises it otherwise."""
        if isinstance(error, KafkaError) and not error.retriable:
            raise error
        if isinstance(error, _BROKEN_OR_MOVED):
            self.close()
        if time.monotonic() + _SECONDS_BETWEEN_TRIALS >= deadline:
            raise KafkaTimeoutError(f"not done in time: {error}") from error
        time.sleep(_SECONDS_BETWEEN_TRIALS)

    def hang_up(self, connection: KafkaConnection) -> None:
        """An answer is awaited on it that nobody wants any more."""
        for broker, open_one in list(self._connections.items()):
            if open_one is connection:
                self._connections.pop(broker).close()

    def close(self) -> None:
        """Forgets everything; it can be used again."""
        while self._connections:
            self._connections.popitem()[1].close()
        self._leaders.clear()
        self._coordinators.clear()

    def _learn(self, deadline: float) -> None:
        answer = self.anybody(deadline).ask(metadata(self._topics), deadline)
        brokers = {each.node_id: (each.host, each.port) for each in answer.brokers}
        for broker in brokers.values():
            if broker not in self._servers:
                self._servers.append(broker)  # in case those we were told are gone some day
        self._leaders = {
            TopicPartition(topic.name, part.partition_index): brokers[part.leader_id]
            for topic in answer.topics
            for part in topic.partitions
            if part.leader_id in brokers
        }

    def _connected(self, broker: _Broker, deadline: float) -> KafkaConnection:
        if broker not in self._connections:
            left = max(0.001, min(SECONDS_TO_REACH, deadline - time.monotonic()))
            self._connections[broker] = KafkaConnection(*broker, left, self._security)
        return self._connections[broker]

    def _reach(self, deadline: float) -> KafkaConnection:
        refusal: Exception | None = None
        for number, broker in enumerate(self._servers):
            try:
                connection = self._connected(broker, deadline)
            except (NotLetIn, HungUp) as error:
                refusal = refusal if isinstance(refusal, NotLetIn) else error
                continue
            except OSError:
                continue
            self._servers.insert(0, self._servers.pop(number))  # asked first the next time
            return connection
        if isinstance(refusal, NotLetIn):
            raise refusal
        names = ",".join(f"{host}:{port}" for host, port in self._servers)
        why = f": {refusal}" if refusal else ""
        raise Unavailable(f"no broker of the event log's Kafka can be reached at {names}{why}") from refusal


def raise_error(code: int) -> None:
    """Raises the library's error of a broker's code; 0 is none."""
    if code:
        raise for_code(code)()
