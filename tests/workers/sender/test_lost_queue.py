"""A Redis that lost everything: the queue is filled again from the read model and the log."""

import asyncio
from contextlib import contextmanager
from datetime import timedelta

import pytest

from infra.event_log.memory import MemoryEventLog
from tests.fakes.aggregator import Answer
from tests.workers.sender.desk import Desk, running
from tests.workers.sender.test_sending import play
from workers.sender.feeder import Feeder
from workers.sender.sender import SenderLimits
from workers.sender.terms import TermsBook
from workers.sender.unsent import Unsent

pytestmark = pytest.mark.redis

LIMITS = SenderLimits(in_flight=20, lease_seconds=1.0, claim_seconds=0.5)


def test_a_lost_queue_is_filled_from_the_log_while_the_sender_works_and_nothing_is_repeated(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued(*(f"Message {number}" for number in range(200)))

        async with running(desk.sender(limits=LIMITS)):
            await desk.aggregator.until(60)
            desk.queue.clear()
            await desk.until_reported(200)
            await desk.until_empty()

        sent = desk.aggregator.counted("id")
        assert len(sent) == 200
        assert max(sent.values()) == 1

    play(scene, redis_queue, lambda posted: Answer(wait=0.01))


def test_messages_that_have_their_outcome_are_not_sent_again(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued("Sent", "Sent", "Sent")
        async with running(desk.sender()):
            await desk.until_reported(3)
            await desk.until_empty()
        desk.queue.clear()
        desk.queued("New")

        async with running(desk.sender()):
            await desk.until_reported(4)

        assert desk.aggregator.fields("text") == ["Sent", "Sent", "Sent", "New"]

    play(scene, redis_queue)


def test_a_message_that_waits_for_its_retry_waits_as_long_as_it_had_to(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued("Hello")
        async with running(desk.sender()):
            await desk.until_reported(1)
        desk.queue.clear()
        desk.cursor.release("sender-1")

        async with running(desk.sender()):
            await asyncio.sleep(0.5)
            assert len(desk.aggregator.book) == 1
            desk.clock.ahead = timedelta(minutes=5, seconds=1)
            reports = await desk.until_reported(2)

        assert [report["error_count"] for report in reports] == [1, 2]

    play(scene, redis_queue, lambda posted: Answer(500))


def test_the_read_model_and_what_the_log_says_since_make_one_queue(redis_queue):
    async def scene(desk: Desk) -> None:
        old, waiting, late = (desk.message(text) for text in ("Old", "Waiting", "Late"))
        desk.decide(old, waiting, late)
        positions = dict(desk.log.heads())
        desk.queued("Since")
        desk.deliver(old, "delivered")

        @contextmanager
        def unsent():
            class View:
                def batches(self):
                    yield [Unsent("0192fc2e-0000-7000-8000-000000000001", each) for each in (old, waiting)]
                    yield [
                        Unsent(
                            "0192fc2e-0000-7000-8000-000000000001",
                            late,
                            error_count=2,
                            next_attempt_on=(desk.clock() + timedelta(minutes=9)).isoformat(),
                        )
                    ]

            view = View()
            view.positions = positions
            yield view

        async with running(desk.sender(unsent=unsent)):
            await desk.until_reported(2)
            assert sorted(desk.aggregator.fields("text")) == ["Since", "Waiting"]
            desk.clock.ahead = timedelta(minutes=9, seconds=1)
            reports = await desk.until_reported(3)

        assert (reports[-1]["message"], reports[-1]["error_count"]) == (late["uuid"], 2)
        assert "Old" not in desk.aggregator.fields("text")

    play(scene, redis_queue)


def test_a_queue_that_was_fed_from_another_log_is_filled_anew(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued("Of the old log")
        async with running(desk.sender()):
            await desk.until_reported(1)
        desk.cursor.claim("sender-1", 600)
        desk.cursor.save("sender-1", {0: 50_000, 1: 50_000})
        desk.log = MemoryEventLog(2)
        desk.queued("Of the new log")

        async with running(desk.sender()):
            await desk.until_reported(1)

        assert desk.aggregator.fields("text") == ["Of the old log", "Of the new log"]

    play(scene, redis_queue)


class Sleepy:
    """A queue whose next push waits for `meanwhile`."""

    def __init__(self, queue, meanwhile):
        self._queue = queue
        self._meanwhile = [meanwhile]

    def __getattr__(self, name):
        return getattr(self._queue, name)

    def push(self, *arguments, **named):
        while self._meanwhile:
            self._meanwhile.pop()()
        return self._queue.push(*arguments, **named)


@pytest.mark.parametrize("asleep", ["before it pushes", "before it reads"])
def test_a_feeder_that_slept_pushes_nothing_into_a_queue_that_was_lost_and_filled_meanwhile(redis_queue, asleep):
    """What it had read, or would read next, may have been sent, and the queue that knew is gone."""

    async def scene(desk: Desk) -> None:
        def feeder(name, queue):
            return Feeder(desk.log, queue, desk.cursor, desk, TermsBook(), name=name, micros=micros)

        def micros():
            return int(desk.clock().timestamp() * 1_000_000)

        def lost_and_filled():
            desk.queue.clear()
            desk.cursor.release("sleeper")
            desk.sent(message)
            other.step(0)
            desk.cursor.release("other")
            desk.clock.ahead = timedelta(seconds=2)  # it is time to look at the claim and the queue

        other = feeder("other", desk.queue)
        feeder("before", desk.queue).step(0)
        desk.cursor.release("before")
        sleeper = feeder("sleeper", Sleepy(desk.queue, lost_and_filled) if asleep == "before it pushes" else desk.queue)
        sleeper.step(0)
        (message,) = desk.queued("Sent")
        if asleep == "before it reads":
            lost_and_filled()

        assert [sleeper.step(0) for _ in range(3)] == [0, 0, 0]
        (new,) = desk.queued("New")
        assert sleeper.step(0) == 1
        assert [each.id for each in desk.queue.take("sender", 10, 1_000_000, micros())] == [new["uuid"]]

    play(scene, redis_queue)
