"""Flow starts: {uuid, id, flow, contacts, groups, urns, params, restart_participants, exclude_active, origin, created_on}; `total` once known."""

from collections.abc import Sequence
from pathlib import Path

from psycopg2.extensions import connection as Connection

from projections.documents import Documents
from projections.progress import Progress
from projections.projection import LoggedEvent, Projection


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    documents, progress = Documents("flow_starts"), Progress("flow_start_progress")
    for event in events:
        if event.type == "start_contact_done":
            progress.count(event)
        elif event.type == "flow_start_created":
            documents.put(event, event.data["flow_start"])
        else:
            documents.patch(event, {"total": event.data["total"]})
    documents.write(connection)
    progress.write(connection)


PROJECTION = Projection(
    name="flow_starts",
    version=2,
    folder=Path(__file__).parent,
    tables=("flow_starts", "flow_start_progress"),
    handles=frozenset({"flow_start_created", "flow_start_begun", "start_contact_done"}),
    apply=apply,
)
