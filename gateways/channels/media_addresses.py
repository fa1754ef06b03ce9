"""Addresses of ours for what contacts sent: files that only the channel's own key opens are fetched when somebody looks at them.

`<base>/media/<channel>/<signature>/<attachment in base64>`: nothing but the channel's settings is needed to find the file, and whoever
has not been given the address can't make it up.
"""

import base64
import hmac

from gateways.channels.channel_type import BuiltType, plain_fetch
from gateways.channels.contract import Channel, ChannelType

SIGNATURE_CHARS = 32


class MediaAddresses:
    """`base_url` is how the world calls this installation."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/")

    def shown(self, kind: ChannelType, channel: Channel, attachment: str) -> str:
        """The attachment as everybody may open it: itself, if it is open or no file."""
        if attachment.startswith(("geo:", "data:")) or not _needs_key(kind, attachment):
            return attachment
        reference = base64.urlsafe_b64encode(attachment.encode()).decode().rstrip("=")
        return f"{self._base}/media/{channel.uuid}/{signature(channel, reference)}/{reference}"


def _needs_key(kind: ChannelType, attachment: str) -> bool:
    return attachment.startswith("media:") or (isinstance(kind, BuiltType) and kind.fetch is not plain_fetch)


def signature(channel: Channel, reference: str) -> str:
    """What proves that the address was given out by us."""
    key = f"{channel.org_uuid}|{channel.uuid}".encode()
    return hmac.new(key, reference.encode(), "sha256").hexdigest()[:SIGNATURE_CHARS]


def attachment_of(channel: Channel, given: str, reference: str) -> str | None:
    """The attachment that an address names; None when the address is not one of ours."""
    if not hmac.compare_digest(given.encode(), signature(channel, reference).encode()):
        return None
    try:
        return base64.urlsafe_b64decode(reference + "=" * (-len(reference) % 4)).decode()
    except ValueError:
        return None
