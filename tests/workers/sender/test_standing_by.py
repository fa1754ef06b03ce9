"""Senders beside the one that feeds: they look into an empty queue seldom, and help where it has too much."""

import asyncio
from collections import Counter

import pytest

from tests.fakes.aggregator import Answer, FakeAggregator, Posted
from tests.workers.sender.desk import Desk, running
from workers.sender import sender
from workers.sender.sender import SenderLimits

pytestmark = pytest.mark.redis


class CountedQueue:
    """Notes who looks for something to send."""

    def __init__(self, queue) -> None:
        self._queue = queue
        self.looks: Counter[str] = Counter()

    def __getattr__(self, name: str):
        return getattr(self._queue, name)

    def take(self, name: str, *arguments, **named):
        self.looks[name] += 1
        return self._queue.take(name, *arguments, **named)


def test_who_does_not_feed_looks_into_an_empty_queue_more_and_more_seldom(redis_queue, monkeypatch):
    monkeypatch.setattr(sender, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(sender, "IDLE_LONG", 10.0)

    async def scene() -> None:
        async with FakeAggregator() as aggregator:
            desk = Desk(aggregator, *redis_queue)
            queue = CountedQueue(desk.queue)
            async with running(*(desk.sender(name, queue=queue) for name in ("one", "two"))), asyncio.timeout(20):
                while max(queue.looks.values(), default=0) < 50:
                    await asyncio.sleep(0.01)

            assert 0 < min(queue.looks.values()) < 15

    asyncio.run(scene())


def test_what_is_too_much_for_the_one_that_feeds_is_sent_by_another(redis_queue, monkeypatch):
    monkeypatch.setattr(sender, "IDLE_LONG", 0.1)
    both = asyncio.Event()
    under_way = []

    async def answer(posted: Posted) -> Answer:
        under_way.append(posted)
        if len(under_way) == 2:
            both.set()
        await both.wait()
        return Answer(200)

    async def scene() -> None:
        async with FakeAggregator(answer) as aggregator:
            desk = Desk(aggregator, *redis_queue)
            limits = SenderLimits(in_flight=1)
            async with running(*(desk.sender(name, limits=limits) for name in ("one", "two"))):
                desk.queued("1", "2")
                await desk.until_reported(2)

    asyncio.run(scene())
