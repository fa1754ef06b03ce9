"""A contact's URN: an address by scheme and path, how people write it, and the channel that is preferred for it.

As text: `scheme:path?channel=<uuid>#display`, the parts percent-escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from domain.urn.parse import escape, parse_urn

URNS_KEPT = 65_536
REDACTED = "********"
"""What stands for a path where URNs are not to be seen."""


@dataclass(frozen=True, slots=True)
class ContactURN:
    """One URN of a contact. Equal when address, display and channel are; `identity` alone says who is meant."""

    scheme: str
    path: str
    display: str
    channel_uuid: str
    identity: str
    """`scheme:path`."""
    text: str
    """With display, without channel: what expressions show."""
    encoded: str
    """With display and channel: how a contact's JSON has it."""

    def with_channel(self, channel_uuid: str) -> ContactURN:
        if channel_uuid == self.channel_uuid:
            return self
        return made_urn(self.scheme, self.path, self.display, channel_uuid)

    @property
    def is_business_scoped(self) -> bool:
        """Whether a WhatsApp path is an identifier of one business's own (`CC.xxxx`), of no use to other channels."""
        return "." in self.path


@lru_cache(maxsize=URNS_KEPT)
def made_urn(scheme: str, path: str, display: str = "", channel_uuid: str = "") -> ContactURN:
    """A URN from its parts, which are not escaped."""
    identity = f"{scheme}:{escape(path)}"
    shown = f"#{escape(display)}" if display else ""
    query = f"?channel={channel_uuid}" if channel_uuid else ""
    return ContactURN(scheme, path, display, channel_uuid, identity, identity + shown, identity + query + shown)


@lru_cache(maxsize=URNS_KEPT)
def read_urn(text: str) -> ContactURN:
    """Reads a URN as it is stored: it is not normalised and its path is not checked.

    Raises:
        InvalidUrn: scheme or path are missing, or the parts are out of order.
    """
    urn = parse_urn(text)
    channel = urn.parameters.get("channel", [""])[0] if urn.query else ""
    return made_urn(urn.scheme, urn.path, urn.display, channel)
