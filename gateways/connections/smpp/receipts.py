"""Delivery receipts: which message, and what became of it. Pure, and tolerant of what operators make of the format."""

import re
from typing import Final, Literal, NamedTuple

from gateways.channels.contract import StatusName
from gateways.connections.smpp.names import STATE_NAMES, Tag
from gateways.connections.smpp.pdu import Pdu, ShortMessage

IdForm = Literal["same", "hex_to_decimal", "decimal_to_hex"]
"""How an id of a submit_sm_resp becomes the one of its receipts."""

_MESSAGE_TYPE: Final = 0x3C
_RECEIPT_TYPES: Final = frozenset(
    {0x04, 0x08, 0x20}
)  # receipt, acknowledgement by the phone, intermediate notification
_ID: Final = re.compile(r"\bid\s*:\s*([^\s]+)", re.I)
_STATE: Final = re.compile(r"\bstat(?:us)?\s*:\s*([A-Za-z]+)", re.I)
_ERROR: Final = re.compile(r"\berr\s*:\s*(\w+)", re.I)
_WHOLE: Final = re.compile(r"\s*id\s*:\s*\S+\s.*\bstat\s*:\s*[A-Za-z]+", re.I | re.S)
_STATUSES: Final[dict[str, StatusName]] = {
    "ENROUTE": "sent", "ACCEPTD": "sent", "ACCEPTED": "sent", "BUFFERD": "sent", "DELIVRD": "delivered",
    "DELIVERED": "delivered", "EXPIRED": "failed", "DELETED": "failed", "UNDELIV": "failed", "UNDELIVERABLE": "failed",
    "REJECTD": "failed", "REJECTED": "failed", "FAILED": "failed",
}  # fmt: skip


class Receipt(NamedTuple):
    """`status` is None where nothing is known (UNKNOWN): the message keeps the one it has."""

    id: str
    status: StatusName | None
    state: str
    error: str = ""


def receipt_in(pdu: Pdu, body: ShortMessage) -> Receipt | None:
    """The receipt that a deliver_sm or data_sm is; None if it is a message. One that says nothing readable has no id."""
    text = (body.octets or pdu.tlvs.get(Tag.message_payload, b"")).decode("latin-1")
    named = pdu.tlvs.get(Tag.receipted_message_id)
    if body.esm_class & _MESSAGE_TYPE not in _RECEIPT_TYPES and named is None and not _WHOLE.match(text):
        return None
    state_octets = pdu.tlvs.get(Tag.message_state, b"")
    state = STATE_NAMES.get(state_octets[0], "") if state_octets else ""
    state = state or _found(_STATE, text).upper()
    id = named.rstrip(b"\0").decode("latin-1") if named else _found(_ID, text)
    return Receipt(id.replace("\0", ""), _STATUSES.get(state), state, _found(_ERROR, text))


def id_as_answered(id: str, form: IdForm) -> str:
    """What the id of a submit_sm_resp is known by here."""
    if form == "hex_to_decimal":
        return _converted(id, 16)
    return _converted(id, 10) if form == "decimal_to_hex" else _plain(id)


def id_as_receipted(id: str, form: IdForm) -> str:
    """What the id of a receipt is known by here: equal to that of its message's answer."""
    if form == "hex_to_decimal":
        return _converted(id, 10)
    return _converted(id, 16) if form == "decimal_to_hex" else _plain(id)


def _plain(id: str) -> str:
    """Operators differ from themselves in case and leading zeros."""
    return id.strip().lower().lstrip("0") or id.strip()


def _converted(id: str, base: int) -> str:
    try:
        return str(int(id.strip(), base))
    except ValueError:
        return _plain(id)


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group(1) if match else ""
