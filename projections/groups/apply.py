"""Groups: {uuid, id, name, query?, created_on}; `total` once it is known how many a query concerns. Who is in them: the contacts read model."""

from collections.abc import Sequence
from pathlib import Path

from psycopg2.extensions import connection as Connection

from projections.documents import Documents, changes
from projections.progress import Progress
from projections.projection import LoggedEvent, Projection


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    documents, progress = Documents("groups"), Progress("group_progress")
    for event in events:
        if event.type == "group_checked":
            progress.count(event)
        elif event.type == "group_added":
            documents.put(event, event.data["group"])
        elif event.type == "group_changed":
            changes(documents, event)
        elif event.type == "group_removed":
            documents.remove(event)
        else:
            documents.patch(event, {"total": event.data["total"]})
    documents.write(connection)
    progress.write(connection)


PROJECTION = Projection(
    name="groups",
    version=2,
    folder=Path(__file__).parent,
    tables=("groups", "group_progress"),
    handles=frozenset({"group_added", "group_changed", "group_removed", "group_begun", "group_checked"}),
    apply=apply,
)
