"""VK: messages to and from a community. Pictures are uploaded before they are sent, other files go as links."""

from collections.abc import Generator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    JSON_TYPE,
    Answer,
    Channel,
    ConfigField,
    HttpRequest,
    HttpResponse,
    IncomingMessage,
    NamePlan,
    OutgoingMessage,
    QuickReply,
    Remembered,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.dates import epoch
from gateways.channels.description.fields import read_answer
from gateways.channels.description.verification import same
from gateways.channels.json_body import field_items, field_text, json_object, location, required_text
from gateways.channels.keyboards import button_rows, shown_replies
from gateways.channels.media_choice import main_type
from gateways.channels.multipart import multipart_body
from gateways.channels.replies import accepted, ignored, text_response
from gateways.channels.senders import sender_urn
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    attachment,
    call,
    dig,
    download,
    exchange,
    plan,
    read_json,
    urn_path,
)

API: Final = "https://api.vk.com/method"
VERSION: Final = "5.103"
UPLOAD_URL: Final = "photo_upload_url"
UPLOAD_SECONDS: Final = 1800
MOST_ROWS: Final = 10
ROW_WIDTH: Final = 30
THROTTLED: Final = ("6", "9", "29")
"""Codes of VK for too many requests."""
BROKEN: Final = ("1", "10")
OK: Final = text_response("ok")


# receiving -------------------------------------------------------------------------------------------------------------


def read_callback(inbound: Inbound) -> Answer:
    """One callback: its `secret` shows that it comes from VK, its `type` what it is."""
    config = inbound.channel.config
    body = json_object(inbound.request.body)
    kind, secret = required_text(body, "type"), str(config.get("secret") or "")
    if not secret or not same(field_text(body, "secret"), secret):
        raise RefuseRequest("the secret is not the channel's")
    if kind == "confirmation":
        answer = text_response(str(config.get("callback_verification_string") or ""))
        return ignored("the address is confirmed", answer)
    if kind != "message_new":
        return ignored(f"ignoring '{kind[:40]}'", OK)
    return _message(inbound, dig(body, "object.message"))


def _message(inbound: Inbound, message: Any) -> Answer:
    message_id, sender = required_text(message, "id"), required_text(message, "from_id")
    sent = epoch(required_text(message, "date"))
    text, found = field_text(message, "text"), _attachment(message)
    if not text and not found:
        raise RefuseRequest("the message has neither a text nor a file")
    urn = sender_urn("vk", sender)
    files = (found,) if found else ()
    received = IncomingMessage(urn, text, message_id, files, sent, uuid=inbound.new_id())
    return accepted(inbound.channel.uuid, (received,), response=OK)


def _attachment(message: Any) -> str:
    """The first attachment, else the place."""
    for item in field_items(message, "attachments")[:1]:
        kind = field_text(item, "type")
        if kind == "photo":
            return _of_size(field_items(item, "photo.sizes"), "type", "x")
        if kind == "sticker":
            return _of_size(field_items(item, "sticker.images"), "width", "128")
        path = {"graffiti": "graffiti.url", "doc": "doc.url", "audio_message": "audio_message.link_mp3"}.get(kind)
        return field_text(item, path) if path else ""
    place = location(dig(message, "geo.coordinates.latitude"), dig(message, "geo.coordinates.longitude"))
    return place or ""


def _of_size(renderings: list[Any], field: str, wanted: str) -> str:
    """The URL of the wanted rendering, of the last one (the largest) where there is none."""
    best = next((each for each in renderings if field_text(each, field) == wanted), None)
    return field_text(best or (renderings[-1] if renderings else None), "url")


def find_name(channel: Channel, urn: str, options: SendOptions) -> NamePlan:
    """First and last name of a user."""
    response = yield _request(channel, "users.get.json", {"user_ids": urn_path(urn)})
    users = field_items(read_answer("json", response.body), "response")
    names = [field_text(user, field) for user in users[:1] for field in ("first_name", "last_name")]
    return " ".join(each for each in names if each) or None


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """Uploads the pictures, then sends one message."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    if not channel.config.get("auth_token"):
        raise SendFailed("channel_config", "'auth_token' is required")
    if progress.external_ids:
        return
    photos: list[str] = []
    texts = [message.text] if message.text else []
    for each in message.attachments:
        content_type, url = attachment(each)
        if main_type(content_type) == "image":
            photos.append((yield from _upload(channel, message, content_type, url, progress)))
        else:
            texts.append(url)
    fields = {
        "user_id": urn_path(message.urn),
        "random_id": message.uuid,
        "message": "\n\n".join(texts),
        "attachment": ",".join(photos),
    }
    keyboard = _keyboard(message.quick_replies, progress)
    if keyboard:
        fields["keyboard"] = keyboard
    response = yield from call(progress, _request(channel, "messages.send.json", fields))
    external_id = field_text(_accepted(response), "response")
    if not external_id:
        raise SendFailed("response_content", "VK's answer holds no 'response'.")
    progress.external_ids.append(external_id)


def _accepted(response: HttpResponse) -> Any:
    """VK's answer. Raises SendFailed when it is a refusal, which has the status 200 too."""
    answer = read_json(response)
    code, text = field_text(answer, "error.error_code"), field_text(answer, "error.error_msg")
    if code in THROTTLED:
        raise SendFailed("connection_throttled", text)
    if code:
        raise SendFailed("rejected_with_reason", text, external_code=code, retry=code in BROKEN)
    return answer


