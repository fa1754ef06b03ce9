"""SMPP 3.4's packets (PDUs) in octets and back. Pure.

`decode` takes any octets: what is wrong with them is a `PduFault`, nothing else. It is lenient where operators are: texts longer than the
specification allows, a missing body in a refusal, an unknown optional parameter. `encode` is strict and raises Invalid.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from domain.errors import EvenkeelError, Invalid
from gateways.connections.smpp.names import RESPONSE, Command, Status

HEADER: Final = struct.Struct(">IIII")
LONGEST_PDU: Final = 1 << 17
_TLV: Final = struct.Struct(">HH")
_TRIPLE: Final = struct.Struct("BBB")


class PduFault(EvenkeelError):
    """A packet can't be read. `status` says so to the other side; `sequence` is the packet's, 0 if it is not known."""

    def __init__(self, sentence: str, status: Status, sequence: int = 0) -> None:
        super().__init__(sentence)
        self.status, self.sequence = status, sequence


class Address(NamedTuple):
    """Type of number, numbering plan, and the digits (or letters, type 5)."""

    digits: str
    ton: int = 0
    npi: int = 0


NO_ADDRESS: Final = Address("")


@dataclass(frozen=True, slots=True)
class Bind:
    system_id: str
    password: str = ""
    system_type: str = ""
    interface_version: int = 0x34
    address_range: Address = NO_ADDRESS


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """The body of submit_sm and deliver_sm; of data_sm, which has no `octets`, those in its message_payload."""

    source: Address = NO_ADDRESS
    destination: Address = NO_ADDRESS
    octets: bytes = b""
    esm_class: int = 0
    data_coding: int = 0
    registered_delivery: int = 0
    service_type: str = ""
    protocol_id: int = 0
    priority: int = 0
    schedule: str = ""
    validity: str = ""
    replace: int = 0
    default_message: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer: a message's id, or the name of the system one is bound to."""

    text: str = ""


Body = Bind | ShortMessage | Answer | None
Tlvs = Mapping[int, bytes]
NO_TLVS: Final[Tlvs] = {}


@dataclass(frozen=True, slots=True)
class Pdu:
    """A packet. `body` is None for commands that have none and for those this program has no use for."""

    command: Command
    sequence: int
    body: Body = None
    status: int = Status.ESME_ROK
    tlvs: Tlvs = field(default_factory=dict)

    @property
    def is_response(self) -> bool:
        return self.command >= RESPONSE


BINDS: Final = frozenset({Command.bind_receiver, Command.bind_transmitter, Command.bind_transceiver})
MESSAGES: Final = frozenset({Command.submit_sm, Command.deliver_sm})
ANSWERS: Final = frozenset(
    {
        Command.submit_sm_resp,
        Command.deliver_sm_resp,
        Command.data_sm_resp,
        *(Command(command | RESPONSE) for command in BINDS),
    }
)


# ---- reading -----------------------------------------------------------------------------------------------------------------


class Frames:
    """Cuts a stream into packets."""

    def __init__(self) -> None:
        self._octets = bytearray()

    def feed(self, octets: bytes) -> list[bytes]:
        """The whole packets there are now. Raises PduFault when the stream can't be followed any more: hang up."""
        buffer = self._octets
        buffer += octets
        packets: list[bytes] = []
        start = 0
        while len(buffer) - start >= 4:
            length = int.from_bytes(buffer[start : start + 4], "big")
            if not HEADER.size <= length <= LONGEST_PDU:
                raise PduFault(f"A packet can't have {length} octets.", Status.ESME_RINVCMDLEN)
            if len(buffer) - start < length:
                break
            packets.append(bytes(buffer[start : start + length]))
            start += length
        del buffer[:start]
        return packets


def decode(packet: bytes) -> Pdu:
    """A whole packet, its length included. Raises PduFault."""
    if len(packet) < HEADER.size:
        raise PduFault("A packet has at least 16 octets.", Status.ESME_RINVCMDLEN)
    length, number, status, sequence = HEADER.unpack_from(packet)
    if length != len(packet):
        raise PduFault(f"The packet says {length} octets and has {len(packet)}.", Status.ESME_RINVCMDLEN, sequence)
    try:
        command = Command(number)
    except ValueError:
        raise PduFault(f"There is no command 0x{number:08X}.", Status.ESME_RINVCMDID, sequence) from None
    reader = _Reader(packet, sequence)
    body: Body = None
    if command in MESSAGES:
        body = _read_message(reader)
    elif command in ANSWERS:
        body = Answer(reader.text() if reader.left else "")
    elif command in BINDS:
        body = _read_bind(reader)
    elif command == Command.data_sm:
        body = _read_data(reader)
    elif command in (Command.outbind, Command.alert_notification):
        return Pdu(command, sequence, None, status)
    return Pdu(command, sequence, body, status, reader.tlvs())


