"""What an aggregator's request holds: facts, or why there are none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from gateways.channels.contract.http_exchange import HttpResponse

StatusName = Literal["wired", "sent", "delivered", "read", "failed", "errored"]


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message that somebody sent us. `received_on` is None when the aggregator gives no time: the door's own counts."""

    urn: str
    text: str
    external_id: str | None = None
    attachments: tuple[str, ...] = ()
    received_on: datetime | None = None
    name: str | None = None
    uuid: str = ""
    """Ours, from the `new_id` that `receive` was given."""
    payload: Mapping[str, Any] | None = None
    """What a form or web app sent back beside the text."""
    also_known_as: str | None = None
    """A second URN of the same person, to be added to the contact."""
    auth_tokens: Mapping[str, str] | None = None
    """Tokens needed to answer this URN (Firebase)."""


@dataclass(frozen=True, slots=True)
class MessagePart:
    """One piece of a long message that the aggregator did not join. The door keeps the pieces until `count` are there."""

    urn: str
    text: str
    reference: str
    number: int
    """From 1."""
    count: int
    external_id: str | None = None
    keep_seconds: int = 300


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of a message of ours, named by our integer id, our uuid or the aggregator's own id."""

    message_id: int | None
    message_uuid: str | None
    external_id: str | None
    status: StatusName


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """`new_conversation`, `referral`, `welcome_message`, `stop_contact`, `optin`, `registration` or `delete_message`."""

    type: str
    urn: str
    extra: Mapping[str, str] = field(default_factory=dict)
    occurred_on: datetime | None = None
    name: str | None = None
    auth_tokens: Mapping[str, str] | None = None
    external_id: str | None = None
    """The aggregator's, by which the event is known when it comes again."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """Something worth a line in the channel's log: the aggregator's code, and a sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Received:
    """The facts a request holds, and the answer it gets once they are durable."""

    messages: tuple[IncomingMessage, ...] = ()
    statuses: tuple[StatusReport, ...] = ()
    events: tuple[ChannelEvent, ...] = ()
    response: HttpResponse = HttpResponse(200)
    parts: tuple[MessagePart, ...] = ()
    log: tuple[LogLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The request is wrong (or not genuine); nothing is recorded."""

    response: HttpResponse
    reason: str
    log: tuple[LogLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """The request is fine and of no interest; a challenge's answer is in the response."""

    response: HttpResponse
    reason: str
    log: tuple[LogLine, ...] = ()


Answer = Received | Refused | Ignored
