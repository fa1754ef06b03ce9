"""The real sender, the real queue, the holder and a message centre: from queued to delivered, through cuts and a death."""

import asyncio
import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateways.append.group_commit import GroupCommit
from gateways.append.spool import Spool
from gateways.channels.contract import Channel
from gateways.connections.forwarding import RedisForwarding
from gateways.connections.holder import Holder
from gateways.connections.lease import RedisLeases
from gateways.connections.link import LinkType
from gateways.connections.link_caller import LinkCaller
from gateways.connections.notes import RedisNotes
from gateways.connections.smpp.link import smpp_links
from infra.clock import now_micros
from infra.ids import uuid7
from infra.redis.connection import connect
from infra.redis.fair_queue import RedisFairQueue
from infra.redis.feed_cursor import RedisFeedCursor
from tests.fakes.smsc import Smsc, Whims, inbound
from tests.gateways.connections.smpp.desk import quick_reconnects, until
from tests.workers.sender.desk import CHANNEL, ORG, Desk

pytestmark = pytest.mark.redis


class Process:
    """A light process: a sender and a holder."""

    def __init__(self, place: "Place", name: str) -> None:
        self.name = name
        clients = [connect(place.url) for _ in range(2)]
        self.commit = GroupCommit(place.desk.log, Spool(place.folder / name), now_micros)
        self.commit.start()
        leases = RedisLeases(clients[0], place.prefix)
        queue = RedisFairQueue(clients[0], place.prefix)
        self.holder = Holder(
            place, {"SMP": LinkType(smpp_links(frozenset({"127.0.0.1"})))}, leases, RedisNotes(clients[0], place.prefix), self.commit,
            name=name, now=place.now, new_id=uuid7, queue=queue, lease_seconds=600.0, round_seconds=0.1,
        )  # fmt: skip
        forwarding = RedisForwarding(
            clients[1], leases, self.holder.link_of, name=name, now=place.now, prefix=place.prefix
        )
        sender = place.desk.sender(
            name,
            queue=queue,
            cursor=RedisFeedCursor(clients[0], place.prefix),
            http=LinkCaller(None, self.holder.link_of, forwarding),
        )
        self.stop = asyncio.Event()
        self.tasks = [asyncio.create_task(each.run(self.stop)) for each in (self.holder, sender, forwarding)]

    def die(self) -> None:
        for task in self.tasks:
            task.cancel()

    async def end(self) -> None:
        self.stop.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await asyncio.to_thread(self.commit.stop)


class Place:
    def __init__(self, url: str, folder, smsc: Smsc) -> None:
        self.url, self.folder, self.smsc = url, folder, smsc
        self.prefix = f"test-{uuid.uuid4().hex}"
        self.leases = RedisLeases(connect(url), self.prefix)
        self.desk = Desk(type("No", (), {"url": ""})(), None, None)
        config = {"host": "127.0.0.1", "port": smsc.port, "system_id": "us", "password": "secret", "window": 10}
        self.desk.known[CHANNEL] = Channel(CHANNEL, ORG, "SMP", "12345", config=config)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def channels(self):
        return self.desk.channels()

    def lease_is_over(self, dead: Process) -> None:
        self.leases.release(dead.name, [CHANNEL])

    def told(self, name: str) -> list[dict]:
        log = self.desk.log
        records = [each for number in log.heads() for each in log.read(number, -1, 100_000)]
        return [event["data"] for each in records for event in each.record.events if event["type"] == name]


def ids_of(place: Place) -> set[str]:
    return {id for each in place.told("message_sent") for id in each["external_ids"]}


def wired(place: Place) -> set[str]:
    return {each["message"] for each in place.told("message_sent") if each["status"] == "wired"}


def reported(place: Place) -> set[str]:
    return {each["external_id"] for each in place.told("delivery_reported") if each["status"] == "delivered"}


async def people_write(smsc: Smsc, texts: list[str]) -> None:
    """While the link comes and goes: what was not answered is delivered again over the next connection."""
    for text in texts:
        await until(lambda: smsc.bound)
        smsc.deliver(inbound(text))
        await asyncio.sleep(0.01)


async def restarts(smsc: Smsc) -> None:
    for number in (150, 300):
        await until(lambda number=number: len(smsc.accepted) > number)
        await smsc.stop()
        await asyncio.sleep(0.1)
        await smsc.start()


async def nothing(smsc: Smsc) -> None:
    """It stays up."""


CUT = Whims(hangs_up_after=120, unanswered_at_hang_up=5, redelivers=True)
THROTTLED = Whims(throttles_after=200, redelivers=True)


@pytest.mark.parametrize(
    ("whims", "happens", "die"),
    [(CUT, nothing, False), (CUT, nothing, True), (THROTTLED, restarts, False)],
    ids=["cut", "cut, and the holder dies", "throttled and restarted"],
)
def test_nothing_is_lost_and_no_more_than_the_window_double(redis_url, tmp_path, monkeypatch, whims, happens, die):
    quick_reconnects(monkeypatch)

    async def story():
        smsc = Smsc(replace(whims))
        await smsc.start()
        place = Place(redis_url, tmp_path, smsc)
        processes = [Process(place, "one"), Process(place, "two")]
        messages = place.desk.queued(*(f"text {number}" for number in range(500)))
        written = [f"answer {number}" for number in range(100)]
        meanwhile = asyncio.gather(people_write(smsc, written), happens(smsc))
        await until(lambda: len(smsc.accepted) > 250)
        if die:
            dead, living = sorted(processes, key=lambda each: not each.holder.held)
            dead.die()
            # again and again: it may have been renewing it
            await until(lambda: place.lease_is_over(dead) or living.holder.held)
        await until(lambda: wired(place) == {each["uuid"] for each in messages}, 120)
        await until(lambda: ids_of(place) <= reported(place))
        await meanwhile
        await until(lambda: {each["text"] for each in place.told("message_received")} == set(written))
        for process in processes:
            await process.end()

        assert set(smsc.texts()) == {f"text {number}" for number in range(500)}
        assert sum(Counter(smsc.texts()).values()) <= 500 + 10 * 2 + 10 * die
        assert len(place.told("message_received")) <= 100 + 10 * die, "a killed holder may leave some without a note"
        assert bool(smsc.throttled) == bool(whims.throttles_after)
        await smsc.stop()

    asyncio.run(asyncio.wait_for(story(), 400))
