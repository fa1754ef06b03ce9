"""Contacts as the API shows them."""

from decimal import Decimal
from typing import Any

from domain.contact.field_values import FieldValue
from domain.contact.reference_code import reference_code
from domain.contact.urns import REDACTED
from domain.workspace.environment import environment_of
from gateways.api_v2.answers import reference, time_text
from gateways.api_v2.calls import Call
from gateways.api_v2.urns import shown_urn
from gateways.http.read_pool import Reader

Data = dict[str, Any]


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
    authors = _authors(reader, call, rows)
    kinds = reader.rows("select doc from fields.fields where org = %s and not removed order by created_on", call.org)
    fields = {row["doc"]["key"]: row["doc"].get("type") or "text" for row in kinds}
    expand = call.flag("expand_urns")
    found = []
    for row in rows:
        if row["status"] is None:
            contact = _deleted(row)
        else:
            contact = _alive(row, groups.get(row["id"], []), fields, authors)
            contact["urns"] = [_urn(urn, expand, call.anonymous) for urn in urns.get(row["id"], [])]
        found.append({**contact, **reference_of(call, row["id"])})
    return found


def reference_of(call: Call, contact_id: int | None) -> Data:
    """What a contact is called by where its addresses are not to be seen."""
    if not call.anonymous:
        return {}
    key = environment_of(call.caller.workspace).obfuscation_key
    code = reference_code(contact_id, key) if contact_id and contact_id > 0 else None
    return {"ref": code, "anon_display": code}


def _by_contact(rows: list[Data]) -> dict[int, list[Data]]:
    found: dict[int, list[Data]] = {}
    for row in rows:
        found.setdefault(row["contact_id"], []).append(row)
    return found


def _alive(row: Data, groups: list[Data], fields: dict[str, str], authors: dict[str, str]) -> Data:
    return {
        "uuid": str(row["uuid"]),
        "name": row["name"],
        "status": row["status"],
        "language": row["language"],
        "urns": [],
        "groups": [{"uuid": group["uuid"], "name": group["name"]} for group in groups],
        "notes": [_note(note, authors) for note in row["notes"]],
        "fields": {key: field_value(kind, row["fields"].get(key)) for key, kind in fields.items()},
        "flow": reference(row["flow_uuid"], row["flow_name"]),
        **_times(row),
        "blocked": row["status"] == "blocked",
        "stopped": row["status"] == "stopped",
    }


def _deleted(row: Data) -> Data:
    gone = dict.fromkeys(("name", "status", "language", "flow", "blocked", "stopped"))
    return {"uuid": str(row["uuid"]), **gone, "urns": [], "groups": [], "notes": [], "fields": {}, **_times(row)}


def _times(row: Data) -> Data:
    return {name: time_text(row[name]) for name in ("created_on", "modified_on", "last_seen_on")}


def _urn(urn: Data, expand: bool, anonymous: bool) -> Any:
    if not expand:
        return shown_urn(urn["scheme"], urn["path"], anonymous=anonymous)
    path, display = (REDACTED, None) if anonymous else (urn["path"], urn["display"])
    return {"channel": urn["channel"], "scheme": urn["scheme"], "path": path, "display": display}


def _authors(reader: Reader, call: Call, rows: list[Data]) -> dict[str, str]:
    """The names of those who wrote notes, by their addresses."""
    addresses = {_address(note) for row in rows for note in row["notes"]}
    if not addresses:
        return {}
    users = reader.rows(
        "select doc->>'email' as email, doc->>'name' as name from workspaces.users where org = %s and doc->>'email' = any(%s)",
        call.org,
        list(addresses),
    )
    return {user["email"]: user["name"] or "" for user in users}


def _address(note: Data) -> str:
    """Of whoever wrote it: events have the actor of their command."""
    author = note.get("created_by")
    return str(author.get("email") if isinstance(author, dict) else author or "").removeprefix("api:")


def _note(note: Data, authors: dict[str, str]) -> Data:
    author = _address(note)
    by = {"email": author, "name": authors.get(author, "")}
    return {"text": note["text"], "created_on": time_text(note["created_on"]), "created_by": by}


def field_value(kind: str, value: Data | None) -> str | None:
    """As text in the form of its type; None where the text can't be read as one."""
    if not value:
        return None
    if kind == "number":
        return plain_number(FieldValue.from_json(value).number)
    found = value.get(kind)
    return str(found) if found or (found == "" and kind == "text") else None


def plain_number(number: Decimal | None) -> str | None:
    """Without exponent, and without zeros at its end."""
    if number is None:
        return None
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
