"""D3C, 360Dialog: WhatsApp's messages as Meta has them, by way of an address and a key of the channel's own."""

from typing import Final
from urllib.parse import urlsplit

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    FetchPlan,
    HttpRequest,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.json_body import json_object, post_json
from gateways.channels.sending import Progress, Steps, plan
from gateways.channels.types.meta.cloud import typing_body, values
from gateways.channels.types.meta.settings import base_url, required_setting, text_setting
from gateways.channels.types.meta.whatsapp_inbound import Batch
from gateways.channels.types.meta.whatsapp_media import fetch_media
from gateways.channels.types.meta.whatsapp_messages import TEXT_LIMIT, Body, cloud_envelope, send_bodies

MEDIA_HOST: Final = "lookaside.fbsbx.com"
"""Meta's media host: it takes no keys of 360Dialog, whose own address passes the request on."""


def receive(inbound: Inbound) -> Answer:
    """Messages and statuses; the channel is known from the address, so none of it is for another number."""
    batch = Batch(inbound)
    for value in values(json_object(inbound.request.body)):
        batch.add(value)
    return batch.answer()


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each attachment and part."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    for name in ("base_url", "auth_token"):
        required_setting(channel, name)
    url, headers = f"{base_url(channel)}/messages", _key(channel)

    def request(body: Body) -> HttpRequest:
        return post_json(url, cloud_envelope(message, body), headers)

    yield from send_bodies(channel, message, progress, request)


def fetch(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """Asks for a media's address; the download goes by way of 360Dialog too."""
    base = base_url(channel)

    def moved(found: str) -> str:
        parts = urlsplit(found)
        if parts.hostname != MEDIA_HOST:
            return found
        return f"{base}{parts.path}?{parts.query}" if parts.query else base + parts.path

    return fetch_media(attachment, base, _key(channel), moved)


def typing(channel: Channel, urn: str, external_id: str, options: SendOptions) -> HttpRequest | None:
    """Shows "typing…" below the message of that id, and that it was read."""
    if not external_id:
        return None
    return post_json(f"{base_url(channel)}/messages", typing_body(external_id), _key(channel))


def _key(channel: Channel) -> dict[str, str]:
    return {"D360-API-KEY": text_setting(channel, "auth_token")}


DIALOG360: Final = BuiltType(
    code="D3C",
    name="360Dialog WhatsApp",
    schemes=("whatsapp",),
    receivers={"receive": (Receiver(Route("receive", ("POST",), "several"), receive),)},
    send=send,
    fields=(ConfigField("auth_token", "secret", required=True), ConfigField("base_url", "url", required=True)),
    features=Features(
        attachments="media", quick_replies=True, templates=True, max_length=TEXT_LIMIT, proxied=True, throughput=45
    ),
    fetch=fetch,
    typing=typing,
)
