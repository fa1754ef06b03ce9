"""Who applies which partitions when several projectors run: shared out evenly, reckoned by each alone from who is alive.

It only spares work. While two disagree, for the moment between their looks, a partition has two that wait for each other at its cursor and
pass over what the other applied, or none; rows are right in any case. Who is killed is gone with its connection, who freezes a few
seconds later.
"""

from collections.abc import Sequence

from psycopg2.extensions import connection as Connection

from projections.translated import database_errors

PATIENCE_SECONDS = 5.0
"""After which one that was not heard of, though its connection is open, has no partitions any more."""

_SAY = """
insert into projections.projectors (pid, seen_on) values (pg_backend_pid(), clock_timestamp())
on conflict (pid) do update set seen_on = excluded.seen_on
"""
_ALIVE = """
select pg_backend_pid(), array_agg(p.pid order by p.pid) from projections.projectors p
where p.pid in (select a.pid from pg_stat_activity a where a.datname = current_database())
    and p.seen_on > clock_timestamp() - %s * interval '1 second'
"""
_FORGET = "delete from projections.projectors where seen_on < clock_timestamp() - interval '1 hour'"


def join(connection: Connection) -> None:
    """Begin to have a share, under this connection; those long gone are forgotten. Raises Unavailable."""
    with database_errors(), connection.cursor() as database:
        database.execute(_FORGET)
        database.execute(_SAY)
        connection.commit()


def share(connection: Connection, partitions: int, patience: float = PATIENCE_SECONDS) -> frozenset[int]:
    """Say that this one is alive, and which of so many partitions are its own now. Raises Unavailable."""
    with database_errors(), connection.cursor() as database:
        database.execute(_SAY)
        database.execute(_ALIVE, (patience,))
        me, alive = database.fetchall()[0]
        connection.commit()
    return share_of(me, alive, partitions)


def share_of(me: int, alive: Sequence[int], partitions: int) -> frozenset[int]:
    """`alive` in the same order for everybody, `me` among them: every partition is exactly one's, shares differ by at most one."""
    return frozenset(range(alive.index(me), partitions, len(alive)))
