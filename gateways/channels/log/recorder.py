"""What doors and the sender tell of their exchanges: counted for /metrics, and kept for the channel log as far as somebody may read them.

In a minute a channel's first so many exchanges are kept whole, and five times as many of those with an error; beyond, they are counted. Text is
made only of what is kept, so a channel at full speed pays for counting and nothing else.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from domain.ports.channel_log import Direction, Exchange, ExchangeKind
from domain.ports.http_caller import Reply
from gateways.channels.contract import (
    NO_INSTALLATION,
    Channel,
    ChannelType,
    HttpRequest,
    HttpResponse,
    Installation,
    LogLine,
    SendOutcome,
)
from gateways.channels.log.exchange_text import heard_text, reply_text, request_text, response_text
from gateways.channels.log.figures import Figure, Figures
from gateways.channels.log.secrets import Mask, SecretMasks, mask_named
from gateways.channels.log.writer import ChannelLogWriter

PER_MINUTE = 600
MORE_ERRORS = 5
MAX_SENTENCE_CHARS = 1_000
_NEXT, _SAME_MOMENT = timedelta(microseconds=1), timedelta(milliseconds=1)  # what comes together keeps its order
MOST_NAMED = 100  # messages, people or notes of one exchange

Exchanges = Sequence[tuple[HttpRequest, Reply]]


class Incoming(NamedTuple):
    """A request of the aggregator's, our response, and what the request was about: messages as `Exchange.messages` names them, people's
    URNs, and secrets that came with it."""

    request: HttpRequest
    response: HttpResponse
    kind: ExchangeKind
    elapsed_ms: int
    error: str = ""
    log: Sequence[LogLine] = ()
    messages: Iterable[str] = ()
    urns: Iterable[str] = ()
    secrets: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What came over a link that stays open, or that it broke: `what` says in a line what it is, `body` is it. `figure`: what it counts as
    (None: nothing). `messages` and `urns` as in `Incoming`."""

    what: str
    kind: ExchangeKind
    body: bytes = b""
    figure: Figure | None = None
    error: str = ""
    log: Sequence[LogLine] = ()
    messages: Iterable[str] = ()
    urns: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class _Subject:
    """What exchanges have in common."""

    channel: Channel
    kind: ExchangeKind
    direction: Direction
    notes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    urns: tuple[str, ...] = ()


