"""One connection to a message centre: bind, requests and their answers in any order, life signs, leave."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

from gateways.connections.link import LinkLost
from gateways.connections.smpp.names import RESPONSE, Command, Status, status_name
from gateways.connections.smpp.pdu import BINDS, Answer, Bind, Body, Frames, Pdu, PduFault, Tlvs, decode, encode
from infra.http.addresses import AllowedAddresses

log = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 10.0
BIND_SECONDS: Final = 30.0
LIFE_SIGN_SECONDS: Final = 10.0
LEAVE_SECONDS: Final = 2.0
MOST_AT_ONCE: Final = 1_000  # messages that wait to be durable: beyond, nothing more is read
HOPELESS: Final = frozenset({Status.ESME_RINVPASWD, Status.ESME_RINVSYSID, Status.ESME_RINVSYSTYP})
_INCOMING: Final = frozenset({Command.deliver_sm, Command.data_sm})

Take = Callable[[Pdu], Awaitable[int]]
"""Takes a message or receipt in; gives the status of its answer, when it is durable."""


class Session:
    """Made by `connect`. `take` is started for each message that comes, in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: Take) -> None:
        self._reader = reader
        self._writer = writer
        self._take = take
        self._sequence = 0
        self._asked: dict[int, asyncio.Future[Pdu]] = {}
        self._taking: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._last_heard = asyncio.get_running_loop().time()
        self._reading = asyncio.create_task(self._read())

    async def bind(self, command: Command, body: Bind) -> str:
        """The message centre's name. Raises LinkLost."""
        try:
            async with asyncio.timeout(BIND_SECONDS):
                answer = await self.ask(command, body)
        except TimeoutError:
            raise LinkLost(f"The bind was not answered within {BIND_SECONDS:g} seconds.") from None
        if answer.status != Status.ESME_ROK:
            final = answer.status in HOPELESS
            raise LinkLost(f"The bind was refused: {status_name(answer.status)}.", final=final)
        return answer.body.text if isinstance(answer.body, Answer) else ""

    def ask(self, command: Command, body: Body = None, tlvs: Tlvs | None = None) -> asyncio.Future[Pdu]:
        """Sends a request; done with its answer, or with LinkLost. Raises Invalid if it can't be written."""
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        sequence = self._sequence
        packet = encode(Pdu(command, sequence, body, tlvs=tlvs or {}))
        answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        if self._reading.done():
            answer.set_exception(LinkLost("The connection is closed."))
            return answer
        self._asked[sequence] = answer
        answer.add_done_callback(lambda _: self._asked.pop(sequence, None))
        self._writer.write(packet)
        return answer

    async def live(self, stop: asyncio.Event, sign_seconds: float) -> None:
        """Until `stop` is set, with life signs in between. Raises LinkLost when the connection is."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await asyncio.wait((stopping, self._reading), timeout=sign_seconds, return_when=asyncio.FIRST_COMPLETED)
                if self._reading.done():
                    raise self._reading.exception() or LinkLost("The connection was closed.")
                if not stop.is_set() and self._silent_for() >= sign_seconds * 0.9:
                    await self._ask_for_life()
        finally:
            stopping.cancel()

    async def leave(self) -> None:
        """Take leave properly, with what is being taken answered first."""
        with contextlib.suppress(TimeoutError, LinkLost):
            async with asyncio.timeout(LEAVE_SECONDS):
                if self._taking:
                    await asyncio.wait(set(self._taking))
                await self.ask(Command.unbind)

    def close(self) -> None:
        self._reading.cancel()
        for task in self._taking:
            task.cancel()
        self._end(LinkLost("The connection is closed."))
        self._writer.close()

    def _silent_for(self) -> float:
        return asyncio.get_running_loop().time() - self._last_heard

    async def _ask_for_life(self) -> None:
        try:
            async with asyncio.timeout(LIFE_SIGN_SECONDS):
                await self.ask(Command.enquire_link)
        except TimeoutError:
            raise LinkLost("The message centre gives no sign of life.") from None

    # ---- reading -------------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        frames = Frames()
        lost = LinkLost("The message centre closed the connection.")
        try:
            while octets := await self._reader.read(1 << 16):
                self._last_heard = asyncio.get_running_loop().time()
                for packet in frames.feed(octets):
                    await self._handle(packet)
        except PduFault as fault:
            self._write(Pdu(Command.generic_nack, fault.sequence, None, fault.status))
            lost = LinkLost(f"What the message centre sends can't be followed: {fault.sentence}")
        except OSError as error:
            lost = LinkLost(f"The connection broke: {error}")
        except LinkLost as left:
            lost = left
        finally:
            self._end(lost)
        raise lost

    async def _handle(self, packet: bytes) -> None:
        try:
            pdu = decode(packet)
        except PduFault as fault:
            if int.from_bytes(packet[4:8], "big") < RESPONSE:
                self._write(Pdu(Command.generic_nack, fault.sequence, None, fault.status))
            return
        if pdu.is_response:
            waiting = self._asked.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
        elif pdu.command in _INCOMING:
            await self._room.acquire()
            task = asyncio.create_task(self._take_in(pdu))
            self._taking.add(task)
            task.add_done_callback(self._taken)
        elif pdu.command == Command.enquire_link:
            self._write(Pdu(Command.enquire_link_resp, pdu.sequence))
        elif pdu.command == Command.unbind:
            self._write(Pdu(Command.unbind_resp, pdu.sequence))
            raise LinkLost("The message centre took its leave.")
        elif pdu.command not in (Command.alert_notification, Command.outbind):
            self._refuse(pdu)

    def _refuse(self, pdu: Pdu) -> None:
        known = pdu.command in BINDS or pdu.command == Command.submit_sm
        status = Status.ESME_RINVBNDSTS if known else Status.ESME_RINVCMDID
        self._write(Pdu(Command.generic_nack, pdu.sequence, None, status))

    async def _take_in(self, pdu: Pdu) -> None:
        try:
            status = await self._take(pdu)
        except Exception:
            log.exception("A message of an operator could not be taken", extra={"action": "deliver_failed"})
            status = Status.ESME_RX_T_APPN
        self._write(Pdu(Command(pdu.command | RESPONSE), pdu.sequence, Answer(), status))

    def _taken(self, task: asyncio.Task[None]) -> None:
        self._taking.discard(task)
        self._room.release()

    def _write(self, pdu: Pdu) -> None:
        if not self._writer.is_closing():
            self._writer.write(encode(pdu))

    def _end(self, lost: LinkLost) -> None:
        for waiting in list(self._asked.values()):
            if not waiting.done():
                waiting.set_exception(lost)
                waiting.exception()  # whoever waited may be gone


async def connect(host: str, port: int, tls: bool, allowed: AllowedAddresses, take: Take) -> Session:
    """A connection, to an address that may be called. Raises LinkLost."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
            addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
            callable_ones = addresses if allowed.names(host) else [a for a in addresses if allowed.may_connect(a)]
            if not callable_ones:
                raise LinkLost(f"{host} is not a public address; EVENKEEL_ALLOWED_HOSTS doesn't name it.", final=True)
            context = ssl.create_default_context() if tls else None
            reader, writer = await asyncio.open_connection(
                callable_ones[0], port, ssl=context, server_hostname=host if tls else None
            )
    except TimeoutError:
        raise LinkLost(f"{host}:{port} can't be reached within {CONNECT_SECONDS:g} seconds.") from None
    except OSError as error:
        raise LinkLost(f"{host}:{port} can't be reached: {error}") from None
    return Session(reader, writer, take)
