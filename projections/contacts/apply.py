"""Events about contacts, folded first in memory (one change per contact and batch) and then into rows."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from domain.contact.query.name_words import searchable_name
from domain.urn.parse import parse_urn
from projections.projection import LoggedEvent, Projection
from projections.set_sql import execute, insert

Row = dict[str, Any]

NOTES_KEPT = 5

_CHANGE = """
with changed as (update contacts c set
    name = case when v.sets ? 'name' then v.sets->>'name' else c.name end,
    name_words = case when v.sets ? 'name_words' then v.sets->>'name_words' else c.name_words end,
    language = case when v.sets ? 'language' then v.sets->>'language' else c.language end,
    status = case when v.sets ? 'status' then v.sets->>'status' else c.status end,
    timezone = case when v.sets ? 'timezone' then v.sets->>'timezone' else c.timezone end,
    last_seen_on = case when v.sets ? 'last_seen_on' then (v.sets->>'last_seen_on')::timestamptz else c.last_seen_on end,
    flow_uuid = case when v.sets ? 'flow_uuid' then (v.sets->>'flow_uuid')::uuid else c.flow_uuid end,
    flow_name = case when v.sets ? 'flow_name' then v.sets->>'flow_name' else c.flow_name end,
    tickets = c.tickets + v.tickets,
    fields = case when v.deleted then '{}' when v.fields is null then c.fields
        else jsonb_strip_nulls(c.fields || v.fields) end,
    notes = case when v.deleted then '[]' when v.notes is null then c.notes else (
        select jsonb_agg(note order by nth) from (
            select note, nth from jsonb_array_elements(c.notes || v.notes) with ordinality as n(note, nth)
            order by nth desc limit 5) kept) end,
    modified_on = greatest(c.modified_on, v.modified_on)
from json_to_recordset(%s) as v(org uuid, uuid uuid, sets jsonb, tickets int, fields jsonb, notes jsonb, deleted boolean,
    modified_on timestamptz)
where c.org = v.org and c.uuid = v.uuid
returning c.org, c.id, c.modified_on)
update contact_groups g set modified_on = c.modified_on from changed c
where g.org = c.org and g.contact_id = c.id and g.modified_on <> c.modified_on
"""

_DROP_URNS = """
delete from contact_urns u using json_to_recordset(%s) as v(org uuid, uuid uuid), contacts c
where c.org = v.org and c.uuid = v.uuid and u.org = c.org and u.contact_id = c.id
"""

_ADD_URNS = """
insert into contact_urns
select v.org, c.id, v.scheme, v.path, v.priority, v.channel, v.display
from json_to_recordset(%s) as v(org uuid, uuid uuid, scheme text, path text, priority int, channel uuid, display text)
join contacts c on c.org = v.org and c.uuid = v.uuid
on conflict (org, scheme, path) do update set contact_id = excluded.contact_id, priority = excluded.priority,
    channel = excluded.channel, display = excluded.display
"""

_CHANGE_GROUPS = """
with change as (
    select v.org, c.id as contact_id, v.group_uuid, v.op, c.modified_on
    from json_to_recordset(%s) as v(org uuid, uuid uuid, group_uuid uuid, op text)
    join contacts c on c.org = v.org and c.uuid = v.uuid
),
added as (
    insert into contact_groups select org, contact_id, group_uuid, modified_on from change where op = 'add'
    on conflict do nothing returning org, group_uuid
),
removed as (
    delete from contact_groups g using change v
    where g.org = v.org and g.contact_id = v.contact_id and (v.op = 'leave' or v.op = 'remove' and g.group_uuid = v.group_uuid)
    returning g.org, g.group_uuid
)
insert into contact_group_counts
select org, group_uuid, sum(n) from (
    select org, group_uuid, 1 as n from added union all select org, group_uuid, -1 from removed) moved
