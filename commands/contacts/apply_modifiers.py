"""Modifiers, the only way a contact changes, applied to a conversation."""

from collections.abc import Iterable
from typing import Any

from commands.deciding import Deciding
from domain.contact.contact import Contact
from domain.contact.modifiers import apply_modifier, read_modifier
from domain.conversation.aggregate import Conversation

Data = dict[str, Any]

_ENVELOPE = ("type", "uuid", "created_on")


def apply_modifiers(deciding: Deciding, conversation: Conversation, documents: Iterable[Data]) -> bool:
    """Apply modifiers (JSON) in their order; one that names what is gone does nothing. Whether anything changed."""
    workspace = deciding.workspace
    contact = Contact.from_json(conversation.contact, workspace.assets, groups_checked=conversation.groups_checked)
    changed = False
    for document in documents:
        modifier = read_modifier(document, workspace.assets)
        if modifier is None:
            continue
        contact, events = apply_modifier(modifier, contact, workspace.environment, workspace.assets, deciding.world)
        for event in events:
            if event["type"].startswith(("contact_", "ticket_")):
                body = {key: value for key, value in event.items() if key not in _ENVELOPE}
                deciding.record(conversation, event["type"], body)
                changed = True
    return changed