class Recorder:
    """`per_minute`: exchanges of a channel that are kept whole in a minute (0: all). Its methods take microseconds. One event loop calls them."""

    def __init__(
        self,
        writer: ChannelLogWriter,
        figures: Figures,
        new_id: Callable[[], str],
        now: Callable[[], datetime],
        installation: Installation = NO_INSTALLATION,
        *,
        per_minute: int = PER_MINUTE,
    ) -> None:
        self._writer = writer
        self.figures = figures
        self._new_id = new_id
        self._now = now
        self._per_minute = per_minute
        shared = (installation.meta_app_secret, installation.meta_webhook_secret, installation.meta_system_user_token)
        self._masks = SecretMasks(shared)
        self._minute = self._next_minute = datetime.max.replace(tzinfo=UTC)
        self._used: dict[tuple[str, bool], int] = {}
        self._last = datetime.min.replace(tzinfo=UTC)

    def sent(
        self,
        channel: Channel,
        type: ChannelType | None,
        message: Mapping[str, Any],
        exchanges: Exchanges,
        outcome: SendOutcome,
        remembered: Iterable[str] = (),
    ) -> None:
        """One attempt to send a message (uuid, id and urn as in message_created). `remembered`: fetched tokens that its requests may hold.
        The outcome's error is the last exchange's."""
        times = [reply.elapsed_ms for _, reply in exchanges]
        self.figures.called(channel, times, _figure(outcome))
        failed = outcome.status in ("errored", "failed")
        if not self._may_keep(channel, "message_send", failed, times):
            return
        mask = self._masks.of(
            channel, type, [*remembered, *(each.value for each in outcome.remember), message.get("urn_auth") or ""]
        )
        ids = tuple(f"external:{each}" for each in outcome.external_ids if each)
        about = (message["uuid"], f"id:{message['id']}", *ids)[:MOST_NAMED]
        subject = _Subject(channel, "message_send", "out", _notes(outcome.log, mask), about, (message["urn"],))
        error = _error(outcome) if failed else ""
        self._keep_calls(subject, exchanges, error, mask)
        if not exchanges and failed:
            self._keep(subject, "", "", 0, 0, _sentence(error, mask))

    def fetched(self, channel: Channel, type: ChannelType, exchanges: Exchanges, error: str = "") -> None:
        """What it took to fetch a file for somebody. The file itself isn't for the log: leave it out."""
        times = [reply.elapsed_ms for _, reply in exchanges]
        self.figures.called(channel, times)
        if self._may_keep(channel, "attachment_fetch", bool(error), times):
            subject = _Subject(channel, "attachment_fetch", "out")
            self._keep_calls(subject, exchanges, error, self._masks.of(channel, type))

    def received(self, channel: Channel, type: ChannelType, came: Incoming) -> None:
        """One request of the aggregator's, answered."""
        if not self._may_keep(channel, came.kind, bool(came.error), (came.elapsed_ms,)):
            return
        mask = self._masks.of(channel, type, came.secrets)
        messages, urns = (tuple(dict.fromkeys(each))[:MOST_NAMED] for each in (came.messages, came.urns))
        subject = _Subject(channel, came.kind, "in", _notes(came.log, mask), messages, urns)
        texts = (request_text(came.request, mask), response_text(came.response, mask))
        self._keep(
            subject,
            *texts,
            came.response.status,
            came.elapsed_ms,
            _sentence(came.error, mask),
            timedelta(milliseconds=came.elapsed_ms),
        )

    def heard(self, channel: Channel, type: ChannelType, heard: Heard) -> None:
        """One thing that came over the channel's link; nothing was answered, or nothing that is of interest."""
        if heard.figure is not None:
            self.figures.count(channel, heard.figure)
        if not self._may_keep(channel, heard.kind, bool(heard.error), ()):
            return
        mask = self._masks.of(channel, type)
        messages, urns = (tuple(dict.fromkeys(each))[:MOST_NAMED] for each in (heard.messages, heard.urns))
        subject = _Subject(channel, heard.kind, "in", _notes(heard.log, mask), messages, urns)
        self._keep(subject, heard_text(heard.what, heard.body, mask), "", 0, 0, _sentence(heard.error, mask))

    # ---- keeping or counting -----------------------------------------------------------------------------------------------------

    def _may_keep(self, channel: Channel, kind: ExchangeKind, failed: bool, elapsed_ms: Sequence[int]) -> bool:
        now = self._now()
        if not self._minute <= now < self._next_minute:
            self._minute = now.replace(second=0, microsecond=0)
            self._next_minute = self._minute + timedelta(minutes=1)
            self._used.clear()
        used = self._used.get((channel.uuid, failed), 0)
        self._used[channel.uuid, failed] = used + max(len(elapsed_ms), 1)
        if not self._per_minute or used < self._per_minute * (MORE_ERRORS if failed else 1):
            return True
        for each in elapsed_ms or (0,):
            self._writer.count(channel.org_uuid, channel.uuid, self._minute, kind, failed, each)
        return False

    def _keep_calls(self, subject: _Subject, exchanges: Exchanges, error: str, mask: Mask) -> None:
        """They ended now, one after the other."""
        left = sum(reply.elapsed_ms for _, reply in exchanges)
        for nth, (request, reply) in enumerate(exchanges, 1):
            wrong = error if nth == len(exchanges) and error else reply.error
            texts = (request_text(request, mask), reply_text(reply, mask))
            begun = timedelta(milliseconds=left, microseconds=-nth)
            self._keep(subject, *texts, reply.status, reply.elapsed_ms, _sentence(wrong, mask), begun)
            left -= reply.elapsed_ms

    def _keep(
        self,
        subject: _Subject,
        request: str,
        response: str,
        status: int,
        elapsed_ms: int,
        error: str,
        ago: timedelta = timedelta(),
    ) -> None:
        channel = subject.channel
        now = self._now()
        is_same = -_SAME_MOMENT < now - self._last < _SAME_MOMENT
        self._last = max(now, self._last + _NEXT) if is_same else now
        self._writer.add(
            Exchange(
                self._new_id(), channel.org_uuid, channel.uuid, self._last - ago, subject.kind, subject.direction, request,
                response, status, elapsed_ms, error, subject.notes, subject.messages, subject.urns,
            )
        )  # fmt: skip


def _figure(outcome: SendOutcome) -> Figure:
    if outcome.error_code == "connection_throttled":
        return "throttled"
    if outcome.status == "errored" or outcome.status == "failed":
        return outcome.status
    return "sent"


def _error(outcome: SendOutcome) -> str:
    code = outcome.external_code or outcome.error_code or outcome.status
    return f"{code}: {outcome.error_text}" if outcome.error_text else code


def _notes(lines: Sequence[LogLine], mask: Mask) -> tuple[str, ...]:
    texts = (f"{each.code}: {each.text}" if each.text else each.code for each in lines[:MOST_NAMED])
    return tuple(_sentence(text, mask) for text in texts)


def _sentence(text: str, mask: Mask) -> str:
    return mask(mask_named(text))[:MAX_SENTENCE_CHARS] if text else ""
