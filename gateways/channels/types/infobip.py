"""IB, Infobip: SMS, and MMS when there are attachments either way."""

import re
from datetime import datetime
from typing import Any, Final

import orjson

from gateways.channels.channel_type import BuiltType, Features, IgnoreRequest, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    HttpRequest,
    HttpResponse,
    IncomingMessage,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
    StatusName,
    StatusReport,
)
from gateways.channels.description.dates import pattern_reader
from gateways.channels.description.fields import json_body
from gateways.channels.replies import accepted
from gateways.channels.senders import sender_urn
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    as_text,
    attachment,
    basic_authorization,
    call,
    callback_url,
    dig,
    plan,
    urn_path,
)

BASE_URL: Final = "https://api.infobip.com"
STATUSES: Final[dict[str, StatusName]] = {
    "PENDING": "sent",
    "EXPIRED": "sent",
    "DELIVERED": "delivered",
    "REJECTED": "failed",
    "UNDELIVERABLE": "failed",
}
ACCEPTED_GROUPS: Final = ("1", "3")
"""Pending and delivered; the other groups are refusals."""
_read_moment: Final = pattern_reader("%Y-%m-%dT%H:%M:%S%z", "")
_GROUP: Final = re.compile(rb'"groupId"\s*:\s*"?(\d+)')
_ID: Final = re.compile(rb'"messageId"\s*:\s*"([^"]+)"')


# receiving -------------------------------------------------------------------------------------------------------------


def _results(inbound: Inbound) -> list[Any]:
    results = dig(json_body(inbound.request.body), "results")
    if not isinstance(results, list):
        raise RefuseRequest("field 'results' required")
    return results


def read_messages(inbound: Inbound) -> Answer:
    """Each result is a message; one without a text or a file is none."""
    messages = [found for each in _results(inbound) if (found := _message(inbound, each)) is not None]
    if not messages:
        raise IgnoreRequest("there is no message in the request")
    return accepted(inbound.channel.uuid, tuple(messages))


def _message(inbound: Inbound, result: Any) -> IncomingMessage | None:
    sender = as_text(dig(result, "from"))
    if not sender:
        raise RefuseRequest("field 'from' required")
    text, attachments = _content(result)
    if not text and not attachments:
        return None
    return IncomingMessage(
        sender_urn("tel", sender, inbound.channel.country),
        text,
        as_text(dig(result, "messageId")) or None,
        attachments,
        _moment(as_text(dig(result, "receivedAt"))),
        uuid=inbound.new_id(),
    )


def _content(result: Any) -> tuple[str, tuple[str, ...]]:
    """The text and the files: of an SMS its text, of an MMS what its segments hold."""
    segments = dig(result, "message")
    if not isinstance(segments, list):
        return as_text(dig(result, "text")), ()
    texts, files = [], []
    for segment in segments:
        kind, url = as_text(dig(segment, "contentType")), as_text(dig(segment, "url"))
        if kind == "text/plain":
            texts.append(as_text(dig(segment, "value")))
        elif url:
            files.append(f"{kind}:{url}" if kind else url)
    return "\n".join(text for text in texts if text), tuple(files)


def _moment(text: str) -> datetime | None:
    found = _read_moment(text)
    if text and found is None:
        raise RefuseRequest("field 'receivedAt' is not a date as in 2026-01-31T08:15:00.000+0000")
    return found


def read_statuses(inbound: Inbound) -> Answer:
    """Reports name messages by the id that we gave them."""
    reports = []
    for result in _results(inbound):
        external_id, group = as_text(dig(result, "messageId")), as_text(dig(result, "status.groupName"))
        if not external_id or not group:
            raise RefuseRequest("fields 'messageId' and 'status.groupName' required")
        if group not in STATUSES:
            raise RefuseRequest(f"unknown status '{group[:64]}'")
        reports.append(StatusReport(None, None, external_id, STATUSES[group]))
    return accepted(inbound.channel.uuid, statuses=tuple(reports))


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request, whatever the length: Infobip makes the parts."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    if progress.external_ids:
        return
    base = str(channel.config.get("base_url") or BASE_URL).rstrip("/")
    path = "/mms/2/messages" if message.attachments else "/sms/3/messages"
    body = orjson.dumps({"messages": [_body(channel, message, progress.options)]})
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Authorization": _authorization(channel),
    }
    response = yield from call(progress, HttpRequest("POST", base + path, headers, body=body))
    progress.external_ids.append(_accepted_id(response))


def _authorization(channel: Channel) -> str:
    config = channel.config
    if config.get("api_key"):
        return f"App {config['api_key']}"
    if config.get("username") and config.get("password"):
        return basic_authorization(f"{config['username']}:{config['password']}")
    raise SendFailed("channel_config", "'api_key', or 'username' and 'password' is required")


def _body(channel: Channel, message: OutgoingMessage, options: SendOptions) -> dict[str, Any]:
    content: dict[str, Any] = {"text": message.text}
    if channel.config.get("transliteration"):
        content["transliteration"] = channel.config["transliteration"]
    if message.attachments:
        content = {"title": "", "messageSegments": _segments(message)}
    webhook = {"url": callback_url(channel, options) + "/delivered", "intermediateReport": True}
    return {
        ("sender" if message.attachments else "from"): channel.address,
        "destinations": [{"to": urn_path(message.urn).lstrip("+"), "messageId": message.uuid}],
        "content": content,
        "webhooks": {"delivery": {**webhook, "contentType": "application/json"}},
    }


def _segments(message: OutgoingMessage) -> list[dict[str, str]]:
    segments = [{"type": "TEXT", "text": message.text}] if message.text else []
    for each in message.attachments:
        content_type, url = attachment(each)
        segments.append({"type": "LINK", "contentUrl": url, "contentType": content_type})
    return segments


def _accepted_id(response: HttpResponse) -> str:
    """The id of what was accepted. Searched for, not parsed: the answer says the same in several shapes."""
    group = _GROUP.search(response.body)
    if group is None or group[1].decode() not in ACCEPTED_GROUPS:
        raise SendFailed("response_content", "Infobip did not accept the message.")
    found = _ID.search(response.body)
    return found[1].decode() if found else ""


INFOBIP: Final = BuiltType(
    code="IB",
    name="Infobip",
    schemes=("tel",),
    receivers={
        "receive": (Receiver(Route("receive", ("POST",), "message"), read_messages),),
        "delivered": (Receiver(Route("delivered", ("POST",), "status"), read_statuses),),
    },
    send=send,
    fields=(
        ConfigField("api_key", "secret"),
        ConfigField("username"),
        ConfigField("password", "secret"),
        ConfigField("base_url", "url", default=BASE_URL),
        ConfigField("transliteration"),
    ),
    alternatives=(("api_key",), ("username", "password")),
    features=Features(attachments="media", documentation="https://www.infobip.com/docs/api"),
)
