"""Direct messages to one person: texts, each with at most one file, which is uploaded before."""

from collections.abc import Generator
from typing import Final, NamedTuple

from gateways.channels.contract import (
    Channel,
    HttpRequest,
    HttpResponse,
    NamePlan,
    OutgoingMessage,
    Remembered,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.fields import read_answer
from gateways.channels.json_body import field_text, post_json
from gateways.channels.multipart import multipart_body
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    attachment,
    exchange,
    file_request,
    part_limit,
    plan,
    read_json,
    require_settings,
    text_parts,
    urn_path,
)
from gateways.channels.types.x.api import api_url, said_in, user_headers, wait_of

TEXT_LIMIT: Final = 10_000
IMAGE_TYPES: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
IMAGE_BYTES: Final = 5 << 20
GIF_BYTES: Final = 15 << 20
KEPT_SECONDS: Final = 23 * 3600
"""For which an uploaded file is used again; X keeps it for 24 hours."""


class Part(NamedTuple):
    """One message: its text, and the file (as `content/type:url`) that goes with it."""

    text: str
    file: str


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each part of the text and for each file, and one before for each file that has to be uploaded."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    require_settings(channel, "access_token")
    parts = _parts(channel, message, progress)
    url = f"{api_url(channel)}/2/dm_conversations/with/{urn_path(message.urn)}/messages"
    for part in parts[len(progress.external_ids) :]:
        media = (yield from _uploaded(channel, message, part.file, progress)) if part.file else ""
        link = attachment(part.file)[1] if part.file and not media else ""
        text = "\n".join(each for each in (part.text, link) if each)
        payload = ({"text": text} if text else {}) | ({"attachments": [{"media_id": media}]} if media else {})
        response = yield from exchange(progress, post_json(url, payload, user_headers(channel)), wait_of)
        _require_taken(channel, response)
        id = field_text(read_json(response), "data.dm_event_id")
        if not id:
            raise SendFailed("response_content", "X's answer holds no 'data.dm_event_id'.")
        progress.external_ids.append(id)


def _parts(channel: Channel, message: OutgoingMessage, progress: Progress) -> list[Part]:
    """The first file goes with the last part of the text, if its link would have room there too."""
    limit = part_limit(channel, progress.options, TEXT_LIMIT)
    parts = [Part(each, "") for each in text_parts(message.text, limit)] if message.text else []
    files = list(message.attachments)
    if parts and files and len(parts[-1].text) + len(files[0]) < TEXT_LIMIT:
        parts[-1] = Part(parts[-1].text, files.pop(0))
    return parts + [Part("", each) for each in files]


def _uploaded(
    channel: Channel, message: OutgoingMessage, file: str, progress: Progress
) -> Generator[HttpRequest, HttpResponse, str]:
    """X's id of a file; "", and a line in the channel's log, if it has to go as a link."""
    content_type, url = attachment(file)
    remembered = progress.options.remembered.get(f"media:{url}")
    if remembered:
        return remembered
    if content_type not in IMAGE_TYPES:
        progress.note("media_unsupported", f"An attachment of type {content_type} goes as a link.")
        return ""
    found = yield from exchange(progress, file_request(url))
    if not _is_whole(found) or len(found.body) > (GIF_BYTES if content_type == "image/gif" else IMAGE_BYTES):
        progress.note("media_unsupported", f"{url} can't be fetched whole or is too large; it goes as a link.")
        return ""
    response = yield from exchange(progress, _upload(channel, message, content_type, found.body), wait_of)
    id = field_text(read_answer("json", response.body), "data.id") if response.status // 100 == 2 else ""
    if not id:
        progress.note("media_refused", f"X did not take {url}: {said_in(response.body)} It goes as a link.")
        return ""
    progress.remember.append(Remembered(f"media:{url}", id, KEPT_SECONDS))
    return id


def _is_whole(response: HttpResponse) -> bool:
    length = next((value for name, value in response.headers.items() if name.lower() == "content-length"), "")
    said = int(length) if length.isdecimal() else len(response.body)
    return response.status // 100 == 2 and bool(response.body) and not response.too_large and len(response.body) == said


def _upload(channel: Channel, message: OutgoingMessage, content_type: str, file: bytes) -> HttpRequest:
    category = "dm_gif" if content_type == "image/gif" else "dm_image"
    named = ("media", f"file.{IMAGE_TYPES[content_type]}", content_type, file)
    body, form_type = multipart_body({"media_category": category}, [named], boundary=message.uuid)
    headers = user_headers(channel) | {"Content-Type": form_type}
    return HttpRequest("POST", f"{api_url(channel)}/2/media/upload", headers, body=body)


def _require_taken(channel: Channel, response: HttpResponse) -> None:
    if response.status // 100 == 2:
        return
    said = said_in(response.body) or f"X answered {response.status}."
    if response.status == 401:
        fresh_soon = bool(channel.config.get("refresh_token"))
        raise SendFailed("channel_config", f"X does not accept the access token: {said}", retry=fresh_soon)
    raise SendFailed("rejected_with_reason", said, external_code=str(response.status))


def find_name(channel: Channel, urn: str, options: SendOptions) -> NamePlan:
    """The name that a user shows."""
    response = yield HttpRequest("GET", f"{api_url(channel)}/2/users/{urn_path(urn)}", user_headers(channel))
    return field_text(read_answer("json", response.body), "data.name") or None
