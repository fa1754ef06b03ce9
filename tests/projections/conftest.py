"""Read models on a database of the test's own."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from projections.catalogue import CATALOGUE
from projections.installing import install, live_set
from projections.projection_set import ProjectionSet
from projections.set_sql import fetch
from tests.projections.examples import Story


class Tables:
    """The live read models of a database."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        install(connection, CATALOGUE)
        self.set: ProjectionSet = live_set(CATALOGUE)
        self.set.use(connection)

    def project(self, *stories: Story, batch: int = 1000) -> "Tables":
        """Apply what the stories tell and is not applied yet."""
        for story in stories:
            records = story.stored()
            for begin in range(0, len(records), batch):
                part = records[begin : begin + batch]
                self.set.apply(self.connection, part, {part[-1].partition: part[-1].offset})
        return self

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        return fetch(self.connection, sql, parameters)

    def values(self, sql: str, *parameters: Any) -> list[Any]:
        """The first column."""
        return [next(iter(row.values())) for row in self.rows(sql, *parameters)]

    def dump(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        return {
            table: sorted(self.values(f"select t::text from {table} t"))
            for projection in CATALOGUE
            for table in projection.tables
        }


@pytest.fixture
def connect(postgres_database: str) -> Callable[[], Connection]:
    return lambda: psycopg2.connect(postgres_database)


@pytest.fixture
def tables(connect: Callable[[], Connection]) -> Iterator[Tables]:
    connection = connect()
    yield Tables(connection)
    connection.close()
