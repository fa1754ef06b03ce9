"""Which version of each read model is the one that is read.

Asked by whoever moves the live rows on, in the transaction that holds the live cursor: a read model is switched under that lock, so
nobody ever writes into tables of another version than his own.
"""

from collections.abc import Sequence

from psycopg2.extensions import connection as Connection

from domain.errors import UnknownEvent
from projections.projection import Projection


def versions(connection: Connection) -> dict[str, int]:
    """By name. Those that were never made are not in it."""
    with connection.cursor() as database:
        database.execute("select name, version from projections.read_models")
        return dict(database.fetchall())


def note_version(connection: Connection, projection: Projection) -> None:
    """This version of the read model is the live one now."""
    with connection.cursor() as database:
        database.execute(
            "insert into projections.read_models values (%s, %s) on conflict (name) do update set version = excluded.version",
            (projection.name, projection.version),
        )


def outdated(connection: Connection, projections: Sequence[Projection]) -> list[Projection]:
    """Those that are older than this program's, or not there: they have to be built.

    Raises UnknownEvent if one is newer: a newer program has switched it, and this one is not to touch it.
    """
    standing = versions(connection)
    for each in projections:
        if standing.get(each.name, 0) > each.version:
            raise UnknownEvent(
                f"the read model {each.name} stands at version {standing[each.name]}, this program has {each.version}; upgrade it"
            )
    return [each for each in projections if standing.get(each.name) != each.version]
