"""Clients of Kafka: their settings, what their errors mean, and how a record stands in a topic."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from kafka import KafkaConsumer
from kafka.errors import (
    AuthorizationError,
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    KafkaError,
    ProducerFencedError,
)
from kafka.net.compat import KafkaNetClient

from domain.errors import Fenced, Invalid, Unavailable
from domain.events.record import Record, StoredRecord
from infra.event_log.kafka_batch_reading import Fetched
from infra.event_log.kafka_cluster import KafkaCluster
from infra.event_log.kafka_fetching import KafkaFetcher
from infra.event_log.kafka_handshake import HungUp
from infra.event_log.kafka_producer import Producer
from infra.event_log.kafka_security import OPEN, KafkaSecurity, NotLetIn
from infra.event_log.wire_format import decode, encode

# The last one: the transactional id belongs to another producer.
_FENCED = (ProducerFencedError, InvalidProducerEpochError, InvalidProducerIdMappingError)
_Client = TypeVar("_Client")

LARGEST_RECORD = 32 * 1024 * 1024
_SCHEME = "kafka://"
_RETRY_AFTER_MS = 5
_RIGHTS = (
    "it has to create, describe, read and write the topics evenkeel.events and evenkeel.cursors, read the group evenkeel.deciders,"
    " describe and write the transactional ids evenkeel-decider-*, and write idempotently"
)


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """Where the log is. `servers` is host:port, comma-separated; `timeout` is in seconds."""

    servers: str
    prefix: str
    timeout: float
    security: KafkaSecurity = OPEN

    @property
    def events(self) -> str:
        return f"{self.prefix}.events"

    @property
    def cursors(self) -> str:
        return f"{self.prefix}.cursors"

    @property
    def group(self) -> str:
        return f"{self.prefix}.deciders"

    @property
    def timeout_ms(self) -> int:
        return int(self.timeout * 1000)

    def client_settings(self) -> dict[str, Any]:
        return {
            "bootstrap_servers": self.servers.split(","),
            "bootstrap_timeout_ms": self.timeout_ms,
            "retry_backoff_ms": _RETRY_AFTER_MS,
            "reconnect_backoff_ms": 50,
            "reconnect_backoff_max_ms": 500,
            "metrics_enabled": False,
        } | self.security.client_settings()

    def cluster(self) -> KafkaCluster:
        return KafkaCluster(self.servers.split(","), (self.events, self.cursors), self.security)

    def deadline(self) -> float:
        """Of what begins now, in `time.monotonic()`'s seconds."""
        return time.monotonic() + self.timeout

    def fetcher(self, wanted: frozenset[str] | None = None, **settings: Any) -> KafkaFetcher:
        """Of records of the kinds wanted (None: all)."""
        return KafkaFetcher(self.cluster(), self.timeout, wanted, **settings)

    def producer(self, transactional_id: str | None = None) -> Producer:
        return Producer(self.cluster(), self.timeout_ms, transactional_id)

    def member(self, **settings: Any) -> KafkaConsumer:
        """Of the group of deciders; it reads nothing."""
        defaults = {
            "group_id": self.group,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "allow_auto_create_topics": False,
        }
        return self._open(KafkaConsumer, self.client_settings() | defaults | settings)

    def _check_reachable(self) -> None:
        """Raises Unavailable at once where no broker listens or lets us in: a client would try until its time is over, and doors wait
        to spool."""
        cluster = self.cluster()
        try:
            with translating_errors():
                cluster.anybody(self.deadline())
        finally:
            cluster.close()

    def _open(self, client: Callable[..., _Client], settings: dict[str, Any]) -> _Client:
        """Leaves nothing behind if it fails: the library would leave a thread and its sockets, each time somebody tries again."""
        self._check_reachable()
        begun: list[KafkaNetClient] = []

        def begin(**given: Any) -> KafkaNetClient:
            begun.append(KafkaNetClient(**given))
            return begun[0]

        try:
            with translating_errors():
                return client(**settings, kafka_client=begin)
        except BaseException:
            for each in begun:
                each.close()
            raise


def address_of(url: str, prefix: str, timeout: float, security: KafkaSecurity = OPEN) -> KafkaAddress:
    """Of `kafka://host:port[,host:port]`."""
    servers = url.removeprefix(_SCHEME).rstrip("/")
    if not url.startswith(_SCHEME) or not all(":" in server for server in servers.split(",")):
        raise Invalid(f"the log's address is {url!r}: expected kafka://host:port[,host:port]", field="url")
    return KafkaAddress(servers, prefix, timeout, security)


@contextmanager
def translating_errors() -> Iterator[None]:
    """Turns the client's errors into ours."""
    try:
        yield
    except _FENCED as error:
        raise Fenced(f"another member took over ({type(error).__name__})") from error
    except AuthorizationError as error:
        raise NotLetIn(
            f"Kafka does not allow what is needed ({type(error).__name__}) to the user that EVENKEEL_KAFKA_USER or our certificate"
            f" names: {_RIGHTS}."
        ) from error
    except HungUp as error:
        raise Unavailable(str(error)) from error
    except (KafkaError, OSError) as error:
        raise Unavailable(f"the event log's Kafka: {type(error).__name__}: {error}") from error


def encode_all(records: list[Record]) -> list[bytes]:
    """The bodies. Raises Invalid for one that Kafka would not take."""
    bodies = [encode(record) for record in records]
    for body in bodies:
        if len(body) > LARGEST_RECORD - 1024:
            raise Invalid(f"a record of {len(body)} bytes is too big: at most {LARGEST_RECORD - 1024}", field="events")
    return bodies


def stored(partition: int, found: Fetched) -> StoredRecord:
    offset, kind, key, value = found
    return decode(partition, offset, str(key, "utf-8"), kind, value)
