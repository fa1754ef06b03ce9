"""contacts: list, create, change, delete."""

from typing import Any

from gateways.api_v2.answers import not_found, reference, time_text, wrong_body, wrong_field
from gateways.api_v2.calls import NO_CONTENT, Call, Command, is_uuid
from gateways.api_v2.pages import page
from gateways.http.read_pool import Reader

Data = dict[str, Any]

MAX_NAME = 64
MAX_LIST = 100
MAX_NOTE = 10_000
_FIELDS = {"name", "language", "urns", "groups", "fields", "note"}
_SELECT = "select c.* from contacts.contacts c where c.org = %s"


def get(reader: Reader, call: Call) -> Data:
    conditions, arguments = call.period("c.modified_on")
    uuid = call.uuid("uuid")
    conditions.append("c.status is null" if call.flag("deleted") else "c.status is not null")
    if uuid:
        conditions.append("c.uuid = %s::uuid")
        arguments.append(uuid)
    if call.text("urn"):
        scheme, _, path = call.text("urn").partition(":")
        conditions.append(
            "c.id in (select contact_id from contacts.contact_urns where org = %s and scheme = %s and path = %s)"
        )
        arguments += [call.org, scheme, path]
    if call.text("group"):
        group = _group(reader, call, call.text("group"))
        conditions.append(
            "exists (select 1 from contacts.contact_groups g"
            " where g.org = c.org and g.contact_id = c.id and g.group_uuid = %s::uuid)"
            if group
            else "false"
        )
        arguments += [group["uuid"]] if group else []
    return page(
        reader,
        call,
        _SELECT,
        order=("c.modified_on", "c.id"),
        conditions=conditions,
        arguments=[call.org, *arguments],
        show=lambda rows: shown(reader, call, rows),
        reverse=call.flag("reverse"),
    )


def shown(reader: Reader, call: Call, rows: list[Data]) -> list[Data]:
    ids = [row["id"] for row in rows]
    urns = _by_contact(
        reader.rows(
            "select contact_id, scheme, path, display, channel::text from contacts.contact_urns"
            " where org = %s and contact_id = any(%s) order by contact_id, priority desc",
            call.org,
            ids,
        )
    )
    groups = _by_contact(
        reader.rows(
            "select m.contact_id, g.uuid::text, g.doc->>'name' as name from contacts.contact_groups m"
            " join groups.groups g on g.org = m.org and g.uuid = m.group_uuid and not g.removed"
            " where m.org = %s and m.contact_id = any(%s) order by g.created_on, g.uuid",
            call.org,
            ids,
        )
    )
    kinds = reader.rows("select doc from fields.fields where org = %s and not removed order by created_on", call.org)
    fields = {row["doc"]["key"]: row["doc"].get("type") or "text" for row in kinds}
    expand = call.flag("expand_urns")
    anon = bool(call.caller.workspace.get("anon"))
    return [_shown(row, urns.get(row["id"], []), groups.get(row["id"], []), fields, expand, anon) for row in rows]


def _by_contact(rows: list[Data]) -> dict[int, list[Data]]:
    found: dict[int, list[Data]] = {}
    for row in rows:
        found.setdefault(row["contact_id"], []).append(row)
    return found


def _shown(row: Data, urns: list[Data], groups: list[Data], fields: dict[str, str], expand: bool, anon: bool) -> Data:
    alive = row["status"] is not None
    return {
        "uuid": str(row["uuid"]),
        "name": row["name"] if alive else None,
        "status": row["status"],
        "language": row["language"] if alive else None,
        "urns": [_urn(urn, expand, anon) for urn in urns] if alive else [],
        "groups": [{"uuid": group["uuid"], "name": group["name"]} for group in groups] if alive else [],
        "notes": [_note(note) for note in row["notes"]] if alive else [],
        "fields": {key: field_value(kind, row["fields"].get(key)) for key, kind in fields.items()} if alive else {},
        "flow": reference(row["flow_uuid"], row["flow_name"]) if alive else None,
        "created_on": time_text(row["created_on"]),
        "modified_on": time_text(row["modified_on"]),
        "last_seen_on": time_text(row["last_seen_on"]),
        "blocked": row["status"] == "blocked" if alive else None,
        "stopped": row["status"] == "stopped" if alive else None,
    }


def _urn(urn: Data, expand: bool, anon: bool) -> Any:
    path = "********" if anon else urn["path"]
    if not expand:
        return f"{urn['scheme']}:{path}"
    return {"channel": urn["channel"], "scheme": urn["scheme"], "path": path, "display": urn["display"]}


def _note(note: Data) -> Data:
    author = note.get("created_by")
    by = {"email": author, "name": ""} if isinstance(author, str) else author
    return {"text": note["text"], "created_on": time_text(note["created_on"]), "created_by": by}


def field_value(kind: str, value: Data | None) -> str | None:
    """As text in the form of its type; None where the text can't be read as one."""
    if not value:
        return None
    if kind == "number":
        number = value.get("number")
        return str(number) if number is not None else None
    if kind == "datetime":
        moment = value.get("datetime")
        return str(moment) if moment else None
    if kind in ("state", "district", "ward"):
        place = value.get(kind)
        return str(place).rpartition(">")[2].strip() if place else None
    text = value.get("text")
    return str(text) if text is not None else None


