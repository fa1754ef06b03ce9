"""A connection to the read models for a door that asks little: opened when first used, and again after a failure."""

import threading
from collections.abc import Callable
from typing import Any

import psycopg2

from domain.errors import Unavailable


class OwnConnection:
    """`connect` opens it. Thread-safe: one question at a time."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._connection: Any = None
        self._lock = threading.Lock()

    def rows(self, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Raises Unavailable."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                    self._connection.autocommit = True
                with self._connection.cursor() as database:
                    database.execute(statement, parameters)
                    rows: list[tuple[Any, ...]] = database.fetchall()
                return rows
            except psycopg2.Error as error:
                self._connection = None
                raise Unavailable(f"The read models can't be asked: {error}") from error

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
