"""A wait ran out. A timer that is no longer wanted (the contact has moved on) is ignored."""

from typing import Any

from commands.conversations.run_flow import resume_flow
from commands.deciding import Deciding
from domain.conversation.aggregate import Conversation

Data = dict[str, Any]

_RESUMES = {
    "wait_timeout": ("wait_timeout", "wait_timed_out"),
    "wait_expiration": ("wait_expiration", "wait_expired"),
}


def fire_timer(deciding: Deciding, data: Data) -> None:
    """`data` as in timer_fired."""
    conversation = deciding.conversations.by_uuid(data["contact"])
    if conversation is None:
        return
    if conversation.calling is not None:
        deciding.record(conversation, "input_deferred", {"input": deciding.given.event})
        return
    fire_timer_for(deciding, conversation, data)


def fire_timer_for(deciding: Deciding, conversation: Conversation, data: Data) -> None:
    session = conversation.session
    if session is None or session["uuid"] != data["session"] or conversation.sprint != data["sprint"]:
        return
    kind, event_type = _RESUMES[data["kind"]]
    event = {"type": event_type, "uuid": deciding.world.uuid7(), "created_on": deciding.now_text}
    resume_flow(deciding, conversation, {"type": kind, "event": event, "resumed_on": deciding.now_text})
