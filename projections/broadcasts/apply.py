"""Broadcasts: {uuid, id, translations, base_language, contacts, groups, urns, created_on, created_by?}; `total` once it is known."""

from collections.abc import Sequence
from pathlib import Path

from psycopg2.extensions import connection as Connection

from projections.documents import Documents
from projections.progress import Progress
from projections.projection import LoggedEvent, Projection


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    documents, progress = Documents("broadcasts"), Progress("broadcast_progress")
    for event in events:
        if event.type == "broadcast_contact_done":
            progress.count(event)
        elif event.type == "broadcast_created":
            documents.put(event, event.data["broadcast"])
        else:
            documents.patch(event, {"total": event.data["total"]})
    documents.write(connection)
    progress.write(connection)


PROJECTION = Projection(
    name="broadcasts",
    version=2,
    folder=Path(__file__).parent,
    tables=("broadcasts", "broadcast_progress"),
    handles=frozenset({"broadcast_created", "broadcast_begun", "broadcast_contact_done"}),
    apply=apply,
)
