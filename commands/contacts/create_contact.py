"""Make a contact that nobody has met yet."""

from typing import Any

from commands.contacts.apply_changes import apply_changes
from commands.contacts.free_urns import free_urns
from commands.conversations.find_or_begin import begin_contact
from commands.deciding import Deciding
from domain.errors import Conflict

Data = dict[str, Any]


def create_contact(deciding: Deciding, data: Data) -> None:
    """`data` as in the command create_contact. Refused when a URN belongs to somebody."""
    given = data["contact"]
    if given.get("uuid") and deciding.conversations.by_uuid(given["uuid"]) is not None:
        raise Conflict("A contact with this uuid exists already.")
    urns = free_urns(deciding, given.get("urns") or [], own=None)
    conversation = begin_contact(deciding, {**given, "urns": urns})
    changes = {key: given[key] for key in ("groups", "fields") if given.get(key)}
    apply_changes(deciding, conversation, changes, actor=deciding.given.actor)
    deciding.accept(uuid=conversation.id, id=conversation.contact["id"])
