"""What went over the wire, as text for the channel's log: without secrets, without end."""

import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlsplit

from domain.ports.http_caller import Reply
from gateways.channels.contract import Channel, ChannelType, HttpRequest

MAX_CHARS = 4_000
MASK = "**********"
_LEAST_SECRET = 4  # shorter ones would mask half of the text
_LEAST_BARE_SECRET = 8
_KEPT_CHANNELS = 2_000

Mask = Callable[[str], str]


class SecretMasks:
    """Per channel, what replaces its secrets; made once for each version of its settings."""

    def __init__(self, shared: tuple[str, ...] = ()) -> None:
        """`shared`: secrets of all channels."""
        self._shared = shared
        self._masks: dict[str, tuple[Channel, Mask]] = {}

    def of(self, channel: Channel, kind: ChannelType) -> Mask:
        known = self._masks.get(channel.uuid)
        if known is not None and known[0] is channel:
            return known[1]
        if len(self._masks) >= _KEPT_CHANNELS:
            self._masks.clear()
        mask = _masking((*kind.secrets(channel.config), *self._shared))
        self._masks[channel.uuid] = (channel, mask)
        return mask


def _masking(secrets: tuple[str, ...]) -> Mask:
    written = {form for secret in secrets if len(secret) >= _LEAST_SECRET for form in _forms(secret)}
    if not written:
        return str
    pattern = re.compile("|".join(re.escape(each) for each in sorted(written, key=len, reverse=True)))
    return lambda text: pattern.sub(MASK, text)


def _forms(secret: str) -> tuple[str, ...]:
    """As it is written in headers and in addresses; of `Token abc` also what follows the first word."""
    word = secret.partition(" ")[2].strip()
    bare = (word,) if len(word) >= _LEAST_BARE_SECRET else ()
    return tuple(form for each in (secret, *bare) for form in (each, quote(each, safe=""), quote_plus(each)))


def request_text(request: HttpRequest, mask: Mask) -> str:
    parts = urlsplit(request.url)
    target = parts.path + ("?" + parts.query if parts.query else "")
    head = [f"{request.method} {target or '/'} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    return _shown("\r\n".join(head), request.body, mask)


def reply_text(reply: Reply, mask: Mask) -> str:
    if not reply.status:
        return ""
    head = [f"HTTP/1.1 {reply.status} {reply.reason}".rstrip()]
    head += [f"{name}: {value}" for name, value in reply.headers]
    return _shown("\r\n".join(head), reply.body, mask)


def _shown(head: str, body: bytes, mask: Mask) -> str:
    """Cut only after masking, lest a secret be cut in two and shown."""
    text = mask(f"{head}\r\n\r\n{body[: 4 * MAX_CHARS].decode(errors='replace')}")
    cleaned = text.replace("\x00", "\ufffd") if "\x00" in text else text
    return cleaned if len(cleaned) <= MAX_CHARS else cleaned[: MAX_CHARS - 3] + "..."
