"""tickets and users: lists."""

from typing import Any

from gateways.api_v2.answers import reference, time_text
from gateways.api_v2.calls import Call
from gateways.api_v2.pages import page
from gateways.http.read_pool import Reader

Data = dict[str, Any]

_SELECT = """
select t.*, c.name as contact_name, u.doc->>'email' as email, u.doc->>'name' as user_name
from tickets.tickets t left join contacts.contacts c on c.org = t.org and c.uuid = (t.doc->>'contact')::uuid
left join workspaces.users u on u.org = t.org and u.uuid::text = t.doc->'assignee'->>'uuid' where t.org = %s"""


def get(reader: Reader, call: Call) -> Data:
    conditions, arguments = [], []
    for name, condition in (("uuid", "t.uuid = %s::uuid"), ("contact", "t.doc->>'contact' = %s")):
        uuid = call.uuid(name)
        if uuid:
            conditions.append(condition)
            arguments.append(uuid)
    return page(
        reader,
        call,
        _SELECT,
        order=("t.modified_on", "t.uuid"),
        conditions=conditions,
        arguments=[call.org, *arguments],
        show=lambda rows: [_shown(row) for row in rows],
    )


def _shown(row: Data) -> Data:
    ticket = row["doc"]
    topic, flow = ticket.get("topic"), ticket.get("flow")
    return {
        "uuid": str(row["uuid"]),
        "contact": reference(ticket["contact"], row["contact_name"]),
        "status": ticket["status"],
        "topic": reference(topic["uuid"], topic.get("name")) if topic else None,
        "body": None,
        "assignee": {"email": row["email"], "name": row["user_name"] or ""} if row["email"] else None,
        "opened_on": time_text(row["created_on"]),
        "opened_by": None,
        "opened_in": reference(flow["uuid"], flow.get("name")) if flow else None,
        "modified_on": time_text(row["modified_on"]),
        "closed_on": time_text(ticket.get("closed_on")),
    }


def get_users(reader: Reader, call: Call) -> Data:
    """Each parameter may be repeated."""
    conditions: list[str] = []
    arguments: list[Any] = []
    columns = {
        "uuid": "u.uuid::text",
        "email": "lower(u.doc->>'email')",
        "role": "coalesce(u.doc->>'role', 'administrator')",
    }
    for name, column in columns.items():
        wanted = call.uuids(name) if name == "uuid" else [value.lower() for value in call.texts(name)]
        if wanted:
            conditions.append(f"{column} = any(%s)")
            arguments.append(wanted)
    return page(
        reader,
        call,
        "select u.* from workspaces.users u where u.org = %s and not u.removed",
        order=("u.created_on", "u.uuid"),
        conditions=conditions,
        arguments=[call.org, *arguments],
        show=lambda rows: [_user(row) for row in rows],
    )


def _user(row: Data) -> Data:
    user = row["doc"]
    name = user.get("name") or ""
    first, _, last = name.partition(" ")
    return {
        "uuid": str(row["uuid"]),
        "name": name,
        "email": user["email"],
        "role": user.get("role") or "administrator",
        "team": None,
        "created_on": time_text(row["created_on"]),
        "avatar": None,
        "first_name": first,
        "last_name": last,
    }
