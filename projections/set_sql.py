"""Set-based SQL: a batch's rows travel as one JSON parameter, and Postgres spreads them by the table's own column types.

Serialising with orjson and spreading in the server costs the projector a fraction of what quoting every value in Python does.
Statements that change rows are prepared on their connection: planning them anew for each of many small batches cost as much as
carrying them out. They are planned again while the tables grow (a plan made for an empty table is no good for a full one); a change of the
search path or of the tables makes Postgres do so by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import regex
from psycopg2.extensions import connection as Connection

USES_OF_A_PLAN = 64
"""How often a plan is used at most; the first ones less often: 1, 1, 2, 4, …"""


@dataclass(slots=True)
class _Statement:
    number: int
    uses: int
    plan_at: int

    @property
    def name(self) -> str:
        return f"rows_{self.number}"


_PREPARED: WeakKeyDictionary[Connection, dict[str, _Statement]] = WeakKeyDictionary()
"""Per connection, the statements that were prepared on it."""

_NUMBERS = count()

_ESCAPED_NUL = regex.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def json_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as a JSON array that Postgres takes."""
    return json_text(rows)


def json_text(value: Any) -> str:
    """JSON that Postgres takes: it knows no NUL character in text, so NULs are left out."""
    text = orjson.dumps(value).decode()
    if "\\u0000" in text:
        text = _ESCAPED_NUL.sub(r"\1", text)
    return text


def insert(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]], then: str = "") -> None:
    """Insert rows given as {column: value}; a column that a row lacks becomes null. `then` is an `on conflict` clause."""
    if rows:
        execute(
            connection, f"insert into {table} select * from json_populate_recordset(null::{table}, %s) {then}", rows
        )


def upsert(
    connection: Connection, table: str, key: Sequence[str], changed: Iterable[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows; where the key is taken, set the `changed` columns. No two rows may have the same key."""
    sets = ", ".join(f"{column} = excluded.{column}" for column in changed)
    insert(connection, table, rows, f"on conflict ({', '.join(key)}) do update set {sets}")


def execute(connection: Connection, sql: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run a statement whose only parameter is a JSON array of rows; returns the number of rows affected."""
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_prepared(connection, sql), (json_rows(rows),))
        return int(cursor.rowcount)


def execute_and_fetch(connection: Connection, sql: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """As `execute`, for a statement that returns rows."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_prepared(connection, sql), (json_rows(rows),))
        return list(cursor.fetchall())


def _prepared(connection: Connection, sql: str) -> str:
    """The statement that carries out `sql`, prepared on this connection and planned of late."""
    statements = _PREPARED.setdefault(connection, {})
    known = statements.get(sql)
    if known is None or known.uses >= known.plan_at:
        known = statements[sql] = _prepare(connection, sql, known, next(_NUMBERS))
    known.uses += 1
    return f"execute {known.name} (%s)"


def _prepare(connection: Connection, sql: str, old: _Statement | None, number: int) -> _Statement:
    """A new plan under a new name; only then the old one goes."""
    uses = old.uses if old else 0
    new = _Statement(number, uses, uses + min(max(uses, 1), USES_OF_A_PLAN))
    with connection.cursor() as cursor:
        cursor.execute(f"prepare {new.name} (json) as {sql.replace('%s', '$1')}")
        if old:
            cursor.execute(f"deallocate {old.name}")
    return new


def fetch(connection: Connection, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query, as {column: value}."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def fetch_one(
    connection: Connection, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> dict[str, Any] | None:
    """The first row of a query, None if there is none."""
    found = fetch(connection, sql, parameters)
    return found[0] if found else None
