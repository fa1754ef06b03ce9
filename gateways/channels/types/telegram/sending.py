"""Messages of a bot: texts, files with captions, keyboards."""

from collections.abc import Generator
from datetime import datetime
from typing import Any, Final

import orjson

from gateways.channels.contract import (
    Channel,
    HttpRequest,
    HttpResponse,
    MediaFile,
    OutgoingMessage,
    QuickReply,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.dates import number_or_none
from gateways.channels.json_body import field_text
from gateways.channels.keyboards import button_rows, is_public_url, shown_replies
from gateways.channels.media_choice import MEGABYTE, MediaLimit, choose_media, main_type
from gateways.channels.sending import (
    LONGEST_WAIT,
    Progress,
    SendFailed,
    Steps,
    dig,
    exchange,
    part_limit,
    plan,
    read_json,
    require_settings,
    retry_after,
    text_parts,
    urn_path,
)
from gateways.channels.types.telegram.api import request

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
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


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each part of the text and for each file; a single file takes a short text as its caption."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    require_settings(channel, "auth_token")
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
    response = yield from exchange(progress, request(channel, method, form), _wait)
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


def _wait(response: HttpResponse, now: datetime) -> float | None:
    """Telegram says in the body of its answer how long to wait."""
    said = retry_after(response, now)
    if said is not None:
        return said
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
    return request(channel, "sendChatAction", {"chat_id": urn_path(urn), "action": "typing"})
