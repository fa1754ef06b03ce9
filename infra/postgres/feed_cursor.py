"""The feed cursor in Postgres: for work whose cursor should outlive Redis, because finding its place again means reading the whole log.

Claims end by the database's clock. The table is made when it is first used.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import psycopg2

from domain.errors import Unavailable

_LOCK = 7_208_542  # any number, the same in every process: one makes the table at a time
_TABLE = """
create schema if not exists workers;
create table if not exists workers.feed_cursors (
    name text primary key,
    holder text,
    held_until timestamptz not null default '-infinity',
    positions jsonb not null default '{}'
);
"""
_CLAIM = """
insert into workers.feed_cursors as c (name, holder, held_until) values (%(name)s, %(worker)s, clock_timestamp() + %(seconds)s * interval '1 s')
on conflict (name) do update set holder = excluded.holder, held_until = excluded.held_until
where c.holder is null or c.holder = excluded.holder or c.held_until <= clock_timestamp()
"""
_RELEASE = "update workers.feed_cursors set holder = null where name = %s and holder = %s"
_READ = "select positions from workers.feed_cursors where name = %s"
_SAVE = """
update workers.feed_cursors set positions = positions || %s::jsonb
where name = %s and holder = %s and held_until > clock_timestamp()
"""


class PostgresFeedCursor:
    """`connect` opens a connection of its own, when first used and again after a failure; `name` is the cursor's."""

    def __init__(self, connect: Callable[[], Any], name: str) -> None:
        self._connect = connect
        self._name = name
        self._connection: Any = None
        self._lock = threading.Lock()

    def claim(self, worker: str, seconds: float) -> bool:
        return self._run(_CLAIM, {"name": self._name, "worker": worker, "seconds": seconds})[0] > 0

    def release(self, worker: str) -> None:
        self._run(_RELEASE, (self._name, worker))

    def read(self) -> dict[int, int]:
        rows = self._run(_READ, (self._name,))[1]
        return {int(partition): offset for partition, offset in rows[0][0].items()} if rows else {}

    def save(self, worker: str, positions: Mapping[int, int]) -> bool:
        document = orjson.dumps({str(partition): offset for partition, offset in positions.items()}).decode()
        return self._run(_SAVE, (document, self._name, worker))[0] > 0

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _run(self, sql: str, parameters: Any) -> tuple[int, list[Any]]:
        """How many rows it touched, and those it gave. Raises Unavailable."""
        with self._lock:
            try:
                if self._connection is None:
                    self._open()
                with self._connection.cursor() as database:
                    database.execute(sql, parameters)
                    return database.rowcount, database.fetchall() if database.description else []
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                self._drop()
                raise Unavailable(f"The database can't be used now: {str(error).strip()}") from error

    def _open(self) -> None:
        self._connection = connection = self._connect()
        with connection, connection.cursor() as database:
            database.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            database.execute(_TABLE)
        connection.autocommit = True

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except psycopg2.Error:
                pass  # it is broken already: that is why we let go of it
