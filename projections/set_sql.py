"""Set-based SQL: a batch's rows travel as one JSON parameter, and Postgres spreads them by the table's own column types.

Serialising with orjson and spreading in the server costs the projector a fraction of what quoting every value in Python does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import regex
from psycopg2.extensions import connection as Connection

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
        cursor.execute(sql, (json_rows(rows),))
        return int(cursor.rowcount)


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
