"""What is configured in a workspace: channels, fields, groups, labels, globals, topics, the workspace itself."""

import re
from collections.abc import Callable
from typing import Any

from gateways.api_v2.answers import Refused, not_found, time_text, wrong_field
from gateways.api_v2.calls import NO_CONTENT, Call, Changing, Command, Listing, is_uuid
from gateways.api_v2.pages import page
from gateways.http.read_pool import Reader

Data = dict[str, Any]
Show = Callable[[Reader, Call, list[Data]], list[Data]]

MAX_NAME = 64
MAX_SHORT_NAME = 36
MAX_VALUE = 10_000
FIELD_TYPES = ("text", "number", "datetime", "state", "district", "ward")
RESERVED_KEYS = {
    "has", "is", "fields", "urns", "created_on", "last_seen_on", "uuid", "id", "name", "language", "groups", "tickets",
    "ref", "status", "flow", "history", "urn", "group", "blocked", "stopped", "created_by", "modified_by", "org",
}  # fmt: skip


def listing(
    table: str, show: Show, *, keys: tuple[str, ...] = (), order: str = "created_on", period: str = ""
) -> Listing:
    """A list of documents; `keys` of the document may be asked for by parameter."""

    def get(reader: Reader, call: Call) -> Data:
        conditions, arguments = call.period(f"d.{period}") if period else ([], [])
        uuid = call.uuid("uuid")
        if uuid:
            conditions.append("d.uuid = %s::uuid")
            arguments.append(uuid)
        for key in keys:
            if call.text(key):
                conditions.append(f"lower(d.doc->>'{key}') = lower(%s)")
                arguments.append(call.text(key))
        return page(
            reader,
            call,
            f"select d.* from {table}.{table} d where d.org = %s and not d.removed",
            order=(f"d.{order}", "d.uuid"),
            conditions=conditions,
            arguments=[call.org, *arguments],
            show=lambda rows: show(reader, call, rows),
        )

    return get


