"""Clients of Apache Kafka: their settings, their errors in our words, and the address of a log."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import InvalidProducerEpochError, KafkaError, ProducerFencedError

from domain.errors import Fenced, Invalid, Unavailable

GROUP = "deciders"
MAX_RECORD = 16 << 20  # bytes
PATIENCE_MS = 8_000  # how long a call waits for a broker before it says that there is none
TRANSACTION_MS = 15_000  # after so long the broker ends a transaction that nobody took up


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """`kafka://host:port,host:port[/prefix]`. Topics are named `<prefix>.events` and `<prefix>.cursors`."""

    servers: tuple[str, ...]
    prefix: str = "evenkeel"

    @staticmethod
    def parse(url: str) -> "KafkaAddress":
        servers, _, prefix = url.removeprefix("kafka://").partition("/")
        found = tuple(server for server in servers.split(",") if server)
        if (
            not url.startswith("kafka://")
            or not all(server.rpartition(":")[2].isdigit() for server in found)
            or not found
        ):
            raise Invalid(f"{url!r} is no address of a log: expected kafka://host:port,host:port[/prefix]")
        return KafkaAddress(found, prefix.strip("/") or "evenkeel")

    @property
    def events(self) -> str:
        return f"{self.prefix}.events"

    @property
    def cursors(self) -> str:
        return f"{self.prefix}.cursors"

    @property
    def group(self) -> str:
        return f"{self.prefix}.{GROUP}"


@contextmanager
def translating_errors() -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except (ProducerFencedError, InvalidProducerEpochError) as error:
        raise Fenced from error
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable(f"Kafka: {str(error).strip() or type(error).__name__}") from error


def consumer(address: KafkaAddress, partitions: Sequence[TopicPartition], **settings: Any) -> KafkaConsumer:
    """A reader of committed records, assigned by hand."""
    made = KafkaConsumer(**_common(address), **_READING, **settings)
    made.assign(list(partitions))
    return made


def member(address: KafkaAddress, name: str, timeout: float, **settings: Any) -> KafkaConsumer:
    """A member of the group of deciders: it learns which partitions are its own, and reads nothing."""
    millis = max(int(timeout * 1000), 1_000)
    return KafkaConsumer(
        **_common(address),
        **_READING,
        client_id=name,
        group_id=address.group,
        enable_auto_commit=False,
        session_timeout_ms=max(millis, 1_000),
        heartbeat_interval_ms=max(100, millis // 4),
        max_poll_interval_ms=max(millis, 1_000),
        **settings,
    )


def producer(address: KafkaAddress, transactional_id: str | None = None) -> KafkaProducer:
    settings: dict[str, Any] = {"transactional_id": transactional_id} if transactional_id else {}
    return KafkaProducer(
        **_common(address),
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        batch_size=1 << 18,
        max_request_size=MAX_RECORD,
        buffer_memory=64 << 20,
        delivery_timeout_ms=PATIENCE_MS + 4_000,
        request_timeout_ms=PATIENCE_MS,
        max_block_ms=PATIENCE_MS,
        transaction_timeout_ms=TRANSACTION_MS,
        **settings,
    )


def _common(address: KafkaAddress) -> dict[str, Any]:
    return {
        "bootstrap_servers": list(address.servers),
        "retry_backoff_ms": 5,
        "reconnect_backoff_ms": 20,
        "reconnect_backoff_max_ms": 500,
        "metrics_enabled": False,
        "bootstrap_timeout_ms": PATIENCE_MS,
    }


_READING: dict[str, Any] = {
    "isolation_level": "read_committed",
    "auto_offset_reset": "earliest",
    "fetch_max_wait_ms": 250,
    "max_partition_fetch_bytes": 4 << 20,
    "max_poll_records": 2_000,
    "check_crcs": False,
    "allow_auto_create_topics": False,
    "request_timeout_ms": PATIENCE_MS,
}
