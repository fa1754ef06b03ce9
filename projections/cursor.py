"""How far the rows have got. The cursor moves in the transaction that changes the rows, so that neither is ever ahead of the other."""

from collections.abc import Iterable, Mapping

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

LIVE = "live"
"""The set of read models that queries see."""

CHANNEL = "evenkeel_applied"
"""Where `announce` notifies, and listeners listen."""

AWAITED = 7_305_522_931
"""Of an advisory lock, any number: who waits for news holds it, shared."""


def read(connection: Connection, set_name: str, partitions: int) -> dict[int, int]:
    """Per partition, the offset that was applied last (-1: none)."""
    at = dict.fromkeys(range(partitions), -1)
    with connection.cursor() as cursor:
        cursor.execute("select partition, at_offset from projections.cursors where set_name = %s", (set_name,))
        at.update(cursor.fetchall())
    return at


def lock(connection: Connection, set_name: str, partitions: Iterable[int]) -> dict[int, int]:
    """As `read`, for these partitions, and nobody else moves them before this transaction ends."""
    wanted = sorted(partitions)
    with connection.cursor() as cursor:
        cursor.execute(
            "select partition, at_offset from projections.cursors where set_name = %s and partition = any(%s)"
            " order by partition for update",
            (set_name, wanted),
        )
        at = dict(cursor.fetchall())
        missing = [(set_name, partition, -1) for partition in wanted if partition not in at]
        if missing:
            execute_values(cursor, "insert into projections.cursors values %s on conflict do nothing", missing)
    return lock(connection, set_name, wanted) if missing else at


def move(connection: Connection, set_name: str, to: Mapping[int, int]) -> None:
    """Note these offsets as applied; the rows of `lock` are held."""
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "update projections.cursors c set at_offset = v.at_offset from (values %s) as v (set_name, partition, at_offset)"
            " where c.set_name = v.set_name and c.partition = v.partition",
            [(set_name, partition, offset) for partition, offset in sorted(to.items())],
        )


def announce(connection: Connection, set_name: str, to: Mapping[int, int]) -> None:
    """Tell those who wait, when this transaction commits, how far the live rows have got: "partition:offset partition:offset …".

    Postgres wakes every connection that listens to anything, so nothing is said while nobody waits. Who begins to wait meanwhile gets the lock
    when this transaction has ended, and sees what it wrote.
    """
    if set_name == LIVE:
        payload = " ".join(f"{partition}:{offset}" for partition, offset in sorted(to.items()))
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_notify(%s, %s) where not pg_try_advisory_xact_lock(%s)", (CHANNEL, payload, AWAITED)
            )


def await_news(connection: Connection) -> None:
    """From now on this connection is told of what `announce` says after what it sees now."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock_shared(%s)", (AWAITED,))


def await_no_more(connection: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_unlock_shared(%s)", (AWAITED,))
