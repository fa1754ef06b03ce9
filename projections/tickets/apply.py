"""Tickets: {uuid, contact, status, topic?, assignee?, flow?, opened_by?, closed_on?}; created when opened. Notes are in the history.

How many of each topic are open and closed is counted as they change.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from projections.documents import Documents
from projections.projection import LoggedEvent, Projection
from projections.set_sql import execute, fetch, json_rows

Row = dict[str, Any]

_STANDING = """
select t.org::text, t.doc->'topic'->>'uuid' as topic, t.doc->>'status' as status, count(*) as n
from tickets t join json_to_recordset(%s) as v(org uuid, uuid uuid) on t.org = v.org and t.uuid = v.uuid
where t.doc->'topic'->>'uuid' is not null group by 1, 2, 3
"""

_COUNT = """
insert into ticket_counts select * from json_populate_recordset(null::ticket_counts, %s)
on conflict (org, topic, status) do update set count = ticket_counts.count + excluded.count
"""

_DROP_EMPTY_COUNTS = """
delete from ticket_counts c using json_to_recordset(%s) as v(org uuid, topic text, status text)
where c.org = v.org and c.topic = v.topic and c.status = v.status and c.count = 0
"""


def _opened(documents: Documents, event: LoggedEvent) -> None:
    data = event.data
    more = {key: data[key] for key in ("flow", "opened_by") if data.get(key)}
    documents.put(_of_ticket(event, data["ticket"]["uuid"]), {**data["ticket"], "contact": event.of, **more})


def _closed(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {"status": "closed", "closed_on": event.at})


def _reopened(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {"status": "open", "closed_on": None})


def _assigned(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {"assignee": event.data["assignee"]})


def _topic_changed(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {"topic": event.data["topic"]})


def _noted(documents: Documents, event: LoggedEvent) -> None:
    _patch(documents, event, {})


def _patch(documents: Documents, event: LoggedEvent, changes: dict[str, Any]) -> None:
    documents.patch(_of_ticket(event, event.data["ticket_uuid"]), changes)


def _of_ticket(event: LoggedEvent, uuid: str) -> LoggedEvent:
    """The event with the ticket as what it is about; in the log it is the contact's."""
    return event._replace(of=uuid)


_HANDLERS = {
    "ticket_opened": _opened,
    "ticket_closed": _closed,
    "ticket_reopened": _reopened,
    "ticket_assignee_changed": _assigned,
    "ticket_topic_changed": _topic_changed,
    "ticket_note_added": _noted,
}


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    documents, touched = Documents("tickets"), set[tuple[str, str]]()
    for event in events:
        _HANDLERS[event.type](documents, event)
        touched.add((event.org, event.data.get("ticket_uuid") or event.data["ticket"]["uuid"]))
    rows = [{"org": org, "uuid": uuid} for org, uuid in touched]
    before = _standing(connection, rows)
    documents.write(connection)
    after = _standing(connection, rows)
    shifts: list[Row] = [
        {"org": org, "topic": topic, "status": status, "count": after[org, topic, status] - before[org, topic, status]}
        for org, topic, status in sorted(before.keys() | after.keys())
    ]
    execute(connection, _COUNT, [shift for shift in shifts if shift["count"]])
    execute(connection, _DROP_EMPTY_COUNTS, [shift for shift in shifts if shift["count"] < 0])


def _standing(connection: Connection, rows: list[Row]) -> Counter[tuple[str, str, str]]:
    """How many of these tickets stand at each (organization, topic, status)."""
    found = fetch(connection, _STANDING, (json_rows(rows),))
    return Counter({(row["org"], row["topic"], row["status"]): row["n"] for row in found})


PROJECTION = Projection(
    name="tickets",
    version=2,
    folder=Path(__file__).parent,
    tables=("tickets", "ticket_counts"),
    handles=frozenset(_HANDLERS),
    apply=apply,
)
