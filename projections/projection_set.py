"""Several read models that one projector moves on together: one decoding, one transaction, one cursor per partition.

The set "live" is what queries see. A read model that is being built anew is a set of its own until it is switched.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from psycopg2.extensions import connection as Connection

from domain.event_catalogue import EVENT_TYPES
from domain.events.record import Kind, StoredRecord
from projections import cursor, set_aside
from projections.projection import LoggedEvent, Projection
from projections.standing import outdated
from projections.translated import database_errors

KINDS: tuple[Kind, ...] = ("report", "decision", "configuration")
"""What read models are made of; facts and commands become visible by what was decided about them."""

Fold = Callable[[Projection, Sequence[LoggedEvent], Connection], None]

log = logging.getLogger("evenkeel.read_models")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_text(micros: int) -> str:
    """Microseconds since 1970 as RFC 3339 text in UTC."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat()


class ProjectionSet:
    """`schemas` gives the schema of each read model, by its name, when that is not the name itself."""

    def __init__(self, name: str, projections: Sequence[Projection], schemas: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.projections = tuple(projections)
        self._schemas = schemas or {}
        self._is_live = name == cursor.LIVE
        self._readers: dict[str, tuple[int, ...]] = {
            each: tuple(place for place, model in enumerate(self.projections) if each in model.handles)
            for each in EVENT_TYPES
        }

    def schema_of(self, projection: Projection) -> str:
        return self._schemas.get(projection.name, projection.name)

    @property
    def search_path(self) -> str:
        return ", ".join(f'"{self.schema_of(each)}"' for each in self.projections)

    def use(self, connection: Connection) -> None:
        """Make the set's tables the ones that unqualified names mean on this connection, from now on."""
        with database_errors():
            with connection.cursor() as database:
                database.execute(f"set search_path to {self.search_path}")
                # The cursor moves with the rows, so a commit lost in a crash of Postgres is only projected again.
                database.execute("set synchronous_commit to off")
                # Plans are made once and go by the indexes: statistics of tables that only grow are always behind.
                database.execute("set plan_cache_mode to force_generic_plan; set enable_seqscan to off")
            connection.commit()

    def read_cursor(self, connection: Connection, partitions: int) -> dict[int, int]:
        """Per partition, the offset that was applied last (-1: none)."""
        with database_errors():
            at = cursor.read(connection, self.name, partitions)
            connection.commit()
        return at

    def apply(self, connection: Connection, records: Iterable[StoredRecord], reached: Mapping[int, int]) -> int:
        """Fold records into the rows and move the cursor to `reached`, in one transaction; returns how many events were applied.

        Records that were applied before (by somebody else, or before a lost answer) are passed over. After an error nothing of
        the batch is in the rows; an event that can't be applied is set aside. Raises Unavailable, and UnknownEvent when a newer program
        has switched one of the read models.
        """
        records = list(records)
        with database_errors():
            try:
                return self._apply(connection, records, reached, Projection.apply_to)
            except Exception as error:
                if not set_aside.is_an_events_fault(error):
                    raise
                log.exception(
                    "A batch can't be applied; the event at fault is looked for", extra={"action": "set_aside"}
                )
            return self._apply(connection, records, reached, self._apply_or_set_aside)

    def _apply(
        self, connection: Connection, records: Iterable[StoredRecord], reached: Mapping[int, int], fold: Fold
    ) -> int:
        try:
            applied = self.apply_within(connection, records, reached, fold)
            connection.commit()
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise
        return applied

    def _apply_or_set_aside(
        self, projection: Projection, events: Sequence[LoggedEvent], connection: Connection
    ) -> None:
        set_aside.apply_or_set_aside(connection, self.name, projection, events)

    def apply_within(
        self,
        connection: Connection,
        records: Iterable[StoredRecord],
        reached: Mapping[int, int],
        fold: Fold = Projection.apply_to,
    ) -> int:
        """As `apply`, in the caller's transaction. Of the live set those are passed over that are not switched to our version yet."""
        at = cursor.lock(connection, self.name, reached)
        news = {partition: offset for partition, offset in reached.items() if offset > at[partition]}
        if not news:
            return 0
        selections, count = self._select(records, at)
        missing = outdated(connection, self.projections) if self._is_live else ()
        for projection, selected in zip(self.projections, selections, strict=True):
            if selected and projection not in missing:
                fold(projection, selected, connection)
        cursor.move(connection, self.name, news)
        cursor.announce(connection, self.name, news)
        return count

    def _select(self, records: Iterable[StoredRecord], at: Mapping[int, int]) -> tuple[list[list[LoggedEvent]], int]:
        """For each read model the events it handles, in order; and how many events there were."""
        selections: list[list[LoggedEvent]] = [[] for _ in self.projections]
        readers = self._readers
        count = 0
        for partition, offset, record in ((r.partition, r.offset, r.record) for r in records):
            if offset <= at[partition] or record.kind not in KINDS:
                continue
            recorded = moment_text(record.recorded_on)
            for index, event in enumerate(record.events):
                name = event["type"]
                places = readers[name]
                count += 1
                if places:
                    logged = LoggedEvent(
                        record.org, name, event["data"], event.get("of"), event.get("n"), event["id"], recorded,
                        partition, offset, index,
                    )  # fmt: skip
                    for place in places:
                        selections[place].append(logged)
        return selections, count
