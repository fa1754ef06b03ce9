"""Configured things (channels, flows, groups, …) are read as the document that their events carry, so a table of documents holds them.

    (org, uuid, id, doc, created_on, modified_on, removed)

Events put a document, patch its top-level keys or remove it; a batch is folded in memory to one change per thing first.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from projections.projection import LoggedEvent, Projection
from projections.set_sql import execute, insert

Document = dict[str, Any]

_PATCH = """
update {table} t set doc = t.doc || v.doc, modified_on = greatest(t.modified_on, v.modified_on), removed = t.removed or v.removed
from json_to_recordset(%s) as v(org uuid, uuid uuid, doc jsonb, modified_on timestamptz, removed boolean)
where t.org = v.org and t.uuid = v.uuid
"""

_KEEP = """
on conflict (org, uuid) do update set doc = excluded.doc, id = coalesce(excluded.id, {table}.id),
    modified_on = greatest({table}.modified_on, excluded.modified_on), removed = excluded.removed
"""


class Documents:
    """What a batch says about the documents of one table."""

    def __init__(self, table: str) -> None:
        self.table = table
        self._put: dict[tuple[str, str], Document] = {}
        self._patched: dict[tuple[str, str], Document] = {}

    def put(self, event: LoggedEvent, document: Document) -> None:
        """This is the whole document now."""
        key = (event.org, event.of or document["uuid"])
        self._patched.pop(key, None)
        before = self._put.get(key)
        self._put[key] = {
            "org": event.org,
            "uuid": key[1],
            "id": document.get("id"),
            "doc": document,
            "created_on": before["created_on"] if before else document.get("created_on") or event.at,
            "modified_on": event.at,
            "removed": False,
        }

    def patch(self, event: LoggedEvent, changes: Document, *, removed: bool = False) -> None:
        """These top-level keys have new values."""
        key = (event.org, event.of or "")
        row = self._put.get(key)
        if row is None:
            row = self._patched.setdefault(key, {"org": key[0], "uuid": key[1], "doc": {}, "removed": False})
        row["doc"] = {**row["doc"], **changes}
        row["modified_on"] = event.at
        row["removed"] = row["removed"] or removed

    def remove(self, event: LoggedEvent) -> None:
        self.patch(event, {}, removed=True)

    def write(self, connection: Connection) -> None:
        """What was put first: a patch of this batch concerns rows that stood before it, or a put that it is merged into."""
        insert(connection, self.table, list(self._put.values()), _KEEP.format(table=self.table))
        execute(connection, _PATCH.format(table=self.table), list(self._patched.values()))


def tables_of_documents(
    name: str, folder: Path, handlers: dict[str, Callable[[Documents, LoggedEvent], None]], version: int = 1
) -> Projection:
    """A read model with one table of documents, named like itself."""

    def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
        documents = Documents(name)
        for event in events:
            handlers[event.type](documents, event)
        documents.write(connection)

    return Projection(name, version, folder, (name,), frozenset(handlers), apply)


def put(key: str) -> Callable[[Documents, LoggedEvent], None]:
    """A handler for events whose data hold the whole document under this key."""
    return lambda documents, event: documents.put(event, event.data[key])


def patch(*keys: str) -> Callable[[Documents, LoggedEvent], None]:
    """A handler for events whose data hold new values under these keys."""
    return lambda documents, event: documents.patch(event, {key: event.data[key] for key in keys})


def changes(documents: Documents, event: LoggedEvent) -> None:
    """The handler for events whose data hold {changes: {…}}."""
    documents.patch(event, event.data["changes"])


def remove(documents: Documents, event: LoggedEvent) -> None:
    """The handler for events that remove the thing."""
    documents.remove(event)
