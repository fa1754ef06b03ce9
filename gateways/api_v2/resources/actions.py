"""contact_actions, message_actions and ticket_actions: one action on up to a hundred things, answered with 204."""

from typing import Any

from gateways.api_v2.answers import check_reference, wrong_body, wrong_field
from gateways.api_v2.calls import NO_CONTENT, Call, Command, is_uuid
from gateways.api_v2.resources.names import read_name
from gateways.api_v2.urns import place_of
from gateways.http.read_pool import Reader

Data = dict[str, Any]

MAX_ITEMS = 100
MAX_NOTE = 10_000
CONTACT_ACTIONS = ("add", "remove", "block", "unblock", "interrupt", "archive_messages", "delete")
MESSAGE_ACTIONS = ("label", "unlabel", "archive", "restore", "delete")
TICKET_ACTIONS = ("assign", "add_note", "change_topic", "close", "reopen")


def post_contact_action(reader: Reader, call: Call) -> Command:
    given = _items(call, "contacts")
    action = call.body.get("action")
    action = _action("archive_messages" if action == "archive" else action, CONTACT_ACTIONS)
    data: Data = {"contacts": _contacts(reader, call, given), "action": action}
    group = call.body.get("group")
    if action in ("add", "remove"):
        if not group:
            raise wrong_body(f'For action "{action}" you should also specify a group')
        data["group"] = _named(reader, call, "group", group)
    elif group:
        raise wrong_body(f'For action "{action}" you should not specify a group')
    return Command("act_on_contacts", data, lambda reader, result: NO_CONTENT)


def post_message_action(reader: Reader, call: Call) -> Command:
    """Messages are named by id or uuid; those that are not there are told as failures."""
    given = _items(call, "messages")
    action = _action(call.body.get("action"), MESSAGE_ACTIONS)
    found, failures = _messages(reader, call, given)
    data: Data = {"messages": found, "action": action}
    label, name = call.body.get("label"), call.body.get("label_name")
    if action in ("label", "unlabel"):
        if bool(label) == bool(name):
            raise wrong_body(f'For action "{action}" you should also specify a label or label_name')
        data["label"] = (
            {"uuid": _named(reader, call, "label", label)}
            if label
            else {"uuid": call.new_id(), "name": read_name(name, "label_name")}
        )
    elif label or name:
        raise wrong_body(f'For action "{action}" you should not specify a label or label_name')
    return Command("act_on_messages", data, _done(failures))


def post_ticket_action(reader: Reader, call: Call) -> Command:
    given = _items(call, "tickets")
    action = _action(call.body.get("action"), TICKET_ACTIONS)
    found, failures = _tickets(reader, call, given)
    data: Data = {"tickets": found, "action": action}
    if action == "assign":
        if "assignee" not in call.body:
            raise wrong_body('For action "assign" you must specify the assignee')
        data["assignee"] = _user(reader, call, call.body["assignee"])
    elif action == "add_note":
        note = call.body.get("note")
        if not isinstance(note, str) or not note or len(note) > MAX_NOTE:
            raise wrong_body(f'For action "add_note" you must specify the note, of at most {MAX_NOTE} characters')
        data["note"] = note
    elif action == "change_topic":
        if not call.body.get("topic"):
            raise wrong_body('For action "change_topic" you must specify the topic')
        data["topic"] = _named(reader, call, "topic", call.body["topic"])
    return Command("act_on_tickets", data, _done(failures))


def _done(failures: list[Any]) -> Any:
    def answer(reader: Reader, result: Data) -> tuple[int, Any]:
        failed = [*failures, *(result.get("failures") or ())]
        return (200, {"failures": failed}) if failed else NO_CONTENT

    return answer


def _items(call: Call, field: str) -> list[Any]:
    given = call.body.get(field)
    if given is None:
        raise wrong_field(field, "This field is required.")
    if not isinstance(given, list):
        raise wrong_field(field, f'Expected a list of items but got type "{type(given).__name__}".')
    if not given:
        raise wrong_field(field, "This list may not be empty.")
    if len(given) > MAX_ITEMS:
        raise wrong_field(field, f"Ensure this field has no more than {MAX_ITEMS} elements.")
    for place, each in enumerate(given):
        check_reference(each, f"{field}.{place}")
    return list(dict.fromkeys(given))


def _action(given: Any, actions: tuple[str, ...]) -> str:
    if not given:
        raise wrong_field("action", "This field is required.")
    if given not in actions:
        raise wrong_field("action", f'"{given}" is not a valid choice.')
    return str(given)


