"""What is to be submitted and what waits for its answer: a window over a queue, in order, at a pace."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from domain.errors import EvenkeelError, Invalid
from gateways.connections.link import LinkLost
from gateways.connections.smpp.names import Command, Status, status_name
from gateways.connections.smpp.pace import Pace
from gateways.connections.smpp.pdu import Address, Answer, Pdu, ShortMessage, Tlvs
from gateways.connections.smpp.session import Session

SLOW_DOWN: Final = frozenset({Status.ESME_RTHROTTLED, Status.ESME_RMSGQFUL})
MOST_TRIES: Final = 2  # connections on which one is submitted without an answer


class PutOff(EvenkeelError):
    """It was not submitted: the link ends."""


@dataclass(slots=True)
class Submission:
    """One SMS. `outcome` is done with (status, the operator's id); with LinkLost if it isn't known whether it was taken."""

    body: ShortMessage
    tlvs: Tlvs
    message: str
    part: tuple[int, int]
    outcome: asyncio.Future[tuple[int, str]]
    tries: int = 0
    """How often it was sent and the connection lost before an answer."""
    sent: bool = False
    refused_for_speed: bool = False


@dataclass(slots=True)
class Submissions:
    """Used in one event loop; outlives connections."""

    window: int
    pace: Pace
    response_seconds: float
    resend: bool
    counts: dict[str, int] = field(
        default_factory=lambda: {"submitted": 0, "throttled": 0, "refused": 0, "unanswered": 0}
    )
    _waiting: deque[Submission] = field(default_factory=deque)
    _sent: dict[int, Submission] = field(default_factory=dict)
    _number: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, submission: Submission) -> None:
        self._waiting.append(submission)
        self._wake.set()

    @property
    def under_way(self) -> list[Submission]:
        return list(self._sent.values())

    async def pump(self, session: Session) -> None:
        """Submit over this connection until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            pause = self.pace.wait(clock()) if self._waiting else 0.0
            if pause:
                await asyncio.sleep(pause)
            elif self._waiting and len(self._sent) < self.window:
                submission = self._waiting.popleft()
                if not submission.outcome.done():
                    self._submit(session, submission)
                    self.pace.went(clock())
            else:
                self._wake.clear()
                await self._wake.wait()

    def lost(self) -> None:
        """The connection is: what was not answered is submitted again over the next one, before all else, or given up."""
        unanswered = sorted(self._sent.items(), reverse=True)
        self._sent.clear()
        for _, submission in unanswered:
            if submission.outcome.done():
                continue
            submission.tries += 1
            if self.resend and submission.tries < MOST_TRIES:
                self._waiting.appendleft(submission)
            else:
                self._give_up(submission)

    def put_off(self) -> None:
        """The link ends: who still waits asks another, later."""
        while self._waiting:
            submission = self._waiting.popleft()
            if not submission.outcome.done() and submission.tries:
                self._give_up(submission)
            elif not submission.outcome.done():
                submission.outcome.set_exception(PutOff())

    def _submit(self, session: Session, submission: Submission) -> None:
        try:
            answer = session.ask(Command.submit_sm, submission.body, submission.tlvs)
        except Invalid as wrong:
            submission.outcome.set_exception(wrong)
            return
        self._number += 1
        number = self._number
        submission.sent = True
        self._sent[number] = submission
        timer = asyncio.get_running_loop().call_later(self.response_seconds, self._overdue, number, answer)

        def answered(future: asyncio.Future[Pdu]) -> None:
            timer.cancel()
            if not future.cancelled() and future.exception() is None and self._sent.pop(number, None) is not None:
                self._answered(submission, future.result())
                self._wake.set()

        answer.add_done_callback(answered)

    def _answered(self, submission: Submission, pdu: Pdu) -> None:
        if submission.outcome.done():
            return
        if pdu.status in SLOW_DOWN:
            self.counts["throttled"] += 1
            self.pace.throttled(asyncio.get_running_loop().time())
            submission.refused_for_speed, submission.sent = True, False
            self._waiting.appendleft(submission)
            return
        self.counts["submitted" if pdu.status == Status.ESME_ROK else "refused"] += 1
        id = pdu.body.text if isinstance(pdu.body, Answer) else ""
        submission.outcome.set_result((pdu.status, id))

    def _overdue(self, number: int, answer: asyncio.Future[Pdu]) -> None:
        """No answer came, the connection lives: it is not sent again, for it may have been taken."""
        submission = self._sent.pop(number, None)
        answer.cancel()
        if submission is not None and not submission.outcome.done():
            self._give_up(submission)
        self._wake.set()

    def _give_up(self, submission: Submission) -> None:
        self.counts["unanswered"] += 1
        submission.outcome.set_exception(LinkLost("It was submitted; the message centre gave no answer."))


def submission_of(request: dict[str, Any], service_type: str) -> Submission:
    """Of a request as the channel type writes it. Raises Invalid if it can't be read."""
    try:
        source, destination, part = request["source"], request["destination"], request["part"]
        body = ShortMessage(
            Address(source[2], source[0], source[1]),
            Address(destination[2], destination[0], destination[1]),
            bytes.fromhex(request["short_message"]),
            esm_class=request["esm_class"],
            data_coding=request["data_coding"],
            registered_delivery=request["registered_delivery"],
            priority=request["priority"],
            service_type=service_type,
        )
        tlvs = {int(tag, 16): bytes.fromhex(value) for tag, value in request.get("parameters", {}).items()}
        outcome: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        return Submission(body, tlvs, request["message"], (part[0], part[1]), outcome)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Invalid(f"can't be read: {error!r}", field="body") from None


def answer_document(status: int, id: str) -> dict[str, str]:
    """What the channel type reads."""
    return {"command_status": status_name(status), "message_id": id}
