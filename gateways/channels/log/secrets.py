"""What must not be kept is masked: a channel's secrets by their value, however they are written, and everything that is named like one."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus

from gateways.channels.contract import Channel, ChannelType

MASK = "**********"
LEAST_SECRET = 4  # shorter ones would mask half of the text
_LEAST_BARE_SECRET = 8
_KEPT_CHANNELS = 2_000

Mask = Callable[[str], str]


class SecretMasks:
    """Per channel, what replaces its secrets; made once for each version of its settings."""

    def __init__(self, shared: tuple[str, ...] = ()) -> None:
        """`shared`: secrets of all channels."""
        self._shared = shared
        self._masks: dict[str, tuple[Channel, Mask]] = {}

    def of(self, channel: Channel, kind: ChannelType | None, passing: Iterable[str] = ()) -> Mask:
        """`passing`: secrets of this exchange alone, such as a token that was fetched for it. Of a channel whose type isn't known every
        setting is a secret."""
        lasting = self._lasting(channel, kind)
        also = tuple(each for each in passing if each)
        if not also:
            return lasting
        brief = masking(also)
        return lambda text: brief(lasting(text))

    def _lasting(self, channel: Channel, kind: ChannelType | None) -> Mask:
        if kind is None:
            return masking((*map(str, channel.config.values()), *self._shared))
        known = self._masks.get(channel.uuid)
        if known is not None and known[0] is channel:
            return known[1]
        if len(self._masks) >= _KEPT_CHANNELS:
            self._masks.clear()
        mask = masking((*kind.secrets(channel.config), *self._shared))
        self._masks[channel.uuid] = (channel, mask)
        return mask


def masking(secrets: Iterable[str]) -> Mask:
    """Replaces these values in a text."""
    written = {form for secret in secrets if len(secret) >= LEAST_SECRET for form in _forms(secret)}
    forms = sorted(written, key=len, reverse=True)

    def mask(text: str) -> str:
        for form in forms:
            if form in text:  # seldom, and found out quicker than by a pattern
                text = text.replace(form, MASK)
        return text

    return mask


def _forms(secret: str) -> Iterable[str]:
    """As it is written in headers, addresses, JSON, XML and Base64; of `Token abc` also what follows the first word."""
    word = secret.partition(" ")[2].strip()
    for each in (secret, word) if len(word) >= _LEAST_BARE_SECRET else (secret,):
        yield from (each, quote(each, safe=""), quote(each), quote_plus(each), escape(each), escape(each, quote=False))
        yield from (json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1])
        yield b64encode(each.encode()).decode()


# ---- by name ----------------------------------------------------------------------------------------------------------------

_WORDS = ("pass", "pwd", "pw=", "secret", "token", "key", "auth", "assertion", "://")
_NAMES = re.compile(
    r"(?i)password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|auth[_-]?key|authorization"
)
_WHOLE_NAMES = frozenset({"pass", "pwd", "key", "auth", "pw", "assertion"})
_HEADERS = re.compile(r"(?i)authorization|cookie|token|secret|password|(api|auth|access|server)[_-]?key")
_PAIR = re.compile(r"([\w.\-\[\]%]{1,64})=([^&\s\"'<>;]+)")
_JSON = re.compile(r'"([\w.\-]{1,64})"(\s*:\s*")((?:[^"\\]|\\.)*)(?="|$)')
_ELEMENT = re.compile(r"<([\w.:\-]{1,64})>([^<]+)(?=<|$)")
_USER = re.compile(r"://[^/\s@\"'<>]+@")


@lru_cache(maxsize=2_048)
def _is_secret(name: str) -> bool:
    return name.lower() in _WHOLE_NAMES or _NAMES.search(name) is not None


@lru_cache(maxsize=2_048)
def is_secret_header(name: str) -> bool:
    return _HEADERS.search(name) is not None


def mask_named(text: str) -> str:
    """Masks `password=…` in addresses and forms, `"access_token": "…"`, `<secret>…` and `https://user:password@…`."""
    lowered = text.lower()
    if not any(word in lowered for word in _WORDS):
        return text
    text = _PAIR.sub(lambda found: f"{found[1]}={MASK}" if _is_secret(found[1]) else found[0], text)
    text = _JSON.sub(lambda found: f'"{found[1]}"{found[2]}{MASK}' if _is_secret(found[1]) else found[0], text)
    text = _ELEMENT.sub(lambda found: f"<{found[1]}>{MASK}" if _is_secret(found[1]) else found[0], text)
    return _USER.sub(f"://{MASK}@", text)
