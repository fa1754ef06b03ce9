"""Waits for what becomes of commands: one connection per process listens to the live cursor and looks for all awaited commands at once.
While none is awaited it is not told of anything.

When an outcome is found, every live read model has applied the decision: they move in the same transaction. So a client that
was given the outcome reads what it wrote.
"""

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from domain.errors import EvenkeelError
from projections.cursor import CHANNEL, await_news, await_no_more
from projections.translated import database_errors

_LOOK_ANYWAY = 1.0
"""Seconds after which awaited commands are looked for even without news: a notification can be lost with its connection. So long after the
last one nobody need tell us anything."""

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
        self._is_told = False
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="command outcomes", daemon=True)

    def start(self) -> None:
        """Begin to listen; it goes on over restarts of the database."""
        self._thread.start()

    def expect(self, command: str) -> "Future[Outcome]":
        """The outcome of a command, by the id of its event; call it *before* the command is appended."""
        future: Future[Outcome] = Future()
        with self._lock:
            self._awaited[command] = future
            if not self._is_told:
                self._is_told = True
                with contextlib.suppress(OSError):  # closed
                    self._wake.send(b".")
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
                self._wait_until(0.2)

    def _listen(self) -> None:
        connection = self._connect()
        is_told, awaited_at = False, monotonic()
        try:
            connection.autocommit = True
            with connection.cursor() as database:
                database.execute(f"listen {CHANNEL}")
                while not self._closing:
                    connection.notifies.clear()
                    if is_told != self._is_told:
                        (await_no_more if is_told else await_news)(connection)
                        is_told = not is_told
                    if self._look(database):
                        awaited_at = monotonic()
                    elif is_told and monotonic() - awaited_at >= _LOOK_ANYWAY and self._calm_down():
                        continue
                    if not connection.notifies:  # news that came along with the answer are no longer on the socket
                        self._wait_until(_LOOK_ANYWAY if is_told else None, connection)
                        connection.poll()
        finally:
            connection.close()

    def _wait_until(self, seconds: float | None, *connections: Connection) -> None:
        """Something comes, or somebody begins to wait, or the time is over."""
        _until_news(seconds, self._woken, *connections)
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(64)

    def _calm_down(self) -> bool:
        """Unless something is awaited."""
        with self._lock:
            self._is_told = bool(self._awaited)
            return not self._is_told

    def _look(self, database: Any) -> bool:
        """Whether anything was awaited."""
        with self._lock:
            awaited = list(self._awaited)
        if not awaited:
            return False
        try:
            database.execute(_FIND, (awaited,))
        except psycopg2.errors.UndefinedTable:
            return True  # the projector has not made its tables yet
        for command, outcome, result, about, sentence in database.fetchall():
            with self._lock:
                future = self._awaited.pop(command, None)
            if future is not None and future.set_running_or_notify_cancel():
                future.set_result(Outcome(outcome, result or {}, about, sentence))
        return True


def _until_news(seconds: float | None, *sources: Connection | socket.socket) -> None:
    """Wait so long, or until there is something to read; however many files the process has open, which `select` can't bear."""
    look = select.poll()
    for source in sources:
        look.register(source.fileno(), select.POLLIN)
    look.poll(None if seconds is None else seconds * 1_000)
