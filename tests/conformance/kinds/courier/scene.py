"""What cases in both directions have: channels, an installation, hosts that the originals' tests replace."""

from datetime import UTC, datetime
from typing import Any

from gateways.channels.channel_type import BuiltType
from gateways.channels.contract import Channel, Installation

GRAPH = "https://graph.facebook.com/v25.0"

HOSTS = {
    ("FBA", "graphURL"): GRAPH,
    ("IG", "graphURL"): GRAPH,
    ("WAC", "graphURL"): GRAPH,
    ("FB", "graphURL"): "https://graph.facebook.com/v3.3",
    ("FB", "subscribeURL"): "https://graph.facebook.com/v3.3/me/subscribed_apps",
    ("TG", "apiURL"): "https://api.telegram.org",
    ("SL", "apiURL"): "https://slack.com/api",
    ("VK", "apiBaseURL"): "https://api.vk.com/method",
    ("JC", "sendURL"): "https://channels.jiochat.com",
    ("WC", "sendURL"): "https://api.weixin.qq.com/cgi-bin",
}
"""The hosts that the originals' tests replace by mocks."""


def installation(document: dict[str, Any]) -> Installation:
    harness = document["harness"]
    return Installation(
        domain=harness["domain"],
        meta_app_secret=harness["facebook_application_secret"],
        meta_webhook_secret=harness["facebook_webhook_secret"],
        meta_system_user_token=harness["whatsapp_admin_system_user_token"],
    )


def channel_of(raw: dict[str, Any], kind: str = "") -> Channel:
    """`kind`: the type of the handler under test, where it is another than the channel's."""
    return Channel(
        raw["uuid"],
        "org",
        kind or raw["type"],
        raw.get("address") or "",
        raw.get("name") or "",
        raw.get("country") or "",
        tuple(raw["schemes"]),
        raw.get("config") or {},
    )


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def replaced_hosts(kind: BuiltType, suite: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (real, suite["globals"][key])
        for (code, key), real in HOSTS.items()
        if code == kind.code and key in suite["globals"]
    ]


def swap(url: str, replace: list[tuple[str, str]]) -> str:
    for real, mock in replace:
        if url.startswith(real):
            return mock + url[len(real) :]
    return url


def difference(found: Any, wanted: Any) -> str:
    """The first place where two structures differ."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}):
            if found.get(key) != wanted.get(key):
                return f"{key}: {difference(found.get(key), wanted.get(key))}"
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        return next((difference(a, b) for a, b in zip(found, wanted, strict=True) if a != b), "")
    return f"got {found!r}; expected {wanted!r}"
