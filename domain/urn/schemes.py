"""The kinds of addresses there are, and what a path of each looks like."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of address. `pattern` describes the whole normalised path; None takes any path."""

    prefix: str
    name: str
    pattern: re.Pattern[str] | None = field(default=None)

    def takes(self, path: str) -> bool:
        """Whether a normalised path can be of this scheme."""
        return self.pattern is None or self.pattern.fullmatch(path) is not None


DIGITS = r"\d+"
MAIL_ADDRESS = r"[^\s@]+@[^\s@]+"
UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
BUSINESS_SCOPED_ID = r"[A-Z]{2}\.[A-Za-z0-9]{1,128}"


def _scheme(prefix: str, name: str, pattern: str | None = None) -> Scheme:
    return Scheme(prefix, name, None if pattern is None else re.compile(pattern, re.ASCII))


_ALL = (
    _scheme("mailto", "Email", MAIL_ADDRESS),
    _scheme("ext", "External"),
    _scheme("facebook", "Facebook", rf"{DIGITS}|ref:.+"),
    _scheme("fcm", "Firebase"),
    _scheme("freshchat", "Freshchat", rf"{UUID}/{UUID}"),
    _scheme("instagram", "Instagram", DIGITS),
    _scheme("jiochat", "JioChat", DIGITS),
    _scheme("line", "LINE", r"\w{1,36}"),
    _scheme("tel", "Phone", r"\+[0-9]{7,15}|[a-z0-9]{1,64}"),
    _scheme("rocketchat", "Rocket.Chat"),
    _scheme("slack", "Slack"),
    _scheme("telegram", "Telegram", DIGITS),
    _scheme("twitter", "Twitter Handle", r"\w{1,15}"),
    _scheme("twitterid", "Twitter", DIGITS),
    _scheme("viber", "Viber", r"[A-Za-z0-9_=/+]{1,24}"),
    _scheme("vk", "VK"),
    _scheme("webchat", "Webchat", rf"[A-Za-z0-9]{{24}}(:{MAIL_ADDRESS})?"),
    _scheme("wechat", "WeChat"),
    _scheme("whatsapp", "WhatsApp", rf"{DIGITS}|{BUSINESS_SCOPED_ID}"),
    _scheme("bsuid", "WhatsApp Business-Scoped ID", BUSINESS_SCOPED_ID),
)

SCHEMES: dict[str, Scheme] = {scheme.prefix: scheme for scheme in _ALL}
"""Every scheme by its prefix, in the order in which they are offered."""


def is_scheme(prefix: str) -> bool:
    """Whether there is a scheme of that prefix."""
    return prefix in SCHEMES