def _contacts(reader: Reader, call: Call, given: list[Any]) -> list[str]:
    """The uuids of contacts that are named by uuid or URN."""
    texts = [str(each) for each in given]
    uuids = [each.lower() for each in texts if is_uuid(each)]
    urns = {each: place_of(call, each) for each in texts if not is_uuid(each)}
    rows = reader.rows(
        "select uuid::text as uuid, uuid::text as name from contacts.contacts"
        " where org = %s and status is not null and uuid = any(%s::uuid[])"
        " union all select c.uuid::text, u.scheme || ':' || u.path from contacts.contact_urns u"
        " join contacts.contacts c on c.org = u.org and c.id = u.contact_id"
        " join unnest(%s::text[], %s::text[]) w(scheme, path) on w.scheme = u.scheme and w.path = u.path where u.org = %s",
        call.org,
        uuids,
        [scheme for scheme, _ in urns.values()],
        [path for _, path in urns.values()],
        call.org,
    )
    known = {row["name"]: row["uuid"] for row in rows}
    found = []
    for place, text in enumerate(texts):
        name = ":".join(urns[text]) if text in urns else text.lower()
        if name not in known:
            raise wrong_field(f"contacts.{place}", f"No such object: {text}")
        found.append(known[name])
    return list(dict.fromkeys(found))


def _messages(reader: Reader, call: Call, given: list[Any]) -> tuple[list[Data], list[Any]]:
    """The incoming messages among those named, and what names none, or one of somebody who was deleted. Refuses outgoing ones."""
    ids = [int(each) for each in given if str(each).isascii() and str(each).isdigit() and len(str(each)) < 19]
    uuids = [each.lower() for each in given if isinstance(each, str) and is_uuid(each)]
    rows = reader.rows(
        "select m.id, m.uuid::text, m.contact_uuid::text, m.direction from messages.messages m"
        " join contacts.contacts c on c.org = m.org and c.uuid = m.contact_uuid and c.status is not null"
        " where m.org = %s and m.visibility <> 'deleted' and (m.id = any(%s) or m.uuid = any(%s::uuid[]))",
        call.org,
        ids,
        uuids,
    )
    for row in rows:
        if row["direction"] != "in":
            raise wrong_field("messages", f"Not an incoming message: {row['id']}")
    known = {str(row["id"]) for row in rows} | {row["uuid"] for row in rows}
    missing = [each for each in given if str(each).lower() not in known]
    return [{"message": row["uuid"], "contact": row["contact_uuid"]} for row in rows], missing


def _tickets(reader: Reader, call: Call, given: list[Any]) -> tuple[list[Data], list[Any]]:
    """The tickets that are named, and those of people who were deleted. Refuses what names none."""
    uuids = [str(each).lower() for each in given if is_uuid(each)]
    rows = reader.rows(
        "select t.uuid::text, c.uuid::text as contact, c.status from tickets.tickets t"
        " join contacts.contacts c on c.org = t.org and c.uuid = (t.doc->>'contact')::uuid"
        " where t.org = %s and t.uuid = any(%s::uuid[])",
        call.org,
        uuids,
    )
    known = {row["uuid"]: row for row in rows}
    for place, each in enumerate(given):
        if str(each).lower() not in known:
            raise wrong_field(f"tickets.{place}", f"No such object: {each}")
    found = [known[uuid] for uuid in dict.fromkeys(uuids)]
    alive = [{"ticket": row["uuid"], "contact": row["contact"]} for row in found if row["status"] is not None]
    return alive, [row["uuid"] for row in found if row["status"] is None]


def _named(reader: Reader, call: Call, kind: str, value: Any) -> str:
    """The uuid of a group, label or topic named by uuid or name."""
    condition = "uuid = %s::uuid" if is_uuid(value) else "lower(doc->>'name') = lower(%s)"
    row = reader.row(
        f"select uuid::text from {kind}s.{kind}s where org = %s and not removed and {condition}", call.org, str(value)
    )
    if row is None:
        raise wrong_field(kind, f"No such object: {value}")
    return str(row["uuid"])


def _user(reader: Reader, call: Call, email: Any) -> str | None:
    if email is None:
        return None
    row = reader.row(
        "select uuid::text from workspaces.users where org = %s and not removed and lower(doc->>'email') = lower(%s)",
        call.org,
        str(email),
    )
    if row is None:
        raise wrong_field("assignee", f"No such object: {email}")
    return str(row["uuid"])
