"""Connections to the read models for requests: a bounded number, each used by one thread at a time, read-only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from threading import BoundedSemaphore
from typing import Any

import psycopg2
from psycopg2.extras import RealDictCursor

from domain.errors import Unavailable

Connection = Any
WAIT_SECONDS = 5.0


class ReadPool:
    """`connect` opens a connection and raises Unavailable if it can't."""

    def __init__(self, connect: Callable[[], Connection], size: int = 8) -> None:
        self._connect = connect
        self._places = BoundedSemaphore(size)
        self._idle: LifoQueue[Connection] = LifoQueue()

    @contextmanager
    def reading(self) -> Iterator["Reader"]:
        """A view of the read models as they are at one moment. Raises Unavailable."""
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise Unavailable("Too many requests are being answered; try again.")
        connection = None
        try:
            connection = self._take()
            with connection.cursor(cursor_factory=RealDictCursor) as cursor:
                yield Reader(cursor)
            self._give_back(connection)
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            if connection is not None:
                connection.close()
            raise Unavailable(f"The read models can't be asked: {str(error).strip()}") from error
        except Exception:  # a request was refused, or its statement: that is no fault of the connection
            if connection is not None:
                self._give_back(connection)
            raise
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        finally:
            self._places.release()

    def close(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def _give_back(self, connection: Connection) -> None:
        try:
            connection.rollback()
        except psycopg2.Error:
            connection.close()
        else:
            self._idle.put(connection)

    def _take(self) -> Connection:
        try:
            connection = self._idle.get_nowait()
            if not connection.closed:
                return connection
        except Empty:
            pass
        connection = self._connect()
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        return connection


class Reader:
    """Rows as dicts."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def rows(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        self._cursor.execute(statement, arguments)
        return [dict(row) for row in self._cursor.fetchall()]

    def row(self, statement: str, *arguments: Any) -> dict[str, Any] | None:
        found = self.rows(statement, *arguments)
        return found[0] if found else None
