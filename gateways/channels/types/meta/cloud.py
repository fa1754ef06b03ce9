"""WAC, WhatsApp Cloud: Meta's own API. One app, with one token and two secrets, serves all channels of an installation.

Requests don't name the channel in their address but the phone number's id in their body.
"""

from typing import Final

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    FetchPlan,
    HttpRequest,
    Installation,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
)
from gateways.channels.json_body import json_object, post_json
from gateways.channels.sending import Progress, SendFailed, Steps, as_text, plan
from gateways.channels.types.meta.webhook import (
    GRAPH,
    always_ok,
    objects,
    part,
    read_challenge,
    read_quietly,
    require_signature,
)
from gateways.channels.types.meta.whatsapp_inbound import Batch
from gateways.channels.types.meta.whatsapp_media import fetch_media
from gateways.channels.types.meta.whatsapp_messages import (
    TEXT_LIMIT,
    Body,
    cloud_envelope,
    send_bodies,
)

OBJECT: Final = "whatsapp_business_account"


def receive(inbound: Inbound) -> Answer:
    """Messages and statuses, signed. What is meant for another number than the channel's is left out."""
    require_signature(inbound)
    payload = json_object(inbound.request.body)
    batch = Batch(inbound)
    for value in values(payload):
        number = as_text(part(value, "metadata").get("phone_number_id"))
        if number and number != inbound.channel.address:
            batch.remark(f"ignoring what is meant for the number {number[:40]}")
        else:
            batch.add(value)
    return batch.answer()


def values(payload: dict[str, object]) -> list[dict[str, object]]:
    """The `entry[].changes[].value` of a request. Raises RefuseRequest when it is about something else."""
    if payload.get("object") != OBJECT:
        raise RefuseRequest(f"field 'object' must be '{OBJECT}', not '{as_text(payload.get('object'))[:40]}'")
    changes = [change for entry in objects(payload, "entry") for change in objects(entry, "changes")]
    return [part(change, "value") for change in changes]


def phone_number_ids(request: HttpRequest) -> tuple[str, ...]:
    """The numbers that a request is for: Meta puts together what it has for all numbers of an app."""
    changes = (change for entry in objects(read_quietly(request), "entry") for change in objects(entry, "changes"))
    numbers = (as_text(part(part(change, "value"), "metadata").get("phone_number_id")) for change in changes)
    return tuple(dict.fromkeys(number for number in numbers if number))


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each attachment and part."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    installation = progress.options.installation
    if not installation.meta_system_user_token:
        raise SendFailed("channel_config", "The installation has no token of a system user at Meta.")

    def request(body: Body) -> HttpRequest:
        return post_json(_url(channel), cloud_envelope(message, body), _bearer(installation))

    yield from send_bodies(channel, message, progress, request)


def fetch(channel: Channel, attachment: str, options: SendOptions) -> FetchPlan:
    """Asks for a media's address; the download takes the token too."""
    return fetch_media(attachment, GRAPH, _bearer(options.installation))


def typing(channel: Channel, urn: str, external_id: str, options: SendOptions) -> HttpRequest | None:
    """Shows "typing…" below the message of that id, and that it was read."""
    return post_json(_url(channel), typing_body(external_id), _bearer(options.installation)) if external_id else None


def typing_body(external_id: str) -> dict[str, object]:
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": external_id,
        "typing_indicator": {"type": "text"},
    }


def _url(channel: Channel) -> str:
    return f"{GRAPH}/{channel.address}/messages"


def _bearer(installation: Installation) -> dict[str, str]:
    return {"Authorization": f"Bearer {installation.meta_system_user_token}"}


WHATSAPP_CLOUD: Final = BuiltType(
    code="WAC",
    name="WhatsApp Cloud",
    schemes=("whatsapp",),
    receivers={
        "receive": (
            Receiver(Route("receive", ("GET",), "challenge"), read_challenge),
            Receiver(Route("receive", ("POST",), "several"), receive),
        )
    },
    send=send,
    features=Features(
        attachments="media",
        quick_replies=True,
        templates=True,
        max_length=TEXT_LIMIT,
        signature=True,
        token=True,
        throughput=80,
    ),
    fetch=fetch,
    typing=typing,
    addresses_of=phone_number_ids,
    restyle=always_ok,
)
