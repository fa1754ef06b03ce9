"""Looking something up in the read models for which there is an answer without them, too."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg2


def row_or_none(connect: Callable[[], Any], sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row, over a connection of its own; None if there is none, or while the database is away."""
    try:
        connection = connect()
    except psycopg2.Error:
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
    except psycopg2.Error:
        return None
    finally:
        connection.close()
