"""Flow starts: {uuid, id, flow, contacts, groups, urns, params, restart_participants, exclude_active, origin, created_on}; `total` once known."""

from collections.abc import Sequence
from pathlib import Path

from psycopg2.extensions import connection as Connection

from projections.documents import Documents
from projections.progress import Progress
from projections.projection import LoggedEvent, Projection
from projections.set_sql import execute

# That a start is completed is a change of it; that it has come further is not.
_COMPLETE = """
update flow_starts s set modified_on = greatest(s.modified_on, p.modified_on)
from json_to_recordset(%s) as v(org uuid, uuid uuid), flow_start_progress p
where s.org = v.org and s.uuid = v.uuid and p.org = v.org and p.uuid = v.uuid and p.handled >= (s.doc->>'total')::bigint
    and s.modified_on < p.modified_on
"""


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
    execute(connection, _COMPLETE, progress.rows())


PROJECTION = Projection(
    name="flow_starts",
    version=3,
    folder=Path(__file__).parent,
    tables=("flow_starts", "flow_start_progress"),
    handles=frozenset({"flow_start_created", "flow_start_begun", "start_contact_done"}),
    apply=apply,
)
