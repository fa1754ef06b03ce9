"""The messages that one of ours becomes at WhatsApp, and the answers to them: the same for Cloud, 360Dialog and Turn."""

from collections.abc import Callable, Generator
from typing import Any, Final

from domain.urn.errors import InvalidUrn
from domain.urn.normalise import urn_from_parts
from gateways.channels.contract import Channel, HttpRequest, HttpResponse, OutgoingMessage
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    as_text,
    attachment,
    exchange,
    part_limit,
    read_json,
    require_success,
    text_parts,
    urn_path,
)
from gateways.channels.types.meta.webhook import objects, part
from gateways.channels.types.meta.whatsapp_interactive import interactive, takes_header, usable_replies
from gateways.channels.types.meta.whatsapp_templates import media_object, template_body

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
"""Also what the text of an interactive message may hold."""
THROTTLED: Final = frozenset({"4", "429", "80007", "130429", "131048", "131056", "133016"})
WORTH_RETRYING: Final = frozenset({"2", "131016", "131053"})
"""A service of Meta's is away for the moment, or could not fetch the media: often that works a little later."""
MEDIA_KINDS: Final = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "document": "document",
    "application": "document",
}
HEADER_KINDS: Final = frozenset({"image", "video", "document"})

Body = tuple[str, dict[str, Any]]
"""The type of a message and the object of that name: `("text", {"body": …, "preview_url": …})`."""


def whatsapp_bodies(channel: Channel, message: OutgoingMessage, progress: Progress) -> list[Body]:
    """What to send, in order: a template alone, else attachments, then the parts of the text, quick replies on the last."""
    if message.template is not None:
        return [("template", template_body(message.template, message))]
    media, replies = _media(message, progress), usable_replies(message, progress)
    limit = part_limit(channel, progress.options, TEXT_LIMIT) or TEXT_LIMIT
    limit = min(limit, CAPTION_LIMIT) if media or replies else limit
    parts = text_parts(message.text, limit) if message.text else ()
    if replies and not parts:
        progress.note("quick_reply_dropped", "WhatsApp shows quick replies under a text only.")
        replies = ()
    if len(media) == 1 and len(parts) == 1 and not replies and media[0][0] != "audio":
        kind, url = media[0]
        return [(kind, media_object(kind, url, parts[0]))]
    header = next((each for each in media if each[0] in HEADER_KINDS), None) if takes_header(replies) else None
    bodies: list[Body] = [(kind, media_object(kind, url)) for kind, url in media if (kind, url) != header]
    bodies += [_text(each) for each in (parts[:-1] if replies else parts)]
    if replies:
        top = {"type": header[0], header[0]: media_object(*header)} if header else None
        bodies.append(("interactive", interactive(replies, parts[-1], top, message.locale, progress)))
    return bodies


def remaining_bodies(channel: Channel, message: OutgoingMessage, progress: Progress) -> list[Body]:
    """The bodies that an earlier attempt hasn't got through. Raises SendFailed when there is nothing to send at all."""
    bodies = whatsapp_bodies(channel, message, progress)
    if not bodies:
        raise SendFailed("message_invalid", "The message has neither a text nor an attachment that WhatsApp takes.")
    return bodies[len(progress.external_ids) :]


def _text(text: str) -> Body:
    return "text", {"body": text, "preview_url": "http://" in text or "https://" in text}


def _media(message: OutgoingMessage, progress: Progress) -> list[tuple[str, str]]:
    """The attachments' kinds at WhatsApp and their links."""
    found: list[tuple[str, str]] = []
    for each in message.attachments:
        content_type, url = attachment(each)
        kind = MEDIA_KINDS.get(content_type.partition("/")[0])
        if kind is None:
            progress.note("attachment_dropped", f"WhatsApp takes no attachments of type {content_type}.")
        else:
            found.append((kind, url))
    return found


def recipient(urn: str) -> dict[str, str]:
    """Whom to send to: a phone number in `to`, a business-scoped id in `recipient`."""
    path = urn_path(urn)
    return {"to": path} if path.isdigit() else {"recipient": path}


def cloud_envelope(message: OutgoingMessage, body: Body) -> dict[str, Any]:
    """The request of a body, as Meta wants it."""
    kind, content = body
    frame = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    return {**frame, **recipient(message.urn), "type": kind, kind: content}


def send_bodies(
    channel: Channel, message: OutgoingMessage, progress: Progress, request: Callable[[Body], HttpRequest]
) -> Steps:
    """One request for each body that an earlier attempt hasn't got through."""
    for body in remaining_bodies(channel, message, progress):
        yield from deliver(message, progress, request(body))


def deliver(message: OutgoingMessage, progress: Progress, request: HttpRequest) -> Steps:
    """One request to send, and what its answer says."""
    answer = yield from read_answer(progress, request)
    sent, contacts = objects(answer, "messages"), objects(answer, "contacts")
    progress.external_ids.append(as_text(sent[0].get("id")) if sent else "")
    learn_identity(message, progress, as_text(contacts[0].get("user_id")) if contacts else "")


def read_answer(progress: Progress, request: HttpRequest) -> Generator[HttpRequest, HttpResponse, Any]:
    """The JSON of an answer that is no error. Raises SendFailed for the errors of Meta and of Turn."""
    response: HttpResponse = yield from exchange(progress, request)
    answer = read_json(response)
    error = part(answer, "error")
    if error:
        raise rejection(as_text(error.get("code")), as_text(error.get("message")))
    for each in objects(answer, "errors")[:1]:
        raise rejection(as_text(each.get("code")), as_text(each.get("title") or each.get("details")))
    require_success(response)
    return answer


def rejection(code: str, text: str) -> SendFailed:
    """WhatsApp's own error: too many messages, worth another try, or final."""
    if code in THROTTLED:
        return SendFailed("connection_throttled", text, external_code=code)
    return SendFailed("rejected_with_reason", text, external_code=code, retry=code in WORTH_RETRYING)


def learn_identity(message: OutgoingMessage, progress: Progress, user_id: str) -> None:
    """Notes the business-scoped id of the contact, unless it is known already."""
    known = {urn_path(each) for each in (message.urn, *message.contact_urns)}
    if user_id and user_id not in known:
        try:
            progress.also_known_as = str(urn_from_parts("whatsapp", user_id))
        except InvalidUrn:
            progress.note("identity_unknown", f"'{user_id[:64]}' is not an id of WhatsApp.")
