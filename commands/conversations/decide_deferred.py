"""How each kind of input is decided that had to wait for an outside answer."""

from typing import Any

from commands.conversations.fire_timer import fire_timer_for
from commands.deciding import Deciding
from commands.messages.receive_event import start_by_event
from commands.messages.receive_message import handle_message
from commands.starts.start_contact import start_contact_for
from domain.conversation.aggregate import Conversation

Data = dict[str, Any]


def decide_deferred(deciding: Deciding, conversation: Conversation, event: Data) -> None:
    """Decide one deferred input, as if it came now."""
    match event["type"]:
        case "message_received":
            handle_message(deciding, conversation, event["data"])
        case "channel_event_occurred":
            start_by_event(deciding, conversation, event["data"])
        case "timer_fired":
            fire_timer_for(deciding, conversation, event["data"])
        case "start_contact":
            start_contact_for(deciding, conversation, event["data"])
