"""A sender with everything around it, for tests: the log, the queue, a channel directory, an aggregator."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import Unavailable
from domain.events.record import Event, Record
from domain.ports.channel_log import Exchange, Question
from gateways.channels.catalogue import type_of
from gateways.channels.contract import Channel
from gateways.channels.log.figures import Figures
from gateways.channels.log.recorder import Recorder
from gateways.channels.log.writer import ChannelLogWriter
from infra.event_log.memory import MemoryEventLog
from infra.http.caller import PooledCaller
from infra.ids import uuid7
from infra.memory.channel_log import MemoryChannelLog
from tests.fakes.aggregator import FakeAggregator
from workers.sender.sender import Sender, SenderLimits

ORG = "0192fc2e-0000-7000-8000-000000000001"
OTHER_ORG = "0192fc2e-0000-7000-8000-000000000002"
CHANNEL = "0192fc2e-1111-7000-8000-000000000001"
OTHER_CHANNEL = "0192fc2e-1111-7000-8000-000000000002"

PATIENCE = 120.0
"""Seconds that something is waited for: a busy machine is no failure."""
UNHURRIED = SenderLimits(lease_seconds=300.0, claim_seconds=0.5)
"""For several senders at once, of which none is to be taken for dead because the machine was busy."""


class Clock:
    """The real time, moved ahead by as much as a test wants."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Desk:
    """Everything that outlives a sender. `queue` and `cursor` are given, the rest is in memory."""

    def __init__(self, aggregator: FakeAggregator, queue: Any, cursor: Any) -> None:
        self.aggregator = aggregator
        self.queue = queue
        self.cursor = cursor
        self.clock = Clock()
        self.log = MemoryEventLog(2)
        self.channel_log = MemoryChannelLog()
        self.writer = ChannelLogWriter(self.channel_log, self.clock, days=7)
        self.recorder = Recorder(self.writer, Figures(), uuid7, self.clock)
        self.known: dict[str, Channel] = {}
        self.numbers = 0
        self.add_channel()

    def find(self, uuid: str) -> Channel | None:
        return self.known.get(uuid)

    def channels(self) -> list[Channel]:
        return list(self.known.values())

    def change_channel(self, uuid: str = CHANNEL, **changes: Any) -> None:
        """What the log says about it reaches the sender."""
        self.known[uuid] = replace(self.known[uuid], **changes)

    def add_channel(self, uuid: str = CHANNEL, org: str = ORG, **config: Any) -> Channel:
        config = {
            "send_url": self.aggregator.url + "/send",
            "body": "id={{id}}&text={{text}}&to={{to}}",
            "max_length": 1600,
            **config,
        }
        self.known[uuid] = Channel(uuid, org, "EX", "2020", config=config)
        return self.known[uuid]

    def message(self, text: str = "Hello", **details: Any) -> dict[str, Any]:
        self.numbers += 1
        return {
            "uuid": uuid7(),
            "id": self.numbers,
            "contact": {"uuid": f"contact-{self.numbers}", "id": self.numbers, "name": ""},
            "urn": f"tel:+25078{self.numbers:07}",
            "channel": {"uuid": CHANNEL, "name": ""},
            "text": text,
            "attachments": [],
            "quick_replies": [],
            "status": "queued",
            "origin": "flow",
            "priority": "bulk",
            "created_on": self.clock().isoformat().replace("+00:00", "Z"),
            **details,
        }

    def decide(self, *messages: dict[str, Any], org: str = ORG) -> None:
        """The decider queues these."""
        self.log._add(
            [
                Record(org, "decision", ({"type": "message_created", "version": 1, "id": uuid7(), "data": {"message": each}},), 1, "d")
                for each in messages
            ]
        )  # fmt: skip

    def queued(self, *texts: str, **details: Any) -> list[dict[str, Any]]:
        messages = [self.message(text, **details) for text in texts]
        self.decide(*messages)
        return messages

    def sent(self, message: dict[str, Any], org: str = ORG) -> None:
        """A sender that is gone appended this outcome."""
        data = {"message": message["uuid"], "id": message["id"], "status": "wired", "error_count": 0}
        event = {"type": "message_sent", "version": 1, "id": uuid7(), "data": data}
        self.log.append([Record(org, "report", (event,), 1, "sender")])

    def deliver(self, message: dict[str, Any], status: str, org: str = ORG) -> None:
        """The aggregator reports this of a message."""
        data = {"channel": CHANNEL, "message_id": message["id"], "status": status, "reported_on": message["created_on"]}
        event = {"type": "delivery_reported", "version": 1, "id": uuid7(), "data": data}
        self.log.append([Record(org, "report", (event,), 1, "door:EX")])

    def sender(
        self,
        name: str = "sender-1",
        log: Any = None,
        queue: Any = None,
        cursor: Any = None,
        http: Any = None,
        **options: Any,
    ) -> Sender:
        return Sender(
            log or self.log,
            queue or self.queue,
            cursor or self.cursor,
            self,
            http or PooledCaller(frozenset({"127.0.0.1"})),
            type_of,
            recorder=self.recorder,
            name=name,
            now=self.clock,
            new_id=uuid7,
            limits=options.pop("limits", SenderLimits(lease_seconds=1.0, claim_seconds=0.5)),
            **options,
        )

    def events(self, *types: str) -> list[Event]:
        return [
            event
            for partition in range(self.log.partitions)
            for stored in self.log.read(partition, -1, 100_000, ("report", "fact"))
            for event in stored.record.events
            if not types or event["type"] in types
        ]

    def exchanges(self) -> list[Exchange]:
        """As the channel log has them, in order."""
        self.writer.flush()
        return self.channel_log.find(Question(ORG))[::-1]

    def statuses(self) -> dict[int, list[str]]:
        """Per message id, what was reported of it, in order."""
        found: dict[int, list[str]] = {}
        for event in self.events("message_sent"):
            found.setdefault(event["data"]["id"], []).append(event["data"]["status"])
        return found

    async def until_reported(self, count: int, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """Wait until so many outcomes are in the log; their data."""
        async with asyncio.timeout(seconds):
            while len(found := self.events("message_sent")) < count:
                await asyncio.sleep(0.005)
        return [event["data"] for event in found]

    async def until_empty(self, seconds: float = PATIENCE) -> None:
        await self.until_queued({}, seconds)

    async def until_queued(self, sizes: dict[str, dict[str, int]], seconds: float = PATIENCE) -> None:
        """Wait until so many messages, by organization and channel, are in the queue or on their way."""
        async with asyncio.timeout(seconds):
            while self.queue.sizes() != sizes:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def running(*senders: Sender):
    """These senders work, and are stopped in good order."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(sender.run(stop)) for sender in senders]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


class Wire:
    """Between a worker and what it uses. Once cut nothing gets through any more: what a worker does then never happened."""

    def __init__(self, target: Any) -> None:
        self._target = target
        self._cut_before = self._cut_after = ""
        self._failing: tuple[str, ...] = ()
        self._on_cut: Callable[[], None] = lambda: None
        self.is_cut = False

    def cut(self) -> None:
        self.is_cut = True
        self._on_cut()

    def mend(self) -> None:
        self.is_cut, self._cut_before, self._cut_after, self._failing = False, "", "", ()

    def fail(self, *methods: str) -> None:
        """These don't get through, everything else does."""
        self._failing = methods

    def cut_before(self, method: str, on_cut: Callable[[], None] = lambda: None) -> None:
        self._cut_before, self._on_cut = method, on_cut

    def cut_after(self, method: str, on_cut: Callable[[], None] = lambda: None) -> None:
        self._cut_after, self._on_cut = method, on_cut

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            if name in self._failing:
                raise Unavailable(f"{name} fails.")
            if name == self._cut_before and not self.is_cut:
                self.cut()
            if self.is_cut:
                raise Unavailable("The wire is cut.")
            result = found(*arguments, **named)
            if name == self._cut_after:
                self.cut()
            return result

        return call
