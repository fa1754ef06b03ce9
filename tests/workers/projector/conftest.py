from collections.abc import Callable, Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from infra.event_log.memory import MemoryEventLog
from workers.projector.projector import Projector


@pytest.fixture
def connect(postgres_database: str) -> Callable[[], Connection]:
    return lambda: psycopg2.connect(postgres_database)


@pytest.fixture
def log() -> MemoryEventLog:
    return MemoryEventLog(gaps=1)


@pytest.fixture
def projector(log: MemoryEventLog, connect: Callable[[], Connection]) -> Iterator[Projector]:
    projector = Projector(log, connect)
    yield projector
    projector.close()
