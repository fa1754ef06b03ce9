"""Whether a contact belongs to the groups that have a query: asked for those whom a new group concerns.

Everybody else's groups are looked at when something about them changes.
"""

from typing import Any

from commands.deciding import Deciding
from domain.contact.contact import Contact
from domain.contact.groups import regrouped
from domain.conversation.aggregate import Conversation

Data = dict[str, Any]


def check_group(deciding: Deciding, data: Data) -> None:
    """`data` as in the command. Asked twice, it finds nothing more to change."""
    conversation = deciding.conversations.by_uuid(data["contact"])
    if conversation is None:
        return
    if conversation.contact["status"] == "active":
        _regroup(deciding, conversation)
    deciding.record(conversation, "group_checked", {"origin": data["group"]})


def _regroup(deciding: Deciding, conversation: Conversation) -> None:
    workspace = deciding.workspace
    contact = Contact.from_json(conversation.contact, workspace.assets)
    _, added, removed = regrouped(contact, workspace.environment, workspace.assets.query_groups, None)
    lists = {"groups_added": added, "groups_removed": removed}
    change = {key: [{"uuid": each.uuid, "name": each.name} for each in found] for key, found in lists.items() if found}
    if change:
        deciding.record(conversation, "contact_groups_changed", change)
