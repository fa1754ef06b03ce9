"""Change what is known of a contact; by URN, an unknown one is made."""

from typing import Any

from commands.contacts.apply_changes import apply_changes
from commands.conversations.find_or_begin import find_or_begin, normalised_urn
from commands.deciding import Deciding
from domain.conversation.aggregate import Conversation
from domain.errors import Invalid

Data = dict[str, Any]


def change_contact(deciding: Deciding, data: Data) -> None:
    """`data` as in the command change_contact."""
    if data.get("contact"):
        conversation = deciding.contact(data["contact"])
    else:
        urn = normalised_urn(deciding, data.get("urn") or "")
        conversation = find_or_begin(deciding, urn, uuid=data.get("new_uuid"))
    if conversation.contact["status"] == "deleted":
        raise Invalid("Deleted contacts can't be modified.")
    apply_changes(deciding, conversation, data.get("changes") or {}, actor=deciding.given.actor)
    deciding.accept(uuid=conversation.id, id=conversation.contact["id"])


def delete_contact(deciding: Deciding, data: Data) -> None:
    """`data`: {contact: uuid} or {urn}."""
    urn = None if data.get("contact") else normalised_urn(deciding, data.get("urn") or "")
    conversation = deciding.contact(data.get("contact"), urn)
    delete(deciding, conversation)
    deciding.accept(uuid=conversation.id)


def delete(deciding: Deciding, conversation: Conversation) -> None:
    """The contact's runs end, its URNs are free."""
    for run in (conversation.session or {}).get("runs", ()):
        if run["status"] in ("active", "waiting"):
            ended = {"run": run["uuid"], "flow": run["flow"], "status": "interrupted", "exited_on": deciding.now_text}
            deciding.record(conversation, "run_ended", ended)
    deciding.record(conversation, "contact_deleted", {"urns": []})
