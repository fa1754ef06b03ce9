"""What a handle heard and missed, made durable in the order it was said; what comes again is known by its id."""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

from domain.errors import Unavailable
from domain.events.record import Event
from gateways.channels.channel_type import RefuseRequest
from gateways.channels.contract import Channel, ChannelEvent, IncomingMessage, Received
from gateways.channels.facts import Facts, names_of
from gateways.channels.json_body import field_text, json_to_show
from gateways.channels.log.recorder import Heard
from gateways.channels.senders import sender_urn
from gateways.channels.types.x import X
from gateways.channels.types.x.receiving import read_delivered, sent_at
from gateways.connections.link import LinkLost, LinkTools
from gateways.connections.x.lines import Delivered

log = logging.getLogger(__name__)

MESSAGE: Final = "dm.received"
MOST_WAITING: Final = 10_000
AT_ONCE: Final = 100
KEEP_SECONDS: Final = 30 * 86_400.0
LONGEST_PAUSE: Final = 5.0  # between tries to make something durable
LATE: Final = timedelta(minutes=1)  # by which a message may come later than one that was sent after it
LATE_ON_STREAM: Final = timedelta(minutes=10)
UNKNOWN: Final = timedelta(hours=1)  # how far a handle looks back of which nothing is known
MOST_RECENT: Final = 300  # ids that the next holder knows
_REMEMBERED: Final = 20_000


