"""The conversation of whoever holds a URN, begun when nobody does."""

from typing import Any

from commands.deciding import Deciding, identity_of
from domain.contact.urns import read_urn
from domain.conversation.aggregate import Conversation
from domain.errors import Invalid
from domain.urn.errors import InvalidUrn
from domain.urn.normalise import normalise_urn, validate_urn

Data = dict[str, Any]

MAX_NAME = 128


def find_or_begin(
    deciding: Deciding, urn: str, *, name: str | None = None, channel: str | None = None, uuid: str | None = None
) -> Conversation:
    """`urn` is normalised. A new contact gets `uuid` if given, and its URN keeps the channel it wrote over."""
    known = deciding.conversations.by_urn(identity_of(urn))
    if known is not None and known.contact["status"] != "deleted":
        return known
    return begin_contact(deciding, {"uuid": uuid, "name": name, "urns": [urn]}, channel=channel)


def begin_contact(deciding: Deciding, given: Data, *, channel: str | None = None) -> Conversation:
    """A new contact with what is given: {uuid?, name?, language?, urns}."""
    contact: Data = {
        "uuid": given.get("uuid") or deciding.world.uuid4(),
        "id": deciding.next_id(),
        "status": "active",
        "created_on": deciding.now_text,
        "urns": [preferring(channel, urn) if channel else urn for urn in given["urns"]],
        "groups": [],
        "fields": {},
    }
    if given.get("name"):
        contact["name"] = given["name"][:MAX_NAME]
    if given.get("language"):
        contact["language"] = given["language"]
    return deciding.begin(contact)


def preferring(channel: str, urn: str) -> str:
    """The URN with the channel it is answered over. Raises InvalidUrn."""
    return read_urn(urn).with_channel(channel).encoded


def normalised_urn(deciding: Deciding, urn: str, field: str = "urn") -> str:
    """The one spelling of a URN. Raises Invalid."""
    if not isinstance(urn, str):
        raise Invalid("Not a valid URN: expected text such as tel:+250788123123.", field=field)
    normal = normalise_urn(urn, deciding.workspace.profile.get("country") or "")
    try:
        validate_urn(normal)
    except InvalidUrn:
        raise Invalid("URN is not valid.", field=field) from None
    return normal
