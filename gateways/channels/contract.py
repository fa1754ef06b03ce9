"""What a channel type promises: requests in, facts out; a message in, requests out, an outcome back. All of it pure.

Nothing here reads a clock, makes an id, opens a socket or keeps state. An aggregator's conversation that takes several
requests (fetch a token, upload a picture, send three parts) is a generator: it yields an `HttpRequest`, is sent the
`HttpResponse`, and returns what came of it. Whoever holds the HTTP client drives it (see `drive` for the shape).

Attachments are strings: `image/jpeg:https://…` (content type known), `https://…` (found out when it is fetched),
`geo:lat,long`, `data:<base64>`, or `media:<reference>`, which only the type's own `plan_fetch` can turn into a download.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

StatusName = Literal["wired", "sent", "delivered", "read", "failed", "errored"]
SendStatus = Literal["wired", "sent", "delivered", "errored", "failed"]
Method = Literal["GET", "POST"]

JSON_TYPE = "application/json"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


COLLECTED_TYPES = frozenset({"A"})
"""Types whose messages are not sent: somebody comes and collects them."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request, either way.

    Coming in: `url` is scheme, host and path as the aggregator called it, `query` what follows the question mark
    (still encoded), header names are lower case. Going out: `url` is complete, `query` is empty; of the answer `answer_bytes` are
    read at most (0: what an answer that says how it went may take).
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: bytes = b""
    body: bytes = b""
    answer_bytes: int = 0


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response, either way. Coming back from an aggregator, `status` 0 means that no connection was made or it broke, and
    `too_large` that its body was cut."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    too_large: bool = False


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


SendPlan = Generator[HttpRequest, HttpResponse, SendOutcome]
FetchPlan = Generator[HttpRequest, HttpResponse, HttpRequest | None]
NamePlan = Generator[HttpRequest, HttpResponse, str | None]
NewId = Callable[[], str]


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


def no_id() -> str:
    """For callers that don't need ids in the answers."""
    return ""


class ChannelType(Protocol):
    """One aggregator or messenger."""

    @property
    def code(self) -> str:
        """Upper case, as stored with channels: `EX`."""

    @property
    def name(self) -> str: ...

    @property
    def schemes(self) -> tuple[str, ...]: ...

    @property
    def actions(self) -> tuple[Route, ...]: ...

    @property
    def methods(self) -> Mapping[str, frozenset[str]]:
        """The methods that each action can be called with."""

    @property
    def fields(self) -> tuple[ConfigField, ...]: ...

    def receive(
        self,
        action: str,
        channel: Channel,
        request: HttpRequest,
        *,
        installation: Installation = NO_INSTALLATION,
        new_id: NewId = no_id,
    ) -> Answer:
        """The facts in a request. Never raises: whatever is wrong with the request becomes `Refused`."""

    def channel_address(self, request: HttpRequest) -> str | None:
        """The address of the channel a request is for, for types whose URL does not name the channel (Meta's)."""

    def plan_send(self, channel: Channel, message: OutgoingMessage, options: SendOptions = NO_OPTIONS) -> SendPlan:
        """The requests that send a message, one at a time."""

    def plan_fetch(self, channel: Channel, attachment: str, options: SendOptions = NO_OPTIONS) -> FetchPlan:
        """Finds the download for an attachment: look-ups are yielded, the download itself is returned (None: gone)."""

    def plan_typing(
        self, channel: Channel, urn: str, external_id: str = "", options: SendOptions = NO_OPTIONS
    ) -> HttpRequest | None:
        """The request that shows "typing…" to the contact, None where the type has none."""

    def check_config(self, config: Mapping[str, Any]) -> list[str]:
        """Problems with a channel's settings, each a sentence that names the key; empty when there are none."""

    def secrets(self, config: Mapping[str, Any]) -> tuple[str, ...]:
        """Every string that must not reach a log: secret settings and what is derived from them."""

    def describe(self) -> dict[str, Any]:
        """What the type can do, for the feature matrix and the settings form."""
