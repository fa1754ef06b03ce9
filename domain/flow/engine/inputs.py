"""What a contact said, and the call that is going on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.contact.timestamps import normalised
from domain.contact.urns import read_urn
from domain.errors import Invalid

Reference = dict[str, Any]
"""`{"uuid", "name"}` of a channel, flow or the like."""


@dataclass(frozen=True, slots=True)
class MessageInput:
    """A message of the contact as a run reads it. `urn` is the identity it came from, without channel and display."""

    uuid: str
    created_on: str
    text: str
    urn: str = ""
    channel: Reference | None = None
    attachments: tuple[str, ...] = ()
    external_id: str = ""
    payload: Any = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> MessageInput:
        """The input that a `msg_received` event gives.

        Raises:
            Invalid: the event has no message, uuid or time.
        """
        message = event.get("msg")
        if not isinstance(message, Mapping):
            raise Invalid("field 'event.msg' is required", field="event.msg")
        return cls._read(message, event.get("uuid"), event.get("created_on"))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> MessageInput:
        """Reads an input of a stored session."""
        return cls._read(document, document.get("uuid"), document.get("created_on"))

    @classmethod
    def _read(cls, message: Mapping[str, Any], uuid: Any, created_on: Any) -> MessageInput:
        if not uuid:
            raise Invalid("field 'event.uuid' is required", field="event.uuid")
        if not created_on:
            raise Invalid("field 'event.created_on' is required", field="event.created_on")
        urn = message.get("urn") or ""
        return cls(
            uuid=uuid,
            created_on=normalised(created_on),
            text=message.get("text") or "",
            urn=read_urn(urn).identity if urn else "",
            channel=message.get("channel"),
            attachments=tuple(message.get("attachments") or ()),
            external_id=message.get("external_id") or "",
            payload=message.get("payload"),
        )

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"type": "msg", "uuid": self.uuid, "created_on": self.created_on, "text": self.text}
        if self.channel is not None:
            document["channel"] = self.channel
        if self.urn:
            document["urn"] = self.urn
        if self.attachments:
            document["attachments"] = list(self.attachments)
        if self.external_id:
            document["external_id"] = self.external_id
        if self.payload is not None:
            document["payload"] = self.payload
        return document


@dataclass(frozen=True, slots=True)
class Call:
    """A telephone call that a voice flow speaks on."""

    uuid: str
    channel: Reference
    urn: str

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Call:
        return cls(document["uuid"], dict(document["channel"]), document["urn"])

    def to_json(self) -> dict[str, Any]:
        return {"uuid": self.uuid, "channel": self.channel, "urn": self.urn}
