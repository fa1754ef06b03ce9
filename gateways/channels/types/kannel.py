"""KN, Kannel: the SMS gateway that many operators' links end in. Messages by form, reports by the URL we give with each message."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

from domain.message import gsm7
from gateways.channels.channel_type import BuiltType, Features, Inbound, Receiver, RefuseRequest
from gateways.channels.contract import (
    Answer,
    Channel,
    ConfigField,
    HttpRequest,
    IncomingMessage,
    LogLine,
    OutgoingMessage,
    Route,
    SendOptions,
    SendPlan,
    StatusName,
    StatusReport,
)
from gateways.channels.forms import first, read_form
from gateways.channels.message_ids import uuid_of
from gateways.channels.replies import accepted, ignored
from gateways.channels.senders import national_number, sender_urn
from gateways.channels.sending import (
    Progress,
    Steps,
    call,
    callback_url,
    plan,
    require_settings,
    text_and_links,
    urn_path,
)

STATUSES: Final[dict[str, StatusName]] = {"1": "delivered", "2": "errored", "4": "sent", "8": "sent", "16": "errored"}
REPORTS_WANTED: Final = "27"
LATEST: Final = 253402300799  # the last second of the year 9999


def read_message(inbound: Inbound) -> Answer:
    """Fields id, ts (seconds since 1970), sender, message."""
    form = read_form(inbound.request)
    external_id, sent, sender = first(form, "id"), first(form, "ts"), first(form, "sender")
    for name, value in (("id", external_id), ("ts", sent), ("sender", sender)):
        if not value:
            raise RefuseRequest(f"field '{name}' required")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 13) or int(sent) > LATEST:
        raise RefuseRequest(f"field 'ts' must be seconds since 1970, not '{sent[:40]}'")
    urn = sender_urn("tel", sender, inbound.channel.country)
    message = IncomingMessage(
        urn,
        first(form, "message"),
        external_id=external_id,
        received_on=datetime.fromtimestamp(int(sent), UTC),
        uuid=inbound.new_id(),
    )
    return accepted(inbound.channel.uuid, (message,))


def read_status(inbound: Inbound) -> Answer:
    """Fields uuid (ours) and status (Kannel's number)."""
    form = read_form(inbound.request)
    named, number = first(form, "uuid"), first(form, "status")
    for name, value in (("uuid", named), ("status", number.strip("0"))):
        if not value:
            raise RefuseRequest(f"field '{name}' required")
    message_uuid = uuid_of(named)
    if message_uuid is None:
        raise RefuseRequest(f"'{named[:64]}' is not the uuid of a message")
    if not number.isdigit():
        raise RefuseRequest(f"field 'status' must be a number, not '{number[:40]}'")
    status = STATUSES.get(number)
    if status is None:
        line = LogLine(f"dlr:{number[:40]}", f"unknown delivery report status '{number[:40]}'")
        return ignored(f"ignoring unknown status '{number[:40]}'", log=(line,))
    if status == "sent" and inbound.channel.config.get("ignore_sent"):
        return ignored("ignoring sent report (message already wired)")
    return accepted(inbound.channel.uuid, statuses=(StatusReport(None, message_uuid, None, status),))


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One GET request; Kannel splits long texts itself."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    require_settings(channel, "username", "password", "send_url")
    url = str(channel.config["send_url"])
    query = _query(channel, message, progress.options)
    yield from call(progress, HttpRequest("GET", url + ("&" if "?" in url else "?") + query))
    progress.external_ids.append("")


def _query(channel: Channel, message: OutgoingMessage, options: SendOptions) -> str:
    config = channel.config
    to = urn_path(message.urn)
    if config.get("use_national"):
        to = national_number(to, channel.country)
    report = _quoted(f"{callback_url(channel, options)}/status?uuid=") + message.uuid + _quoted("&status=%d")
    fields = {
        "username": _quoted(str(config.get("username") or "")),
        "password": _quoted(str(config.get("password") or "")),
        "from": _quoted(channel.address),
        "to": to if to.isalnum() and to.isascii() else quote_plus(to),
        "dlr-url": report,
        "dlr-mask": _quoted(str(config.get("dlr_mask") or REPORTS_WANTED)),
    }
    if message.high_priority:
        fields["priority"] = "1"
    text, wide = _encoded(text_and_links(message), str(config.get("encoding") or "S"))
    if wide:
        fields["coding"] = "2"
    plain = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return f"{plain}&text={quote(text, safe='') if wide else quote_plus(text)}"


_quoted = lru_cache(maxsize=2_048)(quote_plus)
"""What is the same in every message of a channel."""


def _encoded(text: str, encoding: str) -> tuple[bytes, bool]:
    """The bytes of the text, and whether they are UTF-16."""
    if encoding == "S":
        text = gsm7.with_stand_ins(text)
    wide = encoding == "U" or (encoding == "S" and not gsm7.is_gsm7(text))
    return (text.encode("utf-16-be") if wide else text.encode()), wide


def _receiver(action: str, methods: tuple[str, ...], read: object) -> tuple[Receiver, ...]:
    gives = "message" if action == "receive" else "status"
    return (Receiver(Route(action, methods, gives), read),)  # type: ignore[arg-type]


KANNEL: Final = BuiltType(
    code="KN",
    name="Kannel",
    schemes=("tel",),
    receivers={
        "receive": _receiver("receive", ("POST",), read_message),
        "status": _receiver("status", ("GET",), read_status),
    },
    send=send,
    fields=(
        ConfigField("username", required=True),
        ConfigField("password", "secret", required=True),
        ConfigField("send_url", "url", required=True),
        ConfigField("dlr_mask", default=REPORTS_WANTED),
        ConfigField("encoding", choices=("D", "U", "S"), default="S"),
        ConfigField("use_national", "bool"),
        ConfigField("ignore_sent", "bool"),
    ),
    features=Features(),
)
