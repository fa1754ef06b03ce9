"""T, TMS, TWA, TW, SW: Twilio, its messaging services, its WhatsApp, other TwiML APIs and SignalWire: what comes in."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from gateways.channels.channel_type import IgnoreRequest, Inbound, Reader, RefuseRequest
from gateways.channels.contract import (
    Answer,
    ChannelEvent,
    HttpRequest,
    Ignored,
    IncomingMessage,
    LogLine,
    Refused,
    StatusName,
    StatusReport,
)
from gateways.channels.description.verification import same
from gateways.channels.forms import read_form
from gateways.channels.message_ids import uuid_of
from gateways.channels.missing_fields import fields_required
from gateways.channels.replies import accepted, text_response
from gateways.channels.senders import sender_urn

STATUSES: Final[dict[str, StatusName]] = {
    "queued": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
}
STOPPED: Final = "21610"
RATE_LIMITED: Final = "63018"
WHATSAPP: Final = "whatsapp"
MOST_MEDIA: Final = 100
LEAST_BASE64: Final = 60
EMPTY: Final = text_response('<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")


def reading(read: Reader, *, signed: bool) -> Reader:
    """The reader, behind the check of the signature where the type has one."""

    def checked(inbound: Inbound) -> Answer:
        if signed:
            check_signature(inbound)
        return read(inbound)

    return checked


def check_signature(inbound: Inbound) -> None:
    """Refuses what was not signed with the channel's token."""
    token, given = inbound.channel.config.get("auth_token"), inbound.request.headers.get("x-twilio-signature", "")
    if not token or not given:
        raise RefuseRequest("missing request signature" if token else "the channel has no 'auth_token'")
    if not any(same(given, each) for each in signatures(str(token), inbound.request)):
        raise RefuseRequest("invalid request signature")


def signatures(token: str, request: HttpRequest) -> tuple[str, str]:
    """HMAC-SHA1 over the address as it was called and every posted field: sorted by name as Twilio documents it, and in the order
    of the body, as some that speak TwiML have it."""
    headers = request.headers
    address = f"https://{headers.get('host', '')}{headers.get('x-forwarded-path') or _path(request)}"
    fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return _signed(token, address, sorted(fields)), _signed(token, address, fields)


def _signed(token: str, address: str, fields: list[tuple[str, str]]) -> str:
    text = address + "".join(name + value for name, value in fields)
    return base64.b64encode(hmac.new(token.encode(), text.encode(), "sha1").digest()).decode()


def _path(request: HttpRequest) -> str:
    path = "/" + request.url.partition("://")[2].partition("/")[2]
    return f"{path}?{request.query.decode('latin-1')}" if request.query else path


def _fields(inbound: Inbound) -> dict[str, str]:
    return {name.lower(): values[0] for name, values in reversed(read_form(inbound.request).items())}


def read_message(inbound: Inbound) -> Answer:
    """A message; on WhatsApp what a button says replaces its text, and a second identity may come along."""
    fields = _fields(inbound)
    missing = [name for name in ("MessageSid", "AccountSid", "From", "To") if not fields.get(name.lower())]
    if missing:
        raise fields_required(missing)
    on_whatsapp = _on_whatsapp(inbound)
    text = decoded_body(fields.get("body", ""))
    if on_whatsapp and fields.get("buttontext"):
        text = fields["buttontext"]
    message = IncomingMessage(
        _urn(inbound, fields["from"], fields.get("fromcountry", "")),
        text,
        fields["messagesid"],
        _media(fields),
        uuid=inbound.new_id(),
        also_known_as=_second_urn(fields.get("externaluserid", "")) if on_whatsapp else None,
    )
    return accepted(inbound.channel.uuid, (message,), response=EMPTY)


def _on_whatsapp(inbound: Inbound) -> bool:
    return WHATSAPP in inbound.channel.schemes


def _urn(inbound: Inbound, sender: str, country: str) -> str:
    if _on_whatsapp(inbound):
        return sender_urn(WHATSAPP, sender.removeprefix("whatsapp:").lstrip("+"))
    return sender_urn("tel", sender, country or inbound.channel.country, sender_ids=True)


def _second_urn(user: str) -> str | None:
    if not user:
        return None
    try:
        return sender_urn(WHATSAPP, user.removeprefix("whatsapp:").lstrip("+"))
    except RefuseRequest:
        return None


def _media(fields: Mapping[str, str]) -> tuple[str, ...]:
    count = fields.get("nummedia", "")
    number = min(int(count), MOST_MEDIA) if count.isascii() and count.isdigit() else 0
    found = (fields.get(f"mediaurl{each}", "") for each in range(number))
    return tuple(url for url in found if url)


def decoded_body(text: str) -> str:
    """The text; what looks like base64 of a text is decoded, as some carriers hand it over so."""
    stripped = text.strip()
    if len(stripped) < LEAST_BASE64 or len(stripped) % 4:
        return text
    try:
        raw = base64.b64decode(stripped, validate=True)
    except (binascii.Error, ValueError):
        return text
    found = raw.decode("utf-8", "ignore")
    plain = sum(character.isascii() for character in found)
    return found.replace("\0", "") if plain * 2 >= len(found) else text


def read_status(inbound: Inbound) -> Answer:
    """A report, by the uuid in the address that we gave, else by Twilio's id."""
    fields = _fields(inbound)
    name, sid, error = fields.get("messagestatus", ""), fields.get("messagesid", ""), fields.get("errorcode", "")
    if not name or not sid:
        raise IgnoreRequest("no msg status, ignoring")
    status = STATUSES.get(name)
    if status is None:
        raise RefuseRequest(f"unknown status '{name[:64]}'")
    if inbound.channel.config.get("ignore_dlrs") and status != "failed":
        raise IgnoreRequest("delivery reports are ignored on this channel")
    log = (LogLine(error, f"Twilio says {error}."),) if error else ()
    if error == RATE_LIMITED:
        return _report(inbound, StatusReport(None, None, sid, "errored"), (), log)
    given = dict(parse_qsl(inbound.request.query.decode("utf-8", "replace"))).get("uuid", "")
    uuid = uuid_of(given) if given else None
    report = StatusReport(None, uuid, None, status) if uuid else StatusReport(None, None, sid, status)
    events: tuple[ChannelEvent, ...] = ()
    if error == STOPPED and fields.get("to"):
        events = _stop(inbound, fields["to"])
    return _report(inbound, report, events, log)


def _stop(inbound: Inbound, recipient: str) -> tuple[ChannelEvent, ...]:
    """Who opted out; nobody when the number can't be one, as the report holds all the same."""
    try:
        return (ChannelEvent("stop_contact", _urn(inbound, recipient, "")),)
    except RefuseRequest:
        return ()


def _report(
    inbound: Inbound, report: StatusReport, events: tuple[ChannelEvent, ...], log: tuple[LogLine, ...]
) -> Answer:
    return accepted(inbound.channel.uuid, (), (report,), events, response=EMPTY, log=log)


def restyle(answer: Answer) -> Answer:
    """Twilio takes everything that is no XML for an error of ours."""
    if isinstance(answer, Ignored):
        reason = answer.reason.replace("--", "- -")
        body = f'<?xml version="1.0" encoding="UTF-8"?><!-- {reason} --><Response/>'
        return Ignored(text_response(body, "text/xml"), answer.reason, answer.log)
    assert isinstance(answer, Refused)
    return answer
