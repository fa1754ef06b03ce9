"""Events that a read model can't take in: they are set aside, visibly, and everything else goes on.

An event that a newer program wrote stops its reader (it is only early). One that raises here will raise for ever: a fault of ours, or data
that no table takes. Standing still would let one organization stop all others, and skipping it would hide it. So the batch is applied
once more in halves until the event stands alone; that one read model goes without that one event, a row here says so (`evenkeel status`
and `doctor` show it), and the mended program makes it good with `evenkeel rebuild`. What is wrong with the tables themselves (one is not
there, a column lacks) is no event's fault and stops the reader as before.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import psycopg2
from psycopg2.extensions import connection as Connection

from domain.errors import EvenkeelError
from projections.projection import LoggedEvent, Projection

TRACE_KEPT = 4_000  # characters

_NOTE = """
insert into projections.set_aside (set_name, read_model, org, partition, at_offset, nth, event, type, error, trace)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""
_KEEP = "delete from projections.set_aside where set_name = %s and read_model = %s"
_MOVE = "update projections.set_aside set set_name = %s where set_name = %s and read_model = %s"

_names = count()


@dataclass(frozen=True, slots=True)
class SetAside:
    """`place` is partition.offset.index."""

    read_model: str
    organization: str
    place: str
    event: str
    type: str
    error: str


def is_an_events_fault(error: Exception) -> bool:
    """Whether to look for the event, rather than to stop."""
    if isinstance(error, EvenkeelError | MemoryError | psycopg2.OperationalError | psycopg2.InterfaceError):
        return False
    return not (isinstance(error, psycopg2.ProgrammingError) and error.pgcode)


def apply_or_set_aside(
    connection: Connection, set_name: str, projection: Projection, events: Sequence[LoggedEvent]
) -> None:
    """Apply what can be applied, in order, in the caller's transaction."""
    savepoint = f"attempt_{next(_names)}"
    with connection.cursor() as database:
        database.execute(f"savepoint {savepoint}")
    try:
        projection.apply(events, connection)
    except Exception as error:
        if not is_an_events_fault(error):
            raise
        with connection.cursor() as database:
            database.execute(f"rollback to savepoint {savepoint}")
        if len(events) == 1:
            _note(connection, set_name, projection, events[0], error)
        else:
            half = len(events) // 2
            apply_or_set_aside(connection, set_name, projection, events[:half])
            apply_or_set_aside(connection, set_name, projection, events[half:])
    with connection.cursor() as database:
        database.execute(f"release savepoint {savepoint}")


def _note(connection: Connection, set_name: str, projection: Projection, event: LoggedEvent, error: Exception) -> None:
    said = f"{type(error).__name__}: {error}".replace("\0", "")
    trace = "".join(traceback.format_exception(error))[-TRACE_KEPT:].replace("\0", "")
    place = (event.partition, event.offset, event.nth)
    with connection.cursor() as database:
        database.execute(
            _NOTE, (set_name, projection.name, event.org, *place, event.id, event.type, said[:TRACE_KEPT], trace)
        )


def of_set(connection: Connection, set_name: str, read_model: str | None = None) -> list[SetAside]:
    """What the read models of a set, or one of them, go without."""
    with connection.cursor() as database:
        database.execute(
            "select read_model, org, partition || '.' || at_offset || '.' || nth, event, type, error from projections.set_aside"
            " where set_name = %s and (%s is null or read_model = %s) order by read_model, partition, at_offset, nth limit 1000",
            (set_name, read_model, read_model),
        )
        return [SetAside(*row) for row in database.fetchall()]


def forget(connection: Connection, set_name: str) -> None:
    """The set is built anew."""
    with connection.cursor() as database:
        database.execute("delete from projections.set_aside where set_name = %s", (set_name,))


def take_over(connection: Connection, projection: Projection, built: str, live: str) -> None:
    """The built read model becomes the live one, with what it goes without."""
    with connection.cursor() as database:
        database.execute(_KEEP, (live, projection.name))
        database.execute(_MOVE, (live, built, projection.name))
