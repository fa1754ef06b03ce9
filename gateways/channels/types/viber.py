"""VP, Viber: public accounts. Callbacks are signed with the token; each message is one request, its token is its id."""

from collections.abc import Generator, Sequence
from typing import Any, Final

import orjson

from gateways.channels.channel_type import BuiltType, Features, IgnoreRequest, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ChannelEvent,
    ConfigField,
    HttpRequest,
    HttpResponse,
    IncomingMessage,
    OutgoingMessage,
    QuickReply,
    Route,
    SendOptions,
    SendPlan,
    StatusName,
    StatusReport,
)
from gateways.channels.description.dates import epoch, number_or_none
from gateways.channels.description.verification import hmac_hex, same
from gateways.channels.json_body import field_text, json_object, location, post_json, required_text
from gateways.channels.keyboards import shown_replies
from gateways.channels.media_choice import main_type
from gateways.channels.replies import JSON_HEADERS, accepted, ignored
from gateways.channels.senders import sender_urn
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    attachment,
    call,
    dig,
    exchange,
    part_limit,
    plan,
    read_json,
    text_parts,
    urn_path,
)

SEND_URL: Final = "https://chatapi.viber.com/pa/send_message"
STICKER_URL: Final = "https://viber.github.io/docs/img/stickers/{}.png"
SIGNATURE: Final = "x-viber-content-signature"
TEXT_LIMIT: Final = 7000
CAPTION_LIMIT: Final = 512
"""Bytes of text that a picture may carry."""
TOO_MANY: Final = "12"  # of Viber's status codes: slower, please
ROW_SIZES: Final = (6, 3, 2, 1)
ROW_WIDTH: Final = 38
COLUMNS: Final = 6
STATUSES: Final[dict[str, StatusName]] = {"failed": "failed", "delivered": "delivered", "seen": "read"}
ACTIONS: Final = {"text": "reply", "location": "location-picker", "url": "open-url"}


# receiving -------------------------------------------------------------------------------------------------------------


def read_callback(inbound: Inbound) -> Answer:
    """One callback: `event` says what of."""
    token = str(inbound.channel.config.get("auth_token") or "")
    signature = inbound.request.headers.get(SIGNATURE, "")
    if not token or not same(signature, hmac_hex(token, inbound.request.body)):
        raise RefuseRequest("invalid request signature")
    body = json_object(inbound.request.body)
    event = required_text(body, "event")
    required_text(body, "timestamp")
    required_text(body, "message_token")
    if event == "message":
        return _message(inbound, body)
    if event == "webhook":
        return ignored("webhook valid")
    if event == "conversation_started":
        return _conversation_started(inbound, body)
    if event == "subscribed":
        return _event(inbound, body, "new_conversation", required_text(body, "user.id"))
    if event == "unsubscribed":
        return _event(inbound, body, "stop_contact", required_text(body, "user_id"))
    if event in STATUSES:
        report = StatusReport(None, None, field_text(body, "message_token"), STATUSES[event])
        return accepted(inbound.channel.uuid, statuses=(report,))
    raise IgnoreRequest(f"ignored '{event[:40]}'")


def _event(inbound: Inbound, body: dict[str, Any], kind: str, viber_id: str) -> Answer:
    urn = sender_urn("viber", viber_id)
    sent = epoch(field_text(body, "timestamp"), 1000)
    event = ChannelEvent(kind, urn, occurred_on=sent, name=field_text(body, "user.name") or None)
    return accepted(inbound.channel.uuid, events=(event,))


def _conversation_started(inbound: Inbound, body: dict[str, Any]) -> Answer:
    """Somebody opened the chat but may not be written to yet: a welcome can only be given as this request's answer."""
    welcome = inbound.channel.config.get("welcome_message")
    if not welcome:
        raise IgnoreRequest("ignored conversation start")
    urn = sender_urn("viber", required_text(body, "user.id"))
    event = ChannelEvent("welcome_message", urn, name=field_text(body, "user.name") or None)
    answer = {"text": str(welcome), "type": "text", "tracking_data": inbound.new_id()}
    response = HttpResponse(200, JSON_HEADERS, orjson.dumps(answer))
    return accepted(inbound.channel.uuid, events=(event,), response=response)


def _message(inbound: Inbound, body: dict[str, Any]) -> Answer:
    urn = sender_urn("viber", required_text(body, "sender.id"))
    text, attachments = _content(dig(body, "message"))
    if not text and not attachments:
        raise RefuseRequest("missing text or media in message in request body")
    message = IncomingMessage(
        urn,
        text,
        field_text(body, "message_token"),
        attachments,
        epoch(field_text(body, "timestamp"), 1000),
        field_text(body, "sender.name") or None,
        inbound.new_id(),
    )
    return accepted(inbound.channel.uuid, (message,))


