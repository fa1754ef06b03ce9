"""What a channel type read, as events for the log: the same whether a request brought it or a link that stays open."""

from collections.abc import Callable, Iterable, Iterator
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
from gateways.channels.media_addresses import MediaAddresses

Data = dict[str, Any]


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
        return {"type": name, "version": version_of(name), "id": self.new_id(), "data": data}


def _message(message: IncomingMessage) -> Data:
    data: Data = {"urn": message.urn, "text": message.text, "attachments": list(message.attachments)}
    for key in ("external_id", "name", "also_known_as"):
        if value := getattr(message, key):
            data[key] = value
    if message.payload:
        data["payload"] = dict(message.payload)
    if message.auth_tokens:
        data["auth_tokens"] = dict(message.auth_tokens)
    if message.received_on is not None:
        data["sent_on"] = time_text(message.received_on)
    return data


def _part(part: MessagePart) -> Data:
    data: Data = {"urn": part.urn, "text": part.text, "reference": part.reference, "number": part.number}
    data |= {"count": part.count, "keep_seconds": part.keep_seconds}
    return data | ({"external_id": part.external_id} if part.external_id else {})


def _channel_event(channel: Channel, event: ChannelEvent, now: str) -> Data:
    data: Data = {"channel": channel.uuid, "type": event.type, "urn": event.urn, "extra": dict(event.extra)}
    data["occurred_on"] = time_text(event.occurred_on) if event.occurred_on else now
    if event.name:
        data["name"] = event.name
    if event.auth_tokens:
        data["auth_tokens"] = dict(event.auth_tokens)
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
