"""A message on its way out: as the log has it, as it lies in the queue, as a channel type wants it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from domain.errors import UnknownEvent
from domain.message.segments import segments
from domain.ports.fair_queue import MessageKey, QueuedMessage
from domain.ports.relayers import Waiting
from gateways.channels.contract import (
    OutgoingMessage,
    QuickReply,
    Template,
    TemplateComponent,
    TemplateVariable,
)
from gateways.channels.sending import text_and_links

Data = dict[str, Any]

SHAPE = 1
"""Of payloads. What lies in Redis when a newer program starts is lifted in `Outgoing.read`; a payload without shape is of the first."""

_KEPT = (
    "uuid", "urn", "text", "attachments", "quick_replies", "locale", "templating", "origin", "priority",
    "reply_to", "urn_auth", "created_on", "timezone", "session_status",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message with what earlier attempts left. `message` holds fields of message_created; `contact`, `channel` are uuids."""

    org: str
    channel: str
    contact: str
    message: Data
    errors: int = 0
    parts_done: tuple[str, ...] = ()
    looked_for: int = 0
    """How often its channel was not found."""

    @property
    def key(self) -> MessageKey:
        return MessageKey(self.org, self.message["uuid"])

    @property
    def is_urgent(self) -> bool:
        """A reply, or written by a person: it goes before bulk, and in quiet hours too."""
        return bool(self.message.get("priority") == "high")

    @staticmethod
    def created(org: str, message: Data) -> "Outgoing | None":
        """Of message_created's `message`; None if it isn't to be sent."""
        if message.get("status") != "queued" or not message.get("channel") or not message.get("urn"):
            return None
        kept = {name: message[name] for name in _KEPT if message.get(name)} | {"id": message["id"]}
        if message.get("flow"):
            kept["flow_name"] = message["flow"].get("name", "")
        return Outgoing(org, message["channel"]["uuid"], message["contact"]["uuid"], kept)

    @staticmethod
    def read(org: str, payload: bytes) -> "Outgoing":
        """Of its payload. Raises UnknownEvent if a newer sender queued it."""
        channel, contact, message, errors, parts_done, looked_for, *shape = orjson.loads(payload)
        if shape > [SHAPE]:
            raise UnknownEvent(f"a queued message has shape {shape[0]}, this program knows {SHAPE}; upgrade it")
        return Outgoing(org, channel, contact, message, errors, tuple(parts_done), looked_for)

    def payload(self) -> bytes:
        fields = (self.channel, self.contact, self.message, self.errors, self.parts_done, self.looked_for)
        return orjson.dumps((*fields, SHAPE))

    def queued(self, not_before: int = 0) -> QueuedMessage:
        """As the queue takes it; `not_before` in microseconds."""
        message = self.message
        return QueuedMessage(
            org=self.org,
            id=message["uuid"],
            channel=self.channel,
            urn=message["urn"],
            queued_on=micros(message["created_on"]),
            payload=self.payload(),
            urgent=self.is_urgent,
            cost=parts_of(message),
            not_before=not_before,
        )

    def waiting(self) -> Waiting:
        """As it waits for its phone, which sends text and nothing else."""
        message = self.to_send()
        phone = message.urn.partition(":")[2].partition("?")[0].partition("#")[0]
        created_on = datetime.fromisoformat(self.message["created_on"])
        return Waiting(
            self.channel, message.id, message.uuid, self.org, self.contact, phone, text_and_links(message), created_on
        )

    def after_attempt(self, parts_done: tuple[str, ...], errors: int) -> "Outgoing":
        return replace(self, parts_done=parts_done, errors=errors)

    def looked_once_more(self) -> "Outgoing":
        return replace(self, looked_for=self.looked_for + 1)

    def to_send(self) -> OutgoingMessage:
        message = self.message
        return OutgoingMessage(
            id=message["id"],
            uuid=message["uuid"],
            urn=message["urn"],
            text=message.get("text", ""),
            attachments=tuple(message.get("attachments", ())),
            quick_replies=tuple(_quick_reply(each) for each in message.get("quick_replies", ())),
            locale=message.get("locale", ""),
            template=_template(message["templating"]) if message.get("templating") else None,
            response_to_external_id=message.get("reply_to", ""),
            urn_auth=message.get("urn_auth", ""),
            high_priority=message.get("priority") == "high",
            origin=message.get("origin", "flow"),
            flow_name=message.get("flow_name", ""),
            session_status=message.get("session_status", ""),
        )


def micros(time: str) -> int:
    """An RFC 3339 time in microseconds since 1970."""
    return int(datetime.fromisoformat(time).timestamp() * 1_000_000)


def parts_of(message: Data) -> int:
    """What it counts as: segments and attachments where it goes to a phone number, 1 elsewhere."""
    if not message["urn"].startswith("tel:"):
        return 1
    return max(1, segments(message.get("text", "")) * bool(message.get("text")) + len(message.get("attachments", ())))


def _quick_reply(value: Any) -> QuickReply:
    if isinstance(value, str):
        return QuickReply(text=value)
    return QuickReply(value.get("type") or "text", value.get("text") or "", value.get("extra") or "")


def _template(templating: Data) -> Template:
    template = templating.get("template") or {}
    return Template(
        name=template.get("name", ""),
        language=templating.get("language") or templating.get("locale") or "",
        external_id=templating.get("external_id", ""),
        namespace=templating.get("namespace", ""),
        locale=templating.get("locale", ""),
        variables=tuple(
            TemplateVariable(each.get("type", "text"), each.get("value", ""))
            for each in templating.get("variables") or ()
        ),
        components=tuple(
            TemplateComponent(each.get("type", ""), each.get("name", ""), each.get("variables") or {})
            for each in templating.get("components") or ()
        ),
    )
