"""One action on many tickets at once, by somebody of the workspace."""

from typing import Any

from commands.contacts.apply_modifiers import apply_modifiers
from commands.conversations.run_flow import start_flow
from commands.deciding import Deciding
from domain.conversation.aggregate import Conversation
from domain.errors import Invalid
from domain.trigger.match import match_event

Data = dict[str, Any]

ACTIONS = ("assign", "add_note", "change_topic", "close", "reopen")


def act_on_tickets(deciding: Deciding, data: Data) -> None:
    """`data` as in the command. What is as wanted already is named in the outcome's `failures`."""
    action = data["action"]
    if action not in ACTIONS:
        raise Invalid(f"Expected one of {', '.join(ACTIONS)}.", field="action")
    modifier = _modifier(deciding, action, data)
    failures = []
    for each in data["tickets"]:
        conversation = deciding.contact(each["contact"])
        if not apply_modifiers(deciding, conversation, [{**modifier, "ticket_uuid": each["ticket"]}]):
            failures.append(each["ticket"])
        elif action == "close":
            start_by_ticket(deciding, conversation, each["ticket"])
    deciding.accept(failures=failures)


def _modifier(deciding: Deciding, action: str, data: Data) -> Data:
    """The modifier without its ticket."""
    if action == "assign":
        assignee = data.get("assignee")
        return {"type": "ticket_assignee", "assignee": _reference(deciding, "user", assignee) if assignee else None}
    if action == "change_topic":
        return {"type": "ticket_topic", "topic": _reference(deciding, "topic", data.get("topic"))}
    if action == "add_note":
        if not data.get("note"):
            raise Invalid("This field is required.", field="note")
        return {"type": "ticket_note", "note": data["note"]}
    return {"type": f"ticket_{action}"}


def _reference(deciding: Deciding, kind: str, uuid: Any) -> Data:
    item = deciding.workspace.find(kind, uuid)
    if item is None:
        raise Invalid(f"No such object: {uuid}", field="assignee" if kind == "user" else kind)
    return {"uuid": item["uuid"], "name": item.get("name") or item.get("email")}


def start_by_ticket(deciding: Deciding, conversation: Conversation, uuid: str) -> None:
    """Start the flow that asks the contact about a ticket which was closed, if there is one and nothing else is going on."""
    workspace, contact = deciding.workspace, conversation.contact
    hit = match_event(workspace.items["trigger"].values(), "ticket_closed", None, contact)
    flow = workspace.find("flow", hit["flow"]) if hit else None
    if flow is None or flow.get("archived") or contact["status"] != "active" or conversation.calling is not None:
        return
    ticket = next(each for each in contact["tickets"] if each["uuid"] == uuid)
    event = {
        "type": "ticket_closed",
        "uuid": deciding.world.uuid7(),
        "created_on": deciding.now_text,
        "ticket_uuid": uuid,
    }
    document = {
        "type": "ticket",
        "flow": {"uuid": flow["uuid"], "name": flow["name"]},
        "event": event,
        "ticket": ticket,
    }
    start_flow(deciding, conversation, {**document, "triggered_on": deciding.now_text})
