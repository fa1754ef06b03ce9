"""contacts: list, create, change, delete."""

from typing import Any

from gateways.api_v2.answers import not_found, wrong_body, wrong_field, wrong_param
from gateways.api_v2.calls import NO_CONTENT, Call, Command
from gateways.api_v2.pages import empty_page, page
from gateways.api_v2.resources.contact_changes import find_group, read_changes
from gateways.api_v2.resources.contact_rows import shown
from gateways.api_v2.urns import asked_urn, is_urn, place_of
from gateways.http.read_pool import Reader

Data = dict[str, Any]

_SELECT = "select c.* from contacts.contacts c where c.org = %s"
# In the order of the group's own list, so that a page costs the same however many other contacts there are.
_SELECT_OF_GROUP = (
    "select c.*, g.contact_id from contacts.contact_groups g"
    " join contacts.contacts c on c.org = g.org and c.id = g.contact_id where g.org = %s and g.group_uuid = %s::uuid"
)


def get(reader: Reader, call: Call) -> Data:
    uuid, urn = call.uuid("uuid"), asked_urn(call)
    select, order, of = _SELECT, ("c.modified_on", "c.id"), [call.org]
    if call.text("group"):
        group = find_group(reader, call, call.text("group"))
        if group is None or call.flag("deleted"):
            return empty_page()
        select, order, of = _SELECT_OF_GROUP, ("g.modified_on", "g.contact_id"), [call.org, str(group["uuid"])]
    conditions, arguments = call.period(order[0])
    conditions.append("c.status is null" if call.flag("deleted") else "c.status is not null")
    if uuid:
        conditions.append("c.uuid = %s::uuid")
        arguments.append(uuid)
    if urn:
        conditions.append(
            "c.id in (select contact_id from contacts.contact_urns where org = %s and scheme = %s and path = %s)"
        )
        arguments += [call.org, *place_of(call, urn)]
    return page(
        reader,
        call,
        select,
        order=order,
        conditions=conditions,
        arguments=[*of, *arguments],
        show=lambda rows: shown(reader, call, rows),
        reverse=call.flag("reverse"),
    )


def post(reader: Reader, call: Call) -> Command:
    lookup, urn = call.lookup("uuid", "urn"), asked_urn(call)
    changes = read_changes(reader, call)
    if lookup is None:
        contact = {**changes, "uuid": call.new_id()}
        contact.pop("note", None)
        return Command("create_contact", {"contact": contact}, _reads(call, contact["uuid"]))
    kind, value = lookup
    if kind == "uuid":
        found = find(reader, call, value)
        if found is None:
            raise not_found()
        if found["status"] is None:
            raise wrong_body("Deleted contacts can't be modified.")
        if "urns" in changes and call.anonymous:
            raise wrong_field("urns", "Updating URNs is not allowed for anonymous organizations")
        return Command("change_contact", {"contact": value, "changes": changes}, _reads(call, None))
    if "urns" in changes:
        raise wrong_field("urns", "Field not allowed when using URN in URL")
    if not is_urn(call, urn):
        raise wrong_param(f"Param 'urn': {urn} is not a valid URN.")
    new = call.new_id()
    return Command("change_contact", {"urn": urn, "new_uuid": new, "changes": changes}, _reads(call, new))


def delete(reader: Reader, call: Call) -> Command:
    kind, value = call.must_look_up("uuid", "urn")
    asked_urn(call)
    found = find(reader, call, value) if kind == "uuid" else find_by_urn(reader, call, value)
    if found is None or found["status"] is None:
        raise not_found()
    return Command("delete_contact", {"contact": str(found["uuid"])}, lambda reader, result: NO_CONTENT)


def find(reader: Reader, call: Call, uuid: str) -> Data | None:
    """By a uuid, however it is written."""
    return reader.row(f"{_SELECT} and c.uuid = %s::uuid", call.org, uuid)


def find_by_urn(reader: Reader, call: Call, urn: str) -> Data | None:
    return reader.row(
        f"{_SELECT} and c.id in (select contact_id from contacts.contact_urns where org = %s and scheme = %s and path = %s)",
        call.org,
        call.org,
        *place_of(call, urn),
    )


def _reads(call: Call, made: str | None) -> Any:
    """`made`: the uuid that the contact has if it is a new one."""

    def read(reader: Reader, result: Data) -> tuple[int, Any]:
        row = find(reader, call, result["uuid"])
        if row is None:
            raise not_found()
        return 201 if result["uuid"] == made else 200, shown(reader, call, [row])[0]

    return read
