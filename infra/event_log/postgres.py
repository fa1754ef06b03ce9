"""The event log on Postgres: the embedded default.

An append takes the head row of each partition it writes to, in the order of partitions, in the transaction that writes the
records. Offsets are therefore dense and become visible in their order, so a reader can trust the head: everything up to it is there.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import connection as Connection

from domain.errors import Conflict, Invalid, Unavailable
from domain.events.record import Kind, Position, Record, StoredRecord
from infra.event_log.announcing import Announcing
from infra.event_log.postgres_connection import DURABLE, connect, is_stale, translating_errors
from infra.event_log.postgres_decider import PostgresDeciderSession
from infra.event_log.postgres_follower import PostgresFollower
from infra.event_log.postgres_statements import BODY, Batch, append
from infra.event_log.wakes import Wakes
from infra.event_log.wire_format import check_inputs, decode

log_of_work = logging.getLogger(__name__)

_SCHEMA = Path(__file__).with_name("postgres_schema.sql")
_INSTALLATION = (
    "select partitions, concat(extract(epoch from installed_on), ' ', d.oid)"
    " from event_log.installation, pg_database d where d.datname = current_database()"
)
_READ = (
    f'select "offset", org, kind, {BODY} from event_log.records'
    ' where partition = %s and "offset" > %s order by "offset" limit %s'
)
_READ_KINDS = (
    f'select "offset", org, kind, {BODY} from event_log.records'
    ' where partition = %s and "offset" > %s and kind = any(%s) order by "offset" limit %s'
)


def install(dsn: str, partitions: int) -> None:
    """Make the log in this database; run again, it changes nothing.

    Raises Conflict if the log is there with another number of partitions: organizations would move to other partitions.
    """
    if partitions < 1:
        raise Invalid(f"partitions is {partitions}: expected 1 or more", field="partitions")
    with translating_errors():
        connection = psycopg2.connect(dsn)
    try:
        with translating_errors(), connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(1163283795)")
            cursor.execute("set local client_min_messages = warning")
            cursor.execute(_SCHEMA.read_text())
            cursor.execute(
                "insert into event_log.installation (partitions) values (%s) on conflict do nothing", (partitions,)
            )
            cursor.execute("select partitions from event_log.installation")
            (there,) = cursor.fetchone() or (partitions,)
            if there != partitions:
                raise Conflict(f"this event log has {there} partitions, which can't be changed to {partitions}")
            for table in ("heads", "owners"):
                cursor.execute(
                    f"insert into event_log.{table} (partition) select generate_series(0, %s) on conflict do nothing",
                    (partitions - 1,),
                )
    finally:
        connection.close()


class PostgresEventLog:
    """The log in one Postgres database, made by `install`. Nothing is opened before it is needed.

    A decider that was not heard of for `member_timeout` seconds, though its connection is open, loses its partitions. `wakes`: the folder
    over which readers and writers of this machine wake each other; without it, or beyond this machine, Postgres does it.
    """

    def __init__(self, dsn: str, *, member_timeout: float = 10.0, wakes: Path | None = None) -> None:
        self._dsn = dsn
        self._folder = wakes
        self._announcing = Announcing()
        self._member_timeout = member_timeout
        self._partitions: int | None = None
        self._idle: deque[Connection] = deque()
        self._closed = False

    @property
    def partitions(self) -> int:
        """Asked of the database once. Raises Unavailable."""
        if self._partitions is None:
            with self._connection() as connection, connection.cursor() as cursor:
                cursor.execute(_INSTALLATION)
                partitions, identity = cursor.fetchall()[0]
            if self._folder is not None:
                self._announcing = Announcing(_wakes(self._folder, identity))
            self._partitions = int(partitions)
        return self._partitions

    def append(self, records: Sequence[Record]) -> list[Position]:
        check_inputs(records)
        if not records:
            return []
        batch = Batch(records, self.partitions)
        with self._connection() as connection, connection.cursor() as cursor:
            return append(cursor, batch, self._announcing)

    def read(self, partition: int, after: int, limit: int, kinds: Iterable[Kind] | None = None) -> list[StoredRecord]:
        with self._connection() as connection, connection.cursor() as cursor:
            if kinds is None:
                cursor.execute(_READ, (partition, after, limit))
            else:
                cursor.execute(_READ_KINDS, (partition, after, list(kinds), limit))
            return [decode(partition, *row) for row in cursor.fetchall()]

    def follow(self, after: Mapping[int, int], kinds: Iterable[Kind] | None = None) -> PostgresFollower:
        wanted = None if kinds is None else frozenset(kinds)
        return PostgresFollower(self._dsn, after, wanted, self._told)

    def heads(self) -> Mapping[int, int]:
        with self._connection() as connection, connection.cursor() as cursor:
            cursor.execute("select partition, head from event_log.heads order by partition")
            return dict(cursor.fetchall())

    def cursors(self) -> Mapping[int, bytes]:
        with self._connection() as connection, connection.cursor() as cursor:
            cursor.execute("select partition, cursor from event_log.owners where cursor <> '' order by partition")
            return {partition: bytes(kept) for partition, kept in cursor.fetchall()}

    def own(self, member: str) -> PostgresDeciderSession:
        return PostgresDeciderSession(self._dsn, member, self.partitions, self._member_timeout, self._announcing)

    def close(self) -> None:
        self._closed = True
        self._close_idle()
        self._announcing.close()

    def _told(self) -> Announcing:
        assert self.partitions  # asked of the database, with whose log it is
        return self._announcing

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """One that no other thread uses meanwhile. It is not used again after an error, for its state is not known then."""
        connection = self._take()
        try:
            with translating_errors():
                yield connection
        except BaseException:
            connection.close()
            raise
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def _take(self) -> Connection:
        if self._closed:
            raise Unavailable("the event log is closed")
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return connect(self._dsn, "evenkeel log", DURABLE)
            if not is_stale(connection):
                return connection
            connection.close()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _wakes(folder: Path, identity: str) -> Wakes | None:
    try:
        return Wakes(folder, identity)
    except OSError as error:
        log_of_work.warning("Readers are woken by Postgres only: %s", error, extra={"action": "no_wakes"})
        return None
