"""What a phone reports, as events: messages and calls are facts, statuses and the phone's own state are reports. Pure."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateways.android.payload import CALLS, STATUSES, Command, Status, message_id, whole_number
from gateways.channels.channel_type import RefuseRequest
from gateways.channels.contract import Channel
from gateways.channels.senders import phone_urn

MAX_TEXT = 640
CALLS_REMEMBERED = 200
FINAL = frozenset({"mt_sent", "mt_dlvd", "mt_fail", "mt_error"})  # after these a message isn't offered again


@dataclass(slots=True)
class Reported:
    """What one payload says. `texts`: place of the command -> data of a message_received, whose uuid follows from what it says, so that a
    repetition is known; `calls`: key -> data of a channel_event_occurred; `over`: messages that need no sending any more."""

    texts: dict[int, dict[str, Any]] = field(default_factory=dict)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    over: set[int] = field(default_factory=set)
    wants_reset: bool = False


def read_reported(commands: Sequence[Command], channel: Channel, now: str) -> Reported:
    """`now` as RFC 3339. What can't be understood is passed over: the phone would repeat it for ever."""
    reported = Reported()
    for place, command in enumerate(commands):
        name = command.get("cmd")
        if name == "mo_sms":
            text = _message(command, channel, now)
            if text is not None:
                reported.texts[place] = text
        elif name == "call":
            _call(command, channel, now, reported)
        elif name in STATUSES:
            number = message_id(command)
            if number is not None and 0 < number < 1 << 63:
                said = {"channel": channel.uuid, "message_id": number, "status": STATUSES[name]}
                said["reported_on"] = _happened(command, now)
                reported.statuses.append(said)
                reported.over.add(number)
        elif name == "reset":
            reported.wants_reset = True
    return reported


def phone_synced(commands: Sequence[Command], status: Status, channel: Channel, now: str) -> dict[str, Any]:
    """Data of the phone_synced report."""
    return {
        "channel": channel.uuid,
        **dict(status.shown),
        "pending": len(status.pending),
        "retry": len(status.retry),
        "incoming": max(len(commands) - 2, 0),
        "synced_on": now,
    }


def rfc3339(millis: int) -> str | None:
    """The second of a phone's time."""
    try:
        moment = datetime.fromtimestamp(millis // 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _happened(command: Command, now: str) -> str:
    """When it happened on the phone, which may tell of it hours later; not in the future."""
    millis = whole_number(command.get("ts")) or 0
    return min(rfc3339(millis) or now, now) if millis > 0 else now


def _message(command: Command, channel: Channel, now: str) -> dict[str, Any] | None:
    text, urn = command.get("msg"), _urn(command, channel)
    if not isinstance(text, str) or not text or urn is None:
        return None
    millis = whole_number(command.get("ts")) or 0
    sent_on = rfc3339(millis)
    identity = f"{urn}|{millis // 1000}|{text}"
    data: dict[str, Any] = {
        "channel": channel.uuid,
        "urn": urn,
        "text": text.replace("\0", "")[:MAX_TEXT],
        "attachments": [],
        "received_on": now,
        "message": str(uuid.uuid5(uuid.UUID(channel.uuid), identity)),
    }
    return data | ({"sent_on": sent_on} if sent_on and millis else {})


def _call(command: Command, channel: Channel, now: str, reported: Reported) -> None:
    kind, urn = command.get("type"), _urn(command, channel)
    if not isinstance(kind, str) or kind not in CALLS or urn is None:
        return
    millis = whole_number(command.get("ts")) or 0
    occurred_on = rfc3339(millis) or now
    extra = {"duration": str(whole_number(command.get("dur")) or 0)}
    data = {"channel": channel.uuid, "type": kind, "urn": urn, "extra": extra, "occurred_on": occurred_on}
    reported.calls.setdefault(f"{millis // 1000}|{kind}|{urn}", data)


def _urn(command: Command, channel: Channel) -> str | None:
    phone = command.get("phone")
    if not isinstance(phone, str) or not phone.strip():
        return None
    try:
        return phone_urn(phone, channel.country, sender_ids=True)
    except RefuseRequest:
        return None
