"""Something other than a message happened on a channel: a stop, a new conversation, a referral, a consent."""

from typing import Any

from commands.conversations.find_or_begin import find_or_begin
from commands.conversations.run_flow import interrupt_session
from commands.deciding import Deciding

Data = dict[str, Any]

UNSTOPPING = ("new_conversation", "referral", "welcome_message")


def receive_event(deciding: Deciding, data: Data) -> None:
    """`data` as in channel_event_occurred."""
    conversation = find_or_begin(deciding, data["urn"], channel=data["channel"])
    status = conversation.contact["status"]
    if data["type"] == "stop_contact" and status == "active":
        deciding.record(conversation, "contact_status_changed", {"status": "stopped"})
        interrupt_session(deciding, conversation)
    elif data["type"] in UNSTOPPING and status == "stopped":
        deciding.record(conversation, "contact_status_changed", {"status": "active"})
    deciding.record(conversation, "flow_noted", {"event": {"type": "channel_event", **data}})
