"""TRN, Turn.io: WhatsApp's messages without Meta's frame; media have to be uploaded before they can be sent."""

from collections.abc import Generator
from typing import Any, Final
from urllib.parse import quote

import orjson

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    FetchPlan,
    HttpRequest,
    HttpResponse,
    OutgoingMessage,
    Remembered,
    Route,
    SendOptions,
    SendPlan,
    StatusName,
)
from gateways.channels.json_body import json_object, post_json
from gateways.channels.sending import Progress, SendFailed, Steps, as_text, exchange, file_request, plan, require_whole
from gateways.channels.types.meta.settings import base_url, required_setting, text_setting
from gateways.channels.types.meta.webhook import objects
from gateways.channels.types.meta.whatsapp_inbound import STATUSES, Batch
from gateways.channels.types.meta.whatsapp_messages import (
    MEDIA_KINDS,
    TEXT_LIMIT,
    Body,
    deliver,
    recipient,
    remaining_bodies,
)

UPLOAD_KEPT: Final = 24 * 3600
FAILURE_KEPT: Final = 15 * 60
UNKNOWN_TYPE: Final = "application/octet-stream"

TURN_STATUSES: Final[dict[str, StatusName]] = {**STATUSES, "sending": "wired"}


def receive(inbound: Inbound) -> Answer:
    """Messages and statuses; one message that can't be read refuses the request."""
    batch = Batch(inbound, second="from_bsuid", strict=True, known=TURN_STATUSES)
    batch.add(json_object(inbound.request.body))
    return batch.answer()


def fetch(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """Media lie at an address that follows from their id."""
    yield from ()
    if not attachment.startswith("media:"):
        return HttpRequest("GET", attachment) if attachment.startswith(("http://", "https://")) else None
    reference = quote(attachment.removeprefix("media:"), safe="")
    return HttpRequest("GET", f"{base_url(channel)}/v1/media/{reference}", _bearer(channel))


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """For each attachment a download, an upload and a message, for each part of the text a message."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    for name in ("base_url", "auth_token"):
        required_setting(channel, name)
    url, headers = f"{base_url(channel)}/v1/messages", _bearer(channel)
    types = {each.partition(":")[2]: each.partition(":")[0] for each in message.attachments}
    for kind, content in remaining_bodies(channel, message, progress):
        if kind in MEDIA_KINDS:
            link = str(content.pop("link"))
            content["id"] = yield from _uploaded(channel, progress, link, types.get(link, ""))
        elif kind == "template":
            content["namespace"] = _namespace(channel, message)
        yield from deliver(message, progress, post_json(url, _envelope(message, (kind, content)), headers))


def _envelope(message: OutgoingMessage, body: Body) -> dict[str, Any]:
    kind, content = body
    preview = {"preview_url": True} if kind == "text" and content.pop("preview_url") else {}
    return {**recipient(message.urn), "type": kind, **preview, kind: content}


def _namespace(channel: Channel, message: OutgoingMessage) -> str:
    own = message.template.namespace if message.template else ""
    found = own or text_setting(channel, "fb_namespace")
    if not found:
        text = "A template needs its namespace, or 'fb_namespace' in the channel's settings."
        raise SendFailed("channel_config", text, retry=True)
    return found


def _uploaded(
    channel: Channel, progress: Progress, link: str, content_type: str
) -> Generator[HttpRequest, HttpResponse, str]:
    """Turn's id of the file at a link: remembered, or made by carrying the file over."""
    known, failed = f"media:{link}", f"media_failed:{link}"
    remembered = progress.options.remembered
    if known in remembered:
        return remembered[known]
    if failed not in remembered:
        reference = yield from _carry_over(channel, progress, link, content_type)
        if reference:
            progress.remember.append(Remembered(known, reference, UPLOAD_KEPT))
            return reference
        progress.remember.append(Remembered(failed, "1", FAILURE_KEPT))
    raise SendFailed(
        "rejected_with_reason",
        "Turn did not take the attachment.",
        external_code="media_upload_failed",
        retry=True,
    )


def _carry_over(
    channel: Channel, progress: Progress, link: str, content_type: str
) -> Generator[HttpRequest, HttpResponse, str]:
    file = yield from exchange(progress, file_request(link))
    require_whole(file, link)
    if file.status // 100 != 2:
        progress.note("attachment_gone", f"The attachment could not be downloaded: {file.status}.")
        return ""
    told = next((value for name, value in file.headers.items() if name.lower() == "content-type"), "")
    headers = {"Content-Type": content_type if "/" in content_type else told or UNKNOWN_TYPE, **_bearer(channel)}
    request = HttpRequest("POST", f"{base_url(channel)}/v1/media", headers, body=file.body)
    answer = yield from exchange(progress, request)
    try:
        media = objects(orjson.loads(answer.body), "media")
    except orjson.JSONDecodeError:
        return ""
    return as_text(media[0].get("id")) if media and answer.status // 100 == 2 else ""


def _bearer(channel: Channel) -> dict[str, str]:
    return {"Authorization": f"Bearer {text_setting(channel, 'auth_token')}"}


TURN: Final = BuiltType(
    code="TRN",
    name="Turn.io WhatsApp",
    schemes=("whatsapp",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "several"), receive),)},
    send=send,
    fields=(
        ConfigField("auth_token", "secret", required=True),
        ConfigField("base_url", "url", required=True),
        ConfigField("fb_namespace"),
    ),
    features=Features(
        attachments="media", quick_replies=True, templates=True, max_length=TEXT_LIMIT, proxied=True, throughput=45
    ),
    fetch=fetch,
)
