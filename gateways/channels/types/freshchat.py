"""FC, Freshchat: signed events in, a conversation for each message out."""

import base64
import re
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from gateways.channels.channel_type import BuiltType, Features, IgnoreRequest, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    IncomingMessage,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.json_body import field_items, field_text, json_object, post_json, required_text
from gateways.channels.media_choice import main_type
from gateways.channels.replies import accepted, parse_rfc3339
from gateways.channels.senders import sender_urn
from gateways.channels.sending import Progress, SendFailed, Steps, attachment, call, dig, plan, urn_path

SEND_URL: Final = "https://api.freshchat.com/v2/conversations"
SIGNATURE: Final = "x-freshchat-signature"
_ARMOUR: Final = re.compile(r"-----[A-Z ]+-----")


# receiving -------------------------------------------------------------------------------------------------------------


def read_event(inbound: Inbound) -> Answer:
    """An event; of interest are messages of users."""
    _verify(inbound)
    message = dig(json_object(inbound.request.body), "data.message")
    if field_text(message, "actor_type") != "user":
        raise IgnoreRequest("the message is not a user's")
    address = f"{required_text(message, 'channel_id')}/{required_text(message, 'actor_id')}"
    created = required_text(message, "created_time")
    received_on = parse_rfc3339(created)
    if received_on is None:
        raise RefuseRequest(f"field 'created_time' is not a date: '{created[:40]}'")
    parts = field_items(message, "message_parts")
    text = "\n".join(each for part in parts if (each := field_text(part, "text.content")))
    files = tuple(each for part in parts if (each := field_text(part, "image.url")))
    if not text and not files:
        raise IgnoreRequest("the message has neither a text nor a picture")
    urn = sender_urn("freshchat", address)
    found = IncomingMessage(urn, text, field_text(message, "id") or None, files, received_on, uuid=inbound.new_id())
    return accepted(inbound.channel.uuid, (found,))


def _verify(inbound: Inbound) -> None:
    """Checks the signature with the public key in the settings. Raises RefuseRequest."""
    key = _public_key(str(inbound.channel.config.get("secret") or ""))
    if key is None:
        raise RefuseRequest("the channel's 'secret' is not an RSA public key")
    try:
        signature = base64.b64decode(inbound.request.headers.get(SIGNATURE, ""), validate=True)
        key.verify(signature, inbound.request.body, PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        raise RefuseRequest("invalid request signature") from None


@lru_cache(maxsize=256)
def _public_key(pem: str) -> RSAPublicKey | None:
    """The key of a PEM text, also of one whose lines were joined and of one with the other kind of heading."""
    try:
        key = load_der_public_key(base64.b64decode("".join(_ARMOUR.sub("", pem).split()), validate=True))
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) else None


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One conversation with the text and the pictures; other files are links below the text."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    config = channel.config
    for name in ("username", "auth_token"):
        if not config.get(name):
            raise SendFailed("channel_config", f"'{name}' is required")
    if progress.external_ids:
        return
    room, _, user = urn_path(message.urn).partition("/")
    payload = {
        "messages": [
            {"message_parts": _parts(message), "actor_id": str(config["username"]), "actor_type": "agent"},
        ],
        "channel_id": room,
        "users": [{"id": user}],
    }
    yield from call(progress, post_json(SEND_URL, payload, {"Authorization": f"Bearer {config['auth_token']}"}))
    progress.external_ids.append("")


def _parts(message: OutgoingMessage) -> list[dict[str, Any]]:
    files = [attachment(each) for each in message.attachments]
    pictures = [{"image": {"url": url}} for content_type, url in files if main_type(content_type) == "image"]
    links = [url for content_type, url in files if main_type(content_type) != "image"]
    text = "\n".join([message.text] * bool(message.text) + links)
    return [{"text": {"content": text}}] * bool(text) + pictures


FRESHCHAT: Final = BuiltType(
    code="FC",
    name="Freshchat",
    schemes=("freshchat",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "message"), read_event),)},
    send=send,
    fields=(
        ConfigField("username", required=True),
        ConfigField("auth_token", "secret", required=True),
        ConfigField("secret", "secret", required=True),
    ),
    features=Features(attachments="media", signature=True),
)
