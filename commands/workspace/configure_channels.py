"""Commands about channels: which there are, on which terms they send, and whether they send at all."""

from typing import Any

from commands.deciding import Deciding
from commands.workspace.items import add, existing
from domain.channel.sending_terms import check_terms
from domain.contact.assets import ANSWER, CALL, RECEIVE, SEND
from domain.errors import Conflict, Invalid

Data = dict[str, Any]

ROLES = (SEND, RECEIVE, CALL, ANSWER)
CHANGEABLE = (
    "name", "address", "country", "schemes", "roles", "config", "parent", "match_prefixes", "allow_international", "device",
)  # fmt: skip


def add_channel(deciding: Deciding, data: Data) -> None:
    """`data`: {channel}, as in the event catalogue."""
    channel = data["channel"]
    _check(deciding, channel)
    add(deciding, "channel", channel)


def change_channel(deciding: Deciding, data: Data) -> None:
    """`data`: {channel: uuid, changes: {…}, settings?: {name: value, null removes it}}."""
    channel = existing(deciding, "channel", data["channel"])
    changes = dict(data.get("changes") or {})
    for name in changes:
        if name not in CHANGEABLE:
            raise Invalid(f"Expected one of {', '.join(CHANGEABLE)}.", field=name)
    if data.get("settings"):
        settings = {**(channel.get("config") or {}), **(changes.get("config") or {}), **data["settings"]}
        changes["config"] = {name: value for name, value in settings.items() if value is not None}
    _check(deciding, {**channel, **changes})
    deciding.configure("channel_changed", channel["uuid"], {"channel": channel["uuid"], "changes": changes})
    deciding.accept(uuid=channel["uuid"])


def remove_channel(deciding: Deciding, data: Data) -> None:
    channel = existing(deciding, "channel", data["channel"])
    deciding.configure("channel_removed", channel["uuid"], {"channel": channel["uuid"], "name": channel["name"]})
    deciding.accept(uuid=channel["uuid"])


def pause_channel(deciding: Deciding, data: Data) -> None:
    """`data`: {channel: uuid, reason?}. What is to be sent waits. Pausing a paused one changes nothing."""
    channel = existing(deciding, "channel", data["channel"])
    if not channel.get("paused_on"):
        paused = {"channel": channel["uuid"], "paused_on": deciding.now_text, "reason": str(data.get("reason") or "")}
        deciding.configure("channel_paused", channel["uuid"], paused)
    deciding.accept(uuid=channel["uuid"])


def resume_channel(deciding: Deciding, data: Data) -> None:
    """`data`: {channel: uuid}. What waited goes, in its order."""
    channel = existing(deciding, "channel", data["channel"])
    if channel.get("paused_on"):
        deciding.configure("channel_resumed", channel["uuid"], {"channel": channel["uuid"]})
    deciding.accept(uuid=channel["uuid"])


def _check(deciding: Deciding, channel: Data) -> None:
    check_terms(channel.get("config") or {})
    for role in channel.get("roles") or ():
        if role not in ROLES:
            raise Invalid(f"Expected roles out of {', '.join(ROLES)}, not {role!r}.", field="roles")
    if channel.get("parent"):
        _check_parent(deciding, channel)


def _check_parent(deciding: Deciding, channel: Data) -> None:
    """A delegate works for one channel that stands for itself, over the same kind of address."""
    parent = existing(deciding, "channel", channel["parent"])
    if parent["uuid"] == channel["uuid"] or parent.get("parent"):
        raise Invalid("Expected a channel that stands for itself.", field="parent")
    if any(each.get("parent") == channel["uuid"] for each in deciding.workspace.items["channel"].values()):
        raise Conflict("This channel has delegates: it can't be one itself.")
    if not set(channel.get("schemes") or ()) & set(parent.get("schemes") or ()):
        raise Invalid("Expected a channel with the same kind of addresses.", field="parent")
