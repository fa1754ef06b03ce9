"""Which timers are due, fairly: the first of each organization before the second of any."""

from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from projections.translated import database_errors

_DUE = """
select org::text, contact::text, kind, session::text, sprint::text,
    to_char(due_on at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
from (
    select *, row_number() over (partition by org order by due_on, contact, kind) as place
    from due_timers.due_timers where due_on <= %s
) t
where place <= %s
order by place, org
limit %s
"""

_NEXT = "select min(due_on) from due_timers.due_timers where due_on > %s"


@dataclass(frozen=True, slots=True)
class DueTimer:
    """What a waiting session is due for; `due_on` is RFC 3339 text in UTC."""

    org: str
    contact: str
    kind: str
    session: str
    sprint: str | None
    due_on: str


def due_timers(connection: Connection, now: str, *, each: int, limit: int) -> list[DueTimer]:
    """Timers that are due at `now` (RFC 3339): of each organization the first `each`, `limit` in all. Raises Unavailable."""
    with database_errors(), connection.cursor() as cursor:
        cursor.execute(_DUE, (now, each, limit))
        return [DueTimer(*row) for row in cursor.fetchall()]


def seconds_to_next(connection: Connection, now: str) -> float | None:
    """Seconds from `now` until the next timer that is not due yet; None if there is none. Raises Unavailable."""
    with database_errors(), connection.cursor() as cursor:
        cursor.execute(f"select extract(epoch from ({_NEXT}) - %s::timestamptz)", (now, now))
        (seconds,) = cursor.fetchone() or (None,)
    return None if seconds is None else float(seconds)
