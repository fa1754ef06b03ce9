"""The channel log in Postgres (port: `domain.ports.channel_log.ChannelLog`): a table for each day, copied into, and dropped whole."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from io import StringIO
from threading import Lock
from typing import Any, TypeVar

import psycopg2

from domain.errors import Unavailable
from domain.ports.channel_log import Exchange, Question, Tally

T = TypeVar("T")

_LOCK = 7_208_547  # any number, the same in every process: one makes or drops days at a time
_TABLES = {"exchange": "at", "tally": "minute"}
COLUMNS = "id::text, org::text, channel::text, at, kind, direction, request, response, status, elapsed_ms, error, notes, messages, urns"
_COPY_EXCHANGES = """copy channel_log.exchange
(id, org, channel, at, kind, direction, request, response, status, elapsed_ms, error, notes, messages, urns) from stdin"""
_COPY_TALLIES = "copy channel_log.tally (org, channel, minute, kind, failed, number, elapsed_ms) from stdin"
TALLIES = """
select org::text, channel::text, minute, kind, failed, sum(number)::bigint as number, sum(elapsed_ms)::bigint as elapsed_ms
from channel_log.tally
where {} group by org, channel, minute, kind, failed
order by minute desc, channel desc, kind desc, failed desc limit %s"""
_DAYS = """
select parent.relname, day.relname from pg_inherits
join pg_class parent on parent.oid = inhparent join pg_class day on day.oid = inhrelid
join pg_namespace n on n.oid = parent.relnamespace where n.nspname = 'channel_log' and parent.relkind = 'p'"""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def install(dsn: str) -> None:
    """Create the tables if they are not there."""
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            cursor.execute(files("infra.postgres").joinpath("channel_log.sql").read_text())
    finally:
        connection.close()


class PostgresChannelLog:
    """`connect` opens a connection and raises Unavailable if it can't. Connects when first used, and again after a failure."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._lock = Lock()
        self._connection: Any = None
        self._days: set[date] = set()

    def keep(self, exchanges: Sequence[Exchange], tallies: Sequence[Tally] = ()) -> None:
        days = {each.at.astimezone(UTC).date() for each in exchanges}
        days |= {each.minute.astimezone(UTC).date() for each in tallies}
        with self._lock:
            if days - self._days:
                self._run(lambda cursor: _make_days(cursor, days))
                self._days |= days
            try:
                self._run(lambda cursor: _copy(cursor, exchanges, tallies))
            except Unavailable:
                self._days.clear()  # maybe another dropped them
                raise

    def find(self, question: Question) -> list[Exchange]:
        where, values = conditions(question)
        statement = f"select {COLUMNS} from channel_log.exchange where {where} order by at desc, id desc limit %s"
        with self._lock:
            rows = self._run(lambda cursor: _rows(cursor, statement, (*values, question.limit)))
        return [exchange_of(row) for row in rows]

    def tallies(self, question: Question) -> list[Tally]:
        where, values = tally_conditions(question)
        with self._lock:
            rows = self._run(lambda cursor: _rows(cursor, TALLIES.format(where), (*values, question.limit)))
        return [tally_of(row) for row in rows]

    def forget_before(self, moment: datetime) -> int:
        today = moment.astimezone(UTC).date()
        with self._lock:
            gone: set[str] = self._run(lambda cursor: _drop_days(cursor, f"{today:%Y%m%d}"))
            self._days.clear()
        return len(gone)

    def close(self) -> None:
        with self._lock:
            self._let_go()

    def _run(self, work: Callable[[Any], T]) -> T:
        """In a transaction. A connection that broke since it was last used is made anew, once."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            with self._connection, self._connection.cursor() as cursor:
                cursor.execute("set local lock_timeout = '2s'; set local synchronous_commit = off")
                return work(cursor)
        except (psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.errors.CheckViolation) as error:
            self._let_go()  # a violated check: there is no table for that day any more
            raise Unavailable(f"The channel log can't be reached: {str(error).strip()}") from error

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def conditions(question: Question) -> tuple[str, list[Any]]:
    """What a row of `channel_log.exchange` must be like, for `where`, and its values."""
    asked: list[tuple[str, Any]] = [("org = %s::uuid", question.org)]
    if question.channel is not None:
        asked.append(("channel = %s::uuid", question.channel))
    if question.messages:
        asked.append(("messages && %s::text[]", list(question.messages)))
    if question.since is not None:
        asked.append(("at >= %s", question.since))
    if question.before is not None:
        asked.append(("at < %s", question.before))
    where = [condition for condition, _ in asked] + (["error <> ''"] if question.errors else [])
    return " and ".join(where), [value for _, value in asked]


def tally_conditions(question: Question) -> tuple[str, list[Any]]:
    where, values = conditions(Question(question.org, question.channel, since=question.since, before=question.before))
    return where.replace("at ", "minute ") + (" and failed" if question.errors else ""), values


def exchange_of(row: Sequence[Any]) -> Exchange:
    """Of a row's COLUMNS."""
    made = Exchange(*row)
    return made._replace(
        at=_utc(made.at), notes=tuple(made.notes), messages=tuple(made.messages), urns=tuple(made.urns)
    )


def tally_of(row: Sequence[Any]) -> Tally:
    """Of a row of TALLIES."""
    made = Tally(*row)
    return made._replace(minute=_utc(made.minute))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _rows(cursor: Any, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    cursor.execute(statement, values)
    return list(cursor.fetchall())


# ---- writing ----------------------------------------------------------------------------------------------------------------


def _copy(cursor: Any, exchanges: Sequence[Exchange], tallies: Sequence[Tally]) -> None:
    if exchanges:
        cursor.copy_expert(_COPY_EXCHANGES, StringIO("".join(map(_line, exchanges))))
    if tallies:
        cursor.copy_expert(_COPY_TALLIES, StringIO("".join(map(_line, tallies))))


def _line(values: Iterable[Any]) -> str:
    return "\t".join(_copied(each) for each in values) + "\n"


def _copied(value: Any) -> str:
    """As COPY reads it."""
    if isinstance(value, tuple):
        quoted = ('"' + each.replace("\\", "\\\\").replace('"', '\\"') + '"' for each in map(_clean, value))
        return ("{" + ",".join(quoted) + "}").translate(_ESCAPES)
    return _clean(str(value)).translate(_ESCAPES)


def _clean(text: str) -> str:
    """What Postgres can't hold is shown as such."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


# ---- days -------------------------------------------------------------------------------------------------------------------


def _make_days(cursor: Any, days: Iterable[date]) -> None:
    cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
    there = {name for _, name in _rows(cursor, _DAYS, ())}
    for day in sorted(days):
        for table in _TABLES:
            name = f"{table}_{day:%Y%m%d}"
            if name not in there:
                bounds = f"('{day} 00:00+00') to ('{day + timedelta(days=1)} 00:00+00')"
                cursor.execute(
                    f"create table channel_log.{name} partition of channel_log.{table} for values from {bounds}"
                )


def _drop_days(cursor: Any, before: str) -> set[str]:
    cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
    old = [name for _, name in _rows(cursor, _DAYS, ()) if name.rpartition("_")[2] < before]
    for name in old:
        cursor.execute(f"drop table channel_log.{name}")
    return {name.rpartition("_")[2] for name in old}