class Inbox:
    """`last_received` gives the id of the last message of the channel that the read models know; `tell` shows an operator what is wrong."""

    def __init__(
        self,
        channel: Channel,
        tools: LinkTools,
        facts: Facts,
        last_received: Callable[[Channel], str | None],
        tell: Callable[[str], None],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._channel = channel
        self._tools = tools
        self._facts = facts
        self._last_received = last_received
        self._tell = tell
        self._pause = pause
        self._waiting: deque[tuple[datetime, Delivered]] = deque()
        self._came = asyncio.Event()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._seen_events: deque[str] = deque(maxlen=MOST_RECENT)
        self._recent: tuple[str, ...] = ()
        self._looked = False
        self._noted = "[[],[]]"
        self._gap: datetime | None = None
        self._gaps = 0
        self.counts = {"messages": 0, "repeated": 0, "encrypted": 0, "ignored": 0, "gaps": 0}

    # ---- hearing ---------------------------------------------------------------------------------------------------------------

    def hear(self, delivered: Delivered) -> None:
        """Never waits. What is too much is asked for later, as if it had been missed."""
        now = self._tools.now()
        if len(self._waiting) >= MOST_WAITING:
            self.missed(self._waiting[0][0])
            return
        self._waiting.append((now, delivered))
        self._came.set()

    def missed(self, since: datetime | None) -> None:
        """From `since` on; None if that isn't known. The gap lasts until `fill_gap`."""
        begin = since or datetime.min.replace(tzinfo=UTC)
        self._gap = begin if self._gap is None else min(self._gap, begin)
        self._gaps += 1
        self._came.set()

    @property
    def has_gap(self) -> bool:
        return self._gap is not None

    def unsettled_since(self) -> datetime | None:
        """Since when not all that was said is durable."""
        began = [each for each in (self._gap, self._waiting[0][0] if self._waiting else None) if each is not None]
        return min(began) if began else None

    async def something_to_do(self) -> None:
        while not self._waiting and self._gap is None:
            self._came.clear()
            await self._came.wait()

    async def all_settled(self) -> None:
        while self.unsettled_since() is not None:
            await asyncio.sleep(0.01)

    # ---- making durable --------------------------------------------------------------------------------------------------------

    async def take_what_waits(self) -> None:
        """Up to `AT_ONCE` events. Raises LinkLost when one says that the handle's user wants no more of us."""
        await self._learn()
        waiting = [each for _, each in list(self._waiting)[:AT_ONCE]]
        batch = [each for each in waiting if each.event_type == MESSAGE or each.id not in self._seen_events]
        messages: list[IncomingMessage] = []
        events: list[ChannelEvent] = []
        for each in batch:
            try:
                self._read(each, messages, events)
            except Exception as fault:  # it would come again and again, and hold up all that follow
                log.exception("An event of X can't be read", extra={"action": "event_unreadable"})
                self._tell_log(each, f"It can't be read: {fault!r}", with_payload=True)
        self._seen_events.extend(each.id for each in batch if each.event_type != MESSAGE and each.id)
        await self.take(messages, events)
        for _ in waiting:
            self._waiting.popleft()
        if any(each.event_type == "oauth.revoke" for each in batch):
            raise LinkLost("The user took the authorisation back.", final=True)

    def _read(self, each: Delivered, messages: list[IncomingMessage], events: list[ChannelEvent]) -> None:
        if each.event_type == MESSAGE:
            messages += read_delivered(self._channel, each.payload, self._tools.new_id)
        elif each.event_type == "chat.received":
            events += self._encrypted(each)
        elif each.event_type == "oauth.revoke":
            self._tell_log(each, "The user took the authorisation back.")
        else:
            self.counts["ignored"] += 1

    async def take(self, messages: Sequence[IncomingMessage], events: Sequence[ChannelEvent] = ()) -> None:
        """Make them durable; those that are already are passed over."""
        new = list({each.external_id: each for each in messages if each.external_id not in self._seen}.values())
        facts = self._facts.of(X, self._channel, Received(tuple(new), events=tuple(events)))
        if facts:
            await self._durably(facts)
        self.counts["messages"] += len(new)
        self.counts["repeated"] += len(messages) - len(new)
        for fact in facts:
            self._tools.heard(_heard(fact))
        for _ in range(len(messages) - len(new)):
            self._tools.heard(Heard("A direct message came again.", "message_receive", figure="repeated"))
        self._remember([str(each.external_id) for each in new])
        await self._note()

    async def _note(self) -> None:
        """For the next holder."""
        recent = orjson.dumps([self._recent, list(self._seen_events)]).decode()
        if recent == self._noted:
            return
        with suppress(Unavailable):
            await asyncio.to_thread(self._tools.notes.write, self._channel.uuid, "x:recent", recent, KEEP_SECONDS)
            self._noted = recent

    async def fill_gap(self, ask: Callable[[datetime], Awaitable[Sequence[IncomingMessage]]]) -> None:
        """`ask` gives what was sent since then, oldest first. Something else that is missed meanwhile is another gap."""
        number = self._gaps
        await self._learn()
        messages = await ask(await self._look_back_to())
        for start in range(0, len(messages), AT_ONCE):
            await self.take(messages[start : start + AT_ONCE])
        if self._gaps == number:
            self._gap = None
        self.counts["gaps"] += 1

    async def _durably(self, facts: Sequence[Event]) -> None:
        """As often as it takes: X doesn't say it again by itself."""
        seconds = 0.25
        while True:
            try:
                await self._tools.append("fact", facts)
                return
            except Unavailable as outage:
                self._tell(outage.sentence)
                await self._pause(seconds)
                seconds = min(seconds * 2, LONGEST_PAUSE)

    def _remember(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._seen[id] = None
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        self._recent = tuple(sorted({*self._recent, *ids}, key=lambda id: (len(id), id)))[-MOST_RECENT:]

    async def _learn(self) -> None:
        """What the last holder made durable: the newest ids."""
        if not self._looked:
            with suppress(Unavailable):
                noted = await asyncio.to_thread(self._tools.notes.read, self._channel.uuid, "x:recent")
                self._looked = True
                ids, events = orjson.loads(noted or self._noted)
                self._remember(ids)
                self._seen_events.extend(events)

    # ---- gaps ------------------------------------------------------------------------------------------------------------------

    async def _look_back_to(self) -> datetime:
        """What was sent before is durable. Raises Unavailable if nobody can be asked."""
        begin = await self._last_known() - LATE
        if self._gap is not None and self._gap.year > 1:
            return max(begin, self._gap - LATE_ON_STREAM)
        return begin

    async def _last_known(self) -> datetime:
        id = self._recent[-1] if self._recent else await asyncio.to_thread(self._last_received, self._channel)
        sent = sent_at(id) if id else None
        return sent or self._channel.created_on or self._tools.now() - UNKNOWN

    # ---- what isn't readable ---------------------------------------------------------------------------------------------------

    def _encrypted(self, delivered: Delivered) -> list[ChannelEvent]:
        """That somebody wrote is recorded, if X says who."""
        self.counts["encrypted"] += 1
        self._tell_log(delivered, "An encrypted message came; its content can't be read here.")
        try:
            urn = sender_urn("twitterid", field_text(delivered.payload, "sender_id"))
        except RefuseRequest:
            return []
        return [ChannelEvent("encrypted_message", urn, external_id=delivered.id or None)]

    def _tell_log(self, delivered: Delivered, error: str, *, with_payload: bool = False) -> None:
        what = f"{delivered.event_type} of {delivered.user_id}"
        body = json_to_show(delivered.payload) if with_payload else b""
        self._tools.heard(Heard(what, "unknown", body, "refused", error))


def _heard(fact: Event) -> Heard:
    data, body = fact["data"], orjson.dumps(fact["data"])
    if fact["type"] == "message_received":
        names = list(names_of((fact,)))
        return Heard("A direct message", "message_receive", body, "received", messages=names, urns=[data["urn"]])
    return Heard("An event", "event_receive", body, "events", urns=[data["urn"]])
