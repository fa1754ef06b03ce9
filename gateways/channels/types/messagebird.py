"""MBD, MessageBird: SMS and MMS. Messages come as forms with a signed token that covers the address and the body."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ChannelEvent,
    ConfigField,
    IncomingMessage,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
    StatusName,
    StatusReport,
)
from gateways.channels.description.verification import same
from gateways.channels.forms import Form, first, read_form
from gateways.channels.json_body import field_text, post_json
from gateways.channels.message_ids import uuid_of
from gateways.channels.replies import accepted, parse_rfc3339, text_response
from gateways.channels.senders import sender_urn
from gateways.channels.sending import Progress, SendFailed, Steps, attachment, call, plan, read_json, urn_path

API: Final = "https://rest.messagebird.com"
SIGNATURE: Final = "messagebird-signature-jwt"
HASHES: Final = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
STATUSES: Final[dict[str, StatusName]] = {
    "scheduled": "sent",
    "sent": "sent",
    "buffered": "sent",
    "delivered": "delivered",
    "delivery_failed": "failed",
    "expired": "failed",
}
STOPPED: Final = "103"
"""The error code of a report on somebody who opted out."""


# receiving -------------------------------------------------------------------------------------------------------------


def read_message(inbound: Inbound) -> Answer:
    """A message to a number, or with `shortcode` to a short code, whose fields have other names."""
    _verify(inbound)
    form = _fields(inbound)
    sender = first(form, "originator")
    if not sender:
        raise RefuseRequest("field 'originator' required")
    if first(form, "shortcode"):
        text, external_id, files = first(form, "message"), first(form, "mid"), []
        received_on = _short_date(first(form, "receive_datetime"))
    else:
        text, external_id = first(form, "body"), first(form, "id")
        files = [each for name in ("mediaurls", "mediaurls[]") for each in form.get(name, []) if each]
        created = first(form, "createddatetime").replace(" ", "+")
        received_on = parse_rfc3339(created)
        if created and received_on is None:
            raise RefuseRequest(f"field 'createdDatetime' is not a date: '{created[:40]}'")
    if not text and not files:
        raise RefuseRequest("the message has neither a text nor a file")
    urn = sender_urn("tel", sender, inbound.channel.country)
    message = IncomingMessage(urn, text, external_id or None, tuple(files), received_on, uuid=inbound.new_id())
    return accepted(inbound.channel.uuid, (message,), response=text_response("OK"))


def _fields(inbound: Inbound) -> Form:
    """The form with lower case names, as MessageBird writes them one way and the other."""
    form: Form = {}
    for name, values in read_form(inbound.request).items():
        form.setdefault(name.lower(), []).extend(values)
    return form


def _short_date(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise RefuseRequest(f"field 'receive_datetime' is not YYYYMMDDHHMMSS: '{text[:40]}'") from None


def _verify(inbound: Inbound) -> None:
    """Checks the token, and that it was made for this address and this body. Raises RefuseRequest."""
    token = inbound.request.headers.get(SIGNATURE, "")
    if not token:
        raise RefuseRequest("missing request signature")
    claims = _claims(token, str(inbound.channel.config.get("secret") or ""))
    domain = inbound.channel.config.get("callback_domain") or inbound.installation.domain
    url = f"https://{domain}{urlsplit(inbound.request.url).path}"
    if not same(field_text(claims, "url_hash"), hashlib.sha256(url.encode()).hexdigest()):
        raise RefuseRequest("the signature is for another address")
    body_hash = field_text(claims, "payload_hash")
    if (body_hash or inbound.request.body) and not same(body_hash, hashlib.sha256(inbound.request.body).hexdigest()):
        raise RefuseRequest("the signature is for another body")


def _claims(token: str, secret: str) -> Any:
    signed, _, signature = token.rpartition(".")
    head, _, claims = signed.partition(".")
    algorithm = HASHES.get(field_text(_decoded(head), "alg"))
    if not secret or algorithm is None:
        raise RefuseRequest("invalid request signature")
    wanted = base64.urlsafe_b64encode(hmac.new(secret.encode(), signed.encode(), algorithm).digest())
    if not same(signature, wanted.decode().rstrip("=")):
        raise RefuseRequest("invalid request signature")
    return _decoded(claims)


def _decoded(section: str) -> Any:
    try:
        return orjson.loads(base64.urlsafe_b64decode(section + "=" * (-len(section) % 4)))
    except ValueError:
        raise RefuseRequest("invalid request signature") from None


def read_status(inbound: Inbound) -> Answer:
    """A report names the message by the reference that we gave it; a report on an opt-out also stops the contact."""
    form = _fields(inbound)
    status = STATUSES.get(first(form, "status"))
    if status is None:
        raise RefuseRequest(f"unknown status '{first(form, 'status')[:40]}', must be one of {', '.join(STATUSES)}")
    message_uuid, external_id = uuid_of(first(form, "reference")), first(form, "id") or None
    if message_uuid is None and external_id is None:
        raise RefuseRequest("one of the fields 'reference' and 'id' required")
    report = StatusReport(None, message_uuid, None if message_uuid else external_id, status)
    events: tuple[ChannelEvent, ...] = ()
    recipient = first(form, "recipient")
    if first(form, "statuserrorcode") == STOPPED and recipient:
        events = _stop(inbound, recipient)
    return accepted(inbound.channel.uuid, statuses=(report,), events=events)


def _stop(inbound: Inbound, recipient: str) -> tuple[ChannelEvent, ...]:
    """Who opted out; nobody when the number can't be one, as the report holds all the same."""
    try:
        return (ChannelEvent("stop_contact", sender_urn("tel", recipient, inbound.channel.country)),)
    except RefuseRequest:
        return ()


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request; MessageBird splits long texts itself."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    token = channel.config.get("auth_token")
    if not token:
        raise SendFailed("channel_config", "'auth_token' is required")
    if progress.external_ids:
        return
    payload: dict[str, Any] = {
        "recipients": [urn_path(message.urn)],
        "reference": message.uuid,
        "originator": channel.address,
    }
    if message.text:
        payload["body"] = message.text
    if message.attachments:
        payload["mediaUrls"] = [attachment(each)[1] for each in message.attachments]
    url = f"{API}/{'mms' if message.attachments else 'messages'}"
    response = yield from call(progress, post_json(url, payload, {"Authorization": f"AccessKey {token}"}))
    external_id = field_text(read_json(response), "id")
    if not external_id:
        raise SendFailed("response_content", "MessageBird's answer holds no 'id'.")
    progress.external_ids.append(external_id)


MESSAGEBIRD: Final = BuiltType(
    code="MBD",
    name="MessageBird",
    schemes=("tel",),
    receivers={
        "receive": (Receiver(Route("receive", ("POST",), "message"), read_message),),
        "status": (Receiver(Route("status", ("GET",), "status"), read_status),),
    },
    send=send,
    fields=(ConfigField("auth_token", "secret", required=True), ConfigField("secret", "secret", required=True)),
    features=Features(attachments="media", signature=True),
)