def _content(message: Any) -> tuple[str, tuple[str, ...]]:
    kind, text, media = field_text(message, "type"), field_text(message, "text"), field_text(message, "media")
    if kind == "text":
        return text, ()
    if kind in ("picture", "video", "file"):
        return text, (media,) if media else ()
    if kind == "sticker":
        sticker = field_text(message, "sticker_id")
        return text, (STICKER_URL.format(sticker),) if sticker.isdigit() else ()
    if kind == "contact":
        lines = (field_text(message, "contact.name"), field_text(message, "contact.phone_number"))
        return ": ".join(each for each in lines if each), ()
    if kind == "url":
        return media, ()
    if kind == "location":
        place = location(dig(message, "location.lat"), dig(message, "location.lon"))
        return text, (place,) if place else ()
    raise RefuseRequest(f"unknown message type '{kind[:40]}'")


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """Files first, then the parts of the text; a single picture carries a short text itself."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    if not channel.config.get("auth_token"):
        raise SendFailed("channel_config", "'auth_token' is required")
    pieces = _pieces(channel, message, progress)
    with_keyboard = next((number for number, piece in enumerate(pieces) if "text" in piece), len(pieces) - 1)
    keyboard = _keyboard(channel, message, progress)
    for number in range(len(progress.external_ids), len(pieces)):
        piece = yield from _sized(pieces[number], progress)
        payload = {
            "auth_token": str(channel.config["auth_token"]),
            "receiver": urn_path(message.urn),
            "tracking_data": message.uuid,
            **piece,
        }
        if keyboard and number == with_keyboard:
            payload["keyboard"] = keyboard
        response = yield from call(progress, post_json(SEND_URL, payload))
        progress.external_ids.append(_token_of(read_json(response)))


def _pieces(channel: Channel, message: OutgoingMessage, progress: Progress) -> list[dict[str, Any]]:
    files = [_file(each, progress) for each in message.attachments]
    if len(files) == 1 and files[0]["type"] == "picture" and len(message.text.encode()) <= CAPTION_LIMIT:
        return [files[0] | ({"text": message.text} if message.text else {})]
    if not message.text:
        return files
    parts = text_parts(message.text, part_limit(channel, progress.options, TEXT_LIMIT))
    return files + [{"type": "text", "text": part} for part in parts]


def _file(value: str, progress: Progress) -> dict[str, Any]:
    content_type, url = attachment(value)
    own = progress.options.media.get(url)
    size = {"size": own.size} if own is not None and own.size else {}
    match main_type(content_type):
        case "image":
            return {"type": "picture", "media": url}
        case "video":
            return {"type": "video", "media": url, **size}
        case "audio":
            return {"type": "file", "media": url, "file_name": "Audio", **size}
        case _:
            name = url.partition("?")[0].rstrip("/").rpartition("/")[2]
            return {"type": "file", "media": url, "file_name": name or "File", **size}


def _sized(piece: dict[str, Any], progress: Progress) -> Generator[HttpRequest, HttpResponse, dict[str, Any]]:
    """The piece with the size that Viber wants of videos and files; one whose size can't be found out is a link."""
    if piece["type"] not in ("video", "file") or "size" in piece:
        return piece
    response = yield from exchange(progress, HttpRequest("HEAD", str(piece["media"])))
    lengths = [value for name, value in response.headers.items() if name.lower() == "content-length"]
    size = number_or_none(lengths[0].strip()) if lengths and response.status // 100 == 2 else None
    if not size or size < 0:
        progress.note("media_unsupported", "The size of an attachment is unknown, so its link was sent.")
        return {"type": "text", "text": piece["media"]}
    return piece | {"size": size}


def _token_of(answer: Any) -> str:
    """The id of the message. Raises SendFailed when Viber didn't take it."""
    code = field_text(answer, "status")
    if not code:
        raise SendFailed("response_content", "Viber's answer holds no 'status'.")
    if code == TOO_MANY:
        raise SendFailed("connection_throttled", field_text(answer, "status_message"))
    if code != "0":
        raise SendFailed("rejected_with_reason", field_text(answer, "status_message"), external_code=code)
    return field_text(answer, "message_token")


def _keyboard(channel: Channel, message: OutgoingMessage, progress: Progress) -> dict[str, Any] | None:
    shown = shown_replies(message.quick_replies, tuple(ACTIONS), progress)
    if not shown:
        return None
    layout = channel.config.get("button_layout")
    style = layout if isinstance(layout, dict) else {}
    buttons = [_button(each, COLUMNS // len(row), style) for row in _rows(shown) for each in row]
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": buttons}


def _rows(replies: Sequence[QuickReply]) -> list[list[QuickReply]]:
    """Rows of six, three, two or one, the most that fit, as they share six columns."""
    rows = []
    left = list(replies)
    while left:
        size = next(
            each
            for each in ROW_SIZES
            if each == 1 or (each <= len(left) and sum(len(reply.text) for reply in left[:each]) <= ROW_WIDTH)
        )
        rows.append(left[:size])
        left = left[size:]
    return rows


def _button(reply: QuickReply, columns: int, style: dict[str, Any]) -> dict[str, Any]:
    button = {
        "ActionType": ACTIONS[reply.type],
        "ActionBody": reply.extra if reply.type == "url" else reply.text,
        "Text": str(style.get("text") or "*").replace("*", reply.text),
        "TextSize": str(style.get("text_size") or "regular"),
        "Columns": str(columns),
    }
    if style.get("bg_color"):
        button["BgColor"] = str(style["bg_color"])
    return button


VIBER: Final = BuiltType(
    code="VP",
    name="Viber",
    schemes=("viber",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "several"), read_callback),)},
    send=send,
    fields=(
        ConfigField("auth_token", "secret", required=True),
        ConfigField("welcome_message"),
        ConfigField("button_layout", "map"),
    ),
    features=Features(attachments="media", quick_replies=True, max_length=TEXT_LIMIT, signature=True),
)
