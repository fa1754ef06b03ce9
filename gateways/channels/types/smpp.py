"""SMP, an operator's message centre by SMPP 3.4. What is sent goes to the link that holds the channel's bind, one request for each SMS.

`smpp://<channel>/submit_sm` is no address outside: the process that holds the bind answers it. Parts of one text are joined by the phone.
"""

from typing import Any, Final

import orjson

from domain.message import gsm7
from gateways.channels.channel_type import BuiltType, Features
from gateways.channels.contract import Channel, ConfigField, HttpRequest, OutgoingMessage, SendOptions, SendPlan
from gateways.channels.sending import (
    Progress,
    SendFailed,
    Steps,
    as_text,
    call,
    plan,
    read_json,
    text_and_links,
    urn_path,
)
from gateways.channels.short_messages import Segment, header, segments

BUSY: Final = frozenset({"ESME_RMSGQFUL", "ESME_RSYSERR", "ESME_RX_T_APPN", "ESME_RTHROTTLED"})
_WITH_HEADER: Final = 0x40
_ALPHANUMERIC: Final = 5
_SAR: Final = ("020C", "020E", "020F")


def send(channel: Channel, message: OutgoingMessage, options: SendOptions) -> SendPlan:
    """One request for each SMS that isn't done yet."""
    return plan(lambda progress: _steps(channel, message, progress), options)


def _steps(channel: Channel, message: OutgoingMessage, progress: Progress) -> Steps:
    parts = _segments(channel, message)
    for number, segment in enumerate(parts, 1):
        if number <= len(progress.options.parts_done):
            continue
        body = orjson.dumps(_submit(channel, message, segment, number, len(parts)))
        url = f"smpp://{channel.uuid}/submit_sm"
        answer = read_json(
            (yield from call(progress, HttpRequest("POST", url, {"content-type": "application/json"}, body=body)))
        )
        status = as_text(answer.get("command_status"))
        if status != "ESME_ROK":
            busy = status in BUSY
            code = "connection_failed" if busy else "rejected_with_reason"
            raise SendFailed(code, f"The operator answered {status}.", external_code=status, retry=busy)
        progress.external_ids.append(as_text(answer.get("message_id")))


def _segments(channel: Channel, message: OutgoingMessage) -> tuple[Segment, ...]:
    config = channel.config
    text = text_and_links(message)
    encoding = config.get("encoding") or "smart"
    if encoding == "smart":
        text = gsm7.with_stand_ins(text)
    try:
        return segments(text, message.id % 255 + 1, config.get("default_alphabet") or "gsm7", ucs2=encoding == "ucs2")
    except ValueError as too_long:
        raise SendFailed("message_invalid", f"It can't be sent: {too_long}.") from None


def _submit(channel: Channel, message: OutgoingMessage, segment: Segment, number: int, count: int) -> dict[str, Any]:
    config = channel.config
    octets, esm_class, parameters = segment.octets, 0, {}
    if segment.part is not None:
        if config.get("long_messages") == "sar":
            values = (f"{segment.part.reference:04X}", f"{segment.part.total:02X}", f"{segment.part.number:02X}")
            parameters = dict(zip(_SAR, values, strict=True))
        else:
            octets, esm_class = header(segment.part) + octets, _WITH_HEADER
    source = channel.address.removeprefix("+")
    named = not source.isdigit()
    ton = _ALPHANUMERIC if named else _number(config, "source_ton", 1 if channel.address.startswith("+") else 0)
    return {
        "message": message.uuid,
        "part": [number, count],
        "source": [ton, _number(config, "source_npi", 0 if named else 1), source],
        "destination": [
            _number(config, "destination_ton", 1),
            _number(config, "destination_npi", 1),
            urn_path(message.urn).removeprefix("+"),
        ],
        "esm_class": esm_class,
        "data_coding": segment.coding,
        "registered_delivery": 0 if config.get("no_receipts") else 1,
        "priority": 1 if message.high_priority else 0,
        "short_message": octets.hex(),
        **({"parameters": parameters} if parameters else {}),
    }


def _number(config: Any, name: str, default: int) -> int:
    value = str(config.get(name, ""))
    return int(value) & 0xFF if value.isdecimal() and len(value) < 4 else default


SMPP: Final = BuiltType(
    code="SMP",
    name="SMPP 3.4",
    schemes=("tel",),
    receivers={},
    send=send,
    fields=(
        ConfigField("host", required=True),
        ConfigField("port", "int", default=2775),
        ConfigField("tls", "bool", default=False),
        ConfigField("system_id", required=True),
        ConfigField("password", "secret", required=True),
        ConfigField("system_type", default=""),
        ConfigField("bind", choices=("transceiver", "transmitter", "receiver"), default="transceiver"),
        ConfigField("address_range", default=""),
        ConfigField("window", "int", default=10),
        ConfigField("segments_per_second", "int", default=0),
        ConfigField("enquire_link_seconds", "int", default=30),
        ConfigField("response_seconds", "int", default=60),
        ConfigField("encoding", choices=("smart", "auto", "ucs2"), default="smart"),
        ConfigField("default_alphabet", choices=("gsm7", "latin1", "ascii"), default="gsm7"),
        ConfigField("long_messages", choices=("udh", "sar"), default="udh"),
        ConfigField("source_ton", "int"),
        ConfigField("source_npi", "int"),
        ConfigField("destination_ton", "int", default=1),
        ConfigField("destination_npi", "int", default=1),
        ConfigField("service_type", default=""),
        ConfigField("no_receipts", "bool", default=False),
        ConfigField("receipt_ids", choices=("same", "hex_to_decimal", "decimal_to_hex"), default="same"),
        ConfigField("when_unanswered", choices=("resend", "fail"), default="resend"),
    ),
    features=Features(linked=True),
)
