"""Which timers are due, fairly: the first of each organization before the second of any.

Few timers that are due are put in order whole. When many are (the waits of a large poll run out, or the clock stood still), that would cost as
much as all of them in every sweep: then each organization's first ones are read from its own place in the index.
"""

from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from projections.translated import database_errors

COUNT = "select count(*) from (select 1 from due_timers.due_timers where due_on <= %(now)s limit %(limit)s) t"

_SHOWN = """
select org::text, contact::text, kind, session::text, sprint::text,
    to_char(due_on at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
"""

OF_FEW = f"""
{_SHOWN}
from (
    select *, row_number() over (partition by org order by due_on, contact, kind) as place
    from due_timers.due_timers where due_on <= %(now)s
) t
where place <= %(each)s
order by place, org
limit %(limit)s
"""

# Steps from organization to organization in the index, and reads of each what it may have at most.
OF_MANY = f"""
with recursive found(org) as (
    (select org from due_timers.due_timers where due_on is not null order by org limit 1)
    union all
    select (select t.org from due_timers.due_timers t where t.org > f.org and t.due_on is not null order by t.org limit 1)
    from found f where f.org is not null
),
orgs as (select org as key from found where org is not null)
{_SHOWN}
from orgs o, lateral (
    select t.*, row_number() over (order by due_on, contact, kind) as place from due_timers.due_timers t
    where t.org = o.key and due_on <= %(now)s order by due_on, contact, kind limit %(each)s
) first
order by place, org
limit %(limit)s
"""

NEXT = "select min(due_on) from due_timers.due_timers where due_on > %s"


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
    asked = {"now": now, "each": each, "limit": limit}
    with database_errors(), connection.cursor() as cursor:
        cursor.execute(COUNT, asked)
        (due,) = cursor.fetchone() or (0,)
        cursor.execute(OF_FEW if due < limit else OF_MANY, asked)
        return [DueTimer(*row) for row in cursor.fetchall()]


def seconds_to_next(connection: Connection, now: str) -> float | None:
    """Seconds from `now` until the next timer that is not due yet; None if there is none. Raises Unavailable."""
    with database_errors(), connection.cursor() as cursor:
        cursor.execute(f"select extract(epoch from ({NEXT}) - %s::timestamptz)", (now, now))
        (seconds,) = cursor.fetchone() or (None,)
    return None if seconds is None else float(seconds)
