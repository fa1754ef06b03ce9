"""Compares read models with what the log says: all of them are built beside the live ones in one reading of the log, compared, and dropped.

The same steps as a rebuild, but for many read models at once, and nothing is switched.
"""

from collections.abc import Callable, Sequence

from psycopg2.extensions import connection as Connection

from domain.ports.event_log import EventLog
from projections import rebuild, set_aside
from projections.comparing import Difference
from projections.installing import make_tables
from projections.projection import Projection
from projections.projection_set import ProjectionSet
from projections.translated import database_errors

NAME = "checking"


def check(
    log: EventLog,
    connect: Callable[[], Connection],
    projections: Sequence[Projection],
    *,
    progress: rebuild.Progress = lambda done, total: None,
) -> dict[str, tuple[Difference, ...]]:
    """Read model -> rows that differ, for those in which any do. Goes on under traffic; `progress` as for a rebuild. Raises Unavailable."""
    schemas = {each.name: f"{each.name}_{NAME}" for each in projections}
    checking = ProjectionSet(NAME, projections, schemas)
    with database_errors(), rebuild.opened(connect) as keeper, rebuild.opened(connect) as builder:
        rebuild.lock_name(keeper, NAME)
        _drop(builder, checking)
        for each in projections:
            make_tables(builder, each, schemas[each.name])
        builder.commit()
        checking.use(builder)
        rebuild.approach(log, builder, checking, progress)
        rebuild.draw_level(log, keeper, builder, checking)
        pairs = [(each, schemas[each.name]) for each in projections]
        found = rebuild.compare(connect, keeper, pairs)
        _drop(builder, checking)
        builder.commit()
    return {name: differing for name, differing in found.items() if differing}


def _drop(connection: Connection, checking: ProjectionSet) -> None:
    with connection.cursor() as database:
        for each in checking.projections:
            database.execute(f'drop schema if exists "{checking.schema_of(each)}" cascade')
        database.execute("delete from projections.cursors where set_name = %s", (NAME,))
    set_aside.forget(connection, NAME)