group by org, group_uuid having sum(n) <> 0
on conflict (org, group_uuid) do update set count = contact_group_counts.count + excluded.count
"""

# A group that is empty again has no row, as one that never had a contact.
_DROP_EMPTY_COUNTS = """
delete from contact_group_counts g using (select distinct org from json_to_recordset(%s) as v(org uuid)) touched
where g.org = touched.org and g.count = 0
"""

_DELETED_SETS: Row = dict.fromkeys(("name", "name_words", "language", "status", "timezone", "flow_uuid", "flow_name"))


class _Change:
    """What a batch says about one contact."""

    __slots__ = ("created", "deleted", "fields", "groups", "modified_on", "notes", "sets", "tickets", "urns")

    def __init__(self) -> None:
        self.created: Row | None = None
        self.sets: Row = {}
        self.fields: dict[str, Row | None] = {}
        self.notes: list[Row] = []
        self.groups: dict[str, str] = {}  # group uuid -> "add" or "remove"
        self.urns: list[str] | None = None
        self.tickets = 0
        self.deleted = False
        self.modified_on = ""

    def contact_created(self, event: LoggedEvent) -> None:
        contact = event.data["contact"]
        self.created = {
            "org": event.org,
            "id": contact["id"],
            "uuid": contact["uuid"],
            "created_on": contact["created_on"],
        }
        self.sets = {
            key: contact.get(key) or None for key in ("name", "language", "status", "timezone", "last_seen_on")
        }
        self.sets["name_words"] = searchable_name(contact.get("name") or "") or None
        self.fields = dict(contact.get("fields") or {})
        self.groups = {group["uuid"]: "add" for group in contact.get("groups") or ()}
        self.urns = contact.get("urns") or []

    def contact_name_changed(self, event: LoggedEvent) -> None:
        name = event.data["name"] or ""
        self.sets["name"] = name or None
        self.sets["name_words"] = searchable_name(name) or None

    def contact_language_changed(self, event: LoggedEvent) -> None:
        self.sets["language"] = event.data["language"] or None

    def contact_timezone_changed(self, event: LoggedEvent) -> None:
        self.sets["timezone"] = event.data["timezone"] or None

    def contact_status_changed(self, event: LoggedEvent) -> None:
        self.sets["status"] = event.data["status"]

    def contact_last_seen_changed(self, event: LoggedEvent) -> None:
        self.sets["last_seen_on"] = event.data["last_seen_on"]

    def message_handled(self, event: LoggedEvent) -> None:
        self.sets["last_seen_on"] = event.data["message"]["created_on"]

    def contact_field_changed(self, event: LoggedEvent) -> None:
        self.fields[event.data["field"]["key"]] = event.data["value"]

    def contact_groups_changed(self, event: LoggedEvent) -> None:
        for group in event.data.get("groups_removed") or ():
            self.groups[group["uuid"]] = "remove"
        for group in event.data.get("groups_added") or ():
            self.groups[group["uuid"]] = "add"

    def contact_urns_changed(self, event: LoggedEvent) -> None:
        self.urns = event.data["urns"]

    def contact_note_added(self, event: LoggedEvent) -> None:
        data = event.data
        self.notes.append(
            {"text": data["text"], "created_on": data["created_on"], "created_by": data.get("created_by")}
        )

    def contact_deleted(self, event: LoggedEvent) -> None:
        self.deleted = True
        self.sets.update(_DELETED_SETS)
        self.fields, self.notes, self.groups, self.urns = {}, [], {}, []

    def ticket_opened(self, event: LoggedEvent) -> None:
        self.tickets += 1

    def ticket_closed(self, event: LoggedEvent) -> None:
        self.tickets -= 1

    def run_advanced(self, event: LoggedEvent) -> None:
        if event.data["status"] == "waiting":
            flow = event.data["flow"]
            self.sets["flow_uuid"], self.sets["flow_name"] = flow["uuid"], flow.get("name")

    def session_advanced(self, event: LoggedEvent) -> None:
        if event.data["status"] != "waiting":
            self.sets["flow_uuid"] = self.sets["flow_name"] = None

    def new_row(self) -> Row:
        return {
            **(self.created or {}),
            **self.sets,
            "tickets": self.tickets,
            "fields": {key: value for key, value in self.fields.items() if value is not None},
            "notes": self.notes[-NOTES_KEPT:],
            "modified_on": self.modified_on,
        }

    def changed_row(self, org: str, uuid: str) -> Row:
        return {
            "org": org,
            "uuid": uuid,
            "sets": self.sets,
            "tickets": self.tickets,
            "fields": {key: _without_nulls(value) for key, value in self.fields.items()} or None,
            "notes": self.notes or None,
            "deleted": self.deleted,
            "modified_on": self.modified_on,
        }


def _without_nulls(value: Row | None) -> Row | None:
    return value and {key: part for key, part in value.items() if part is not None}


_HANDLERS: dict[str, Callable[[_Change, LoggedEvent], None]] = {
    "contact_created": _Change.contact_created,
    "contact_name_changed": _Change.contact_name_changed,
    "contact_language_changed": _Change.contact_language_changed,
    "contact_timezone_changed": _Change.contact_timezone_changed,
    "contact_status_changed": _Change.contact_status_changed,
    "contact_last_seen_changed": _Change.contact_last_seen_changed,
    "message_handled": _Change.message_handled,
    "contact_field_changed": _Change.contact_field_changed,
    "contact_groups_changed": _Change.contact_groups_changed,
    "contact_urns_changed": _Change.contact_urns_changed,
    "contact_note_added": _Change.contact_note_added,
    "contact_deleted": _Change.contact_deleted,
    "ticket_opened": _Change.ticket_opened,
    "ticket_closed": _Change.ticket_closed,
    "run_advanced": _Change.run_advanced,
    "session_advanced": _Change.session_advanced,
}


def apply(events: Sequence[LoggedEvent], connection: Connection) -> None:
    changes: dict[tuple[str, str], _Change] = {}
    for event in events:
        key = (event.org, event.of or "")
        change = changes.get(key)
        if change is None:
            change = changes[key] = _Change()
        _HANDLERS[event.type](change, event)
        change.modified_on = max(change.modified_on, event.at)
    insert(
        connection, "contacts", [each.new_row() for each in changes.values() if each.created], "on conflict do nothing"
    )
    execute(
        connection,
        _CHANGE,
        [each.changed_row(*key) for key, each in changes.items() if not each.created],
    )
    _write_urns(connection, changes)
    _write_groups(connection, changes)


def _write_urns(connection: Connection, changes: dict[tuple[str, str], _Change]) -> None:
    owners = {key: change.urns for key, change in changes.items() if change.urns is not None}
    before = [{"org": org, "uuid": uuid} for (org, uuid) in owners if changes[org, uuid].created is None]
    execute(connection, _DROP_URNS, before)
    rows: dict[tuple[str, str, str], Row] = {}
    for (org, uuid), urns in owners.items():
        for place, text in enumerate(urns):
            urn = parse_urn(text)
            rows[org, urn.scheme, urn.path] = {
                "org": org,
                "uuid": uuid,
                "scheme": urn.scheme,
                "path": urn.path,
                "priority": len(urns) - place,
                "channel": urn.parameters.get("channel", [None])[0] if urn.query else None,
                "display": urn.display or None,
            }
    execute(connection, _ADD_URNS, list(rows.values()))


def _write_groups(connection: Connection, changes: dict[tuple[str, str], _Change]) -> None:
    rows: list[Row] = []
    for (org, uuid), change in changes.items():
        if change.deleted:
            rows.append({"org": org, "uuid": uuid, "op": "leave"})
        rows += [{"org": org, "uuid": uuid, "group_uuid": group, "op": op} for group, op in change.groups.items()]
    execute(connection, _CHANGE_GROUPS, rows)
    execute(connection, _DROP_EMPTY_COUNTS, [row for row in rows if row["op"] != "add"])


PROJECTION = Projection(
    name="contacts",
    version=4,
    folder=Path(__file__).parent,
    tables=("contacts", "contact_urns", "contact_groups", "contact_group_counts"),
    handles=frozenset(_HANDLERS),
    apply=apply,
)
