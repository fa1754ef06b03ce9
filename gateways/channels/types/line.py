"""LN, LINE: signed webhooks with several events; up to five message objects a request, free of charge while answering."""

from typing import Any, Final

from gateways.channels.channel_type import BuiltType, Features, IgnoreRequest, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    FetchPlan,
    HttpRequest,
    IncomingMessage,
    NamePlan,
    OutgoingMessage,
    QuickReply,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.dates import epoch
from gateways.channels.description.fields import read_answer
from gateways.channels.description.verification import hmac_base64, same
from gateways.channels.json_body import field_items, field_text, json_object, location, post_json
from gateways.channels.keyboards import shown_replies
from gateways.channels.media_choice import MEGABYTE, MediaLimit, choose_media, main_type
from gateways.channels.replies import accepted
from gateways.channels.senders import sender_urn
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    attachment,
    dig,
    exchange,
    part_limit,
    plan,
    read_json,
    text_parts,
    urn_path,
)

API: Final = "https://api.line.me/v2/bot"
CONTENT_URL: Final = "https://api-data.line.me/v2/bot/message/"
TEXT_LIMIT: Final = 2000
MOST_MESSAGES: Final = 5
"""Message objects in one request."""
MOST_REPLIES: Final = 13
LABEL_LIMIT: Final = 20
LIMITS: Final = {
    "image": MediaLimit(10 * MEGABYTE, ("image/jpeg", "image/png")),
    "video": MediaLimit(200 * MEGABYTE, ("video/mp4",)),
    "audio": MediaLimit(200 * MEGABYTE, ("audio/mp4", "audio/m4a", "audio/x-m4a", "audio/mp3", "audio/mpeg")),
}
TYPING_SECONDS: Final = 20


# receiving -------------------------------------------------------------------------------------------------------------


def read_events(inbound: Inbound) -> Answer:
    """A webhook; of interest are messages that can be answered."""
    secret = str(inbound.channel.config.get("secret") or "")
    signature = inbound.request.headers.get("x-line-signature", "")
    if not secret or not same(signature, hmac_base64(secret, inbound.request.body)):
        raise RefuseRequest("invalid request signature")
    events = field_items(json_object(inbound.request.body), "events")
    messages = tuple(found for each in events if (found := _message(inbound, each)) is not None)
    if not messages:
        raise IgnoreRequest("ignoring request, no message")
    return accepted(inbound.channel.uuid, messages)


def _message(inbound: Inbound, event: Any) -> IncomingMessage | None:
    token, user = field_text(event, "replyToken"), field_text(event, "source.userId")
    message = dig(event, "message")
    if not token or not user or not isinstance(message, dict):
        return None
    text, attachments = _content(message)
    if not text and not attachments:
        return None
    sent = epoch(field_text(event, "timestamp"), 1000)
    return IncomingMessage(sender_urn("line", user), text, token, attachments, sent, uuid=inbound.new_id())


