"""What a channel type read, as events for the log: the same whether a request brought it or a link that stays open."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.events.record import Event
from domain.events.versions import version_of
from gateways.channels.contract import (
    Channel,
    ChannelEvent,
    ChannelType,
    IncomingMessage,
    MessagePart,
    Received,
    StatusReport,
)
from gateways.channels.forms import clean
from gateways.channels.media_addresses import MediaAddresses
from gateways.channels.message_ids import MAX_EXTERNAL_ID

Data = dict[str, Any]

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_MOST_NESTED = 64
_LONGEST = {"external_id": MAX_EXTERNAL_ID, "name": 128, "reference": MAX_EXTERNAL_ID}


@dataclass(frozen=True, slots=True)
class Facts:
    """`new_id` gives uuid7 texts, `now` the time in UTC; without `media` files keep the addresses that the aggregator gave them."""

    new_id: Callable[[], str]
    now: Callable[[], datetime]
    media: MediaAddresses | None = None

    def of(self, kind: ChannelType, channel: Channel, received: Received) -> list[Event]:
        """`message_received`, `message_part_received` and `channel_event_occurred`, in this order."""
        now = time_text(self.now())
        facts = [self._event("message_received", self._message(kind, channel, each, now)) for each in received.messages]
        for part in received.parts:
            data = _part(part) | {"channel": channel.uuid, "received_on": now, "message": self.new_id()}
            facts.append(self._event("message_part_received", data))
        facts += [self._event("channel_event_occurred", _channel_event(channel, each, now)) for each in received.events]
        return facts

    def reports_of(self, channel: Channel, received: Received) -> list[Event]:
        """`delivery_reported`."""
        if not received.statuses:
            return []
        now = time_text(self.now())
        return [self._event("delivery_reported", _status(channel, each, now)) for each in received.statuses]

    def _message(self, kind: ChannelType, channel: Channel, message: IncomingMessage, now: str) -> Data:
        data = _message(message) | {"channel": channel.uuid, "received_on": now}
        data["message"] = message.uuid or self.new_id()
        if message.attachments and self.media is not None:
            data["attachments"] = [self.media.shown(kind, channel, each) for each in message.attachments]
        return data

    def _event(self, name: str, data: Data) -> Event:
        return {"type": name, "version": version_of(name), "id": self.new_id(), "data": _fitting(data)}


def _message(message: IncomingMessage) -> Data:
    data: Data = {"urn": message.urn, "text": message.text, "attachments": list(message.attachments)}
    for key in ("external_id", "name", "also_known_as"):
        if value := getattr(message, key):
            data[key] = value
    if message.payload and not _is_deep(message.payload):
        data["payload"] = dict(message.payload)
    if message.auth_tokens:
        data["auth_tokens"] = dict(message.auth_tokens)
    if (sent_on := _said_time(message.received_on)) is not None:
        data["sent_on"] = sent_on
    return data


def _is_deep(value: Any, left: int = _MOST_NESTED) -> bool:
    """Whether it is nested deeper than an event can be written."""
    if isinstance(value, Mapping):
        value = list(value.values())
    return isinstance(value, list) and (left == 0 or any(_is_deep(each, left - 1) for each in value))


def _fitting(data: Data) -> Data:
    """The same where an aggregator said what no table can hold: NULs are left out, ids and names cut."""
    for key, value in data.items():
        if isinstance(value, str):
            if "\0" in value:
                data[key] = value = clean(value)
            if key in _LONGEST and len(value) > _LONGEST[key]:
                data[key] = value[: _LONGEST[key]]
        elif isinstance(value, list | dict) and value:
            data[key] = _without_nuls(value)
    return data


def _without_nuls(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_without_nuls(each) for each in value]
    if isinstance(value, dict):
        return {clean(key): _without_nuls(inner) for key, inner in value.items()}
    return value


def _said_time(moment: datetime | None) -> str | None:
    """A time that an aggregator gave; None if it gave none, or one that nobody can have meant."""
    try:
        return time_text(moment) if moment is not None and EARLIEST <= moment <= LATEST else None
    except OverflowError:
        return None


def _part(part: MessagePart) -> Data:
    data: Data = {"urn": part.urn, "text": part.text, "reference": part.reference, "number": part.number}
    data |= {"count": part.count, "keep_seconds": part.keep_seconds}
    return data | ({"external_id": part.external_id} if part.external_id else {})


def _channel_event(channel: Channel, event: ChannelEvent, now: str) -> Data:
    data: Data = {"channel": channel.uuid, "type": event.type, "urn": event.urn, "extra": dict(event.extra)}
    data["occurred_on"] = _said_time(event.occurred_on) or now
    if event.name:
        data["name"] = event.name
    if event.auth_tokens:
        data["auth_tokens"] = dict(event.auth_tokens)
    if event.external_id:
        data["external_id"] = event.external_id
    return data


def _status(channel: Channel, status: StatusReport, now: str) -> Data:
    data: Data = {"channel": channel.uuid, "status": status.status, "reported_on": now}
    if status.message_id is not None:
        data["message_id"] = status.message_id
    if status.message_uuid is not None:
        data["message"] = status.message_uuid
    if status.external_id is not None:
        data["external_id"] = status.external_id
    return data


def names_of(events: Iterable[Event]) -> Iterator[str]:
    """What the channel log calls the messages in these events: our uuid, `id:<integer>`, `external:<the aggregator's id>`."""
    for event in events:
        data = event["data"]
        if "message" in data:
            yield data["message"]
        if "message_id" in data:
            yield f"id:{data['message_id']}"
        if "external_id" in data:
            yield f"external:{data['external_id']}"


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
