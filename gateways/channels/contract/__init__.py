"""What a channel type promises: requests in, facts out; a message in, requests out, an outcome back. All of it pure.

Nothing here reads a clock, makes an id, opens a socket or keeps state. An aggregator's conversation that takes several
requests (fetch a token, upload a picture, send three parts) is a generator: it yields an `HttpRequest`, is sent the
`HttpResponse`, and returns what came of it. Whoever holds the HTTP client drives it (see `drive` for the shape).

Attachments are strings: `image/jpeg:https://…` (content type known), `https://…` (found out when it is fetched),
`geo:lat,long`, `data:<base64>`, or `media:<reference>`, which only the type's own `plan_fetch` can turn into a download.
"""

from gateways.channels.contract.channel import (
    COLLECTED_TYPES,
    NO_INSTALLATION,
    Channel,
    ConfigField,
    Installation,
    Route,
)
from gateways.channels.contract.channel_type import ChannelType, FetchPlan, NamePlan, NewId, SendPlan, no_id
from gateways.channels.contract.http_exchange import JSON_TYPE, HttpRequest, HttpResponse
from gateways.channels.contract.incoming import (
    Answer,
    ChannelEvent,
    Ignored,
    IncomingMessage,
    LogLine,
    MessagePart,
    Received,
    Refused,
    StatusName,
    StatusReport,
)
from gateways.channels.contract.outgoing import (
    EPOCH,
    NO_OPTIONS,
    MediaFile,
    OutgoingMessage,
    QuickReply,
    Remembered,
    SendOptions,
    SendOutcome,
    SendStatus,
    Template,
    TemplateComponent,
    TemplateVariable,
)

__all__ = [
    "Answer",
    "COLLECTED_TYPES",
    "Channel",
    "ChannelEvent",
    "ChannelType",
    "ConfigField",
    "EPOCH",
    "FetchPlan",
    "HttpRequest",
    "HttpResponse",
    "Ignored",
    "IncomingMessage",
    "Installation",
    "JSON_TYPE",
    "LogLine",
    "MediaFile",
    "MessagePart",
    "NO_INSTALLATION",
    "NO_OPTIONS",
    "NamePlan",
    "NewId",
    "OutgoingMessage",
    "QuickReply",
    "Received",
    "Refused",
    "Remembered",
    "Route",
    "SendOptions",
    "SendOutcome",
    "SendPlan",
    "SendStatus",
    "StatusName",
    "StatusReport",
    "Template",
    "TemplateComponent",
    "TemplateVariable",
    "no_id",
]
