"""Something other than a message happened on a channel: a stop, a new conversation, a referral, a consent."""

from typing import Any

from commands.conversations.run_flow import interrupt_session
from commands.deciding import Deciding
from commands.messages.known_sender import known_sender
from domain.conversation.aggregate import Conversation

Data = dict[str, Any]

UNSTOPPING = ("new_conversation", "referral", "welcome_message")


def receive_event(deciding: Deciding, data: Data) -> None:
    """`data` as in channel_event_occurred."""
    conversation = known_sender(deciding, data)
    if data["type"] == "delete_message":
        _delete_message(deciding, conversation, (data.get("extra") or {}).get("external_id") or "")
    status = conversation.contact["status"]
    if data["type"] == "stop_contact" and status == "active":
        deciding.record(conversation, "contact_status_changed", {"status": "stopped"})
        interrupt_session(deciding, conversation)
    elif data["type"] in UNSTOPPING and status == "stopped":
        deciding.record(conversation, "contact_status_changed", {"status": "active"})
    deciding.record(conversation, "flow_noted", {"event": {"type": "channel_event", **data}})


def _delete_message(deciding: Deciding, conversation: Conversation, external_id: str) -> None:
    """The contact took back a message; one that was long ago is not remembered by its external id."""
    known = conversation.seen.get(external_id)
    if known is not None:
        deciding.record(conversation, "message_visibility_changed", {"message": known[0], "visibility": "deleted"})