class _Reader:
    __slots__ = ("_at", "_packet", "_sequence")

    def __init__(self, packet: bytes, sequence: int) -> None:
        self._packet, self._at, self._sequence = packet, HEADER.size, sequence

    @property
    def left(self) -> int:
        return len(self._packet) - self._at

    def text(self) -> str:
        end = self._packet.find(0, self._at)
        if end < 0:
            raise self._fault("A text has no end.")
        text = self._packet[self._at : end].decode("latin-1")
        self._at = end + 1
        return text

    def number(self) -> int:
        return self.octets(1)[0]

    def triple(self) -> tuple[int, int, int]:
        if self.left < 3:
            raise self._fault("It ends before its fields do.")
        found = _TRIPLE.unpack_from(self._packet, self._at)
        self._at += 3
        return found

    def octets(self, count: int) -> bytes:
        if self.left < count:
            raise self._fault("It ends before its fields do.")
        found = self._packet[self._at : self._at + count]
        self._at += count
        return found

    def address(self) -> Address:
        ton, npi = self.octets(2)
        return Address(self.text(), ton, npi)

    def tlvs(self) -> Tlvs:
        if not self.left:
            return NO_TLVS
        found: dict[int, bytes] = {}
        while self.left >= _TLV.size:
            tag, length = _TLV.unpack(self.octets(_TLV.size))
            if length > self.left:
                raise self._fault("An optional parameter is longer than its packet.", Status.ESME_RINVOPTPARSTREAM)
            found.setdefault(tag, self.octets(length))
        return found

    def _fault(self, sentence: str, status: Status = Status.ESME_RINVCMDLEN) -> PduFault:
        return PduFault(sentence, status, self._sequence)


def _read_message(reader: _Reader) -> ShortMessage:
    service_type = reader.text()
    source, destination = reader.address(), reader.address()
    esm_class, protocol_id, priority = reader.triple()
    schedule, validity = reader.text(), reader.text()
    registered_delivery, replace, data_coding = reader.triple()
    default_message, length = reader.octets(2)
    return ShortMessage(
        source, destination, reader.octets(length), esm_class, data_coding, registered_delivery, service_type,
        protocol_id, priority, schedule, validity, replace, default_message,
    )  # fmt: skip


def _read_data(reader: _Reader) -> ShortMessage:
    service_type = reader.text()
    source, destination = reader.address(), reader.address()
    esm_class, registered_delivery, data_coding = reader.triple()
    return ShortMessage(source, destination, b"", esm_class, data_coding, registered_delivery, service_type)


def _read_bind(reader: _Reader) -> Bind:
    system_id, password, system_type = reader.text(), reader.text(), reader.text()
    return Bind(system_id, password, system_type, reader.number(), reader.address())


# ---- writing -----------------------------------------------------------------------------------------------------------------


def encode(pdu: Pdu) -> bytes:
    """The packet. Raises Invalid if a value doesn't fit its field."""
    command, body = pdu.command, pdu.body
    try:
        if isinstance(body, ShortMessage):
            octets = _written_data(body) if command == Command.data_sm else _written_message(body)
        elif isinstance(body, Answer):
            octets = _text(body.text, 65, "message_id")
        elif isinstance(body, Bind):
            octets = _written_bind(body)
        else:
            octets = b""
        if pdu.tlvs:
            octets += b"".join(_TLV.pack(tag, len(value)) + value for tag, value in pdu.tlvs.items())
        return HEADER.pack(HEADER.size + len(octets), command, pdu.status, pdu.sequence) + octets
    except (struct.error, ValueError) as error:
        raise Invalid(f"{command.name} can't be written: {error}") from error


def _written_message(body: ShortMessage) -> bytes:
    if len(body.octets) > 254:
        raise Invalid(f"a short message has at most 254 octets, not {len(body.octets)}", field="octets")
    return b"".join(
        (
            _text(body.service_type, 6, "service_type"),
            _address(body.source, 21, "source"),
            _address(body.destination, 21, "destination"),
            bytes((body.esm_class, body.protocol_id, body.priority)),
            _text(body.schedule, 17, "schedule"),
            _text(body.validity, 17, "validity"),
            bytes((body.registered_delivery, body.replace, body.data_coding, body.default_message, len(body.octets))),
            body.octets,
        )
    )


def _written_data(body: ShortMessage) -> bytes:
    return (
        _text(body.service_type, 6, "service_type")
        + _address(body.source, 65, "source")
        + _address(body.destination, 65, "destination")
        + bytes((body.esm_class, body.registered_delivery, body.data_coding))
    )


def _written_bind(body: Bind) -> bytes:
    return (
        _text(body.system_id, 16, "system_id")
        + _text(body.password, 17, "password")  # the specification says 9; operators give longer ones
        + _text(body.system_type, 13, "system_type")
        + bytes((body.interface_version,))
        + _address(body.address_range, 41, "address_range")
    )


def _address(address: Address, longest: int, name: str) -> bytes:
    return bytes((address.ton, address.npi)) + _text(address.digits, longest, name)


def _text(text: str, longest: int, name: str) -> bytes:
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        raise Invalid(f"only Latin letters are possible, not {text[:40]!r}", field=name) from None
    if len(octets) >= longest:
        raise Invalid(f"at most {longest - 1} octets are possible, not {len(octets)}", field=name)
    if 0 in octets:
        raise Invalid("a zero octet is not possible", field=name)
    return octets + b"\0"
