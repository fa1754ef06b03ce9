"""RC, Rocket.Chat: an app of ours in the user's own server, called and calling with one shared secret."""

from typing import Any, Final
from urllib.parse import urlsplit

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    FetchPlan,
    HttpRequest,
    IncomingMessage,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.description.verification import same
from gateways.channels.json_body import field_items, field_text, json_object, post_json, required_text
from gateways.channels.replies import accepted
from gateways.channels.senders import sender_urn
from gateways.channels.sending import Progress, SendFailed, Steps, attachment, call, plan, read_json, urn_path


def read_message(inbound: Inbound) -> Answer:
    """`{user: {urn, username, full_name}, text, attachments: [{type, url}]}`"""
    secret = str(inbound.channel.config.get("secret") or "")
    if not secret or not same(inbound.request.headers.get("authorization", ""), f"Token {secret}"):
        raise RefuseRequest("invalid Authorization header", 401)
    body = json_object(inbound.request.body)
    address, text = required_text(body, "user.urn"), field_text(body, "text")
    files = [_file(each) for each in field_items(body, "attachments")]
    attachments = tuple(each for each in files if each)
    if not text and not attachments:
        raise RefuseRequest("the message has neither a text nor a file")
    urn = sender_urn("rocketchat", address, display=field_text(body, "user.username"))
    name = field_text(body, "user.full_name") or None
    message = IncomingMessage(urn, text, None, attachments, None, name, inbound.new_id())
    return accepted(inbound.channel.uuid, (message,))


def _file(item: Any) -> str:
    content_type, url = field_text(item, "type"), field_text(item, "url")
    return f"{content_type}:{url}" if content_type and url else url


def fetch(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """Files on the user's server are shown to an administrator of it only."""
    yield from ()
    if not attachment.startswith(("http://", "https://")):
        return None
    config = channel.config
    token, user = config.get("admin_auth_token"), config.get("admin_user_id")
    if token and user and urlsplit(attachment)[:2] == urlsplit(str(config.get("base_url") or ""))[:2]:
        return HttpRequest("GET", attachment, {"X-Auth-Token": str(token), "X-User-Id": str(user)})
    return HttpRequest("GET", attachment)


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request with the text and the files."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    config = channel.config
    for name in ("base_url", "secret", "bot_username"):
        if not config.get(name):
            raise SendFailed("channel_config", f"'{name}' is required")
    if progress.external_ids:
        return
    payload: dict[str, Any] = {"user": urn_path(message.urn), "bot": str(config["bot_username"])}
    if message.text:
        payload["text"] = message.text
    if message.attachments:
        files = [attachment(each) for each in message.attachments]
        payload["attachments"] = [{"type": content_type, "url": url} for content_type, url in files]
    url = f"{str(config['base_url']).rstrip('/')}/message"
    response = yield from call(progress, post_json(url, payload, {"Authorization": f"Token {config['secret']}"}))
    external_id = field_text(read_json(response), "id")
    if not external_id:
        raise SendFailed("response_content", "Rocket.Chat's answer holds no 'id'.")
    progress.external_ids.append(external_id)


ROCKETCHAT: Final = BuiltType(
    code="RC",
    name="Rocket.Chat",
    schemes=("rocketchat",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "message"), read_message),)},
    send=send,
    fetch=fetch,
    fields=(
        ConfigField("base_url", "url", required=True),
        ConfigField("secret", "secret", required=True),
        ConfigField("bot_username", required=True),
        ConfigField("admin_auth_token", "secret"),
        ConfigField("admin_user_id"),
    ),
    features=Features(attachments="media", token=False, proxied=True),
)
