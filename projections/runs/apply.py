"""Events about runs, folded first in memory (one change per run and batch) and then into rows; run counts move with them."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from domain.environment.words import snakify
from projections.projection import LoggedEvent, Projection
from projections.set_sql import execute, execute_and_fetch, insert

Row = dict[str, Any]

_CHANGE = """
with change as (select * from json_to_recordset(%s) as v(org uuid, uuid uuid, status text, responded boolean, path jsonb,
    results jsonb, modified_on timestamptz, exited_on timestamptz)),
before as (select r.org, r.uuid, r.flow_uuid, r.status from runs r join change v on v.org = r.org and v.uuid = r.uuid),
changed as (
    update runs r set
        status = coalesce(v.status, r.status),
        responded = r.responded or v.responded,
        path = case when v.path is null then r.path else r.path || v.path end,
        results = case when v.results is null then r.results else r.results || v.results end,
        modified_on = greatest(r.modified_on, v.modified_on),
        exited_on = coalesce(v.exited_on, r.exited_on)
    from change v where r.org = v.org and r.uuid = v.uuid
    returning r.org, r.uuid, r.status
)
select b.org::text, b.flow_uuid::text, b.status, c.status from before b join changed c on c.org = b.org and c.uuid = b.uuid
where b.status <> c.status
"""

_COUNT = """
insert into flow_run_counts select * from json_populate_recordset(null::flow_run_counts, %s)
on conflict (org, flow_uuid, status) do update set count = flow_run_counts.count + excluded.count
"""

_DROP_EMPTY_COUNTS = """
delete from flow_run_counts c using json_to_recordset(%s) as v(org uuid, flow_uuid uuid, status text)
where c.org = v.org and c.flow_uuid = v.flow_uuid and c.status = v.status and c.count = 0
"""


# Whatever a contact answered goes with the contact.
_FORGET = """
with gone as (
    delete from runs r using (select distinct org, contact from json_to_recordset(%s) as v(org uuid, contact uuid)) c
    where r.org = c.org and r.contact_uuid = c.contact returning r.org, r.flow_uuid, r.status
)
select org::text, flow_uuid::text, status, count(*) from gone group by 1, 2, 3
"""


class _Change:
    """What a batch says about one run."""

    __slots__ = ("created", "exited_on", "modified_on", "path", "responded", "results", "status")

    def __init__(self) -> None:
        self.created: Row | None = None
        self.status: str | None = None
        self.responded = False
        self.path: list[Row] = []
        self.results: dict[str, Row] = {}
        self.modified_on = ""
        self.exited_on: str | None = None

    def run_started(self, event: LoggedEvent) -> None:
        run = event.data["run"]
        flow = run["flow"]
        self.status = "active"
        self.created = {
            "org": event.org,
            "id": run["id"],
            "uuid": run["uuid"],
            "flow_uuid": flow["uuid"],
            "flow_name": flow.get("name"),
            "contact_uuid": event.of,
            "start_uuid": run.get("start"),
            "parent_uuid": run.get("parent"),
            "session_uuid": run.get("session"),
            "created_on": run["created_on"],
        }

    def run_result_saved(self, event: LoggedEvent) -> None:
        data = event.data
        self.results[snakify(data["name"])] = {
            "name": data["name"],
            "value": data["value"],
            "category": data.get("category"),
            "category_localized": data.get("category_localized"),
            "node": data.get("node"),
            "time": data["created_on"],
            "input": data.get("input"),
        }

    def run_advanced(self, event: LoggedEvent) -> None:
        data = event.data
        self.status = data["status"]
        self.responded = self.responded or bool(data.get("responded"))
        self.path += data.get("steps") or ()

    def run_ended(self, event: LoggedEvent) -> None:
        self.status = event.data["status"]
        self.exited_on = event.data["exited_on"]

    def row(self, org: str, uuid: str) -> Row:
        return {
            **(self.created or {"org": org, "uuid": uuid}),
            "status": self.status,
            "responded": self.responded,
            "path": self.path or None,
            "results": self.results or None,
            "modified_on": self.modified_on,
            "exited_on": self.exited_on,
        }

    def new_row(self) -> Row:
        return self.row("", "") | {"path": self.path, "results": self.results}


_HANDLERS: dict[str, Callable[[_Change, LoggedEvent], None]] = {
    "run_started": _Change.run_started,
    "run_result_changed": _Change.run_result_saved,
    "run_result_repeated": _Change.run_result_saved,
    "run_advanced": _Change.run_advanced,
    "run_ended": _Change.run_ended,
}


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    changes = _changes([event for event in events if event.type != "contact_deleted"])
    gone = [{"org": event.org, "contact": event.of} for event in events if event.type == "contact_deleted"]
    new = [change.new_row() for change in changes.values() if change.created]
    insert(connection, "runs", new, "on conflict do nothing")
    counts = Counter((row["org"], row["flow_uuid"], row["status"]) for row in new)
    changed = [change.row(*key) for key, change in changes.items() if not change.created]
    for org, flow, old, status in execute_and_fetch(connection, _CHANGE, changed):
        counts[org, flow, old] -= 1
        counts[org, flow, status] += 1
    for org, flow, status, count in execute_and_fetch(connection, _FORGET, gone):
        counts[org, flow, status] -= count
    _count(connection, counts)


def _changes(events: Sequence[LoggedEvent]) -> dict[tuple[str, str], _Change]:
    changes: dict[tuple[str, str], _Change] = {}
    for event in events:
        run = event.data["run"]
        key = (event.org, run["uuid"] if event.type == "run_started" else run)
        change = changes.get(key)
        if change is None:
            change = changes[key] = _Change()
        _HANDLERS[event.type](change, event)
        change.modified_on = max(change.modified_on, event.at)
    return changes


def _count(connection: Connection, counts: Counter[tuple[str, str, str]]) -> None:
    rows: list[Row] = [
        {"org": org, "flow_uuid": flow, "status": status, "count": count}
        for (org, flow, status), count in counts.items()
        if count
    ]
    execute(connection, _COUNT, rows)
    execute(connection, _DROP_EMPTY_COUNTS, [row for row in rows if row["count"] < 0])


PROJECTION = Projection(
    name="runs",
    version=4,
    folder=Path(__file__).parent,
    tables=("runs", "flow_run_counts"),
    handles=frozenset({*_HANDLERS, "contact_deleted"}),
    apply=apply,
)
