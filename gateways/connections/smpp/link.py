"""SMPP 3.4 as a link: the one bind of a channel, with what is submitted and what is delivered over it.

**Out.** The sender's requests (one for each SMS) wait here for their place in the window, in the order of the send queue, which gives out one
message of a contact at a time. A connection that breaks leaves what was submitted and not answered unknown: it is submitted once more over
the next connection, or given up if the channel's `when_unanswered` is "fail". So what may come double is at most a window for each loss.
What was answered is not submitted again, whoever asks: not by this holder, and not by the next one either.

**In.** Each delivery is answered when it is durable. Receipts that come before the answer of what they are for wait for it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import orjson

from domain.errors import Invalid
from domain.ports.http_caller import Reply
from gateways.channels.contract import Channel
from gateways.connections.link import LinkLost, LinkMaker, LinkTools
from gateways.connections.link_caller import not_now
from gateways.connections.smpp.answer_notes import AnswerNotes
from gateways.connections.smpp.incoming import Incoming
from gateways.connections.smpp.names import Command, Status
from gateways.connections.smpp.pace import Pace
from gateways.connections.smpp.part_receipts import PartReceipts
from gateways.connections.smpp.pdu import Address, Bind
from gateways.connections.smpp.receipts import IdForm, id_as_answered
from gateways.connections.smpp.session import Session, connect
from gateways.connections.smpp.submissions import PutOff, Submission, Submissions, answer_document, submission_of
from infra.http.addresses import AllowedAddresses

EARLY_SECONDS: Final = 10.0  # for which a receipt waits for the answers that may be of its message
_ANSWERED: Final = 20_000
_COMMANDS: Final = {
    "transceiver": Command.bind_transceiver,
    "transmitter": Command.bind_transmitter,
    "receiver": Command.bind_receiver,
}


class SmppLink:
    """A SendingLink. `counts` are for /metrics."""

    def __init__(self, channel: Channel, tools: LinkTools, allowed: AllowedAddresses) -> None:
        config = channel.config
        self._channel = channel
        self._tools = tools
        self._allowed = allowed
        self._command = _COMMANDS[config.get("bind") or "transceiver"]
        self._sign_seconds = float(_number(config, "enquire_link_seconds", 30))
        self._id_form: IdForm = config.get("receipt_ids") or "same"
        self._service_type = str(config.get("service_type") or "")
        self._submissions = Submissions(
            window=max(1, _number(config, "window", 10)),
            pace=Pace(_number(config, "segments_per_second", 0)),
            response_seconds=_number(config, "response_seconds", 60),
            resend=config.get("when_unanswered") != "fail",
        )
        self._parts = PartReceipts(channel.uuid, tools.notes)
        self._incoming = Incoming(channel, tools, self._parts, self._until_answered)
        self._notes = AnswerNotes(channel.uuid, tools.notes, tools.fence)
        self._answered: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._asked: dict[tuple[str, int], asyncio.Task[Reply]] = {}
        self._parts_asked = 0  # of these, how many are one part of several
        self._connections = 0

    @property
    def counts(self) -> Mapping[str, int]:
        return {**self._submissions.counts, **self._incoming.counts, "connections": self._connections}

    # ---- the connection --------------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """See `Link`."""
        config = self._channel.config
        host, port = str(config.get("host") or ""), _number(config, "port", 2775)
        self._connections += 1
        self._incoming.begins(f"{self._tools.fence}.{self._connections}")
        session = await connect(host, port, bool(config.get("tls")), self._allowed, self._incoming.take)
        pumping: asyncio.Task[None] | None = None
        try:
            name = await session.bind(self._command, self._bind())
            self._tools.show("connected", f"Bound to {name or host} as {self._command.name.removeprefix('bind_')}.")
            if self._command != Command.bind_receiver:
                self._tools.may_send(True)
                pumping = asyncio.create_task(self._submissions.pump(session))
            await session.live(stop, self._sign_seconds)
            await self._leave(session, pumping)
        finally:
            if pumping is not None:
                pumping.cancel()
            session.close()
            self._submissions.lost()
            self._incoming.ended()
            if stop.is_set():
                self._submissions.put_off()

    def _bind(self) -> Bind:
        config = self._channel.config
        return Bind(
            str(config.get("system_id") or ""),
            str(config.get("password") or ""),
            str(config.get("system_type") or ""),
            address_range=Address(str(config.get("address_range") or "")),
        )

    async def _leave(self, session: Session, pumping: asyncio.Task[None] | None) -> None:
        """Nothing more is submitted; what was is waited for."""
        if pumping is not None:
            pumping.cancel()
        under_way = [each.outcome for each in self._submissions.under_way]
        if under_way:
            await asyncio.wait(under_way, timeout=1.0)
        await session.leave()

    # ---- sending -------------------------------------------------------------------------------------------------------------

    async def submit(self, request: dict[str, Any], seconds: float) -> Reply:
        """See `SendingLink`. A request for an SMS that was answered, or is under way, gets that one's answer."""
        if self._command == Command.bind_receiver:
            return _reply(orjson.dumps(answer_document(Status.ESME_RINVBNDSTS, "")))
        try:
            submission = submission_of(request, self._service_type)
        except Invalid as wrong:
            return Reply(0, error=wrong.sentence, refused=True)
        key = (submission.message, submission.part[0])
        answered = self._answered.get(key)
        if answered is not None:
            return _reply(answered)
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.create_task(self._submit(submission, key, seconds))
            self._parts_asked += submission.part[1] > 1
            asked.add_done_callback(lambda _: self._forget(key, submission))
        return await asyncio.shield(asked)

    async def _submit(self, submission: Submission, key: tuple[str, int], seconds: float) -> Reply:
        before = await self._notes.find(*key)
        if before is not None:
            self._answered[key] = before
            return _reply(before)
        self._submissions.add(submission)
        outcome = submission.outcome
        try:
            await asyncio.wait((outcome,), timeout=seconds)
            while not outcome.done() and submission.sent:  # its fate is open: it ends with the answer, or without one
                await asyncio.wait((outcome,), timeout=1.0)
            if not outcome.done():
                outcome.cancel()
                speed = submission.refused_for_speed
                return not_now("The operator asked to slow down." if speed else "The link is not connected, or busy.")
            status, id = outcome.result()
        except PutOff:
            return not_now("The link is closed.")
        except LinkLost as lost:
            return Reply(0, error=lost.sentence)
        except Invalid as wrong:
            return Reply(0, error=wrong.sentence, refused=True)
        return await self._accepted(submission, key, status, id)

    async def _accepted(self, submission: Submission, key: tuple[str, int], status: int, answered_id: str) -> Reply:
        known_as = id_as_answered(answered_id, self._id_form) if answered_id else ""
        answer = orjson.dumps(answer_document(status, known_as))
        if status == Status.ESME_ROK:
            self._answered[key] = answer
            if len(self._answered) > _ANSWERED:
                self._answered.popitem(last=False)
            await self._notes.keep(*key, answer)
            if known_as:
                await self._parts.submitted(known_as, submission.message, *submission.part)
        return _reply(answer)

    async def _until_answered(self, id: str) -> None:
        """A receipt for an id nobody knows, while parts of messages wait for theirs: it may be for one of them."""
        if self._parts.knows(id):
            return
        if self._parts_asked:
            await asyncio.wait(list(self._asked.values()), timeout=EARLY_SECONDS)

    def _forget(self, key: tuple[str, int], submission: Submission) -> None:
        self._asked.pop(key, None)
        self._parts_asked -= submission.part[1] > 1


def smpp_links(allowed_hosts: frozenset[str]) -> LinkMaker:
    """Makes links to operators whose addresses may be called."""
    allowed = AllowedAddresses(allowed_hosts)
    return lambda channel, tools: SmppLink(channel, tools, allowed)


def _reply(answer: bytes) -> Reply:
    return Reply(200, (("content-type", "application/json"),), answer, "OK", size=len(answer))


def _number(config: Mapping[str, Any], name: str, default: int) -> int:
    value = str(config.get(name) if config.get(name) is not None else "")
    return max(int(value), 0) if value.isdecimal() and len(value) < 8 else default
