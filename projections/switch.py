"""Makes a newly built read model the one that is read, in one transaction: its schema takes over the live name."""

from psycopg2.extensions import connection as Connection

from projections import cursor, set_aside
from projections.projection import Projection
from projections.standing import note_version


def switch(connection: Connection, projection: Projection, schema: str) -> None:
    """`schema` becomes the live one. The caller's transaction holds the live cursor; it is committed here.

    The replaced tables are dropped afterwards, when queries that are still reading them are done.
    """
    replaced = f"{projection.name}_replaced"
    with connection.cursor() as database:
        database.execute(f'drop schema if exists "{replaced}" cascade')
        database.execute("select 1 from pg_namespace where nspname = %s", (projection.name,))
        if database.fetchone():
            database.execute(f'alter schema "{projection.name}" rename to "{replaced}"')
        database.execute(f'alter schema "{schema}" rename to "{projection.name}"')
        database.execute("delete from projections.cursors where set_name = %s", (schema,))
        note_version(connection, projection)
        set_aside.take_over(connection, projection, schema, cursor.LIVE)
        connection.commit()
        database.execute(f'drop schema if exists "{replaced}" cascade')
        connection.commit()
