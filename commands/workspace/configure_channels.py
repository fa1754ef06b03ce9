"""Commands about channels: which there are, on which terms they send, and whether they send at all."""

import re
from typing import Any

from commands.deciding import Deciding
from commands.workspace.items import add, existing
from domain.channel.sending_terms import check_terms
from domain.contact.assets import ANSWER, CALL, RECEIVE, SEND
from domain.errors import Conflict, Invalid

Data = dict[str, Any]

MAX_CHANNEL_TYPES = 50
MAX_DESCRIPTION = 64 * 1024
_CODE = re.compile(r"[A-Z0-9]{2,8}")

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


def add_channel_type(deciding: Deciding, data: Data) -> None:
    """`data`: {channel_type: {uuid, code, name, text}}. A description with the same code takes the place of the one before."""
    described = data["channel_type"]
    code, text = described.get("code") or "", described.get("text") or ""
    if not _CODE.fullmatch(code):
        raise Invalid("Expected 2 to 8 capital letters and digits.", field="type")
    if not text or len(text) > MAX_DESCRIPTION:
        raise Invalid(f"Expected a description of at most {MAX_DESCRIPTION} characters.", field="description")
    known = deciding.workspace.by("channel_type", "code", code)
    if known is None and len(deciding.workspace.items["channel_type"]) >= MAX_CHANNEL_TYPES:
        raise Invalid(f"A workspace can have at most {MAX_CHANNEL_TYPES} channel types of its own.")
    if known is None:
        add(deciding, "channel_type", described)
        return
    changes = {"name": described["name"], "text": text}
    deciding.configure("channel_type_changed", known["uuid"], {"channel_type": known["uuid"], "changes": changes})
    deciding.accept(uuid=known["uuid"], id=known["id"])


def remove_channel_type(deciding: Deciding, data: Data) -> None:
    """`data`: {channel_type: uuid}. Refused while a channel is of this type."""
    known = existing(deciding, "channel_type", data["channel_type"])
    if deciding.workspace.by("channel", "type", known["code"]):
        raise Conflict("Channels are of this type: remove them first.")
    gone = {"channel_type": known["uuid"], "code": known["code"]}
    deciding.configure("channel_type_removed", known["uuid"], gone)
    deciding.accept(uuid=known["uuid"])


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