def _content(message: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    kind = field_text(message, "type")
    if kind == "text":
        return field_text(message, "text"), ()
    if kind in ("image", "video", "audio", "file"):
        external = field_text(message, "contentProvider.type") == "external"
        url = field_text(message, "contentProvider.originalContentUrl")
        if not external:
            message_id = field_text(message, "id")
            url = f"{CONTENT_URL}{message_id}/content" if message_id.isalnum() else ""
        return "", (url,) if url else ()
    if kind == "location":
        place = location(dig(message, "latitude"), dig(message, "longitude"))
        return field_text(message, "title"), (place,) if place else ()
    return "", ()


def fetch(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """What LINE keeps is given to the bot only."""
    yield from ()
    if attachment.startswith(CONTENT_URL):
        return HttpRequest("GET", attachment, _authorization(channel))
    return HttpRequest("GET", attachment) if attachment.startswith(("http://", "https://")) else None


def find_name(channel: Channel, urn: str, options: SendOptions) -> NamePlan:
    """The display name in the profile of somebody who has added the bot."""
    response = yield HttpRequest("GET", f"{API}/profile/{urn_path(urn)}", _authorization(channel))
    name = field_text(read_answer("json", response.body), "displayName")
    return name if name and response.status // 100 == 2 else None


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for every five message objects; the first answers the contact's message where that still can be."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    if not channel.config.get("auth_token"):
        raise SendFailed("channel_config", "'auth_token' is required")
    objects = _objects(channel, message, progress)
    batches = [objects[start : start + MOST_MESSAGES] for start in range(0, len(objects), MOST_MESSAGES)]
    for number in range(len(progress.external_ids), len(batches)):
        token = message.response_to_external_id if number == 0 else ""
        yield from _deliver(channel, message.urn, token, batches[number], progress)
        progress.external_ids.append("")


def _deliver(channel: Channel, urn: str, token: str, batch: list[dict[str, Any]], progress: Progress) -> Steps:
    """Answers with the token of the contact's message; once that has expired, the batch is pushed."""
    if token:
        payload = {"replyToken": token, "messages": batch}
        response = yield from exchange(progress, post_json(f"{API}/message/reply", payload, _authorization(channel)))
        if response.status // 100 == 2:
            return
        answer = read_json(response)
        if field_text(answer, "message") != "Invalid reply token":
            raise _refusal(response.status, answer)
    payload = {"to": urn_path(urn), "messages": batch}
    response = yield from exchange(progress, post_json(f"{API}/message/push", payload, _authorization(channel)))
    if response.status // 100 != 2:
        raise _refusal(response.status, read_json(response))


def _refusal(status: int, answer: Any) -> SendFailed:
    return SendFailed("rejected_with_reason", field_text(answer, "message"), external_code=str(status))


def _objects(channel: Channel, message: OutgoingMessage, progress: Progress) -> list[dict[str, Any]]:
    objects = [_file(each, progress) for each in message.attachments]
    if message.text:
        parts = text_parts(message.text, part_limit(channel, progress.options, TEXT_LIMIT))
        objects += [{"type": "text", "text": part} for part in parts]
    shown = shown_replies(message.quick_replies, ("text", "location", "url"), progress)
    if shown and objects:
        items = [{"type": "action", "action": _action(each)} for each in shown[:MOST_REPLIES]]
        objects[-1] = objects[-1] | {"quickReply": {"items": items}}
    return objects


def _file(value: str, progress: Progress) -> dict[str, Any]:
    """The file as itself where it is ours and LINE takes it, else its URL as a text."""
    url = attachment(value)[1]
    file = choose_media(value, LIMITS, progress, foreign=False)
    if file is not None:
        own = progress.options.media[url]
        kind = main_type(file.content_type)
        previews = [each.url for each in (*own.alternates, file) if main_type(each.content_type) == "image"]
        if kind == "audio" and own.duration:
            return {"type": "audio", "originalContentUrl": file.url, "duration": own.duration}
        if kind != "audio" and previews:
            return {"type": kind, "originalContentUrl": file.url, "previewImageUrl": previews[0]}
    return {"type": "text", "text": url}


def _action(reply: QuickReply) -> dict[str, str]:
    label = reply.text[:LABEL_LIMIT]
    if reply.type == "location":
        return {"type": "location", "label": label}
    if reply.type == "url":
        return {"type": "uri", "label": label, "uri": reply.extra}
    return {"type": "message", "label": label, "text": reply.text}


def show_typing(channel: Channel, urn: str, external_id: str, options: SendOptions) -> HttpRequest:
    """The loading animation, until a message comes or its time is over."""
    payload = {"chatId": urn_path(urn), "loadingSeconds": TYPING_SECONDS}
    return post_json(f"{API}/chat/loading/start", payload, _authorization(channel))


def _authorization(channel: Channel) -> dict[str, str]:
    return {"Authorization": f"Bearer {channel.config.get('auth_token') or ''}"}


LINE: Final = BuiltType(
    code="LN",
    name="LINE",
    schemes=("line",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "message"), read_events),)},
    send=send,
    fetch=fetch,
    typing=show_typing,
    find_name=find_name,
    fields=(ConfigField("auth_token", "secret", required=True), ConfigField("secret", "secret", required=True)),
    features=Features(attachments="media", quick_replies=True, max_length=TEXT_LIMIT, signature=True),
)
