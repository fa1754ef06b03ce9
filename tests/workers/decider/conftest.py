"""The log adapters, for tests of the decider over each of them."""

import uuid
from collections.abc import Iterator

import pytest

from domain.ports.event_log import EventLog
from infra.event_log import kafka, postgres
from infra.event_log.memory import MemoryEventLog


@pytest.fixture(params=["memory", "postgres", pytest.param("kafka", marks=pytest.mark.kafka)])
def one_partition_log(request: pytest.FixtureRequest) -> Iterator[EventLog]:
    """An empty log of one partition."""
    if request.param == "memory":
        yield MemoryEventLog(1)
        return
    if request.param == "kafka":
        yield from _kafka_log(request.getfixturevalue("kafka").url)
        return
    database = request.getfixturevalue("postgres_database")
    postgres.install(database, 1)
    log = postgres.PostgresEventLog(database)
    yield log
    log.close()


def _kafka_log(url: str) -> Iterator[EventLog]:
    prefix = f"decider-{uuid.uuid4()}"
    kafka.install(url, 1, prefix=prefix)
    log = kafka.KafkaEventLog(url, prefix=prefix)
    yield log
    log.close()
