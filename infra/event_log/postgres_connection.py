"""Connections of the Postgres event log: their settings, their loss, and what its notifications say."""

import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn, parse_dsn

from domain.errors import Unavailable
from infra.event_log.announcing import LISTENS_AT
from infra.event_log.wakes import Ear

CHANNEL = "event_log_"  # and the letter of a kind: who wants none of a kind is not woken by it
MEMBERS_CHANNEL = "event_log_members"
REPLACED = "EK001"  # raised by event_log.move_cursor

# Durable transactions say so themselves; what is left (notifications, signs of life) need not wait for the disk. Reads go by the
# primary key whatever the planner's statistics say, which for a table that only grows are always behind.
DURABLE = "-c synchronous_commit=on"
"""For connections whose every transaction is to be durable."""
_OPTIONS = (
    "-c synchronous_commit=off -c jit=off -c enable_seqscan=off -c enable_bitmapscan=off"
    " -c enable_hashjoin=off -c enable_mergejoin=off"
)


def connect(dsn: str, name: str, options: str = "") -> Connection:
    """A connection in autocommit, with these `options` beside ours. A server that vanished is noticed within some 20 seconds. Raises Unavailable.

    Postgres shows it as `name`, and as a certain process's where that has a name of its own ($PGAPPNAME).
    """
    settings: dict[str, Any] = parse_dsn(dsn)
    settings["options"] = f"{settings.get('options', '')} {_OPTIONS} {options}".strip()
    defaults: dict[str, Any] = {
        "connect_timeout": 10,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
    }
    owner = os.environ.get("PGAPPNAME")
    defaults |= {
        "tcp_user_timeout": 20000,
        "application_name": f"{owner}: {name.removeprefix('evenkeel ')}" if owner else name,
    }
    with translating_errors():
        connection = psycopg2.connect(make_dsn(**(defaults | settings)))
        connection.autocommit = True
        return connection


@contextmanager
def translating_errors() -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except psycopg2.Error as error:
        raise Unavailable(f"the event log's database: {str(error).strip() or type(error).__name__}") from error


def is_stale(connection: Connection) -> bool:
    """True if an idle connection was closed, or its server has something to say, which can only be good-bye."""
    if connection.closed:
        return True
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))


class Listening:
    """A connection that listens: it opens itself, and again after it was lost. `place`: where its reader can be woken (see `announcing`)."""

    def __init__(
        self,
        dsn: str,
        name: str,
        channels: tuple[str, ...],
        opened: Callable[[Connection], None],
        place: Callable[[], int],
    ) -> None:
        self._dsn = dsn
        self._name = name
        self._channels = channels
        self._opened = opened
        self._place = place
        self._connection: Connection | None = None

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """The open connection. If it is lost meanwhile, it is dropped and Unavailable raised."""
        if self._connection is None or self._connection.closed:
            self._connection = None
            self._connection = self._open()
        try:
            with translating_errors():
                yield self._connection
        except Unavailable:
            self.drop()
            raise

    def _open(self) -> Connection:
        connection = connect(self._dsn, self._name)
        try:
            with translating_errors(), connection.cursor() as cursor:
                cursor.execute(LISTENS_AT, (self._place(),))
                cursor.execute("; ".join(f"listen {channel}" for channel in self._channels))
            self._opened(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def drop(self) -> None:
        """Close the connection; the next use opens another."""
        if self._connection:
            self._connection.close()
        self._connection = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None and not self._connection.closed


def notified(connection: Connection) -> list[tuple[str, str]]:
    """(channel, payload) of the notifications that have arrived by now, without waiting."""
    connection.poll()
    heard = [(notice.channel, notice.payload) for notice in connection.notifies]
    connection.notifies.clear()
    return heard


def await_notification(connection: Connection, ear: Ear | None, deadline: float) -> None:
    """Wait until something arrives on the connection or at the ear, or the monotonic clock has reached the deadline."""
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    if ear is not None:
        look.register(ear.fileno(), select.POLLIN)
    look.poll(max(0.0, deadline - time.monotonic()) * 1000)
