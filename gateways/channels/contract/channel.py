"""A channel, its installation, and what its type says of settings and addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

COLLECTED_TYPES = frozenset({"A"})
"""Types whose messages are not sent: somebody comes and collects them."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of an organization: its address at the aggregator and the settings its type asks for.

    While it is `paused` nothing is sent. `timezone` and `quiet_hours` are its workspace's.
    """

    uuid: str
    org_uuid: str
    type: str
    address: str
    name: str = ""
    country: str = ""
    schemes: tuple[str, ...] = ("tel",)
    config: Mapping[str, Any] = field(default_factory=dict)
    role: str = "SR"
    created_on: datetime | None = None
    paused: bool = False
    description: str = ""
    """Of a type that the workspace described itself: its text (TOML)."""
    timezone: str = ""
    quiet_hours: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """What all channels of an installation share: its public host and the secrets of its Meta app."""

    domain: str = "localhost"
    meta_app_secret: str = ""
    meta_webhook_secret: str = ""
    meta_system_user_token: str = ""


NO_INSTALLATION = Installation()


@dataclass(frozen=True, slots=True)
class Route:
    """One address an aggregator may call: `/c/<type>/<channel>/<action>` with these methods."""

    action: str
    methods: tuple[str, ...]
    gives: Literal["message", "status", "event", "several", "challenge"]


@dataclass(frozen=True, slots=True)
class ConfigField:
    """One setting of a channel: its kind decides what is accepted, and whether it is shown or logged."""

    name: str
    kind: Literal["text", "secret", "url", "int", "bool", "list", "map"] = "text"
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
