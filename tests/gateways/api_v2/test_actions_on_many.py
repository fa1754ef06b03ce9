"""Actions on messages and tickets, of which some can't be acted on."""

import uuid

import pytest

from tests.gateways.api_v2.client import Client


@pytest.fixture(scope="module")
def topic(api: Client) -> dict[str, str]:
    made = api.post("topics", {"name": "Water"}).body
    new = [str(uuid.uuid4()) for _ in range(4)]
    action = {"uuid": new[0], "type": "open_ticket", "topic": {"uuid": made["uuid"], "name": made["name"]}}
    definition = {
        "uuid": new[1], "name": "Help", "spec_version": "14.0.0", "type": "messaging", "language": "eng", "revision": 1,
        "expire_after_minutes": 60, "localization": {}, "nodes": [{"uuid": new[2], "actions": [action], "exits": [{"uuid": new[3]}]}],
    }  # fmt: skip
    workspace = api.answering.mine
    flow = workspace.must("save_flow", definition=definition)["uuid"]
    trigger = {"uuid": str(uuid.uuid4()), "type": "keyword", "keywords": ["help"], "match": "first", "flow": flow}
    workspace.must("add_trigger", trigger=trigger)
    return {"uuid": made["uuid"], "name": made["name"]}


def somebody_asks_for_help(api: Client) -> tuple[str, str, str]:
    """Uuids of the contact, the message and the ticket."""
    urn = f"tel:+25078{uuid.uuid4().int % 10_000_000:07}"
    api.answering.mine.texts(urn, "help")
    api.answering._show()
    contact = api.get("contacts", urn=urn).results[0]["uuid"]
    message = next(each for each in api.get("messages", contact=contact).results if each["direction"] == "in")
    return contact, message["uuid"], api.get("tickets", contact=contact).results[0]["uuid"]


def test_what_belongs_to_deleted_contacts_is_told_and_the_rest_is_done(api: Client, topic: dict[str, str]) -> None:
    gone, old_message, old_ticket = somebody_asks_for_help(api)
    _, message, ticket = somebody_asks_for_help(api)
    api.delete("contacts", uuid=gone)

    archived = api.post("message_actions", {"messages": [old_message, message, 7], "action": "archive"})
    closed = api.post("ticket_actions", {"tickets": [old_ticket, ticket], "action": "close"})

    assert (archived.status, archived.body) == (200, {"failures": [old_message, 7]})
    assert (closed.status, closed.body) == (200, {"failures": [old_ticket]})
    assert api.get("messages", uuid=message).results[0]["visibility"] == "archived"
    assert api.get("tickets", uuid=ticket).results[0]["status"] == "closed"


def test_a_ticket_is_assigned_noted_and_given_another_topic(api: Client, topic: dict[str, str]) -> None:
    _, _, ticket = somebody_asks_for_help(api)
    user, other = api.get("users").results[0], api.post("topics", {"name": "Latrines"}).body

    for act in (
        {"action": "assign", "assignee": user["email"].upper()},
        {"action": "add_note", "note": "Call back"},
        {"action": "change_topic", "topic": other["uuid"].upper()},
    ):
        assert api.post("ticket_actions", {"tickets": [ticket.upper()], **act}).status == 204

    [shown] = api.get("tickets", uuid=ticket).results
    assert shown["assignee"] == {"email": user["email"], "name": user["name"]}
    assert shown["topic"] == {"uuid": other["uuid"], "name": "Latrines"}
    assert api.post("ticket_actions", {"tickets": [ticket], "action": "assign", "assignee": None}).status == 204
    assert api.get("tickets", uuid=ticket).results[0]["assignee"] is None


@pytest.mark.parametrize(
    ("act", "error"),
    [
        ({"action": "assign"}, {"non_field_errors": ['For action "assign" you must specify the assignee']}),
        ({"action": "assign", "assignee": "x@y.z"}, {"assignee": ["No such object: x@y.z"]}),
        ({"action": "change_topic", "topic": "Nobody"}, {"topic": ["No such object: Nobody"]}),
        ({"action": "burn"}, {"action": ['"burn" is not a valid choice.']}),
    ],
)
def test_an_action_on_tickets_names_what_is_wrong(
    api: Client, topic: dict[str, str], act: dict[str, str], error: dict[str, str]
) -> None:
    _, _, ticket = somebody_asks_for_help(api)

    answer = api.post("ticket_actions", {"tickets": [ticket], **act})

    assert (answer.status, answer.body) == (400, error)
