"""What the relayer door asks of the read models: the integer ids of messages and of workspaces."""

import threading
from collections.abc import Callable, Collection
from typing import Any

import psycopg2

from domain.errors import Unavailable


class NumberReader:
    """`connect` opens a connection of its own, when first used and again after a failure. Thread-safe."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._connection: Any = None
        self._lock = threading.Lock()
        self._organizations: dict[str, int] = {}

    def of_messages(self, org: str, uuids: Collection[str]) -> dict[str, int]:
        """The integer ids of those of these messages that are in the read model. Raises Unavailable."""
        statement = "select uuid::text, id from messages.messages where org = %s and uuid = any(%s::uuid[])"
        return dict(self._run(statement, (org, list(uuids)))) if uuids else {}

    def of_organization(self, org: str) -> int | None:
        """Raises Unavailable."""
        if org not in self._organizations:
            rows = self._run("select id from workspaces.workspaces where org = %s", (org,))
            if not rows or rows[0][0] is None:
                return None
            self._organizations[org] = int(rows[0][0])
        return self._organizations[org]

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _run(self, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
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
