"""What an operator delivers, as facts: messages, their parts, receipts. Each is answered when it is durable."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

import orjson

from domain.errors import Unavailable
from domain.events.record import Event
from domain.events.versions import version_of
from domain.ports.channel_log import ExchangeKind
from gateways.channels.channel_type import RefuseRequest
from gateways.channels.contract import Channel
from gateways.channels.facts import names_of
from gateways.channels.log.figures import Figure
from gateways.channels.log.recorder import Heard
from gateways.channels.senders import sender_urn
from gateways.channels.short_messages import Alphabet, Part, makes_sense, read_header, text_of
from gateways.connections.link import LinkTools
from gateways.connections.smpp.names import Status, Tag
from gateways.connections.smpp.part_receipts import PartReceipts
from gateways.connections.smpp.pdu import Address, Pdu, ShortMessage
from gateways.connections.smpp.receipts import IdForm, Receipt, id_as_receipted, receipt_in

log = logging.getLogger(__name__)

PART_KEEP_SECONDS: Final = 300
REPEAT_SECONDS: Final = 300.0  # for which a message that comes again over another connection is the same one ...
UNSURE: Final = timedelta(
    seconds=60
)  # ... if it came so shortly before the connection broke: an earlier one's answer got through
_REMEMBERED: Final = 20_000
_WITH_HEADER: Final = 0x40


class Incoming:
    """`parts` knows to which message the receipt of a part belongs; `undecided` waits until receipts that came before the
    answers of what they are for can be told (see `SmppLink`)."""

    def __init__(
        self, channel: Channel, tools: LinkTools, parts: PartReceipts, undecided: Callable[[str], Awaitable[None]]
    ) -> None:
        self._channel = channel
        self._tools = tools
        self._parts = parts
        self._undecided = undecided
        self._alphabet: Alphabet = channel.config.get("default_alphabet") or "gsm7"
        self._id_form: IdForm = channel.config.get("receipt_ids") or "same"
        self._seen: OrderedDict[str, tuple[str, datetime, asyncio.Future[None]]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()
        self._session = ""
        self._ended = self._unsure_since = tools.now()
        self._look_until = tools.now() + timedelta(seconds=REPEAT_SECONDS if tools.fence > 1 else 0)
        self.counts = {"received": 0, "repeated": 0, "receipts": 0, "unreadable": 0}

    def begins(self, session: str) -> None:
        """A connection, by a name that no other has."""
        self._session = session
        self._unsure_since = self._ended - UNSURE

    def ended(self) -> None:
        """The connection is lost or closed."""
        self._ended = self._tools.now()

    async def take(self, pdu: Pdu) -> int:
        """The status to answer with."""
        body = pdu.body
        if not isinstance(body, ShortMessage):
            return Status.ESME_RSYSERR
        try:
            receipt = receipt_in(pdu, body)
            if receipt is not None:
                return await self._take_receipt(receipt)
            return await self._take_message(pdu, body)
        except Unavailable:
            return Status.ESME_RX_T_APPN
        except RefuseRequest as refusal:
            self.counts["unreadable"] += 1
            log.info("A message was refused: %s", refusal.reason, extra={"action": "deliver_refused"})
            self._tools.heard(Heard("deliver_sm", "message_receive", repr(body).encode(), "refused", refusal.reason))
            return Status.ESME_RX_P_APPN

    # ---- messages ------------------------------------------------------------------------------------------------------------

    async def _take_message(self, pdu: Pdu, body: ShortMessage) -> int:
        fact = self._fact(pdu, body)
        name = _print(body, pdu)
        async with self._one_at_a_time:  # contacts' messages keep their order
            recorded = await self._recorded_before(name)
            if recorded is None:
                recording = asyncio.ensure_future(self._tools.append("fact", (fact,)))
                self._remember(name, recording)
                await asyncio.sleep(0)
        if recorded is not None:
            await asyncio.shield(recorded)
            self.counts["repeated"] += 1
            self._tools.heard(Heard("deliver_sm, again", "message_receive", figure="repeated"))
            return Status.ESME_ROK
        try:
            await asyncio.shield(recording)  # a connection that breaks now takes nothing back
        except Unavailable:
            self._seen.pop(name, None)
            raise
        self.counts["received"] += 1
        self._tell(fact)
        await self._note(name)
        return Status.ESME_ROK

    def _fact(self, pdu: Pdu, body: ShortMessage) -> Event:
        octets = body.octets or pdu.tlvs.get(Tag.message_payload, b"")
        part = _sar_part(pdu)
        if body.esm_class & _WITH_HEADER:
            in_header, octets = read_header(octets)
            part = in_header or part
        data: dict[str, Any] = {
            "urn": sender_urn("tel", _digits(body.source), self._channel.country, sender_ids=True),
            "text": text_of(octets, body.data_coding, self._alphabet),
            "channel": self._channel.uuid,
            "received_on": self._time(),
            "message": self._tools.new_id(),
        }
        if part is None:
            data["attachments"] = []
            return self._event("message_received", data)
        data |= {"reference": f"{body.destination.digits}/{part.reference}", "number": part.number}
        data |= {"count": part.total, "keep_seconds": PART_KEEP_SECONDS}
        return self._event("message_part_received", data)

    async def _recorded_before(self, name: str) -> asyncio.Future[None] | None:
        """Its recording, if it came over an earlier connection, which broke before the answer was through."""
        if name in self._seen:
            session, came, recording = self._seen[name]
        else:
            session, came = await self._noted(name)
            recording = asyncio.get_running_loop().create_future()
            recording.set_result(None)
        if session == self._session or came < self._unsure_since:
            return None
        self._remember(name, recording)
        return recording

    async def _noted(self, name: str) -> tuple[str, datetime]:
        """Over which connection of an earlier holder it came, and when; over this one, if none is known of."""
        here = self._session, self._tools.now()
        if here[1] >= self._look_until:
            return here
        try:
            noted = await asyncio.to_thread(self._tools.notes.read, self._channel.uuid, f"in:{name}")
        except Unavailable:
            return here
        session, _, came = (noted or "").partition(" ")
        return (session, datetime.fromisoformat(came)) if came else here

    def _remember(self, name: str, recording: asyncio.Future[None]) -> None:
        self._seen[name] = self._session, self._tools.now(), recording
        self._seen.move_to_end(name)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    async def _note(self, name: str) -> None:
        """For whoever holds the link next."""
        try:
            value = f"{self._session} {self._tools.now().isoformat()}"
            await asyncio.to_thread(self._tools.notes.write, self._channel.uuid, f"in:{name}", value, REPEAT_SECONDS)
        except Unavailable:
            log.debug("A repetition may not be known as one")

    # ---- receipts ------------------------------------------------------------------------------------------------------------

    async def _take_receipt(self, receipt: Receipt) -> int:
        if not receipt.id:
            self.counts["unreadable"] += 1
            return Status.ESME_ROK
        id = id_as_receipted(receipt.id, self._id_form)
        await self._undecided(id)
        if receipt.status is not None:
            named = await self._parts.named(id, receipt.status)
            if named is not None:
                reported = {"channel": self._channel.uuid, "reported_on": self._time(), **named}
                report = self._event("delivery_reported", reported)
                await self._tools.append("report", (report,))
                self._tell(report)
        self.counts["receipts"] += 1
        return Status.ESME_ROK

    def _tell(self, event: Event) -> None:
        """The channel log."""
        data, is_report = event["data"], event["type"] == "delivery_reported"
        what = "deliver_sm, a receipt" if is_report else "deliver_sm"
        kind: ExchangeKind = "message_status" if is_report else "message_receive"
        figure: Figure = "statuses" if is_report else "received"
        urns = [data["urn"]] if "urn" in data else []
        names = list(names_of((event,)))
        self._tools.heard(Heard(what, kind, orjson.dumps(data), figure, messages=names, urns=urns))

    def _event(self, name: str, data: dict[str, Any]) -> Event:
        return {"type": name, "version": version_of(name), "id": self._tools.new_id(), "data": data}

    def _time(self) -> str:
        return self._tools.now().astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _digits(source: Address) -> str:
    international = source.ton == 1 and source.digits.isdigit()
    return f"+{source.digits}" if international else source.digits


def _sar_part(pdu: Pdu) -> Part | None:
    values = [pdu.tlvs.get(tag) for tag in (Tag.sar_msg_ref_num, Tag.sar_segment_seqnum, Tag.sar_total_segments)]
    if None in values:
        return None
    part = Part(*(int.from_bytes(value or b"") for value in values))
    return part if makes_sense(part) else None


def _print(body: ShortMessage, pdu: Pdu) -> str:
    """The same for the same message; deliver_sm has no id."""
    fields: Iterable[object] = (body.source, body.destination, body.octets, body.esm_class, sorted(pdu.tlvs.items()))
    return blake2b(repr(tuple(fields)).encode(), digest_size=16).hexdigest()
