"""A message came in: know its contact, recognise repetitions, then start a flow, wake one, or leave it in the inbox.

Order as in the trade (specs, 3.5): a keyword trigger starts its flow; else the waiting session is woken; else a catch-all starts its flow.
"""

from typing import Any

from commands.conversations.run_flow import resume_flow, start_flow
from commands.deciding import Deciding
from commands.messages.known_sender import known_sender
from domain.contact.timestamps import NANOS, parse_rfc3339
from domain.conversation.aggregate import Conversation
from domain.conversation.evolve import repetition_key
from domain.trigger.match import catch_all, match_keyword

Data = dict[str, Any]

SAME_CONTENT_NANOS = (
    4 * NANOS
)  # without an aggregator's id, the same text again within 4 s is a repetition (specs/channels 4)
MAX_TEXT = 4096


def receive_message(deciding: Deciding, data: Data, event: Data | None = None) -> None:
    """`data` as in message_received; `event`: what is put off if the contact must wait, when it isn't what was given."""
    conversation = known_sender(deciding, data)
    original = repeated(conversation, data)
    if original is not None:
        deciding.record(
            conversation,
            "message_repeated",
            {"message": data["message"], "external_id": data.get("external_id") or "", "original": original},
        )
        return
    if conversation.calling is not None:
        deciding.record(conversation, "input_deferred", {"input": event or deciding.given.event})
        return
    handle_message(deciding, conversation, data)


def repeated(conversation: Conversation, data: Data) -> str | None:
    """The uuid of the message that this one repeats."""
    for waiting in conversation.deferred:
        earlier = waiting["data"]
        if earlier.get("external_id") and earlier.get("external_id") == data.get("external_id"):
            return str(earlier["message"])
    if any(uuid == data["message"] for uuid, _ in conversation.seen.values()):
        return str(data["message"])  # the door wrote it twice, not knowing whether the first time had succeeded
    known = conversation.seen.get(repetition_key(data))
    if known is None:
        return None
    if data.get("external_id"):
        return known[0]
    if conversation.said and conversation.said[-1][1] > known[1]:
        return None  # we said something in between: "1", question, "1" are two answers
    close = parse_rfc3339(data["received_on"]) - parse_rfc3339(known[1]) < SAME_CONTENT_NANOS
    return known[0] if close else None


def handle_message(deciding: Deciding, conversation: Conversation, data: Data) -> None:
    """Take the message in and let the flows have it."""
    channel = deciding.workspace.find("channel", data["channel"])
    if conversation.contact["status"] == "stopped":
        deciding.record(conversation, "contact_status_changed", {"status": "active"})
    listened_to = channel is not None and conversation.contact["status"] == "active"
    message = {
        "uuid": data["message"],
        "id": deciding.next_id(),
        "contact": {key: conversation.contact.get(key, "") for key in ("uuid", "id", "name")},
        "urn": data["urn"],
        "text": data["text"][:MAX_TEXT],
        "attachments": data.get("attachments") or [],
        "created_on": data["received_on"],
        "visibility": "visible" if listened_to else "archived",
    }
    for key in ("external_id", "payload"):
        if data.get(key):
            message[key] = data[key]
    if channel is not None:
        message["channel"] = {"uuid": channel["uuid"], "name": channel["name"]}
    route = _route(deciding, conversation, message) if listened_to else None
    if route is not None:
        message["flow"] = route[1]
    deciding.record(conversation, "message_handled", {"message": message})
    if route is not None:
        _take_route(deciding, conversation, message, route)


def _route(deciding: Deciding, conversation: Conversation, message: Data) -> tuple[Data | None, Data] | None:
    """Where the message goes: (trigger, flow) starts, (None, flow) wakes, None is the inbox."""
    workspace, contact = deciding.workspace, conversation.contact
    triggers = list(workspace.items["trigger"].values())
    channel = (message.get("channel") or {}).get("uuid")
    hit = match_keyword(triggers, message["text"], channel, contact)
    if hit is None and conversation.session is None:
        hit = catch_all(triggers, channel, contact)
    if hit is not None:
        flow = workspace.find("flow", hit["flow"])
        if flow is not None and not flow.get("archived"):
            return hit, {"uuid": flow["uuid"], "name": flow["name"]}
    if conversation.session is None:
        return None
    waiting = next((run for run in conversation.session["runs"] if run["status"] == "waiting"), None)
    return (None, {"uuid": waiting["flow"]["uuid"], "name": waiting["flow"]["name"]}) if waiting else None


def _take_route(deciding: Deciding, conversation: Conversation, message: Data, route: tuple[Data | None, Data]) -> None:
    trigger, flow = route
    event = _received_event(message)
    answered = {"uuid": message["uuid"], "external_id": message.get("external_id", "")}
    if trigger is None:
        resume = {"type": "msg", "event": event, "resumed_on": deciding.now_text}
        resume_flow(deciding, conversation, resume, message=answered)
        return
    document: Data = {"type": "msg", "flow": flow, "event": event, "triggered_on": deciding.now_text}
    if trigger.get("keyword"):
        kind = "only_word" if trigger["match"] == "only" else "first_word"
        document["keyword_match"] = {"type": kind, "keyword": trigger["keyword"]}
    start_flow(deciding, conversation, document, message=answered)


def _received_event(message: Data) -> Data:
    inner = {key: message[key] for key in ("urn", "channel", "text", "attachments", "external_id") if message.get(key)}
    return {"type": "msg_received", "uuid": message["uuid"], "created_on": message["created_on"], "msg": inner}
