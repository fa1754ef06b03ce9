"""A message centre for tests: SMPP 3.4 over loopback, with the whims of real ones as switches."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from gateways.channels.short_messages import text_of
from gateways.connections.smpp.names import RESPONSE, Command, Status, Tag
from gateways.connections.smpp.pdu import (
    BINDS,
    Address,
    Answer,
    Bind,
    Frames,
    Pdu,
    PduFault,
    ShortMessage,
    decode,
    encode,
)

CALM_SECONDS = 0.5


@dataclass(slots=True)
class Whims:
    """What the message centre does out of the ordinary; may be changed while it runs."""

    refuses_bind: int = Status.ESME_ROK
    throttles_after: int = 0
    """After so many it throttles all submits, until none comes for half a second; 0 is no limit."""
    answers: bool = True
    """Whether submits are answered."""
    hangs_up_after: int = 0
    """Close the connection after so many submits of it, the last ones not answered; 0 is never."""
    unanswered_at_hang_up: int = 0
    receipts: str = "after"
    """When the receipt of a submit comes: after or before its answer, or none."""
    state: Callable[[ShortMessage], str] = lambda message: "DELIVRD"
    shown_id: Callable[[int], str] = str
    """An id as answers have it; receipts have it decimal."""
    signs_of_life: bool = True
    redelivers: bool = False
    """Whether what was not answered when a connection ended is delivered again over the next."""


@dataclass(slots=True)
class Smsc:
    """`accepted` are submits that were taken (answered or not), `delivered` the statuses of answers to what it delivered."""

    whims: Whims = field(default_factory=Whims)
    accepted: list[ShortMessage] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    nacks: list[Pdu] = field(default_factory=list)
    binds: list[Bind] = field(default_factory=list)
    throttled: int = 0
    most_at_once: int = 0
    port: int = 0
    backlog: list[ShortMessage] = field(default_factory=list)
    _sessions: set["_Session"] = field(default_factory=set)
    _since_calm: int = 0
    _throttled_at: float | None = None
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As a restart: nothing is answered any more, the port is closed."""
        assert self._server is not None
        self._server.close()
        self.hang_up()
        while self._sessions:
            await asyncio.sleep(0)

    def hang_up(self) -> None:
        for session in list(self._sessions):
            session.writer.transport.abort()

    @property
    def bound(self) -> int:
        return sum(each.is_bound for each in self._sessions)

    def texts(self) -> list[str]:
        return [
            text_of(each.octets[6:] if each.esm_class & 0x40 else each.octets, each.data_coding)
            for each in self.accepted
        ]

    def deliver(
        self, message: ShortMessage, tlvs: dict[int, bytes] | None = None, command: int = Command.deliver_sm
    ) -> None:
        """To whoever is bound."""
        next(each for each in self._sessions if each.is_bound).deliver(message, tlvs or {}, Command(command))

    def write(self, octets: bytes) -> None:
        """Anything at all, to whoever is bound."""
        next(each for each in self._sessions if each.is_bound).writer.write(octets)

    def is_too_fast(self) -> bool:
        """Asked for each submit."""
        now = asyncio.get_running_loop().time()
        if self._throttled_at is not None and now - self._throttled_at >= CALM_SECONDS:
            self._since_calm, self._throttled_at = 0, None
        self._since_calm += 1
        if self._since_calm > self.whims.throttles_after:
            self._throttled_at = now
        return self._throttled_at is not None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, writer)
        self._sessions.add(session)
        frames = Frames()
        try:
            while octets := await reader.read(1 << 16):
                for packet in frames.feed(octets):
                    session.handle(packet)
        except (OSError, PduFault):
            pass
        finally:
            self._sessions.discard(session)
            if self.whims.redelivers:
                self.backlog += session.unanswered.values()
            writer.close()


