"""TQ, ThinQ (Commio): SMS and MMS in the United States. Numbers travel without their country code."""

from typing import Final

import orjson

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver, RefuseRequest
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
from gateways.channels.forms import first, read_form
from gateways.channels.missing_fields import fields_required
from gateways.channels.multipart import multipart_body
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
    dig,
    part_limit,
    plan,
    read_json,
    text_parts,
    urn_path,
)

API: Final = "https://api.thinq.com/account/{account}/product/origination/{kind}/send"
PART_LIMIT: Final = 1600
COUNTRY_CODE: Final = "+1"
STATUSES: Final[dict[str, StatusName]] = {
    "DELIVRD": "delivered",
    "EXPIRED": "errored",
    "DELETED": "failed",
    "UNDELIV": "failed",
    "UNKNOWN": "failed",
    "REJECTD": "failed",
}


def _required(inbound: Inbound, *names: str) -> list[str]:
    form = read_form(inbound.request)
    found = [first(form, name) for name in names]
    missing = [name for name, value in zip(names, found, strict=True) if not value]
    if missing:
        raise fields_required(missing)
    return found


def read_message(inbound: Inbound) -> Answer:
    """A text, or one file: its address, or itself in base64."""
    sender, _, kind = _required(inbound, "from", "to", "type")
    content = first(read_form(inbound.request), "message")
    if kind not in ("sms", "mms"):
        raise RefuseRequest(f"field 'type' must be sms or mms, not '{kind[:16]}'")
    text, files = (content, ()) if kind == "sms" else ("", (_file(content),) if content else ())
    urn = sender_urn("tel", sender, inbound.channel.country)
    return accepted(inbound.channel.uuid, (IncomingMessage(urn, text, attachments=files, uuid=inbound.new_id()),))


def _file(content: str) -> str:
    return content if content.startswith(("http://", "https://")) else "data:" + content


def read_status(inbound: Inbound) -> Answer:
    """A report on a message by ThinQ's id."""
    guid, status = _required(inbound, "guid", "status")
    if status not in STATUSES:
        raise RefuseRequest(f"unknown status '{status[:64]}'")
    return accepted(inbound.channel.uuid, statuses=(StatusReport(None, None, guid, STATUSES[status]),))


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One MMS for each file, then the text in parts."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    config = channel.config
    missing = [
        f"'{name}' is required" for name in ("account_id", "api_token_user", "api_token") if not config.get(name)
    ]
    if missing:
        raise SendFailed("channel_config", ", ".join(missing))
    requests = [_file_request(channel, message, attachment(each)[1]) for each in message.attachments]
    texts = text_parts(message.text, part_limit(channel, progress.options, PART_LIMIT)) if message.text else ()
    requests += [_text_request(channel, message, part) for part in texts]
    for request in requests[len(progress.external_ids) :]:
        response = yield from call(progress, request)
        progress.external_ids.append(_guid(response))


def _guid(response: HttpResponse) -> str:
    guid = as_text(dig(read_json(response), "guid"))
    if not guid:
        raise SendFailed("response_content", "ThinQ gave no id for the message.")
    return guid


def _numbers(channel: Channel, message: OutgoingMessage) -> dict[str, str]:
    ten_digits = (each.removeprefix(COUNTRY_CODE) for each in (channel.address, urn_path(message.urn)))
    return dict(zip(("from_did", "to_did"), ten_digits, strict=True))


def _request(channel: Channel, kind: str, body: bytes, content_type: str) -> HttpRequest:
    config = channel.config
    headers = {
        "Authorization": basic_authorization(f"{config['api_token_user']}:{config['api_token']}"),
        "Content-Type": content_type,
        "Accept": "application/json",
    }
    return HttpRequest("POST", API.format(account=config["account_id"], kind=kind), headers, body=body)


def _file_request(channel: Channel, message: OutgoingMessage, url: str) -> HttpRequest:
    fields = {**_numbers(channel, message), "media_url": url}
    return _request(channel, "mms", *multipart_body(fields, boundary=message.uuid))


def _text_request(channel: Channel, message: OutgoingMessage, text: str) -> HttpRequest:
    body = orjson.dumps({**_numbers(channel, message), "message": text})
    return _request(channel, "sms", body, "application/json")


THINQ: Final = BuiltType(
    code="TQ",
    name="ThinQ",
    schemes=("tel",),
    receivers={
        "receive": (Receiver(Route("receive", ("POST",), "message"), read_message),),
        "status": (Receiver(Route("status", ("POST",), "status"), read_status),),
    },
    send=send,
    fields=(
        ConfigField("account_id", required=True),
        ConfigField("api_token_user", required=True),
        ConfigField("api_token", "secret", required=True),
    ),
    features=Features(attachments="media", max_length=PART_LIMIT),
)
