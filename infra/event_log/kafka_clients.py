"""Clients of Kafka: their settings, what their errors mean, and how a record stands in a topic."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import InvalidProducerEpochError, KafkaError, ProducerFencedError
from kafka.net.compat import KafkaNetClient

from domain.errors import Fenced, Invalid, Unavailable
from domain.events.record import Record, StoredRecord
from infra.event_log.kafka_batch_reading import Fetched, FetchedPartition
from infra.event_log.kafka_producer import Producer
from infra.event_log.wire_format import decode, encode

_Client = TypeVar("_Client")

LARGEST_RECORD = 32 * 1024 * 1024
_SCHEME = "kafka://"
_RETRY_AFTER_MS = 5
_SECONDS_TO_REACH = 1.0
# A fetch under way asks for some partitions only; the others wait for it so long at most.
_FETCH_WAITS_MS = 200
# A transaction waits so long whenever its predecessor is not yet marked as complete; the library's 100 ms would be felt.
_RETRY_TRANSACTION_AFTER_MS = 2


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """Where the log is. `servers` is host:port, comma-separated; `timeout` is in seconds."""

    servers: str
    prefix: str
    timeout: float

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
        }

    def consumer(self, wanted: frozenset[str] | None = None, **settings: Any) -> KafkaConsumer:
        """Reads what is committed, from where it is told; gives `Fetched` records of the kinds wanted (None: all)."""
        defaults = {
            "isolation_level": "read_committed",
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "fetch_max_wait_ms": _FETCH_WAITS_MS,
            "max_partition_fetch_bytes": 4 * 1024 * 1024,
            "allow_auto_create_topics": False,
        }
        consumer = self._open(KafkaConsumer, self.client_settings() | defaults | settings)
        consumer._fetcher.PartitionRecords = partial(FetchedPartition, wanted=wanted)
        _fetch_when_all_is_given(consumer._fetcher)
        return consumer

    def _check_reachable(self) -> None:
        """Raises Unavailable at once where no broker listens: a client would try until its time is over, and doors wait to spool."""
        for server in self.servers.split(","):
            host, _, port = server.rpartition(":")
            try:
                socket.create_connection((host, int(port)), _SECONDS_TO_REACH).close()
                return
            except OSError:
                continue
        raise Unavailable(f"no broker of the event log's Kafka can be reached at {self.servers}")

    def producer(self, transactional_id: str | None = None) -> Producer:
        settings = self.client_settings() | {
            "transactional_id": transactional_id,
            "acks": "all",
            "enable_idempotence": True,
            "allow_auto_create_topics": False,
            "max_request_size": LARGEST_RECORD,
            "max_block_ms": self.timeout_ms,
            "request_timeout_ms": self.timeout_ms,
            "delivery_timeout_ms": self.timeout_ms + 100,
        }
        if transactional_id is not None:
            settings["retry_backoff_ms"] = _RETRY_TRANSACTION_AFTER_MS
            # Nobody waits longer for a commit. A transaction that was begun and never ended, because its owner was killed and nobody
            # took over, holds up readers so long (and until the brokers look the next time).
            settings["transaction_timeout_ms"] = self.timeout_ms
        return self._open(Producer, settings)

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


def address_of(url: str, prefix: str, timeout: float) -> KafkaAddress:
    """Of `kafka://host:port[,host:port]`."""
    servers = url.removeprefix(_SCHEME).rstrip("/")
    if not url.startswith(_SCHEME) or not all(":" in server for server in servers.split(",")):
        raise Invalid(f"the log's address is {url!r}: expected kafka://host:port[,host:port]", field="url")
    return KafkaAddress(servers, prefix, timeout)


def _fetch_when_all_is_given(fetcher: Any) -> None:
    """While it still has some of a partition to give, the library would fetch from the others only; if nothing comes there, a busy
    partition waited for quiet ones, for half a second each time."""
    fetched_records = fetcher.fetched_records

    def fetched_records_or_more(*given: Any, **settings: Any) -> tuple[Any, bool]:
        records, more = fetched_records(*given, **settings)
        return records, more or bool(fetcher._next_partition_records)

    fetcher.fetched_records = fetched_records_or_more


@contextmanager
def translating_errors() -> Iterator[None]:
    """Turns the client's errors into ours."""
    try:
        yield
    except (ProducerFencedError, InvalidProducerEpochError) as error:
        raise Fenced(f"another member took over ({type(error).__name__})") from error
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


def reached(consumer: KafkaConsumer, place: TopicPartition) -> int:
    """The offset up to which the consumer has given everything, transactions' own marks included."""
    position = consumer.position(place, timeout_ms=0)
    return -1 if position is None else int(position) - 1
