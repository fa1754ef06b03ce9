"""Inputs that came while an outside answer was awaited are decided as soon as it is there, in their order."""

from collections.abc import Callable
from typing import Any

from commands.deciding import Deciding
from domain.conversation.aggregate import Conversation
from domain.events.versions import lifted

Data = dict[str, Any]


def take_up_deferred(
    deciding: Deciding, conversation: Conversation, decide: Callable[[Deciding, Conversation, Data], None]
) -> None:
    """Decide deferred inputs until none is left or a flow waits for an answer again."""
    while conversation.deferred and conversation.calling is None:
        [event] = lifted(conversation.deferred[:1], "a conversation's deferred inputs")
        deciding.record(conversation, "input_taken_up", {"input": event["id"]})
        decide(deciding, conversation, event)
