"""Two builds of a read model, compared row for row."""

from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from projections.projection import Projection

_SHOWN = 5

# Sums of two hashes per row: equal for equal rows in any order, and as good as never equal for others.
_SUM = """
select count(*), sum(hashtextextended(t::text, 0)::numeric), sum(hashtextextended(t::text, 1)::numeric) from "{schema}"."{table}" t
"""

_SHOW = """
(select 'live', t::text from (select * from "{live}"."{table}" except all select * from "{built}"."{table}") t limit {shown})
union all
(select 'built', t::text from (select * from "{built}"."{table}" except all select * from "{live}"."{table}") t limit {shown})
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of a table that only one of the builds has: the first few, as text."""

    table: str
    only_live: tuple[str, ...]
    only_built: tuple[str, ...]


def differences(connection: Connection, projection: Projection, live: str, built: str) -> tuple[Difference, ...]:
    """What differs between the schemas `live` and `built`, in the caller's transaction."""
    found = []
    for table in projection.tables:
        if _sum(connection, live, table) != _sum(connection, built, table):
            found.append(_show(connection, live, built, table))
    return tuple(found)


def _sum(connection: Connection, schema: str, table: str) -> object:
    with connection.cursor() as database:
        database.execute(_SUM.format(schema=schema, table=table))
        return database.fetchone()


def _show(connection: Connection, live: str, built: str, table: str) -> Difference:
    with connection.cursor() as database:
        database.execute(_SHOW.format(live=live, built=built, table=table, shown=_SHOWN))
        rows = database.fetchall()
    return Difference(
        table,
        tuple(text for side, text in rows if side == "live"),
        tuple(text for side, text in rows if side == "built"),
    )
