"""TG, Telegram: bots. Updates come as JSON, files are looked up when they are fetched, so no stored URL holds the token."""

from collections.abc import Generator
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from gateways.channels.channel_type import BuiltType, Features, IgnoreRequest, Inbound, Receiver
from gateways.channels.contract import (
    Answer,
    Channel,
    ChannelEvent,
    ConfigField,
    FetchPlan,
    HttpRequest,
    HttpResponse,
    IncomingMessage,
    LogLine,
    MediaFile,
    OutgoingMessage,
    QuickReply,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.dates import epoch, number_or_none
from gateways.channels.forms import FORM_TYPE
from gateways.channels.json_body import field_items, field_text, json_object, location, required_text
from gateways.channels.keyboards import button_rows, is_public_url, shown_replies
from gateways.channels.media_choice import MEGABYTE, MediaLimit, choose_media, main_type
from gateways.channels.replies import accepted
from gateways.channels.senders import sender_urn
from gateways.channels.sending import (
    LONGEST_WAIT,
    Call,
    Progress,
    SendFailed,
    Steps,
    dig,
    exchange,
    part_limit,
    plan,
    read_json,
    text_parts,
    urn_path,
)

API: Final = "https://api.telegram.org"
TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
PHOTO_BYTES: Final = 100_000
"""Of the sizes of a photo the largest that isn't above this is taken."""
MOST_ROWS: Final = 5
ROW_WIDTH: Final = 30
LIMITS: Final = {
    "image": MediaLimit(10 * MEGABYTE),
    "video": MediaLimit(50 * MEGABYTE),
    "audio": MediaLimit(50 * MEGABYTE),
    "application": MediaLimit(50 * MEGABYTE, ("application/pdf",)),
}
METHODS: Final = {
    "image": ("sendPhoto", "photo"),
    "video": ("sendVideo", "video"),
    "audio": ("sendAudio", "audio"),
    "application": ("sendDocument", "document"),
}
STOPPED: Final = ("bot was blocked by the user", "user is deactivated")
NO_KEYBOARD: Final = '{"remove_keyboard":true}'


# receiving -------------------------------------------------------------------------------------------------------------


def read_update(inbound: Inbound) -> Answer:
    """An update; of interest are messages of people."""
    update = json_object(inbound.request.body)
    required_text(update, "update_id")
    message = update.get("message")
    if not isinstance(message, dict) or not field_text(message, "from.id"):
        raise IgnoreRequest("there is no message of a person in the update")
    urn = sender_urn("telegram", field_text(message, "from.id"), display=field_text(message, "from.username").lower())
    name, sent = _name(message), epoch(field_text(message, "date"))
    text = field_text(message, "text") or field_text(message, "caption")
    if text == "/start":
        event = ChannelEvent("new_conversation", urn, occurred_on=sent, name=name)
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
    response = yield _request(channel, "getFile", {"file_id": attachment.removeprefix("media:")})
    try:
        answer = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None
    path = field_text(answer, "result.file_path")
    if response.status // 100 != 2 or dig(answer, "ok") is not True or not path:
        return None
    return HttpRequest("GET", f"{API}/file/bot{_token(channel)}/{path}")


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each part of the text and for each file; a single file takes a short text as its caption."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    requests = _messages(channel, message, progress)
    keyboard = _keyboard(message.quick_replies, progress)
    done = len(progress.external_ids)
    for number, (method, fields) in enumerate(requests[done:], done + 1):
        form = {
            "chat_id": urn_path(message.urn),
            **fields,
            "parse_mode": "Markdown",
            "reply_markup": keyboard if number == len(requests) else NO_KEYBOARD,
        }
        message_id = yield from _deliver(channel, method, form, progress)
        progress.external_ids.append(message_id)


def _messages(channel: Channel, message: OutgoingMessage, progress: Progress) -> list[tuple[str, dict[str, str]]]:
    """The method and the own fields of each request."""
    chosen = [choose_media(each, LIMITS, progress) for each in message.attachments]
    files = [each for each in chosen if each is not None]
    as_caption = len(message.attachments) == 1 and len(message.text) <= CAPTION_LIMIT
    requests: list[tuple[str, dict[str, str]]] = []
    if message.text and not as_caption:
        parts = text_parts(message.text, part_limit(channel, progress.options, TEXT_LIMIT))
        requests += [("sendMessage", {"text": part}) for part in parts]
    return requests + [_file(each, message.text if as_caption else "") for each in files]


def _file(file: MediaFile, caption: str) -> tuple[str, dict[str, str]]:
    method, field = METHODS[main_type(file.content_type)]
    return method, {field: file.url, "caption": caption}


def _deliver(
    channel: Channel, method: str, form: dict[str, str], progress: Progress
) -> Generator[HttpRequest, HttpResponse, str]:
    """Sends one message and gives its id; a text that is no Markdown after all goes out as it is."""
    response = yield from _exchange(progress, _request(channel, method, form))
    if response.status == 400 and b"can't parse entities" in response.body and "parse_mode" in form:
        plain = {name: value for name, value in form.items() if name != "parse_mode"}
        return (yield from _deliver(channel, method, plain, progress))
    answer = read_json(response)
    code, description = field_text(answer, "error_code"), field_text(answer, "description")
    if code == "403" and any(each in description for each in STOPPED):
        raise SendFailed("contact_stopped", description)
    if dig(answer, "ok") is not True and code:
        raise SendFailed("rejected_with_reason", description, external_code=code)
    if response.status // 100 != 2:
        raise SendFailed("response_status", f"Telegram answered {response.status}.")
    message_id = field_text(answer, "result.message_id").strip("0")
    if dig(answer, "ok") is not True or not message_id:
        raise SendFailed("response_content", "Telegram's answer holds no 'result.message_id'.")
    return field_text(answer, "result.message_id")


def _exchange(progress: Progress, request: HttpRequest) -> Call:
    """One request; Telegram says in the body of its answer how long to wait."""
    exchanged = exchange(progress, request)
    response = yield next(exchanged)
    try:
        exchanged.send(response)
    except StopIteration:
        return response
    except SendFailed as failure:
        if failure.code == "connection_throttled" and failure.retry_after is None:
            failure.retry_after = _wait(response)
        raise
    return response


def _wait(response: HttpResponse) -> float | None:
    try:
        seconds = number_or_none(dig(orjson.loads(response.body), "parameters.retry_after"))
    except orjson.JSONDecodeError:
        return None
    return None if seconds is None else min(max(float(seconds), 0.0), LONGEST_WAIT)


def _keyboard(replies: tuple[QuickReply, ...], progress: Progress) -> str:
    """Links are buttons below the message, everything else replaces the contact's keyboard; the two can't be mixed."""
    only_links = bool(replies) and all(each.type == "url" for each in replies)
    shown = shown_replies(replies, ("url",) if only_links else ("text", "location", "form"), progress)
    usable = []
    for reply in shown:
        if reply.type in ("url", "form") and not is_public_url(reply.extra):
            progress.note("quick_reply_invalid", f"'{reply.extra}' is not a URL a button can open.")
        else:
            usable.append(reply)
    if not usable:
        return NO_KEYBOARD
    rows = [[_button(each) for each in row] for row in button_rows(usable, MOST_ROWS, ROW_WIDTH)]
    if only_links:
        return orjson.dumps({"inline_keyboard": rows}).decode()
    once = all(each.type == "text" for each in usable)
    return orjson.dumps({"keyboard": rows, "resize_keyboard": True, "one_time_keyboard": once}).decode()


def _button(reply: QuickReply) -> dict[str, Any]:
    button: dict[str, Any] = {"text": reply.text}
    if reply.type == "url":
        button["url"] = reply.extra
    elif reply.type == "form":
        button["web_app"] = {"url": reply.extra}
    elif reply.type == "location":
        button["request_location"] = True
    return button


def show_typing(channel: Channel, urn: str, external_id: str, options: SendOptions) -> HttpRequest:
    """ "typing…" for five seconds."""
    return _request(channel, "sendChatAction", {"chat_id": urn_path(urn), "action": "typing"})


def _token(channel: Channel) -> str:
    return str(channel.config.get("auth_token") or "")


def _request(channel: Channel, method: str, form: dict[str, str]) -> HttpRequest:
    headers = {"Content-Type": FORM_TYPE, "Accept": "application/json"}
    return HttpRequest("POST", f"{API}/bot{_token(channel)}/{method}", headers, body=urlencode(form).encode())


TELEGRAM: Final = BuiltType(
    code="TG",
    name="Telegram",
    schemes=("telegram",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "several"), read_update),)},
    send=send,
    fetch=find_file,
    typing=show_typing,
    fields=(ConfigField("auth_token", "secret", required=True),),
    features=Features(attachments="media", quick_replies=True, max_length=TEXT_LIMIT),
)