def _upload(
    channel: Channel, message: OutgoingMessage, content_type: str, url: str, progress: Progress
) -> Generator[HttpRequest, HttpResponse, str]:
    """Puts a picture where VK wants it and gives the name to attach it by."""
    server = yield from _upload_server(channel, progress)
    picture = yield from download(progress, url)
    name = url.partition("?")[0].rpartition("/")[2] or "picture"
    body, form_type = multipart_body({}, [("photo", name, content_type, picture.body)], boundary=message.uuid)
    response = yield from exchange(progress, HttpRequest("POST", server, {"Content-Type": form_type}, body=body))
    stored = read_answer("json", response.body)
    fields = {each: field_text(stored, each) for each in ("server", "photo", "hash")}
    if response.status // 100 != 2 or not fields["hash"]:
        progress.forget.append(UPLOAD_URL)
        raise SendFailed("response_content", "VK did not take a picture.")
    saved = _accepted((yield from call(progress, _request(channel, "photos.saveMessagesPhoto.json", fields))))
    photo_id, owner = field_text(saved, "response.0.id"), field_text(saved, "response.0.owner_id")
    if not photo_id or not owner:
        raise SendFailed("response_content", "VK did not save a picture.")
    return f"photo{owner}_{photo_id}"


def _upload_server(channel: Channel, progress: Progress) -> Generator[HttpRequest, HttpResponse, str]:
    """Where pictures go; it stays the same for a while, for all pictures of this channel."""
    known = progress.options.remembered.get(UPLOAD_URL) or next(
        (each.value for each in progress.remember if each.key == UPLOAD_URL), ""
    )
    if known:
        return known
    response = yield from call(progress, _request(channel, "photos.getMessagesUploadServer.json", {}))
    server = field_text(_accepted(response), "response.upload_url")
    if not server.startswith("https://"):
        raise SendFailed("response_content", "VK's answer holds no 'response.upload_url'.")
    progress.remember.append(Remembered(UPLOAD_URL, server, UPLOAD_SECONDS))
    return server


def _keyboard(replies: tuple[QuickReply, ...], progress: Progress) -> str:
    shown = shown_replies(replies, ("text", "location", "url"), progress)
    if not shown:
        return ""
    rows = button_rows([each for each in shown if each.type != "location"], MOST_ROWS, ROW_WIDTH)
    rows += [[each] for each in shown if each.type == "location"]
    buttons = [[_button(each) for each in row] for row in rows]
    return orjson.dumps({"one_time": True, "buttons": buttons, "inline": False}).decode()


def _button(reply: QuickReply) -> dict[str, Any]:
    if reply.type == "location":
        return {"action": {"type": "location"}}
    if reply.type == "url":
        return {"action": {"type": "open_link", "label": reply.text, "link": reply.extra}}
    payload = orjson.dumps(reply.text).decode()
    return {"action": {"type": "text", "label": reply.text, "payload": payload}, "color": "primary"}


def show_typing(channel: Channel, urn: str, external_id: str, options: SendOptions) -> HttpRequest:
    """ "typing…" for ten seconds."""
    return _request(channel, "messages.setActivity.json", {"user_id": urn_path(urn), "type": "typing"})


def _request(channel: Channel, method: str, fields: Mapping[str, str]) -> HttpRequest:
    common = {"access_token": str(channel.config.get("auth_token") or ""), "v": VERSION}
    return HttpRequest("POST", f"{API}/{method}?{urlencode({**common, **fields})}", {"Accept": JSON_TYPE})


VK: Final = BuiltType(
    code="VK",
    name="VK",
    schemes=("vk",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "several"), read_callback),)},
    send=send,
    typing=show_typing,
    find_name=find_name,
    fields=(
        ConfigField("auth_token", "secret", required=True),
        ConfigField("secret", "secret", required=True),
        ConfigField("callback_verification_string", required=True),
    ),
    features=Features(attachments="media", quick_replies=True),
)
