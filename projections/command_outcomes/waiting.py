"""Waits for what becomes of commands: one connection per process listens to the live cursor and looks for all awaited commands at once.

When an outcome is found, every live read model has applied the decision: they move in the same transaction. So a client that
was given the outcome reads what it wrote.
"""

import select
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from domain.errors import EvenkeelError
from projections.cursor import CHANNEL
from projections.translated import database_errors

_LOOK_ANYWAY = 1.0
"""Seconds after which awaited commands are looked for even without news: a notification can be lost with its connection."""

_FIND = "select command::text, outcome, result, field, sentence from command_outcomes.command_outcomes where command = any(%s::uuid[])"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`outcome` is accepted (with `result`), refused (`sentence`, maybe about a `field`) or failed (an error of the decider)."""

    outcome: str
    result: dict[str, Any] = field(default_factory=dict)
    field: str | None = None
    sentence: str | None = None

    @property
    def accepted(self) -> bool:
        return self.outcome == "accepted"


class OutcomeListener:
    """`connect` opens a connection of the listener's own. Thread-safe."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._awaited: dict[str, Future[Outcome]] = {}
        self._lock = threading.Lock()
        self._closing = False
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="command outcomes", daemon=True)

    def start(self) -> None:
        """Begin to listen; it goes on over restarts of the database."""
        self._thread.start()

    def expect(self, command: str) -> "Future[Outcome]":
        """The outcome of a command, by the id of its event; call it *before* the command is appended."""
        future: Future[Outcome] = Future()
        with self._lock:
            self._awaited[command] = future
        return future

    def forget(self, command: str) -> None:
        """Nobody waits for this one any more."""
        with self._lock:
            self._awaited.pop(command, None)

    def close(self) -> None:
        """Stop listening; what is still awaited stays unanswered."""
        self._closing = True
        self._wake.send(b".")
        if self._thread.is_alive():
            self._thread.join(5)
        self._wake.close()
        self._woken.close()

    def _run(self) -> None:
        while not self._closing:
            try:
                with database_errors():
                    self._listen()
            except EvenkeelError:
                _until_news(0.2, self._woken)

    def _listen(self) -> None:
        connection = self._connect()
        try:
            connection.autocommit = True
            with connection.cursor() as database:
                database.execute(f"listen {CHANNEL}")
                while not self._closing:
                    connection.notifies.clear()
                    self._look(database)
                    if not connection.notifies:  # news that came along with the answer are no longer on the socket
                        _until_news(_LOOK_ANYWAY, connection, self._woken)
                        connection.poll()
        finally:
            connection.close()

    def _look(self, database: Any) -> None:
        with self._lock:
            awaited = list(self._awaited)
        if not awaited:
            return
        try:
            database.execute(_FIND, (awaited,))
        except psycopg2.errors.UndefinedTable:
            return  # the projector has not made its tables yet
        for command, outcome, result, about, sentence in database.fetchall():
            with self._lock:
                future = self._awaited.pop(command, None)
            if future is not None and future.set_running_or_notify_cancel():
                future.set_result(Outcome(outcome, result or {}, about, sentence))


def _until_news(seconds: float, *sources: Connection | socket.socket) -> None:
    """Wait so long, or until there is something to read; however many files the process has open, which `select` can't bear."""
    look = select.poll()
    for source in sources:
        look.register(source.fileno(), select.POLLIN)
    look.poll(seconds * 1_000)