def channels(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    return [
        {
            "uuid": str(row["uuid"]),
            "name": row["doc"]["name"],
            "address": row["doc"].get("address") or None,
            "type": row["doc"]["type"].lower(),
            "country": row["doc"].get("country") or None,
            "device": row["doc"].get("device"),
            "paused": bool(row["doc"].get("paused_on")),
            "last_seen": time_text(row["doc"].get("last_seen_on") or row["created_on"]),
            "created_on": time_text(row["created_on"]),
        }
        for row in rows
    ]


def fields(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    return [_field(row["doc"]) for row in rows]


def _field(field: Data) -> Data:
    kind = field.get("type") or "text"
    return {
        "key": field["key"],
        "name": field["name"],
        "type": kind,
        "featured": bool(field.get("featured")),
        "priority": int(field.get("priority") or 0),
        "usages": {"campaign_events": 0, "flows": 0, "groups": 0},
        "agent_access": field.get("agent_access") or "view",
        "label": field["name"],
        "value_type": "numeric" if kind == "number" else kind,
    }


def _group_status(group: Data, handled: int) -> str:
    """A group with a query is ready when everybody whom it concerned at its making was looked at."""
    if not group.get("query"):
        return "ready"
    return "initializing" if group.get("total") is None else "ready" if handled >= group["total"] else "evaluating"


def groups(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    uuids = [str(row["uuid"]) for row in rows]
    checked = {
        str(row["uuid"]): row["handled"]
        for row in reader.rows(
            "select uuid, handled from groups.group_progress where org = %s and uuid = any(%s::uuid[])", call.org, uuids
        )
    }
    counts = {
        str(row["group_uuid"]): row["count"]
        for row in reader.rows(
            "select group_uuid, count from contacts.contact_group_counts where org = %s and group_uuid = any(%s::uuid[])",
            call.org,
            uuids,
        )
    }
    return [
        {
            "uuid": str(row["uuid"]),
            "name": row["doc"]["name"],
            "query": row["doc"].get("query") or None,
            "status": _group_status(row["doc"], checked.get(str(row["uuid"]), 0)),
            "system": bool(row["doc"].get("system")),
            "count": counts.get(str(row["uuid"]), 0),
        }
        for row in rows
    ]


def labels(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    counts = {
        str(row["label"]): row["count"]
        for row in reader.rows(
            "select label, count from messages.message_label_counts where org = %s and label = any(%s::uuid[])",
            call.org,
            [str(row["uuid"]) for row in rows],
        )
    }
    return [
        {"uuid": str(row["uuid"]), "name": row["doc"]["name"], "count": counts.get(str(row["uuid"]), 0)} for row in rows
    ]


def global_values(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    return [
        {**{key: row["doc"].get(key) for key in ("key", "name", "value")}, "modified_on": time_text(row["modified_on"])}
        for row in rows
    ]


def topics(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    counts = {
        (row["topic"], row["status"]): row["count"]
        for row in reader.rows(
            "select topic, status, count from tickets.ticket_counts where org = %s and topic = any(%s)",
            call.org,
            [str(row["uuid"]) for row in rows],
        )
    }
    return [
        {
            "uuid": str(row["uuid"]),
            "name": row["doc"]["name"],
            "counts": {status: counts.get((str(row["uuid"]), status), 0) for status in ("open", "closed")},
            "system": bool(row["doc"].get("system")),
            "created_on": time_text(row["created_on"]),
        }
        for row in rows
    ]


def workspace(reader: Reader, call: Call) -> Data:
    profile = call.caller.workspace
    languages = list(profile.get("languages") or ())
    return {
        "uuid": call.org,
        "name": profile["name"],
        "country": profile.get("country") or None,
        "languages": languages,
        "primary_language": languages[0] if languages else None,
        "timezone": profile.get("timezone") or "UTC",
        "date_style": profile.get("date_style") or "day_first",
        "credits": {"used": -1, "remaining": -1},
        "anon": bool(profile.get("anon")),
    }


# ---- making ---------------------------------------------------------------------------------------------------------------


def naming(kind: str, table: str, show: Show) -> Changing:
    """Make a named item (a group, label or topic), or with its uuid or name in the address rename it."""

    def post(reader: Reader, call: Call) -> Command:
        lookup = call.lookup("uuid", "name")
        name = _name(call.body.get("name"), MAX_NAME)
        if lookup is None:
            item = {"uuid": call.new_id(), "name": name}
            answer = _reads(call, table, show, "uuid = %s::uuid", item["uuid"], 201)
            return Command(f"add_{kind}", {kind: item}, answer)
        uuid = _writable(reader, call, table, *lookup)
        answer = _reads(call, table, show, "uuid = %s::uuid", uuid, 200)
        return Command(f"change_{kind}", {kind: uuid, "changes": {"name": name}}, answer)

    return post


def removing(kind: str, table: str) -> Changing:
    """Remove what is named by uuid or name."""

    def delete(reader: Reader, call: Call) -> Command:
        uuid = _writable(reader, call, table, *call.must_look_up("uuid", "name"))
        return Command(f"remove_{kind}", {kind: uuid}, lambda reader, result: NO_CONTENT)

    return delete


def _writable(reader: Reader, call: Call, table: str, by: str, value: str) -> str:
    """The uuid of an item of the workspace's own."""
    if by == "uuid" and not is_uuid(value):
        raise not_found()
    condition = "uuid = %s::uuid" if by == "uuid" else "lower(doc->>'name') = lower(%s)"
    row = reader.row(
        f"select uuid::text, doc from {table}.{table} where org = %s and not removed and {condition}", call.org, value
    )
    if row is None:
        raise not_found()
    if row["doc"].get("system"):
        raise Refused(403, {"detail": f"Cannot modify or delete system object: {row['doc']['name']}"})
    return str(row["uuid"])


def post_field(reader: Reader, call: Call) -> Command:
    name = _name(call.body.get("name") or call.body.get("label"), MAX_SHORT_NAME)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 -]*", name):
        raise wrong_field("name", "Can only contain letters, numbers and hypens.")
    kind = call.body.get("type") or call.body.get("value_type") or "text"
    kind = "number" if kind == "numeric" else kind
    if kind not in FIELD_TYPES:
        raise wrong_field("type", f'"{kind}" is not a valid choice.')
    if call.text("key"):
        uuid = _field_uuid(reader, call)
        answer = _reads(call, "fields", fields, "uuid = %s::uuid", uuid, 200)
        return Command("change_field", {"field": uuid, "changes": {"name": name, "type": kind}}, answer)
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if key in RESERVED_KEYS or not re.match("[a-z]", key):
        raise wrong_field("name", f'Generated key "{key}" is invalid or a reserved name.')
    field = {"uuid": call.new_id(), "key": key, "name": name, "type": kind}
    return Command("add_field", {"field": field}, _reads(call, "fields", fields, "uuid = %s::uuid", field["uuid"], 201))


def _field_uuid(reader: Reader, call: Call) -> str:
    found = reader.row(
        "select uuid::text from fields.fields where org = %s and not removed and doc->>'key' = %s",
        call.org,
        call.text("key"),
    )
    if found is None:
        raise not_found()
    return str(found["uuid"])


def post_global(reader: Reader, call: Call) -> Command:
    value = call.body.get("value")
    if not isinstance(value, str) or not value:
        raise wrong_field("value", "This field is required.")
    if len(value) > MAX_VALUE:
        raise wrong_field("value", f"Ensure this field has no more than {MAX_VALUE} characters.")
    key = call.text("key")
    if key:
        known = reader.row(
            "select doc from globals.globals where org = %s and not removed and doc->>'key' = %s", call.org, key
        )
        if known is None:
            raise not_found()
        item = {**known["doc"], "value": value}
    else:
        name = _name(call.body.get("name"), MAX_SHORT_NAME)
        key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        item = {"uuid": call.new_id(), "key": key, "name": name, "value": value}
    status = 200 if call.text("key") else 201
    return Command(
        "set_global", {"global": item}, _reads(call, "globals", global_values, "doc->>'key' = %s", key, status)
    )


def _name(value: Any, most: int) -> str:
    if not value:
        raise wrong_field("name", "This field is required.")
    if not isinstance(value, str) or not value.strip():
        raise wrong_field("name", "Not a valid string.")
    if len(value) > most:
        raise wrong_field("name", f"Ensure this field has no more than {most} characters.")
    return value.strip()


def _reads(call: Call, table: str, show: Show, condition: str, value: str, status: int) -> Any:
    def read(reader: Reader, result: Data) -> tuple[int, Any]:
        row = reader.row(f"select * from {table}.{table} where org = %s and {condition}", call.org, value)
        if row is None:
            raise not_found()
        return status, show(reader, call, [row])[0]

    return read
