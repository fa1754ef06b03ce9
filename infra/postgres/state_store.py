"""The decider's state in Postgres: one round trip to load a batch, one transaction to write one."""

from collections.abc import Callable, Collection, Sequence
from importlib.resources import files
from typing import Any, TypeVar

import psycopg2

from domain.errors import Fenced, Unavailable
from domain.ports.state_store import Changes, Found, Key, StoredItem

T = TypeVar("T")

_LOAD = """
with asked as (
    select org, urn from unnest(%s::uuid[], %s::text[]) as asked (org, urn)
), held as (
    select holder.org, holder.urn, holder.contact from asked join decider.urn_holder holder using (org, urn)
), wanted as (
    select org, contact from held union select org, contact from unnest(%s::uuid[], %s::uuid[]) as given (org, contact)
)
select held.org::text, held.urn, held.contact::text, null as body from held
union all
select state.org::text, null, state.contact::text, state.body from wanted join decider.conversation state using (org, contact)
"""
_SAVE_CONVERSATIONS = """
insert into decider.conversation (org, contact, body) select * from unnest(%s::uuid[], %s::uuid[], %s::text[])
on conflict (org, contact) do update set body = excluded.body
"""
_SAVE_HOLDERS = """
insert into decider.urn_holder (org, urn, contact) select * from unnest(%s::uuid[], %s::text[], %s::uuid[])
on conflict (org, urn) do update set contact = excluded.contact where urn_holder.contact <> excluded.contact
"""
_DROP_HOLDERS = """
delete from decider.urn_holder using unnest(%s::uuid[], %s::text[]) as gone (org, urn)
where urn_holder.org = gone.org and urn_holder.urn = gone.urn
"""
_SAVE_ITEMS = """
insert into decider.workspace_item (org, kind, uuid, version, body)
select * from unnest(%s::uuid[], %s::text[], %s::uuid[], %s::int[], %s::text[])
on conflict (org, uuid) do update set version = excluded.version, body = excluded.body
"""
_ITEMS = "select kind, uuid::text, version, body from decider.workspace_item where org = %s"
_MOVE = """
insert into decider.state_position (partition, position) values (%s, %s)
on conflict (partition) do update set position = excluded.position where state_position.position <= excluded.position
"""


def install(dsn: str) -> None:
    """Create the tables if they are not there."""
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(7208541)")
            cursor.execute(files("infra.postgres").joinpath("state_store.sql").read_text())
    finally:
        connection.close()


class PostgresStateStore:
    """Not thread-safe: one per decider. Connects when first used, and again after a failure."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: Any = None

    def position(self, partition: int) -> int:
        rows = self._rows("select position from decider.state_position where partition = %s", (partition,))
        return int(rows[0][0]) if rows else -1

    def load(self, partition: int, uuids: Collection[Key], urns: Collection[Key]) -> Found:
        arguments = (
            [org for org, _ in urns],
            [urn for _, urn in urns],
            [org for org, _ in uuids],
            [uuid for _, uuid in uuids],
        )
        found = Found()
        for org, urn, contact, body in self._rows(_LOAD, arguments):
            if urn is None:
                found.conversations[org, contact] = body.encode()
            else:
                found.holders[org, urn] = contact
        return found

    def workspace(self, partition: int, org: str, without: Collection[str] = ()) -> Sequence[StoredItem]:
        rows = self._rows(_ITEMS + " and kind <> all(%s)", (org, list(without)))
        return [_stored_item(org, row) for row in rows]

    def item(self, partition: int, org: str, uuid: str) -> StoredItem | None:
        rows = self._rows(_ITEMS + " and uuid = %s", (org, uuid))
        return _stored_item(org, rows[0]) if rows else None

    def save(self, partition: int, changes: Changes, position: int) -> None:
        def write(cursor: Any) -> None:
            cursor.execute(_MOVE, (partition, position))
            if cursor.rowcount == 0:
                raise Fenced
            _write(cursor, changes)

        self._in_transaction(write)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _rows(self, statement: str, arguments: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        def read(cursor: Any) -> list[tuple[Any, ...]]:
            cursor.execute(statement, arguments)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

        return self._in_transaction(read)

    def _in_transaction(self, work: Callable[[Any], T]) -> T:
        try:
            if self._connection is None:
                self._connection = psycopg2.connect(self._dsn)
            with self._connection, self._connection.cursor() as cursor:
                return work(cursor)
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            self.close()
            raise Unavailable(f"The state store can't be reached: {error}") from error


def _stored_item(org: str, row: tuple[Any, ...]) -> StoredItem:
    kind, uuid, version, body = row
    return StoredItem(org, kind, uuid, version, body and body.encode())


def _write(cursor: Any, changes: Changes) -> None:
    if changes.conversations:
        keys = list(changes.conversations)
        bodies = [body.decode() for body in changes.conversations.values()]
        cursor.execute(_SAVE_CONVERSATIONS, ([org for org, _ in keys], [uuid for _, uuid in keys], bodies))
    held = [(org, urn, holder) for (org, urn), holder in changes.holders.items() if holder is not None]
    if held:
        cursor.execute(_SAVE_HOLDERS, tuple(map(list, zip(*held, strict=True))))
    gone = [key for key, holder in changes.holders.items() if holder is None]
    if gone:
        cursor.execute(_DROP_HOLDERS, ([org for org, _ in gone], [urn for _, urn in gone]))
    if changes.items:
        columns = [
            (i.org, i.kind, i.uuid, i.version, i.body.decode() if i.body is not None else None) for i in changes.items
        ]
        cursor.execute(_SAVE_ITEMS, tuple(map(list, zip(*columns, strict=True))))
