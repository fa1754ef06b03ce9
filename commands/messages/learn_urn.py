"""An aggregator tells another URN of somebody we wrote to: a business-scoped id of WhatsApp, the page's own id of a Facebook user."""

from typing import Any

from commands.deciding import Deciding, identity_of

Data = dict[str, Any]

LEARNED = "urn_learned"
ONCE_ONLY = "facebook:ref:"  # good for one message: the URN that is learned takes its place as the first


def learn_urn(deciding: Deciding, data: Data) -> None:
    """`data`: {urn, channel, also_known_as}. A URN that somebody has already stays theirs; nobody new is begun for one."""
    known, learned = identity_of(data["urn"]), identity_of(data["also_known_as"])
    conversation, holder = deciding.conversations.by_urn(known), deciding.conversations.by_urn(learned)
    if conversation is None or conversation.contact["status"] == "deleted":
        return
    if holder is not None and holder.contact["status"] != "deleted":
        return
    urn, urns = f"{learned}?channel={data['channel']}", conversation.contact["urns"]
    ordered = [urn, *urns] if known.startswith(ONCE_ONLY) else [*urns, urn]
    deciding.record(conversation, "contact_urns_changed", {"urns": ordered})
