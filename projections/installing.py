"""Makes the schemas and tables of read models.

On an empty database all live read models are made at once. A read model that a newer program added or changed is built from the log
beside the live ones and switched in (see `rebuild.py`); until then queries see the old one.
"""

from collections.abc import Sequence
from importlib.resources import files

from psycopg2.extensions import connection as Connection

from projections import cursor
from projections.projection import Projection
from projections.projection_set import ProjectionSet
from projections.standing import note_version, outdated
from projections.translated import database_errors

_LOCK = 7_305_522_911  # any number, the same in every process: one installs at a time


def install(connection: Connection, projections: Sequence[Projection]) -> list[Projection]:
    """Make what is missing; returns the read models that must be rebuilt first, because the live ones already hold rows.

    Safe to call from several processes at once. Raises Unavailable, and UnknownEvent if a newer program was here.
    """
    with database_errors(), connection.cursor() as database:
        database.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        database.execute(files("projections").joinpath("control.sql").read_text(encoding="utf-8"))
        missing = outdated(connection, projections)
        database.execute("select exists (select 1 from projections.cursors where set_name = %s)", (cursor.LIVE,))
        (has_begun,) = database.fetchone() or (False,)
        if not has_begun:
            for projection in missing:
                database.execute(f'drop schema if exists "{projection.name}" cascade')
                make_tables(connection, projection, projection.name)
                note_version(connection, projection)
            missing = []
        connection.commit()
    return missing


def make_tables(connection: Connection, projection: Projection, schema: str) -> None:
    """The read model's empty tables, in a schema of this name that must not exist."""
    with connection.cursor() as database:
        database.execute(f'create schema "{schema}"')
        database.execute(f'set local search_path to "{schema}"')
        database.execute(projection.tables_sql)


def live_set(projections: Sequence[Projection]) -> ProjectionSet:
    """The read models that queries see."""
    return ProjectionSet(cursor.LIVE, projections)
