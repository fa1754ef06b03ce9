"""One contact of a flow start, or of a broadcast. A batch that comes twice reaches each contact once."""

from typing import Any

from commands.conversations.find_or_begin import find_or_begin, normalised_urn
from commands.conversations.record_sprint import record_message
from commands.conversations.run_flow import start_flow
from commands.deciding import Deciding
from domain.broadcast.personalise import personalise
from domain.contact.contact import Contact
from domain.conversation.aggregate import Conversation
from domain.errors import Invalid

Data = dict[str, Any]


def start_contact(deciding: Deciding, data: Data) -> None:
    """`data` as in the command start_contact."""
    conversation = _recipient(deciding, data)
    if conversation is None or data["flow_start"] in conversation.origins:
        return
    if conversation.calling is not None:
        deciding.record(conversation, "input_deferred", {"input": deciding.given.event})
        return
    start_contact_for(deciding, conversation, data)


def start_contact_for(deciding: Deciding, conversation: Conversation, data: Data) -> None:
    start = deciding.workspace.find("flow_start", data["flow_start"])
    reason = _why_not(deciding, conversation, start)
    done = {
        "origin": data["flow_start"], "kind": "flow_start", "nth": data.get("nth", 0),
        "contact": {key: conversation.contact.get(key, "") for key in ("uuid", "id", "name")},
        "outcome": "skipped" if reason else "started",
    }  # fmt: skip
    if reason:
        done["reason"] = reason
    deciding.record(conversation, "start_contact_done", done)
    if reason or start is None:
        return
    trigger: Data = {"type": "manual", "flow": start["flow"], "triggered_on": deciding.now_text, "batch": True}
    if start.get("params"):
        trigger["params"] = start["params"]
    if start.get("run_summary"):
        trigger.update(type="flow_action", run_summary=start["run_summary"], history=start.get("history"))
    start_flow(deciding, conversation, trigger, origin={"kind": "flow_start", "uuid": data["flow_start"]})


def _why_not(deciding: Deciding, conversation: Conversation, start: Data | None) -> str:
    flow = deciding.workspace.find("flow", start["flow"]["uuid"]) if start is not None else None
    if start is None or flow is None or flow.get("archived"):
        return "flow_gone"
    if conversation.contact["status"] != "active":
        return "contact_" + str(conversation.contact["status"])
    if start.get("exclude_active") and conversation.session is not None:
        return "in_a_flow"
    return ""


def broadcast_to_contact(deciding: Deciding, data: Data) -> None:
    """`data` as in the command broadcast_to_contact."""
    broadcast = deciding.workspace.find("broadcast", data["broadcast"])
    conversation = _recipient(deciding, data)
    if conversation is None or broadcast is None or data["broadcast"] in conversation.origins:
        return
    skipped = conversation.contact["status"] != "active"
    done = {
        "origin": data["broadcast"], "kind": "broadcast", "nth": data.get("nth", 0),
        "contact": {key: conversation.contact.get(key, "") for key in ("uuid", "id", "name")},
        "outcome": "skipped" if skipped else "started",
    }  # fmt: skip
    deciding.record(conversation, "broadcast_contact_done", done)
    if not skipped:
        content = routed(deciding, conversation, _content(deciding, conversation, broadcast))
        record_message(
            deciding,
            conversation,
            content,
            uuid=deciding.world.uuid7(),
            origin="broadcast",
            broadcast=data["broadcast"],
        )


def routed(deciding: Deciding, conversation: Conversation, content: Data) -> Data:
    """The content with the URN and channel it goes to, if there are any."""
    assets = deciding.workspace.assets
    contact = Contact.from_json(conversation.contact, assets)
    route = assets.channel_choice.route_of(contact.urns)
    if route is None:
        return content
    urn, channel = route
    return {**content, "urn": urn.identity, "channel": {"uuid": channel.uuid, "name": channel.name}}


def _content(deciding: Deciding, conversation: Conversation, broadcast: Data) -> Data:
    """The translation for this contact; what flows send was evaluated there."""
    content = _translation(deciding, conversation, broadcast)
    if broadcast.get("origin") == "flow":
        return content
    workspace = deciding.workspace
    contact = Contact.from_json(conversation.contact, workspace.assets)
    text = personalise(
        content.get("text") or "",
        contact,
        workspace.assets,
        workspace.environment,
        lambda: deciding.now.astimezone(workspace.environment.timezone),
        deciding.world.random,
    )
    return {**content, "text": text}


def _recipient(deciding: Deciding, data: Data) -> Conversation | None:
    if data.get("contact"):
        return deciding.conversations.by_uuid(data["contact"])
    try:
        urn = normalised_urn(deciding, data.get("urn") or "")
    except Invalid:
        return None
    return find_or_begin(deciding, urn, uuid=data.get("new_uuid"))


def _translation(deciding: Deciding, conversation: Conversation, broadcast: Data) -> Data:
    """By the contact's language if the workspace speaks it, else the workspace's first, else the base language."""
    translations = broadcast["translations"]
    languages = deciding.workspace.profile.get("languages") or []
    own = conversation.contact.get("language")
    order = [own if own in languages else None, languages[0] if languages else None, broadcast.get("base_language")]
    chosen = next((language for language in order if language in translations), next(iter(translations)))
    return dict(translations[chosen])