class _Session:
    def __init__(self, smsc: Smsc, writer: asyncio.StreamWriter) -> None:
        self.smsc, self.writer, self.is_bound = smsc, writer, False
        self._sequence = self._submits = 0
        self.unanswered: dict[int, ShortMessage] = {}

    def handle(self, packet: bytes) -> None:
        pdu = decode(packet)
        if pdu.command in BINDS and isinstance(pdu.body, Bind):
            self._bind(pdu, pdu.body)
        elif pdu.command == Command.submit_sm and isinstance(pdu.body, ShortMessage):
            self._submit(pdu, pdu.body)
        elif pdu.command == Command.enquire_link and self.smsc.whims.signs_of_life:
            self._write(Pdu(Command.enquire_link_resp, pdu.sequence))
        elif pdu.command == Command.unbind:
            self._write(Pdu(Command.unbind_resp, pdu.sequence))
            self.is_bound = False
        elif pdu.command in (Command.deliver_sm_resp, Command.data_sm_resp):
            self.smsc.delivered.append(pdu.status)
            self.unanswered.pop(pdu.sequence, None)
        elif pdu.command == Command.generic_nack:
            self.smsc.nacks.append(pdu)

    def deliver(self, message: ShortMessage, tlvs: dict[int, bytes], command: Command = Command.deliver_sm) -> None:
        self._sequence += 1
        self.unanswered[self._sequence] = message
        self._write(Pdu(command, self._sequence, message, tlvs=tlvs))

    def _bind(self, pdu: Pdu, body: Bind) -> None:
        self.smsc.binds.append(body)
        status = self.smsc.whims.refuses_bind
        if status == Status.ESME_ROK and self.smsc.bound:
            status = Status.ESME_RALYBND
        self.is_bound = status == Status.ESME_ROK
        self._write(Pdu(Command(pdu.command | RESPONSE), pdu.sequence, Answer("testing"), status))
        while self.is_bound and self.smsc.backlog:
            self.deliver(self.smsc.backlog.pop(), {})

    def _submit(self, pdu: Pdu, body: ShortMessage) -> None:
        smsc, whims = self.smsc, self.smsc.whims
        if whims.throttles_after and smsc.is_too_fast():
            smsc.throttled += 1
            self._write(Pdu(Command.submit_sm_resp, pdu.sequence, None, Status.ESME_RTHROTTLED))
            return
        smsc.accepted.append(body)
        number = len(smsc.accepted)
        self._submits += 1
        if whims.hangs_up_after and self._submits > whims.hangs_up_after - whims.unanswered_at_hang_up:
            if self._submits == whims.hangs_up_after:
                whims.hangs_up_after = 0
                self.writer.close()
            return
        if not whims.answers:
            return
        answer = Pdu(Command.submit_sm_resp, pdu.sequence, Answer(whims.shown_id(number)))
        if whims.receipts == "before":
            self._receipt(number, body)
        self._write(answer)
        if whims.receipts == "after":
            self._receipt(number, body)

    def _receipt(self, number: int, body: ShortMessage) -> None:
        if body.registered_delivery & 1:
            self.deliver(receipt(str(number), self.smsc.whims.state(body), body), {})

    def _write(self, pdu: Pdu) -> None:
        if not self.writer.is_closing():
            self.writer.write(encode(pdu))


def receipt(id: str, state: str, of: ShortMessage = ShortMessage()) -> ShortMessage:
    """A receipt in text."""
    text = f"id:{id} sub:001 dlvrd:001 submit date:2611241200 done date:2611241201 stat:{state} err:000 text:"
    return ShortMessage(of.destination, of.source, text.encode(), esm_class=0x04)


def receipt_parameters(id: str, state: int) -> dict[int, bytes]:
    """A receipt in optional parameters."""
    return {Tag.receipted_message_id: id.encode() + b"\0", Tag.message_state: bytes((state,))}


def inbound(text: str, sender: str = "250788123123", **fields: int) -> ShortMessage:
    """A text from a phone."""
    return ShortMessage(Address(sender, 1, 1), Address("12345"), text.encode(), **fields)  # type: ignore[arg-type]
