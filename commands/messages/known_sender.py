"""Whoever writes or does something on a channel: found by either of two URNs, or begun; with what answering them needs."""

from typing import Any

from commands.conversations.find_or_begin import find_or_begin, preferring
from commands.deciding import Deciding, identity_of
from domain.conversation.aggregate import Conversation

Data = dict[str, Any]


def known_sender(deciding: Deciding, data: Data) -> Conversation:
    """`data`: {urn, channel, name?, contact?, also_known_as?, auth_tokens?}."""
    second = data.get("also_known_as") or ""
    holder = deciding.conversations.by_urn(identity_of(second)) if second else None
    if holder is not None and deciding.conversations.by_urn(identity_of(data["urn"])) is None:
        conversation = holder if holder.contact["status"] != "deleted" else _begun(deciding, data)
        second = data["urn"]
    else:
        conversation = _begun(deciding, data)
    if second:
        _also(deciding, conversation, second, data["channel"])
    for token in (data.get("auth_tokens") or {}).values():
        urn = identity_of(data["urn"])
        if conversation.contact.get("urn_auth", {}).get(urn) != token:
            deciding.record(conversation, "contact_urn_auth_changed", {"urn": urn, "auth": token})
    return conversation


def _begun(deciding: Deciding, data: Data) -> Conversation:
    return find_or_begin(
        deciding, data["urn"], name=data.get("name"), channel=data["channel"], uuid=data.get("contact")
    )


def _also(deciding: Deciding, conversation: Conversation, urn: str, channel: str) -> None:
    """One more URN of the same person, behind those that are known; one that somebody else has stays theirs."""
    holder = deciding.conversations.by_urn(identity_of(urn))
    if holder is None or holder.contact["status"] == "deleted":
        urns = [*conversation.contact["urns"], preferring(channel, urn)]
        deciding.record(conversation, "contact_urns_changed", {"urns": urns})
