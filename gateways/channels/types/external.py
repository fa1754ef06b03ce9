"""EX, External: an HTTP API of the user's own, called and answered as the user wrote it down.

Templates are filled in one pass, so a text that holds `{{to}}` stays a text. This is also the type with the hottest way in:
it is what load generators and home-made gateways use.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import orjson

from domain.message import gsm7
from domain.urn.schemes import SCHEMES
from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ChannelEvent,
    ConfigField,
    HttpRequest,
    HttpResponse,
    IncomingMessage,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
    StatusName,
    StatusReport,
)
from gateways.channels.forms import Form, clean, first, read_form
from gateways.channels.message_ids import uuid_of
from gateways.channels.replies import accepted, parse_rfc3339
from gateways.channels.senders import national_number, sender_urn
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    call,
    part_limit,
    plan,
    text_and_links,
    text_parts,
    urn_path,
)
from gateways.channels.xml_body import escape, read_xml, text_at

PART_LIMIT: Final = 160
XML_LIMIT: Final = 100_000
CONTENT_TYPES: Final = {
    "urlencoded": "application/x-www-form-urlencoded",
    "json": "application/json",
    "xml": "text/xml; charset=utf-8",
}
VARIABLES: Final = (
    "id",
    "uuid",
    "text",
    "to",
    "to_no_plus",
    "from",
    "from_no_plus",
    "channel",
    "session_status",
    "quick_replies",
)
_VARIABLE: Final = re.compile(r"\{\{(" + "|".join(VARIABLES) + r")\}\}")


# receiving -------------------------------------------------------------------------------------------------------------


def read_message(inbound: Inbound) -> Answer:
    """A message as form fields, or as XML where the channel says where to look."""
    channel, config = inbound.channel, inbound.channel.config
    if config.get("from_xpath") and config.get("text_xpath"):
        sender, text, date = _from_xml(inbound.request.body, config)
    else:
        sender, text, date = _from_form(read_form(inbound.request), config)
    received_on = None
    if date:
        received_on = parse_rfc3339(date)
        if received_on is None:
            raise RefuseRequest(f"'{date[:40]}' is not a date as in 2026-01-31T08:15:00Z")
    message = IncomingMessage(_urn(channel, sender), text, received_on=received_on, uuid=inbound.new_id())
    response = None
    if config.get("mo_response"):
        headers = {"content-type": str(config.get("mo_response_content_type") or "text/plain")}
        response = HttpResponse(200, headers, str(config["mo_response"]).encode())
    return accepted(channel.uuid, (message,), response=response)


def _from_form(form: Form, config: Mapping[str, Any]) -> tuple[str, str, str]:
    from_field = config.get("mo_from_field")
    sender = first(form, from_field, "from", "sender") if from_field else first(form, "from", "sender")
    if not sender:
        raise RefuseRequest("must have one of 'sender' or 'from' set")
    text = first(form, config.get("mo_text_field") or "text")
    date_field = config.get("mo_date_field")
    return sender, text, first(form, date_field) if date_field else first(form, "date", "time")


def _from_xml(body: bytes, config: Mapping[str, Any]) -> tuple[str, str, str]:
    root = read_xml(body) if len(body) <= XML_LIMIT else None
    if root is None:
        raise RefuseRequest(f"the body must be XML of at most {XML_LIMIT} bytes")
    try:
        sender, text = text_at(root, str(config["from_xpath"])), text_at(root, str(config["text_xpath"]))
    except ValueError as error:
        raise RefuseRequest(f"the channel's settings are wrong: {error}") from None
    if not sender:
        raise RefuseRequest(f"nothing was found at {config['from_xpath']}")
    return clean(sender), clean(text or ""), ""


def _urn(channel: Channel, sender: str) -> str:
    scheme = channel.schemes[0] if channel.schemes else "tel"
    return sender_urn(scheme, sender, channel.country)


def status_reader(status: StatusName) -> Callable[[Inbound], Answer]:
    """Reads reports of one status: the address says which, a field says of what."""

    def read_status(inbound: Inbound) -> Answer:
        named = first(read_form(inbound.request), "id", "uuid")
        if not named:
            raise RefuseRequest("parameters id or uuid should not be empty")
        message_id = int(named) if named.isascii() and named.isdigit() and len(named) < 19 else None
        message_uuid = uuid_of(named) if message_id is None else None
        if message_id is None and message_uuid is None:
            raise RefuseRequest(f"'{named[:64]}' is not the id or uuid of a message")
        return accepted(inbound.channel.uuid, statuses=(StatusReport(message_id, message_uuid, None, status),))

    return read_status


def read_stop(inbound: Inbound) -> Answer:
    """A contact who wants no more messages."""
    sender = first(read_form(inbound.request), "from")
    if not sender:
        raise RefuseRequest("field 'from' required")
    event = ChannelEvent("stop_contact", _urn(inbound.channel, sender))
    return accepted(inbound.channel.uuid, events=(event,))


# sending ---------------------------------------------------------------------------------------------------------------


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each part of the text."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    config = channel.config
    if not config.get("send_url"):
        raise SendFailed("channel_config", "'send_url' is required")
    parts = _parts(channel, message, progress.options)
    done = len(progress.external_ids)
    for number, part in enumerate(parts[done:], done + 1):
        replies = [reply.text for reply in message.quick_replies] if number == len(parts) else []
        response = yield from call(progress, _request(channel, message, part, replies))
        check = config.get("mt_response_check")
        if check and str(check).encode() not in response.body:
            raise SendFailed("response_content", f"The answer does not contain {check!r}.")
        progress.external_ids.append("")


def _parts(channel: Channel, message: OutgoingMessage, options: SendOptions) -> tuple[str, ...]:
    text = text_and_links(message)
    if channel.config.get("encoding") == "S":
        plain = gsm7.with_stand_ins(text)
        text = plain if gsm7.is_gsm7(plain) else text
    return text_parts(text, part_limit(channel, options, PART_LIMIT))


def _request(channel: Channel, message: OutgoingMessage, part: str, replies: list[str]) -> HttpRequest:
    config = channel.config
    method = str(config.get("method") or "POST").upper()
    content_type = str(config.get("content_type") or "urlencoded")
    values = _values(channel, message, part)
    headers = {"Content-Type": CONTENT_TYPES.get(content_type, content_type)}
    if config.get("send_authorization"):
        headers["Authorization"] = str(config["send_authorization"])
    own_headers = config.get("headers")
    if isinstance(own_headers, dict):
        headers.update((str(name), str(value)) for name, value in own_headers.items())
    url = _fill(str(config["send_url"]), values, "urlencoded", replies)
    body = _fill(str(config.get("body") or ""), values, content_type, replies) if method != "GET" else ""
    return HttpRequest(method, url, headers, body=body.encode())


def _values(channel: Channel, message: OutgoingMessage, part: str) -> dict[str, str]:
    to = urn_path(message.urn)
    if channel.config.get("use_national") and message.urn.startswith("tel:"):
        to = national_number(to, channel.country)
    return {
        "id": str(message.id),
        "uuid": message.uuid,
        "text": part,
        "to": to,
        "to_no_plus": to.removeprefix("+"),
        "from": channel.address,
        "from_no_plus": channel.address.removeprefix("+"),
        "channel": channel.uuid,
        "session_status": message.session_status,
    }


def _json_text(text: str) -> str:
    return orjson.dumps(text).decode()


_ENCODERS: Final[dict[str, tuple[Callable[[str], str], Callable[[list[str]], str]]]] = {
    "urlencoded": (quote_plus, lambda replies: "".join("&quick_reply=" + quote_plus(each) for each in replies)),
    "json": (_json_text, lambda replies: orjson.dumps(replies).decode()),
    "xml": (escape, lambda replies: "".join(f"<item>{escape(each)}</item>" for each in replies)),
}


def _writing(content_type: str) -> str:
    """How values are written in a body: by a word of ours, or as the media type says that the user wrote out."""
    if content_type in CONTENT_TYPES:
        return content_type
    media_type = content_type.partition(";")[0].strip().lower()
    return next((word for word in CONTENT_TYPES if media_type.endswith(word)), "")


def _fill(template: str, values: dict[str, str], content_type: str, replies: list[str]) -> str:
    """The template with its variables, each found and replaced once, encoded as the content type asks."""
    encode, encode_replies = _ENCODERS.get(_writing(content_type), (str, "\n".join))
    return _VARIABLE.sub(
        lambda found: encode_replies(replies) if found[1] == "quick_replies" else encode(values[found[1]]), template
    )


def _receiver(action: str, gives: Any, read: Callable[[Inbound], Answer]) -> tuple[Receiver, ...]:
    return (Receiver(Route(action, ("GET", "POST"), gives), read),)


EXTERNAL: Final = BuiltType(
    code="EX",
    name="External API",
    schemes=("tel", "ext"),
    receivers={
        "receive": _receiver("receive", "message", read_message),
        "sent": _receiver("sent", "status", status_reader("sent")),
        "delivered": _receiver("delivered", "status", status_reader("delivered")),
        "failed": _receiver("failed", "status", status_reader("failed")),
        "stopped": _receiver("stopped", "event", read_stop),
    },
    send=send,
    fields=(
        ConfigField("send_url", "url", required=True),
        ConfigField("method", choices=("POST", "GET", "PUT"), default="POST"),
        ConfigField("body"),
        ConfigField("content_type", default="urlencoded"),
        ConfigField("encoding", choices=("D", "S"), default="D"),
        ConfigField("send_authorization", "secret"),
        ConfigField("headers", "map"),
        ConfigField("mt_response_check"),
        ConfigField("use_national", "bool"),
        ConfigField("mo_from_field"),
        ConfigField("mo_text_field"),
        ConfigField("mo_date_field"),
        ConfigField("from_xpath"),
        ConfigField("text_xpath"),
        ConfigField("mo_response"),
        ConfigField("mo_response_content_type"),
    ),
    features=Features(quick_replies=True, max_length=PART_LIMIT, proxied=True, other_schemes=tuple(SCHEMES)),
)
