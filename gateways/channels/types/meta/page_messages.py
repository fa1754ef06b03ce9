"""Sending as a Facebook page or an Instagram account: attachments one by one, then the parts of the text."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from gateways.channels.contract import Channel, HttpRequest, HttpResponse, OutgoingMessage
from gateways.channels.json_body import post_json
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
from gateways.channels.types.meta.settings import required_setting
from gateways.channels.types.meta.webhook import part

THROTTLED: Final = frozenset({"4", "32", "613"})
WORTH_RETRYING: Final = frozenset({"2", "1200"})
"""Meta's own word for these is "temporary"."""
KINDS: Final = {
    "image": "image",
    "audio": "audio",
    "video": "video",
    "application": "file",
    "document": "file",
    "text": "file",
}
"""Meta's kind of attachment by the first half of a content type."""
HUMAN_ORIGINS: Final = frozenset({"chat", "ticket"})


def page_rejection(code: str, text: str) -> SendFailed:
    """Meta's error: too many messages, worth another try, or final."""
    if code in THROTTLED:
        return SendFailed("connection_throttled", text, external_code=code)
    return SendFailed("rejected_with_reason", text, external_code=code, retry=code in WORTH_RETRYING)


def messaging_type(message: OutgoingMessage) -> dict[str, str]:
    """Why Meta should let the message through: a person wrote it, it answers one of the contact's, or neither."""
    if message.origin in HUMAN_ORIGINS:
        return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return {"messaging_type": "RESPONSE" if message.response_to_external_id else "UPDATE"}


def page_recipient(message: OutgoingMessage) -> dict[str, str]:
    """Whom to send to: who opted in by their token, who came by a checkbox by its reference, all others by id."""
    path = urn_path(message.urn)
    if message.urn_auth:
        return {"notification_messages_token": message.urn_auth}
    return {"user_ref": path.removeprefix("ref:")} if path.startswith("ref:") else {"id": path}


def page_bodies(channel: Channel, message: OutgoingMessage, progress: Progress, limit: int) -> list[dict[str, Any]]:
    """The `message` objects, in order; quick replies go with the last."""
    bodies: list[dict[str, Any]] = _media(message, progress)
    if message.text:
        parts = text_parts(message.text, part_limit(channel, progress.options, limit))
        bodies += [{"text": each} for each in parts]
    texts = [each.text for each in message.quick_replies if each.type == "text" and each.text]
    if texts and bodies:
        bodies[-1]["quick_replies"] = [{"title": each, "payload": each, "content_type": "text"} for each in texts]
    if len(texts) != len(message.quick_replies):
        progress.note("quick_reply_dropped", "Only quick replies that are texts can be sent.")
    return bodies


def _media(message: OutgoingMessage, progress: Progress) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for each in message.attachments:
        content_type, url = attachment(each)
        kind = KINDS.get(content_type.partition("/")[0])
        if kind is None:
            progress.note("attachment_dropped", f"Meta takes no attachments of type {content_type}.")
        else:
            found.append({"attachment": {"type": kind, "payload": {"url": url, "is_reusable": True}}})
    return found


def send_page_bodies(
    channel: Channel, message: OutgoingMessage, progress: Progress, graph: str, frame: Mapping[str, Any], limit: int
) -> Steps:
    """One request for each body that an earlier attempt hasn't got through. `frame` is what they all carry."""
    query = urlencode({"access_token": required_setting(channel, "auth_token")})
    bodies = page_bodies(channel, message, progress, limit)
    if not bodies:
        raise SendFailed("message_invalid", "The message has neither a text nor an attachment that Meta takes.")
    for body in bodies[len(progress.external_ids) :]:
        request = post_json(f"{graph}/me/messages?{query}", {**frame, "message": body})
        yield from _deliver(message, progress, request)


def _deliver(message: OutgoingMessage, progress: Progress, request: HttpRequest) -> Steps:
    response: HttpResponse = yield from exchange(progress, request)
    if response.status // 100 != 2 and not response.body.lstrip().startswith(b"{"):
        require_success(response)
    answer = read_json(response)
    error = part(answer, "error")
    if error:
        raise page_rejection(as_text(error.get("code")), as_text(error.get("message")))
    require_success(response)
    external_id = as_text(answer.get("message_id")) if isinstance(answer, dict) else ""
    if not external_id:
        raise SendFailed("response_unexpected", "The answer has no 'message_id'.")
    progress.external_ids.append(external_id)
    known = as_text(answer.get("recipient_id"))
    if known.isdigit() and urn_path(message.urn).startswith("ref:"):
        progress.also_known_as = f"facebook:{known}"
