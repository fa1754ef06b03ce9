"""The log adapters, for tests of the decider over each of them."""

from collections.abc import Iterator

import pytest

from domain.ports.event_log import EventLog
from infra.event_log import postgres
from infra.event_log.memory import MemoryEventLog


@pytest.fixture(params=["memory", "postgres"])
def one_partition_log(request: pytest.FixtureRequest) -> Iterator[EventLog]:
    """An empty log of one partition."""
    if request.param == "memory":
        yield MemoryEventLog(1)
        return
    database = request.getfixturevalue("postgres_database")
    postgres.install(database, 1)
    log = postgres.PostgresEventLog(database)
    yield log
    log.close()
