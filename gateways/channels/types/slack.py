"""SL, Slack: direct messages to and from a bot. Files are uploaded in the three steps that Slack wants since 2025."""

from collections.abc import Generator
from typing import Any, Final
from urllib.parse import urlencode

from gateways.channels.channel_type import BuiltType, Features, IgnoreRequest, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    JSON_TYPE,
    Answer,
    Channel,
    ConfigField,
    FetchPlan,
    HttpRequest,
    HttpResponse,
    IncomingMessage,
    NamePlan,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.dates import epoch
from gateways.channels.description.fields import read_answer
from gateways.channels.description.verification import same
from gateways.channels.forms import FORM_TYPE
from gateways.channels.json_body import field_items, field_text, json_object, post_json
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
    plan,
    read_json,
    urn_path,
)

API: Final = "https://slack.com/api"
THROTTLED: Final = ("ratelimited", "rate_limited")
BROKEN: Final = ("internal_error", "fatal_error", "service_unavailable", "request_timeout")


# receiving -------------------------------------------------------------------------------------------------------------


def read_event(inbound: Inbound) -> Answer:
    """A challenge, or an event; of interest are messages that people write to the bot alone."""
    body = json_object(inbound.request.body)
    if field_text(body, "type") == "url_verification":
        wanted = str(inbound.channel.config.get("verification_token") or "")
        if not wanted or not same(field_text(body, "token"), wanted):
            raise RefuseRequest("the verification token is not the channel's", 403)
        return ignored("the address is confirmed", text_response(field_text(body, "challenge")))
    event = dig(body, "event")
    if field_text(event, "type") != "message" or field_text(event, "channel_type") != "im":
        raise IgnoreRequest("not a direct message")
    user = field_text(event, "user")
    if field_text(event, "bot_id") or not user:
        raise IgnoreRequest("not a message of a person")
    files = (field_text(each, "id") for each in field_items(event, "files"))
    attachments = tuple(f"media:{each}" for each in files if each)
    text = field_text(event, "text")
    if not text and not attachments:
        raise IgnoreRequest("the message has neither a text nor a file")
    message = IncomingMessage(
        sender_urn("slack", user),
        text,
        field_text(body, "event_id") or None,
        attachments,
        epoch(field_text(body, "event_time")),
        uuid=inbound.new_id(),
    )
    return accepted(inbound.channel.uuid, (message,))


def find_file(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """Has a file shared, which the user's token must allow, and gives the address that needs no token."""
    if not attachment.startswith("media:"):
        return HttpRequest("GET", attachment) if attachment.startswith(("http://", "https://")) else None
    file_id = attachment.removeprefix("media:")
    shared = post_json(f"{API}/files.sharedPublicURL", {"file": file_id}, _authorization(channel, "user_token"))
    answer = read_answer("json", (yield shared).body)
    url, page = field_text(answer, "file.url_private_download"), field_text(answer, "file.permalink_public")
    if dig(answer, "ok") is not True or not url or "-" not in page:
        return None
    return HttpRequest("GET", f"{url}?{urlencode({'pub_secret': page.rpartition('-')[2]})}")


def find_name(channel: Channel, urn: str, options: SendOptions) -> NamePlan:
    """The real name of a user."""
    url = f"{API}/users.info?{urlencode({'user': urn_path(urn)})}"
    response = yield HttpRequest("GET", url, {"Accept": JSON_TYPE, **_authorization(channel)})
    return field_text(read_answer("json", response.body), "user.real_name") or None


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """The files one after another, then the text."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    if not channel.config.get("bot_token"):
        raise SendFailed("channel_config", "'bot_token' is required")
    done = len(progress.external_ids)
    files = [attachment(each)[1] for each in message.attachments][done:]
    if files:
        room = yield from _room(channel, urn_path(message.urn), progress)
        for url in files:
            yield from _send_file(channel, room, url, progress)
            progress.external_ids.append("")
    if message.text and len(progress.external_ids) == len(message.attachments):
        yield from _ask(channel, "chat.postMessage", {"channel": urn_path(message.urn), "text": message.text}, progress)
        progress.external_ids.append("")


def _room(channel: Channel, user: str, progress: Progress) -> Generator[HttpRequest, HttpResponse, str]:
    """The conversation with a user: unlike texts, files can't be addressed to the user."""
    answer = yield from _ask(channel, "conversations.open", {"users": user}, progress)
    return _required(answer, "channel.id")


def _send_file(channel: Channel, room: str, url: str, progress: Progress) -> Steps:
    """Downloads a file, puts it where Slack says, and has it shown in the room."""
    file = yield from download(progress, url)
    name = url.partition("?")[0].rpartition("/")[2] or "file"
    form = urlencode({"filename": name, "length": len(file.body)}).encode()
    headers = {"Content-Type": FORM_TYPE, "Accept": JSON_TYPE, **_authorization(channel)}
    request = HttpRequest("POST", f"{API}/files.getUploadURLExternal", headers, body=form)
    place = _require_ok((yield from call(progress, request)))
    upload, file_id = _required(place, "upload_url"), _required(place, "file_id")
    yield from call(progress, HttpRequest("POST", upload, {"Content-Type": "application/octet-stream"}, body=file.body))
    shown = {"files": [{"id": file_id, "title": name}], "channel_id": room}
    yield from _ask(channel, "files.completeUploadExternal", shown, progress)


def _ask(
    channel: Channel, method: str, payload: dict[str, Any], progress: Progress
) -> Generator[HttpRequest, HttpResponse, Any]:
    """Calls a method of Slack and gives its answer. Raises SendFailed when it is not `ok`."""
    request = post_json(f"{API}/{method}", payload, _authorization(channel))
    return _require_ok((yield from call(progress, request)))


def _require_ok(response: HttpResponse) -> Any:
    answer = read_json(response)
    if dig(answer, "ok") is not True:
        error = field_text(answer, "error")
        if error in THROTTLED:
            raise SendFailed("connection_throttled", error)
        raise SendFailed("rejected_with_reason", error, external_code=error, retry=error in BROKEN)
    return answer


def _required(answer: Any, path: str) -> str:
    found = field_text(answer, path)
    if not found:
        raise SendFailed("response_content", f"Slack's answer holds no '{path}'.")
    return found


def _authorization(channel: Channel, setting: str = "bot_token") -> dict[str, str]:
    return {"Authorization": f"Bearer {channel.config.get(setting) or ''}"}


SLACK: Final = BuiltType(
    code="SL",
    name="Slack",
    schemes=("slack",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "several"), read_event),)},
    send=send,
    fetch=find_file,
    find_name=find_name,
    fields=(
        ConfigField("bot_token", "secret", required=True),
        ConfigField("user_token", "secret"),
        ConfigField("verification_token", "secret", required=True),
    ),
    features=Features(attachments="media"),
)
