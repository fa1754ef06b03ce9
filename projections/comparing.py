"""Two builds of a read model, compared row for row, in the columns that both have (all of them, where both are of one version)."""

from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from projections.projection import Projection

_SHOWN = 5

# Sums of two hashes per row: equal for equal rows in any order, and as good as never equal for others.
_SUM = """
select count(*), sum(hashtextextended(t::text, 0)::numeric), sum(hashtextextended(t::text, 1)::numeric)
from (select {columns} from "{schema}"."{table}") t
"""

_SHOW = """
(select 'live', t::text from
    (select {columns} from "{live}"."{table}" except all select {columns} from "{built}"."{table}") t limit {shown})
union all
(select 'built', t::text from
    (select {columns} from "{built}"."{table}" except all select {columns} from "{live}"."{table}") t limit {shown})
"""

_COLUMNS = """
select column_name from information_schema.columns b where table_schema = %s and table_name = %s and exists (
    select 1 from information_schema.columns l
    where l.table_schema = %s and l.table_name = b.table_name and l.column_name = b.column_name and l.data_type = b.data_type)
order by ordinal_position
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
        columns = _shared_columns(connection, live, built, table)
        if columns and _sum(connection, live, table, columns) != _sum(connection, built, table, columns):
            found.append(_show(connection, live, built, table, columns))
    return tuple(found)


def _shared_columns(connection: Connection, live: str, built: str, table: str) -> str:
    """ "" for a table that only one of the builds has."""
    with connection.cursor() as database:
        database.execute(_COLUMNS, (built, table, live))
        return ", ".join(f'"{name}"' for (name,) in database.fetchall())


def _sum(connection: Connection, schema: str, table: str, columns: str) -> object:
    with connection.cursor() as database:
        database.execute(_SUM.format(schema=schema, table=table, columns=columns))
        return database.fetchone()


def _show(connection: Connection, live: str, built: str, table: str, columns: str) -> Difference:
    with connection.cursor() as database:
        database.execute(_SHOW.format(live=live, built=built, table=table, columns=columns, shown=_SHOWN))
        rows = database.fetchall()
    return Difference(
        table,
        tuple(text for side, text in rows if side == "live"),
        tuple(text for side, text in rows if side == "built"),
    )
