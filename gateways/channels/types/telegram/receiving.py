"""Updates of a bot, and the files in them: these are looked up when they are fetched, so no stored URL holds the token."""

from typing import Any, Final

import orjson

from gateways.channels.channel_type import IgnoreRequest, Inbound, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ChannelEvent,
    FetchPlan,
    HttpRequest,
    IncomingMessage,
    LogLine,
    SendOptions,
)
from gateways.channels.description.dates import epoch, number_or_none
from gateways.channels.description.verification import same
from gateways.channels.json_body import field_items, field_text, json_object, location, required_text
from gateways.channels.replies import accepted
from gateways.channels.senders import sender_urn
from gateways.channels.sending import dig
from gateways.channels.types.telegram.api import api_url, request, token

SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"
PHOTO_BYTES: Final = 100_000
"""Of the sizes of a photo the largest that isn't above this is taken."""


def read_update(inbound: Inbound) -> Answer:
    """An update; of interest are messages of people. With a `secret` it must come from whoever was told it with `setWebhook`."""
    secret = str(inbound.channel.config.get("secret") or "")
    if secret and not same(inbound.request.headers.get(SECRET_HEADER, ""), secret):
        raise RefuseRequest(f"the header '{SECRET_HEADER}' is not the channel's secret", 401)
    update = json_object(inbound.request.body)
    required_text(update, "update_id")
    message = update.get("message")
    if not isinstance(message, dict) or not field_text(message, "from.id"):
        raise IgnoreRequest("there is no message of a person in the update")
    urn = sender_urn("telegram", field_text(message, "from.id"), display=field_text(message, "from.username").lower())
    name, sent = _name(message), epoch(field_text(message, "date"))
    text = field_text(message, "text") or field_text(message, "caption")
    if text == "/start":
        id = field_text(message, "message_id") or None
        event = ChannelEvent("new_conversation", urn, occurred_on=sent, name=name, external_id=id)
        return accepted(inbound.channel.uuid, events=(event,))
    text, attachments, payload, log = _content(message, text)
    if not text and not attachments:
        raise IgnoreRequest("the message has neither a text nor a file")
    found = IncomingMessage(
        urn, text, field_text(message, "message_id"), attachments, sent, name, inbound.new_id(), payload
    )
    return accepted(inbound.channel.uuid, (found,), log=log)


def _name(message: dict[str, Any]) -> str | None:
    names = (field_text(message, "from.first_name"), field_text(message, "from.last_name"))
    return " ".join(each for each in names if each) or field_text(message, "from.username") or None


def _content(
    message: dict[str, Any], text: str
) -> tuple[str, tuple[str, ...], dict[str, Any] | None, tuple[LogLine, ...]]:
    """The text, the attachments, what a web app sent, and lines for the log."""
    if "web_app_data" in message:
        return _web_app(message)
    if "contact" in message:
        names = (field_text(message, "contact.first_name"), field_text(message, "contact.last_name"))
        phone = field_text(message, "contact.phone_number")
        pieces = [*names, f"({phone})" if phone else ""]
        return " ".join(each for each in pieces if each), (), None, ()
    place = location(dig(message, "location.latitude"), dig(message, "location.longitude"))
    if "venue" in message:
        place = location(dig(message, "venue.location.latitude"), dig(message, "venue.location.longitude")) or place
        lines = (field_text(message, "venue.title"), field_text(message, "venue.address"))
        text = ", ".join(each for each in lines if each)
    if place:
        return text, (place,), None, ()
    file_id = _file_id(message)
    return text, ((f"media:{file_id}",) if file_id else ()), None, ()


def _web_app(message: dict[str, Any]) -> tuple[str, tuple[str, ...], dict[str, Any] | None, tuple[LogLine, ...]]:
    data = field_text(message, "web_app_data.data")
    try:
        payload = orjson.loads(data)
    except orjson.JSONDecodeError:
        payload = None
    if isinstance(payload, dict):
        return field_text(message, "web_app_data.button_text"), (), payload, ()
    return data, (), None, (LogLine("payload_invalid", "What the web app sent is not a JSON object."),)


def _file_id(message: dict[str, Any]) -> str:
    photos = field_items(message, "photo")
    if photos:
        fitting = [each for each in photos if (number_or_none(dig(each, "file_size")) or 0) <= PHOTO_BYTES]
        best = max(fitting, key=lambda each: number_or_none(dig(each, "file_size")) or 0, default=photos[0])
        return field_text(best, "file_id")
    paths = ("sticker.thumbnail", "sticker.thumb", "sticker", "video", "voice", "audio", "document")
    return next((found for path in paths if (found := field_text(message, f"{path}.file_id"))), "")


def find_file(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """Asks where a file is; the address holds for an hour."""
    if not attachment.startswith("media:"):
        return HttpRequest("GET", attachment) if attachment.startswith(("http://", "https://")) else None
    response = yield request(channel, "getFile", {"file_id": attachment.removeprefix("media:")})
    try:
        answer = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None
    path = field_text(answer, "result.file_path")
    if response.status // 100 != 2 or dig(answer, "ok") is not True or not path:
        return None
    return HttpRequest("GET", f"{api_url(channel)}/file/bot{token(channel)}/{path}")
