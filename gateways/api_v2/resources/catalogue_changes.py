"""What is configured in a workspace is made, changed and removed: fields, groups, labels, globals, topics."""

import re
from collections.abc import Callable
from typing import Any

from gateways.api_v2.answers import Refused, not_found, wrong_field
from gateways.api_v2.calls import NO_CONTENT, Call, Changing, Command
from gateways.api_v2.resources.catalogue_items import fields, global_values
from gateways.api_v2.resources.names import read_name
from gateways.http.read_pool import Reader

Data = dict[str, Any]
Show = Callable[[Reader, Call, list[Data]], list[Data]]

MAX_SHORT_NAME = 36
MAX_VALUE = 10_000
FIELD_TYPES = ("text", "number", "datetime", "state", "district", "ward")
RESERVED_KEYS = {
    "has", "is", "fields", "urns", "created_on", "last_seen_on", "uuid", "id", "name", "language", "groups", "tickets",
    "ref", "status", "flow", "history", "urn", "group", "blocked", "stopped", "created_by", "modified_by", "org",
}  # fmt: skip
LIMITS = {"fields": 250, "globals": 250, "groups": 250, "labels": 250, "topics": 50}
SHORT_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9 -]*")


def naming(kind: str, table: str, show: Show) -> Changing:
    """Make a named item (a group, label or topic), or with its uuid or name in the address rename it."""

    def post(reader: Reader, call: Call) -> Command:
        lookup = call.lookup("uuid", "name")
        name = read_name(call.body.get("name"))
        if lookup is None:
            _refuse_more(reader, call, table)
            item = {"uuid": call.new_id(), "name": name}
            answer = _reads(call, table, show, "uuid = %s::uuid", item["uuid"], 201)
            return Command(f"add_{kind}", {kind: item}, answer)
        uuid = _writable(reader, call, table, lookup, "modify")
        answer = _reads(call, table, show, "uuid = %s::uuid", uuid, 200)
        return Command(f"change_{kind}", {kind: uuid, "changes": {"name": name}}, answer)

    return post


def removing(kind: str, table: str) -> Changing:
    """Remove what is named by uuid or name."""

    def delete(reader: Reader, call: Call) -> Command:
        uuid = _writable(reader, call, table, call.must_look_up("uuid", "name"), "delete")
        return Command(f"remove_{kind}", {kind: uuid}, lambda reader, result: NO_CONTENT)

    return delete


def _refuse_more(reader: Reader, call: Call, table: str) -> None:
    """A workspace has so many of each; those of the system are not counted."""
    row = reader.row(
        f"select count(*) as count from {table}.{table} where org = %s and not removed and coalesce(doc->>'system', 'false') = 'false'",
        call.org,
    )
    if row is not None and row["count"] >= LIMITS[table]:
        raise Refused(409, {"detail": "Cannot create object because workspace has reached limit."})


def _writable(reader: Reader, call: Call, table: str, lookup: tuple[str, str], act: str) -> str:
    """The uuid of an item of the workspace's own."""
    by, value = lookup
    condition = "uuid = %s::uuid" if by == "uuid" else "lower(doc->>'name') = lower(%s)"
    row = reader.row(
        f"select uuid::text, doc from {table}.{table} where org = %s and not removed and {condition}", call.org, value
    )
    if row is None:
        raise not_found()
    if row["doc"].get("system"):
        raise Refused(403, {"detail": f"Cannot {act} system object."})
    return str(row["uuid"])


def post_field(reader: Reader, call: Call) -> Command:
    name = read_name(call.body.get("name") or call.body.get("label"), most=MAX_SHORT_NAME)
    if not SHORT_NAME.fullmatch(name):
        raise wrong_field("name", "Can only contain letters, numbers and hypens.")
    kind = _field_type(call)
    if call.text("key"):
        uuid = _field_uuid(reader, call)
        changes = {"name": name, "type": kind} if kind else {"name": name}
        answer = _reads(call, "fields", fields, "uuid = %s::uuid", uuid, 200)
        return Command("change_field", {"field": uuid, "changes": changes}, answer)
    key = _key_of(name)
    if key in RESERVED_KEYS or not re.match("[a-z]", key):
        raise wrong_field("name", f'Generated key "{key}" is invalid or a reserved name.')
    _refuse_more(reader, call, "fields")
    field = {"uuid": call.new_id(), "key": key, "name": name, "type": kind or "text"}
    return Command("add_field", {"field": field}, _reads(call, "fields", fields, "uuid = %s::uuid", field["uuid"], 201))


def _field_type(call: Call) -> str | None:
    kind = call.body.get("type") or call.body.get("value_type")
    kind = "number" if kind == "numeric" else kind
    if kind and kind not in FIELD_TYPES:
        raise wrong_field("type", f'"{kind}" is not a valid choice.')
    return kind or None


def _key_of(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _field_uuid(reader: Reader, call: Call) -> str:
    found = reader.row(
        "select uuid::text from fields.fields where org = %s and not removed and doc->>'key' = lower(%s)",
        call.org,
        call.text("key"),
    )
    if found is None:
        raise not_found()
    return str(found["uuid"])


def post_global(reader: Reader, call: Call) -> Command:
    value = _value(call)
    key = call.text("key")
    if key:
        known = _global(reader, call, key)
        if known is None:
            raise not_found()
        item = {**known, "value": value}
    else:
        name = read_name(call.body.get("name"), most=MAX_SHORT_NAME)
        key = _key_of(name)
        if not key:
            raise wrong_field("name", f'Generated key "{key}" is invalid or a reserved name.')
        if _global(reader, call, key) is not None:
            raise wrong_field("name", "This field must be unique.")
        _refuse_more(reader, call, "globals")
        item = {"uuid": call.new_id(), "key": key, "name": name, "value": value}
    status = 200 if call.text("key") else 201
    answer = _reads(call, "globals", global_values, "not removed and doc->>'key' = %s", item["key"], status)
    return Command("set_global", {"global": item}, answer)


def _value(call: Call) -> str:
    value = call.body.get("value")
    if value is None:
        raise wrong_field("value", "This field is required.")
    if not isinstance(value, str):
        raise wrong_field("value", "Not a valid string.")
    if not value:
        raise wrong_field("value", "This field may not be blank.")
    if len(value) > MAX_VALUE:
        raise wrong_field("value", f"Ensure this field has no more than {MAX_VALUE} characters.")
    return value


def _global(reader: Reader, call: Call, key: str) -> Data | None:
    row = reader.row(
        "select doc from globals.globals where org = %s and not removed and doc->>'key' = lower(%s)", call.org, key
    )
    return dict(row["doc"]) if row else None


def _reads(call: Call, table: str, show: Show, condition: str, value: str, status: int) -> Any:
    def read(reader: Reader, result: Data) -> tuple[int, Any]:
        row = reader.row(f"select * from {table}.{table} where org = %s and {condition}", call.org, value)
        if row is None:
            raise not_found()
        return status, show(reader, call, [row])[0]

    return read
