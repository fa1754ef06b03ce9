"""One attempt to send one message: its channel type's requests, put one after the other, and what came of them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from domain.errors import NotFound
from domain.ports.http_caller import Call, HttpCaller, Reply
from gateways.channels.contract import (
    Channel,
    ChannelType,
    HttpRequest,
    HttpResponse,
    Installation,
    Remembered,
    SendOptions,
    SendOutcome,
)
from gateways.channels.log.recorder import Recorder
from gateways.channels.message_ids import MAX_EXTERNAL_ID
from workers.sender.outgoing import Outgoing

log = logging.getLogger(__name__)

CALL_SECONDS = 30.0
MESSAGE_SECONDS = 90.0  # for all requests of one message: longer, and the attempt counts as stuck
MOST_REQUESTS = 200  # for one message: a channel type that asks for more goes round in circles
MAX_ANSWER_BYTES = 256 << 10
_KEPT_MEMORIES = 5_000


@dataclass(slots=True)
class Attempt:
    """What came of it, and what went over the wire."""

    outgoing: Outgoing
    outcome: SendOutcome
    exchanges: list[tuple[HttpRequest, Reply]] = field(default_factory=list)
    seconds: float = 0.0


class Memories:
    """What channel types asked to be remembered (access tokens): per channel, until it expires; bounded."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._kept: dict[str, dict[str, tuple[str, float]]] = {}

    def of(self, channel: str) -> dict[str, str]:
        kept = self._kept.get(channel)
        if not kept:
            return {}
        now = self._now()
        return {key: value for key, (value, until) in kept.items() if until > now}

    def take_in(self, channel: str, remember: tuple[Remembered, ...], forget: tuple[str, ...]) -> None:
        if not remember and not forget:
            return
        if len(self._kept) >= _KEPT_MEMORIES:
            self._kept.clear()
        kept = self._kept.setdefault(channel, {})
        for key in forget:
            kept.pop(key, None)
        for each in remember:
            kept[each.key] = (each.value, self._now() + each.seconds)


class Attempts:
    """Makes attempts. `type_of` gives the type of a channel (raises NotFound), `now` the time in UTC. `recorder` is told of each."""

    def __init__(
        self,
        http: HttpCaller,
        type_of: Callable[[Channel], ChannelType],
        now: Callable[[], datetime],
        installation: Installation,
        recorder: Recorder | None = None,
    ) -> None:
        self._http = http
        self._type_of = type_of
        self._now = now
        self._installation = installation
        self._recorder = recorder
        self._memories = Memories()

    async def make(self, outgoing: Outgoing, channel: Channel) -> Attempt:
        """Never raises but when it is cancelled: what goes wrong is an outcome."""
        begun = monotonic()
        attempt = Attempt(outgoing, SendOutcome("errored", outgoing.parts_done, error_code="internal_error"))
        kind = None
        try:
            kind = self._type_of(channel)
            attempt.outcome = await self._converse(attempt, channel, kind, begun + MESSAGE_SECONDS)
        except NotFound as unknown:
            attempt.outcome = _failed("channel_config", unknown.sentence)
        except Exception:
            log.exception("Sending a message failed", extra={"action": "send_failed", "channel": channel.uuid})
        attempt.seconds = monotonic() - begun
        outcome = attempt.outcome = _fitting(attempt.outcome)
        if self._recorder is not None:
            known = self._memories.of(channel.uuid).values()
            self._recorder.sent(channel, kind, outgoing.message, attempt.exchanges, outcome, known)
        self._memories.take_in(channel.uuid, outcome.remember, outcome.forget)
        return attempt

    async def _converse(self, attempt: Attempt, channel: Channel, kind: ChannelType, deadline: float) -> SendOutcome:
        outgoing = attempt.outgoing
        options = SendOptions(
            now=self._now(),
            installation=self._installation,
            remembered=self._memories.of(channel.uuid),
            parts_done=outgoing.parts_done,
        )
        plan = kind.plan_send(channel, outgoing.to_send(), options)
        try:
            request = next(plan)
            for _ in range(MOST_REQUESTS):
                reply = await self._http.call(_call(request, deadline - monotonic()))
                attempt.exchanges.append((request, reply))
                if reply.refused:
                    plan.close()
                    return _failed("channel_config", reply.error)
                request = plan.send(_response(reply))
        except StopIteration as end:
            outcome: SendOutcome = end.value
            return outcome
        plan.close()
        return _failed("internal_error", f"Sending takes more than {MOST_REQUESTS} requests.")


def _call(request: HttpRequest, seconds_left: float) -> Call:
    """A conversation that takes too long ends with a call that gets no time: so its parts that got through are known."""
    return Call(
        request.method,
        request.url,
        tuple(request.headers.items()),
        request.body,
        timeout=min(CALL_SECONDS, max(seconds_left, 0.0)),
        max_bytes=request.answer_bytes or MAX_ANSWER_BYTES,
    )


def _response(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.status, dict(reply.headers), reply.body, reply.too_large)


def _fitting(outcome: SendOutcome) -> SendOutcome:
    """With as much of the aggregator's ids as is kept of them."""
    if all(len(each) <= MAX_EXTERNAL_ID for each in outcome.external_ids):
        return outcome
    return replace(outcome, external_ids=tuple(each[:MAX_EXTERNAL_ID] for each in outcome.external_ids))


def _failed(code: str, text: str) -> SendOutcome:
    return SendOutcome("failed", error_code=code, error_text=text)
