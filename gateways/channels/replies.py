"""The answers aggregators get unless their type wants its own: a JSON envelope of a message and its data.

`{"message": "Message Accepted", "data": [{"type": "msg", …}]}`; 200 for what is accepted or ignored, 400 for what is wrong.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from gateways.channels.contract import (
    JSON_TYPE,
    ChannelEvent,
    HttpResponse,
    Ignored,
    IncomingMessage,
    LogLine,
    Received,
    Refused,
    StatusReport,
)

JSON_HEADERS: Final = {"content-type": JSON_TYPE}
STATUS_LETTERS: Final = {"wired": "W", "sent": "S", "delivered": "D", "read": "R", "failed": "F", "errored": "E"}


def envelope(status: int, message: str, data: Sequence[dict[str, Any]]) -> HttpResponse:
    """The standard answer."""
    return HttpResponse(status, JSON_HEADERS, orjson.dumps({"message": message, "data": data}, default=str))


def accepted(
    channel_uuid: str,
    messages: tuple[IncomingMessage, ...] = (),
    statuses: tuple[StatusReport, ...] = (),
    events: tuple[ChannelEvent, ...] = (),
    response: HttpResponse | None = None,
    log: tuple[LogLine, ...] = (),
) -> Received:
    """Facts with the standard answer, unless `response` is another."""
    if response is None:
        if len(messages) == 1 and not statuses and not events:
            response = envelope(200, "Message Accepted", [message_item(channel_uuid, messages[0])])
            return Received(messages, (), (), response, (), log)
        data = [message_item(channel_uuid, each) for each in messages]
        data += [event_item(channel_uuid, each) for each in events]
        data += [status_item(channel_uuid, each) for each in statuses]
        response = envelope(200, _title(len(messages), len(statuses), len(events)), data)
    return Received(messages, statuses, events, response, (), log)


def _title(messages: int, statuses: int, events: int) -> str:
    if bool(messages) + bool(statuses) + bool(events) > 1:
        return "Events Handled"
    if messages:
        return "Message Accepted"
    if statuses:
        return "Status Update Accepted"
    return "Event Accepted"


def refused(reason: str, status: int = 400, log: tuple[LogLine, ...] = (), several: tuple[str, ...] = ()) -> Refused:
    """The request is wrong; the reason is told to the caller, where there are `several` one by one."""
    title = "Unauthorized" if status == 401 else "Error"
    return Refused(
        envelope(status, title, [{"type": "error", "error": each} for each in several or (reason,)]), reason, log
    )


def ignored(reason: str, response: HttpResponse | None = None, log: tuple[LogLine, ...] = ()) -> Ignored:
    """Nothing to do; the reason is told to the caller."""
    return Ignored(response or envelope(200, "Ignored", [{"type": "info", "info": reason}]), reason, log)


def text_response(body: str, content_type: str = "text/plain", status: int = 200) -> HttpResponse:
    """A plain answer."""
    return HttpResponse(status, {"content-type": content_type}, body.encode())


def message_item(channel_uuid: str, message: IncomingMessage) -> dict[str, Any]:
    item: dict[str, Any] = {
        "type": "msg",
        "channel_uuid": channel_uuid,
        "msg_uuid": message.uuid,
        "text": message.text,
        "urn": message.urn,
    }
    if message.attachments:
        item["attachments"] = message.attachments
    if message.external_id:
        item["external_id"] = message.external_id
    if message.received_on:
        item["received_on"] = message.received_on
    return item


def event_item(channel_uuid: str, event: ChannelEvent) -> dict[str, Any]:
    item: dict[str, Any] = {
        "type": "event",
        "channel_uuid": channel_uuid,
        "event_type": event.type,
        "urn": event.urn,
    }
    if event.occurred_on:
        item["received_on"] = event.occurred_on
    if event.extra:
        item["extra"] = dict(event.extra)
    return item


def status_item(channel_uuid: str, report: StatusReport) -> dict[str, Any]:
    item: dict[str, Any] = {
        "type": "status",
        "channel_uuid": channel_uuid,
        "status": STATUS_LETTERS[report.status],
    }
    if report.message_uuid:
        item["msg_uuid"] = report.message_uuid
    if report.external_id:
        item["external_id"] = report.external_id
    return item


def parse_rfc3339(text: str) -> datetime | None:
    """A date and time with a zone; None when it is anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and len(text) > 18 else None
