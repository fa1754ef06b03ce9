"""One action on many contacts at once."""

from typing import Any

from commands.contacts.apply_modifiers import apply_modifiers
from commands.contacts.change_contact import delete
from commands.conversations.run_flow import interrupt_session
from commands.deciding import Deciding
from domain.conversation.aggregate import Conversation
from domain.errors import Invalid

Data = dict[str, Any]

STATUSES = {"block": "blocked", "unblock": "active"}
ACTIONS = ("add", "remove", "block", "unblock", "interrupt", "archive_messages", "delete")


def act_on_contacts(deciding: Deciding, data: Data) -> None:
    """`data` as in the command; all contacts or none."""
    action = data["action"]
    if action not in ACTIONS:
        raise Invalid(f"Expected one of {', '.join(ACTIONS)}.", field="action")
    conversations = [deciding.contact(uuid) for uuid in data["contacts"]]
    group = _group(deciding, data.get("group")) if action in ("add", "remove") else None
    if action == "add":
        passive = [each.id for each in conversations if each.contact["status"] != "active"]
        if passive:
            raise Invalid(f"Non-active contacts cannot be added to groups: {', '.join(passive)}", field="contacts")
    for conversation in conversations:
        if conversation.contact["status"] != "deleted":
            _act(deciding, conversation, action, group)
    deciding.accept()


def _group(deciding: Deciding, uuid: Any) -> Data:
    group = deciding.workspace.find("group", uuid)
    if group is None:
        raise Invalid(f"No such object: {uuid}", field="group")
    if group.get("query"):
        raise Invalid(f"Contact group must not be query based: {group['name']}", field="group")
    return {"uuid": group["uuid"], "name": group["name"]}


def _act(deciding: Deciding, conversation: Conversation, action: str, group: Data | None) -> None:
    if group is not None:
        apply_modifiers(deciding, conversation, [{"type": "groups", "modification": action, "groups": [group]}])
    elif action in STATUSES:
        apply_modifiers(deciding, conversation, [{"type": "status", "status": STATUSES[action]}])
        if action == "block":
            interrupt_session(deciding, conversation)
    elif action == "interrupt":
        interrupt_session(deciding, conversation)
    elif action == "archive_messages":
        deciding.record(conversation, "contact_messages_archived", {})
    else:
        delete(deciding, conversation)
