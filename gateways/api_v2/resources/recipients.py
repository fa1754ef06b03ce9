"""Contacts, groups and URNs that a body names as recipients, and how they are shown again."""

from typing import Any

from gateways.api_v2.answers import check_reference, wrong_field
from gateways.api_v2.calls import Call, is_uuid
from gateways.api_v2.urns import is_urn, normal_urn
from gateways.http.read_pool import Reader

Data = dict[str, Any]

MOST = 100


def read_recipients(reader: Reader, call: Call) -> Data:
    """{contacts: [uuid], groups: [uuid], urns: [text]}; a contact may be named by URN, a group by name."""
    contacts, urns = _contacts(reader, call)
    return {"contacts": contacts, "groups": _groups(reader, call), "urns": urns}


def _given(call: Call, field: str) -> list[Any]:
    value = call.body.get(field)
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise wrong_field(field, f'Expected a list of items but got type "{type(value).__name__}".')
    if len(value) > MOST:
        raise wrong_field(field, f"Ensure this field has no more than {MOST} elements.")
    return value


def _contacts(reader: Reader, call: Call) -> tuple[list[str], list[str]]:
    contacts = [value for value in _given(call, "contacts") if is_uuid(value)]
    by_urn = [value for value in _given(call, "contacts") if not is_uuid(value)]
    known = {
        row["uuid"]
        for row in reader.rows(
            "select uuid::text from contacts.contacts where org = %s and uuid = any(%s::uuid[]) and status is not null",
            call.org,
            contacts,
        )
    }
    for value in contacts:
        if value.lower() not in known:
            raise wrong_field("contacts", f"No such object: {value}")
    for value in by_urn:
        check_reference(value, "contacts")
        if not is_urn(call, value):
            raise wrong_field("contacts", f"No such object: {value}")
    urns = _given(call, "urns")
    for place, urn in enumerate(urns):
        if not is_urn(call, urn):
            raise wrong_field(f"urns.{place}", f"Invalid URN: {urn}. Ensure phone numbers contain country codes.")
    normal = dict.fromkeys(normal_urn(call, urn) for urn in [*urns, *by_urn])
    return [value.lower() for value in contacts], [urn for urn in normal if urn]


def _groups(reader: Reader, call: Call) -> list[str]:
    found = []
    for value in _given(call, "groups"):
        check_reference(value, "groups")
        condition = "uuid = %s::uuid" if is_uuid(value) else "lower(doc->>'name') = lower(%s)"
        row = reader.row(
            f"select uuid::text from groups.groups where org = %s and not removed and {condition}", call.org, str(value)
        )
        if row is None:
            raise wrong_field("groups", f"No such object: {value}")
        found.append(str(row["uuid"]))
    return found


def named(reader: Reader, call: Call, documents: list[Data]) -> tuple[dict[str, Data], dict[str, Data]]:
    """References by uuid of all contacts and groups that these documents name."""
    contacts = _references(reader, call, "select uuid::text, name from contacts.contacts", "contacts", documents)
    groups = _references(
        reader, call, "select uuid::text, doc->>'name' as name from groups.groups", "groups", documents
    )
    return contacts, groups


def _references(reader: Reader, call: Call, select: str, key: str, documents: list[Data]) -> dict[str, Data]:
    wanted = list({uuid_in(value) for document in documents for value in document.get(key) or ()})
    if not wanted:
        return {}
    rows = reader.rows(f"{select} where org = %s and uuid = any(%s::uuid[])", call.org, wanted)
    return {row["uuid"]: {"uuid": row["uuid"], "name": row["name"] or ""} for row in rows}


def uuid_in(value: Any) -> str:
    """Commands name recipients by uuid, flows by reference."""
    return str(value["uuid"] if isinstance(value, dict) else value)


def shown(values: Any, known: dict[str, Data]) -> list[Data]:
    return [known.get(uuid_in(value), {"uuid": uuid_in(value), "name": ""}) for value in values or ()]


def progress(document: Data, handled: int | None) -> Data:
    total = document.get("total")
    return {"total": total if total is not None else -1, "started": handled or 0}


def status(document: Data, handled: int | None) -> str:
    total = document.get("total")
    if total is None:
        return "pending"
    return "completed" if (handled or 0) >= total else "started"
