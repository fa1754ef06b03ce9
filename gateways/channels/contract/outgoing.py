"""A message to be sent, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from gateways.channels.contract.channel import NO_INSTALLATION, Installation
from gateways.channels.contract.incoming import LogLine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SendStatus = Literal["wired", "sent", "delivered", "errored", "failed"]


@dataclass(frozen=True, slots=True)
class QuickReply:
    """An answer offered to the contact: `type` is text, location, form or url; form and url carry theirs in `extra`."""

    type: str = "text"
    text: str = ""
    extra: str = ""


@dataclass(frozen=True, slots=True)
class TemplateVariable:
    """A value for a template: `type` is text, image, video or document; media values are attachments."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class TemplateComponent:
    """A part of a template; `variables` maps the name of each placeholder to its index in the template's variables."""

    type: str
    name: str
    variables: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """A message that the aggregator approved beforehand, filled in for one contact."""

    name: str
    language: str
    external_id: str = ""
    namespace: str = ""
    locale: str = ""
    variables: tuple[TemplateVariable, ...] = ()
    components: tuple[TemplateComponent, ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to be sent. `attachments` are `content/type:url`, `template` replaces everything else where supported."""

    id: int
    uuid: str
    urn: str
    text: str
    attachments: tuple[str, ...] = ()
    quick_replies: tuple[QuickReply, ...] = ()
    locale: str = ""
    template: Template | None = None
    response_to_external_id: str = ""
    urn_auth: str = ""
    """The token stored with the URN, where the type needs one."""
    contact_urns: tuple[str, ...] = ()
    """All URNs of the contact, the message's own included."""
    high_priority: bool = False
    origin: str = "flow"
    """flow, broadcast, chat or ticket: who wrote it."""
    flow_name: str = ""
    session_status: str = ""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file of our own media store, with other renderings of the same (smaller, other format) in `alternates`."""

    content_type: str
    url: str
    size: int = 0
    width: int = 0
    height: int = 0
    name: str = ""
    alternates: tuple["MediaFile", ...] = ()
    duration: int = 0
    """Milliseconds of sound or film; 0 where it is unknown."""


@dataclass(frozen=True, slots=True)
class SendOptions:
    """What a plan may know beside the message and the channel."""

    now: datetime = EPOCH
    installation: Installation = NO_INSTALLATION
    max_length: int | None = None
    """Replaces the type's own limit of a part; the channel's `max_length` setting wins over both."""
    remembered: Mapping[str, str] = field(default_factory=dict)
    """What earlier outcomes of this channel asked to be remembered and has not expired."""
    media: Mapping[str, MediaFile] = field(default_factory=dict)
    """Files of our own media store by the URL under which the message names them."""
    parts_done: tuple[str, ...] = ()
    """External ids of the parts an earlier attempt got through; they are not sent again."""


NO_OPTIONS = SendOptions()


@dataclass(frozen=True, slots=True)
class Remembered:
    """A value worth keeping for this channel: an access token, the id of an uploaded file. Never logged."""

    key: str
    value: str
    seconds: int


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What came of sending. `errored` may be tried again, `failed` may not.

    `external_ids` holds one id for each part that got through, "" where the aggregator gives none, and is filled on an
    error too: give it back as `SendOptions.parts_done`, and the next attempt starts behind them.
    """

    status: SendStatus
    external_ids: tuple[str, ...] = ()
    error_code: str = ""
    """channel_config, message_invalid, connection_failed, connection_throttled, response_status, response_content,
    response_unparseable, response_unexpected, contact_stopped or rejected_with_reason"""
    error_text: str = ""
    external_code: str = ""
    """The aggregator's own code, with `rejected_with_reason`."""
    retry_after: float | None = None
    """Seconds the aggregator asks us to wait."""
    url: str = ""
    """Where the last request went, without its query."""
    contact_stopped: bool = False
    also_known_as: str | None = None
    """A URN the aggregator told us for the contact."""
    remember: tuple[Remembered, ...] = ()
    forget: tuple[str, ...] = ()
    """Keys of remembered values that proved to be stale."""
    log: tuple[LogLine, ...] = ()

    @property
    def retryable(self) -> bool:
        return self.status == "errored"
