"""Connections to the read models are used again, whatever became of a request, and replaced when they are lost."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from domain.errors import Invalid, Unavailable
from gateways.http.read_pool import ReadPool


class Database:
    def __init__(self, url: str) -> None:
        self._url = url
        self.opened: list[Any] = []

    def connect(self) -> Any:
        self.opened.append(psycopg2.connect(self._url))
        return self.opened[-1]


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    made = Database(postgres_url)
    yield made
    for connection in made.opened:
        connection.close()


def one(pool: ReadPool) -> int:
    with pool.reading() as reader:
        return int(reader.rows("select 1 as one")[0]["one"])


def test_refusals_and_wrong_statements_cost_no_connection(database: Database) -> None:
    pool = ReadPool(database.connect)
    assert one(pool) == 1

    for _ in range(3):
        with pytest.raises(Invalid), pool.reading() as reader:
            reader.rows("select 1")
            raise Invalid("This is no call.")
        with pytest.raises(psycopg2.ProgrammingError), pool.reading() as reader:
            reader.rows("select nothing")

    assert (one(pool), len(database.opened)) == (1, 1)


def test_a_lost_connection_is_replaced(database: Database) -> None:
    pool = ReadPool(database.connect)
    with pytest.raises(Unavailable), pool.reading() as reader:
        reader.rows("select pg_terminate_backend(pg_backend_pid())")

    assert (one(pool), len(database.opened)) == (1, 2)


def test_a_refusal_is_told_although_the_connection_is_lost_too(database: Database) -> None:
    pool = ReadPool(database.connect)
    with pytest.raises(Invalid), pool.reading():
        database.opened[0].close()
        raise Invalid("This is no call.")

    assert (one(pool), len(database.opened)) == (1, 2)


def test_every_request_sees_what_was_written_before_it(database: Database, postgres_database: str) -> None:
    database._url = postgres_database
    pool = ReadPool(database.connect)
    writer = psycopg2.connect(postgres_database)
    writer.autocommit = True
    with writer.cursor() as cursor:
        cursor.execute("create table written (at int)")
        with pytest.raises(Invalid), pool.reading() as reader:
            assert reader.rows("select * from written") == []
            raise Invalid("This is no call.")
        cursor.execute("insert into written values (1)")
    writer.close()

    with pool.reading() as reader:
        assert reader.rows("select * from written") == [{"at": 1}]
    pool.close()
