"""Direct messages as X tells them: on the stream in one shape, when asked for what was missed in another. Both become the same message."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from gateways.channels.channel_type import RefuseRequest
from gateways.channels.contract import Channel, FetchPlan, HttpRequest, IncomingMessage, NewId, SendOptions
from gateways.channels.description.dates import epoch
from gateways.channels.json_body import field_items, field_text, location
from gateways.channels.replies import parse_rfc3339
from gateways.channels.senders import sender_urn
from gateways.channels.sending import dig
from gateways.channels.types.x.api import api_url, handle_id, user_headers

_SNOWFLAKE_EPOCH: Final = 1_288_834_974_657  # ms since 1970
_FILE_HOSTS: Final = (".twimg.com", ".twitter.com", ".x.com")


def read_delivered(channel: Channel, payload: Any, new_id: NewId) -> list[IncomingMessage]:
    """The messages of a `dm.received`, without our own, those of groups and what can't be read."""
    users = dig(payload, "users")
    found = [_delivered(channel, each, users, new_id) for each in field_items(payload, "direct_message_events")]
    return [each for each in found if each is not None]


def _delivered(channel: Channel, event: Any, users: Any, new_id: NewId) -> IncomingMessage | None:
    sender = field_text(event, "message_create.sender_id")
    recipient = field_text(event, "message_create.target.recipient_id")
    if field_text(event, "type") != "message_create" or recipient not in ("", handle_id(channel)):
        return None
    user = users.get(sender) if isinstance(users, dict) else None
    data = dig(event, "message_create.message_data")
    text, attachments = _with_attachment(field_text(data, "text"), data)
    return _message(
        channel,
        id=field_text(event, "id"),
        sender=sender,
        user=dig(user, "data") or user,
        text=_as_written(text, field_items(data, "entities.urls")),
        attachments=attachments,
        sent=epoch(field_text(event, "created_timestamp"), 1000),
        new_id=new_id,
    )


def _with_attachment(text: str, data: Any) -> tuple[str, tuple[str, ...]]:
    """The text without the link that stands for the attachment, and the attachment."""
    place = field_items(data, "attachment.location.shared_coordinate.coordinates.coordinates")
    if len(place) == 2 and (there := location(place[1], place[0])):
        return text, (there,)
    media = dig(data, "attachment.media")
    url = _best_variant(field_items(media, "video_info.variants")) or field_text(media, "media_url_https")
    link = field_text(media, "url")
    return (text.replace(link, "").strip() if link else text), ((f"media:{url}",) if url else ())


def read_event(
    channel: Channel, event: Any, users: Mapping[str, Any], media: Mapping[str, Any], new_id: NewId
) -> IncomingMessage | None:
    """A message of `GET /2/dm_events`, with what it includes by id and by key; None for our own, those of groups and what can't be read."""
    conversation = field_text(event, "dm_conversation_id")
    if field_text(event, "event_type") not in ("", "MessageCreate") or (conversation and "-" not in conversation):
        return None
    files = [media.get(str(key)) for key in field_items(event, "attachments.media_keys")]
    urls = [
        _best_variant(field_items(each, "variants")) or field_text(each, "url") or field_text(each, "preview_image_url")
        for each in files
    ]
    sender = field_text(event, "sender_id")
    return _message(
        channel,
        id=field_text(event, "id"),
        sender=sender,
        user=users.get(sender),
        text=_as_written(field_text(event, "text"), field_items(event, "entities.urls")),
        attachments=tuple(f"media:{url}" for url in urls if url),
        sent=parse_rfc3339(field_text(event, "created_at")),
        new_id=new_id,
    )


def _message(
    channel: Channel,
    *,
    id: str,
    sender: str,
    user: Any,
    text: str,
    attachments: tuple[str, ...],
    sent: datetime | None,
    new_id: NewId,
) -> IncomingMessage | None:
    if not id or not sender or sender == handle_id(channel) or not (text or attachments):
        return None
    try:
        urn = sender_urn("twitterid", sender, display=field_text(user, "username").lower())
    except RefuseRequest:
        return None
    return IncomingMessage(urn, text, id, attachments, sent, field_text(user, "name") or None, new_id())


def _as_written(text: str, links: Sequence[Any]) -> str:
    """X shortens every link; those of its own to the attachment are taken out, others become what was written."""
    for each in links:
        short, long = field_text(each, "url"), field_text(each, "expanded_url")
        if short and long:
            own = "/messages/media/" in long or "/photo/" in long or "/video/" in long
            text = text.replace(short, "" if own and _host(long) in ("twitter.com", "x.com") else long)
    return text.strip()


def _host(url: str) -> str:
    """ "" if it is no address."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _best_variant(variants: Sequence[Any]) -> str:
    films = [each for each in variants if field_text(each, "content_type") == "video/mp4"]
    return field_text(max(films, key=_bit_rate, default=None), "url")


def _bit_rate(variant: Any) -> float:
    found = dig(variant, "bitrate") or dig(variant, "bit_rate")
    return found if isinstance(found, int | float) else 0


def sent_at(id: str) -> datetime | None:
    """When a message was sent, which its id says; None if it is no id of X's."""
    if not (id.isascii() and id.isdecimal()) or len(id) > 20:
        return None
    return datetime.fromtimestamp(((int(id) >> 22) + _SNOWFLAKE_EPOCH) / 1000, UTC)


def find_file(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """Files of messages open only to who may read the message; the token is shown to X's own hosts, and to no other."""
    yield from ()
    url = attachment.removeprefix("media:")
    if not url.startswith(("http://", "https://")):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:  # no address
        return None
    is_theirs = (parts.hostname or "").lower().endswith(_FILE_HOSTS) and parts.scheme == "https"
    if is_theirs or parts.netloc == urlsplit(api_url(channel)).netloc:
        return HttpRequest("GET", url, {"Authorization": user_headers(channel)["Authorization"]})
    return HttpRequest("GET", url)
