"""KWA, Kaleyra: WhatsApp by forms; attachments travel as files."""

from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson

from gateways.channels.channel_type import BuiltType, Features, IgnoreRequest, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    HttpRequest,
    IncomingMessage,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
    StatusName,
    StatusReport,
)
from gateways.channels.forms import FORM_TYPE, first, read_form
from gateways.channels.multipart import multipart_body
from gateways.channels.replies import accepted
from gateways.channels.senders import sender_urn
from gateways.channels.sending import Progress, Steps, as_text, attachment, call, callback_url, download, plan, urn_path
from gateways.channels.types.meta.settings import required_setting
from gateways.channels.types.meta.webhook import read_moment

URL: Final = "https://api.kaleyra.io/v1"
TYPES: Final = frozenset({"text", "image", "video", "voice", "document"})
STATUSES: Final[dict[str, StatusName]] = {"0": "failed", "sent": "wired", "delivered": "delivered", "read": "read"}


def read_message(inbound: Inbound) -> Answer:
    """Fields type, from, body, media_url, created_at (seconds since 1970), name."""
    form = read_form(inbound.request)
    for name in ("from", "created_at"):
        if not first(form, name):
            raise RefuseRequest(f"field '{name}' required")
    kind, text, link = first(form, "type"), first(form, "body"), first(form, "media_url")
    if kind not in TYPES:
        raise IgnoreRequest(f"unknown message type '{kind[:40]}'")
    if not text and not link:
        raise RefuseRequest("no text or media")
    received_on = read_moment(first(form, "created_at"))
    if received_on is None:
        raise RefuseRequest(f"invalid created_at '{first(form, 'created_at')[:40]}': expected seconds since 1970")
    message = IncomingMessage(
        sender_urn("whatsapp", first(form, "from").removeprefix("+")),
        text,
        attachments=(link,) if link.startswith(("http://", "https://")) else (),
        received_on=received_on,
        name=first(form, "name") or None,
        uuid=inbound.new_id(),
    )
    return accepted(inbound.channel.uuid, (message,))


def read_status(inbound: Inbound) -> Answer:
    """Fields id (Kaleyra's) and status."""
    form = read_form(inbound.request)
    external_id, name = first(form, "id"), first(form, "status")
    for field_name, value in (("id", external_id), ("status", name)):
        if not value:
            raise RefuseRequest(f"field '{field_name}' required")
    status = STATUSES.get(name)
    if status is None:
        raise IgnoreRequest(f"unknown status '{name[:40]}'")
    return accepted(inbound.channel.uuid, statuses=(StatusReport(None, None, external_id, status),))


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """A request for each attachment, the text below the first that can show one, else a request for the text."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    url = f"{URL}/{quote(required_setting(channel, 'account_sid'), safe='')}/messages"
    fields = {
        "api-key": required_setting(channel, "api_key"),
        "callback_url": f"{callback_url(channel, progress.options)}/status",
        "channel": "WhatsApp",
        "from": channel.address,
        "to": urn_path(message.urn),
    }
    shows = next((each for each in message.attachments if not each.startswith("audio")), None)
    parts = [(each, message.text if each == shows else "") for each in message.attachments]
    if shows is None and message.text:
        parts.append(("", message.text))
    for value, text in parts[len(progress.external_ids) :]:
        if value:
            yield from _send_file(message, progress, url, fields, value, text)
        else:
            yield from _deliver(progress, _text_request(url, fields, text))


def _text_request(url: str, fields: dict[str, str], text: str) -> HttpRequest:
    preview = {"preview_url": "true"} if "http://" in text or "https://" in text else {}
    form = {**fields, "type": "text", "body": text, **preview}
    return HttpRequest("POST", url, {"Content-Type": FORM_TYPE}, body=urlencode(sorted(form.items())).encode())


def _send_file(
    message: OutgoingMessage, progress: Progress, url: str, fields: dict[str, str], value: str, caption: str
) -> Steps:
    content_type, link = attachment(value)
    file = yield from download(progress, link)
    name = link.partition("?")[0].rpartition("/")[2] or "file"
    form = {**fields, "type": "media"} | ({"caption": caption} if caption else {})
    body, form_type = multipart_body(form, [("media", name, content_type, file.body)], boundary=message.uuid)
    yield from _deliver(progress, HttpRequest("POST", url, {"Content-Type": form_type}, body=body))


def _deliver(progress: Progress, request: HttpRequest) -> Steps:
    response = yield from call(progress, request)
    external_id = _external_id(response.body)
    progress.external_ids.append("" if external_id in progress.external_ids else external_id)


def _external_id(body: bytes) -> str:
    try:
        answer: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    return as_text(answer.get("id")) if isinstance(answer, dict) else ""


KALEYRA: Final = BuiltType(
    code="KWA",
    name="Kaleyra WhatsApp",
    schemes=("whatsapp",),
    receivers={
        "receive": (Receiver(Route("receive", ("GET",), "message"), read_message),),
        "status": (Receiver(Route("status", ("GET",), "status"), read_status),),
    },
    send=send,
    fields=(ConfigField("account_sid", required=True), ConfigField("api_key", "secret", required=True)),
    features=Features(attachments="media", throughput=45),
)
