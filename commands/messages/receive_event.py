"""Something other than a message happened on a channel: a stop, a new conversation, a referral, a consent."""

from typing import Any

from commands.conversations.run_flow import interrupt_session, start_flow
from commands.deciding import Deciding
from commands.messages.known_sender import known_sender
from commands.messages.learn_urn import LEARNED, learn_urn
from domain.conversation.aggregate import Conversation
from domain.trigger.match import match_event

Data = dict[str, Any]

STARTING = ("new_conversation", "referral")
UNSTOPPING = ("new_conversation", "referral", "welcome_message")


def receive_event(deciding: Deciding, data: Data) -> None:
    """`data` as in channel_event_occurred. One that came before, by the aggregator's id, changes nothing."""
    if data["type"] == LEARNED:
        learn_urn(deciding, data)
        return
    conversation = known_sender(deciding, data)
    seen_as = f"event {data['external_id']}" if data.get("external_id") else ""
    if seen_as and seen_as in conversation.seen:
        return
    if data["type"] == "delete_message":
        _delete_message(deciding, conversation, (data.get("extra") or {}).get("external_id") or "")
    status = conversation.contact["status"]
    if data["type"] == "stop_contact" and status == "active":
        deciding.record(conversation, "contact_status_changed", {"status": "stopped"})
        interrupt_session(deciding, conversation)
    elif data["type"] in UNSTOPPING and status == "stopped":
        deciding.record(conversation, "contact_status_changed", {"status": "active"})
    noted: Data = {"event": {**data, "type": "channel_event", "event_type": data["type"]}}
    if seen_as:
        noted["seen"] = {"as": seen_as, "event": deciding.given.event["id"]}
    deciding.record(conversation, "flow_noted", noted)
    if data["type"] not in STARTING:
        return
    if conversation.calling is not None:
        deciding.record(conversation, "input_deferred", {"input": deciding.given.event})
        return
    start_by_event(deciding, conversation, data)


def start_by_event(deciding: Deciding, conversation: Conversation, data: Data) -> None:
    """Start the flow whose trigger the event sets off, if there is one."""
    workspace = deciding.workspace
    channel = workspace.find("channel", data["channel"])
    if channel is None or conversation.contact["status"] != "active":
        return
    extra = data.get("extra") or {}
    triggers = workspace.items["trigger"].values()
    hit = match_event(triggers, data["type"], channel["uuid"], conversation.contact, extra.get("referrer_id") or "")
    flow = workspace.find("flow", hit["flow"]) if hit else None
    if flow is None or flow.get("archived"):
        return
    event = {"type": "chat_started", "uuid": deciding.world.uuid7(), "created_on": data["occurred_on"], "params": extra}
    event["channel"] = {"uuid": channel["uuid"], "name": channel["name"]}
    reference = {"uuid": flow["uuid"], "name": flow["name"]}
    start_flow(
        deciding, conversation, {"type": "chat", "flow": reference, "event": event, "triggered_on": deciding.now_text}
    )


def _delete_message(deciding: Deciding, conversation: Conversation, external_id: str) -> None:
    """The contact took back a message; one that was long ago is not remembered by its external id."""
    known = conversation.seen.get(external_id)
    if known is not None:
        deciding.record(conversation, "message_visibility_changed", {"message": known[0], "visibility": "deleted"})
