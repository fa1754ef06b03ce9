"""Builds a read model anew from the log, beside the live one and under traffic, compares the two, and switches.

The new one is a set of its own with its own cursor, in a schema of its own. It follows the live cursor and never passes it. Comparing
needs both at the same place: the live cursor is held for the moment in which the new one draws level and a snapshot of both is
taken, and traffic goes on while the snapshot is compared. The cursor is held once more, just as briefly, for the switch.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from domain.ports.event_log import EventLog
from projections import cursor, set_aside
from projections.comparing import Difference, differences
from projections.installing import make_tables
from projections.projection import Projection
from projections.projection_set import KINDS, ProjectionSet
from projections.standing import versions
from projections.switch import switch
from projections.translated import database_errors

BATCH = 2_000
_NEAR = 200  # records: with fewer than this to go, the live cursor may be held

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`differences` between the live and the new rows: where both are of one version nothing was switched then, and both can be looked at.
    `set_aside`: events that the new one goes without."""

    name: str
    version: int
    events: int
    differences: tuple[Difference, ...]
    switched: bool
    set_aside: int = 0


def rebuild(
    log: EventLog,
    connect: Callable[[], Connection],
    projection: Projection,
    *,
    unless_live: bool = False,
    progress: Progress = lambda done, total: None,
) -> Rebuilt:
    """Build, compare and switch: always where the live one is of another version or goes without events that the new one has; else only
    if both are equal. With `unless_live` nothing is done where this version is live already (somebody else was first).

    `progress` is called with offsets done and to do. Raises Unavailable; what was half built is dropped by the next rebuild.
    """
    with database_errors(), opened(connect) as keeper, opened(connect) as builder:
        schema = f"{projection.name}_v{projection.version}_building"
        lock_name(keeper, schema)
        live_version = versions(keeper).get(projection.name)
        keeper.commit()
        if unless_live and live_version == projection.version:
            return Rebuilt(projection.name, projection.version, 0, (), switched=False)
        _begin(builder, projection, schema)
        building = ProjectionSet(schema, (projection,), {projection.name: schema})
        building.use(builder)
        events = approach(log, builder, building, progress)
        found: tuple[Difference, ...] = ()
        if live_version is not None:
            events += draw_level(log, keeper, builder, building)
            found = compare(connect, keeper, [(projection, schema)])[projection.name]
        missing = len(set_aside.of_set(builder, schema))
        mended = len(set_aside.of_set(builder, cursor.LIVE, projection.name)) > missing
        builder.commit()
        switched = not found or live_version != projection.version or mended
        if switched:
            events += approach(log, builder, building, progress)
            events += draw_level(log, keeper, builder, building)
            switch(keeper, projection, schema)
        return Rebuilt(projection.name, projection.version, events, found, switched, missing)


def compare(
    connect: Callable[[], Connection], keeper: Connection, built: Sequence[tuple[Projection, str]]
) -> dict[str, tuple[Difference, ...]]:
    """Live rows with those in each schema, of one moment, while traffic goes on. The keeper holds the live cursor and lets go of it here."""
    with opened(connect) as viewer:
        viewer.set_session(isolation_level="REPEATABLE READ")
        with viewer.cursor() as database:
            database.execute("select 1")  # takes the snapshot
        keeper.rollback()
        return {each.name: differences(viewer, each, each.name, schema) for each, schema in built}


@contextmanager
def opened(connect: Callable[[], Connection]) -> Iterator[Connection]:
    connection = connect()
    try:
        yield connection
    finally:
        connection.close()


def lock_name(connection: Connection, schema: str) -> None:
    """One rebuild of a read model at a time; the lock goes with the connection."""
    with connection.cursor() as database:
        database.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (schema,))
    connection.commit()


def _begin(connection: Connection, projection: Projection, schema: str) -> None:
    with connection.cursor() as database:
        database.execute(f'drop schema if exists "{schema}" cascade')
        database.execute("delete from projections.cursors where set_name = %s", (schema,))
    set_aside.forget(connection, schema)
    make_tables(connection, projection, schema)
    connection.commit()


def approach(log: EventLog, connection: Connection, building: ProjectionSet, progress: Progress) -> int:
    """Follow the live cursor until it is near; returns how many events were applied."""
    events = 0
    while True:
        live = cursor.read(connection, cursor.LIVE, log.partitions)
        connection.commit()
        records, found = _catch_up(log, connection, building, live, progress)
        events += found
        if records < _NEAR:
            return events


def draw_level(log: EventLog, keeper: Connection, builder: Connection, building: ProjectionSet) -> int:
    """Hold the live cursor (until the keeper's transaction ends) and bring the new rows to the same place."""
    live = cursor.lock(keeper, cursor.LIVE, range(log.partitions))
    return _catch_up(log, builder, building, live, lambda done, total: None)[1]


def _catch_up(
    log: EventLog, connection: Connection, building: ProjectionSet, live: dict[int, int], progress: Progress
) -> tuple[int, int]:
    """Apply what the live rows hold; returns how many records and events there were."""
    at = building.read_cursor(connection, log.partitions)
    total = sum(live.values()) + len(live)
    records_seen = events = 0
    for partition, until in live.items():
        while at[partition] < until:
            records = log.read(partition, at[partition], BATCH, KINDS)
            wanted = [record for record in records if record.offset <= until]
            at[partition] = wanted[-1].offset if len(wanted) == BATCH else until
            events += building.apply(connection, wanted, {partition: at[partition]})
            records_seen += len(wanted)
            progress(sum(at.values()) + len(at), total)
    return records_seen, events