# ---- changing -------------------------------------------------------------------------------------------------------------


def post(reader: Reader, call: Call) -> Command:
    lookup = call.lookup("uuid", "urn")
    changes = _changes(reader, call)
    if lookup is None:
        contact = {**changes, "uuid": call.new_id()}
        contact.pop("note", None)
        return Command("create_contact", {"contact": contact}, _reads(call, contact["uuid"], 201))
    kind, value = lookup
    if kind == "uuid":
        if not is_uuid(value) or find(reader, call, value) is None:
            raise not_found()
        return Command("change_contact", {"contact": value, "changes": changes}, _reads(call, value, 200))
    if "urns" in changes:
        raise wrong_field("urns", "Field not allowed when using URN in URL")
    known = find_by_urn(reader, call, value)
    data = {"urn": value, "new_uuid": call.new_id(), "changes": changes}
    return Command("change_contact", data, _reads(call, None, 200 if known else 201))


def delete(reader: Reader, call: Call) -> Command:
    kind, value = call.must_look_up("uuid", "urn")
    found = find(reader, call, value) if kind == "uuid" else find_by_urn(reader, call, value)
    if found is None or found["status"] is None:
        raise not_found()
    return Command("delete_contact", {"contact": str(found["uuid"])}, lambda reader, result: NO_CONTENT)


def find(reader: Reader, call: Call, uuid: str) -> Data | None:
    if not is_uuid(uuid):
        return None
    return reader.row(f"{_SELECT} and c.uuid = %s::uuid", call.org, uuid)


def find_by_urn(reader: Reader, call: Call, urn: str) -> Data | None:
    scheme, _, path = urn.partition(":")
    return reader.row(
        f"{_SELECT} and c.id in (select contact_id from contacts.contact_urns where org = %s and scheme = %s and path = %s)",
        call.org,
        call.org,
        scheme,
        path,
    )


def _reads(call: Call, uuid: str | None, status: int) -> Any:
    def read(reader: Reader, result: Data) -> tuple[int, Any]:
        row = find(reader, call, uuid or result["uuid"])
        if row is None:
            raise not_found()
        return status, shown(reader, call, [row])[0]

    return read


def _changes(reader: Reader, call: Call) -> Data:
    body = call.body
    changes: Data = {}
    unknown = set(body) - _FIELDS - {"uuid", "status"}
    if unknown and not set(body) & _FIELDS:
        raise wrong_body(f"Unknown field {sorted(unknown)[0]}: expected {', '.join(sorted(_FIELDS))}.")
    if "name" in body:
        changes["name"] = _short_text(body["name"], "name", MAX_NAME)
    if "language" in body:
        language = body["language"]
        if language and not (isinstance(language, str) and len(language) == 3 and language.isalpha()):
            raise wrong_field("language", "Not a valid ISO639-3 language code.")
        changes["language"] = language or None
    if "urns" in body:
        changes["urns"] = _list(body["urns"], "urns")
        for place, urn in enumerate(changes["urns"]):
            if not isinstance(urn, str) or ":" not in urn:
                raise wrong_field(f"urns.{place}", "URN is not valid.")
    if "groups" in body:
        changes["groups"] = [_group_uuid(reader, call, value) for value in _list(body["groups"], "groups")]
    if "fields" in body:
        changes["fields"] = _field_values(body["fields"])
    if body.get("note"):
        changes["note"] = _short_text(body["note"], "note", MAX_NOTE)
    return changes


def _field_values(given: Any) -> Data:
    if not isinstance(given, dict):
        raise wrong_field("fields", 'Expected a dictionary of items but got type "' + type(given).__name__ + '".')
    if len(given) > MAX_LIST:
        raise wrong_field("fields", f"Ensure this field has no more than {MAX_LIST} elements.")
    return {str(key): None if value in (None, "") else str(value) for key, value in given.items()}


def _short_text(value: Any, field: str, most: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong_field(field, "Not a valid string.")
    if len(value) > most:
        raise wrong_field(field, f"Ensure this field has no more than {most} characters.")
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise wrong_field(field, f'Expected a list of items but got type "{type(value).__name__}".')
    if len(value) > MAX_LIST:
        raise wrong_field(field, f"Ensure this field has no more than {MAX_LIST} elements.")
    return value


def _group_uuid(reader: Reader, call: Call, value: Any) -> str:
    if not isinstance(value, str | int):
        raise wrong_field("groups", "Must be a string or integer")
    group = _group(reader, call, str(value))
    if group is None:
        raise wrong_field("groups", f"No such object: {value}")
    return str(group["uuid"])


def _group(reader: Reader, call: Call, value: str) -> Data | None:
    condition = "uuid = %s::uuid" if is_uuid(value) else "lower(doc->>'name') = lower(%s)"
    return reader.row(
        f"select uuid, doc from groups.groups where org = %s and not removed and {condition}", call.org, value
    )
