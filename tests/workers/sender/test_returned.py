"""Messages that an aggregator took and gave back later: tried again, in five and ten minutes; the third time is final."""

import asyncio
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.workers.sender.desk import ORG, Desk, Wire, running
from tests.workers.sender.test_sending import play
from workers.sender.returned import Returns
from workers.sender.settlement import Settling
from workers.sender.unsent import ReturnedMessage, Unsent

pytestmark = pytest.mark.redis


class View:
    """The read model in small: folds the desk's log."""

    def __init__(self, desk: Desk, messages: list[dict[str, Any]]) -> None:
        self._desk, self._messages = desk, messages
        self.positions: dict[int, int] = {}

    def batches(self):
        yield from ()

    def returned(self, limit: int):
        for message in self._messages:
            told = [each["data"] for each in self._desk.events("delivery_reported")]
            reports = [each for each in told if each.get("message_id") == message["id"]]
            sent = [each["data"] for each in self._desk.events("message_sent")]
            ours = [each for each in sent if each["id"] == message["id"]]
            answered = max((each.get("answers", 0) for each in ours), default=0)
            times = sum(each["status"] == "errored" for each in reports)
            over = {"delivered", "failed"} & {each["status"] for each in (*reports, *ours)}
            if times > answered and not over:
                errors = max(each["error_count"] for each in ours)
                yield ReturnedMessage(Unsent(ORG, message, errors), times)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.sender.upkeep.RETURNED_SECONDS", 0.05)
    monkeypatch.setattr(View, "returned", lambda self, limit, real=View.returned: list(real(self, limit)))


def unsent_of(desk: Desk, messages: list[dict[str, Any]]):
    @contextmanager
    def unsent():
        yield View(desk, messages)

    return unsent


def test_a_message_that_was_given_back_is_sent_again_twice_and_then_has_failed(redis_queue):
    async def scene(desk: Desk) -> None:
        messages = desk.queued("Hello")
        async with running(desk.sender(unsent=unsent_of(desk, messages))):
            for attempt, minutes in ((1, 5), (2, 10)):
                await desk.until_reported(2 * attempt - 1)
                desk.deliver(messages[0], "errored")
                await desk.until_reported(2 * attempt)
                desk.clock.ahead += timedelta(minutes=minutes - 2)
                await asyncio.sleep(0.2)
                assert len(desk.aggregator.book) == attempt
                desk.clock.ahead += timedelta(minutes=2, seconds=5)
            await desk.until_reported(5)
            desk.deliver(messages[0], "errored")
            reports = await desk.until_reported(6)
            await desk.until_empty()

        assert [each["status"] for each in reports] == ["wired", "errored", "wired", "errored", "wired", "failed"]
        assert [each.get("answers") for each in reports] == [None, 1, None, 2, None, 3]
        assert (reports[-1]["failed_reason"], len(desk.aggregator.book)) == ("error_limit", 3)

    play(scene, redis_queue)


def test_one_that_arrives_after_all_is_not_sent_again(redis_queue):
    async def scene(desk: Desk) -> None:
        messages = desk.queued("Hello")
        async with running(desk.sender(unsent=unsent_of(desk, messages))):
            await desk.until_reported(1)
            desk.deliver(messages[0], "delivered")
            desk.deliver(messages[0], "errored")
            await asyncio.sleep(0.3)

        assert len(desk.events("message_sent")) == 1

    play(scene, redis_queue)


def test_a_kill_before_the_answer_is_in_the_log_makes_one_attempt_of_it(redis_queue):
    async def scene(desk: Desk) -> None:
        messages = desk.queued("Hello")
        async with running(desk.sender()):
            await desk.until_reported(1)
            await desk.until_empty()
        log = Wire(desk.log)
        log.fail("append")
        desk.deliver(messages[0], "errored")
        async with running(desk.sender(log=log, unsent=unsent_of(desk, messages))):
            while not desk.queue.sizes():
                await asyncio.sleep(0.01)

        async with running(desk.sender("sender-2", unsent=unsent_of(desk, messages))):
            await desk.until_reported(2)
            desk.clock.ahead += timedelta(minutes=5, seconds=5)
            reports = await desk.until_reported(3)
            await desk.until_empty()

        assert [each["status"] for each in reports] == ["wired", "errored", "wired"]
        assert len(desk.aggregator.book) == 2

    play(scene, redis_queue)


def test_a_queue_that_was_lost_while_the_read_model_was_asked_takes_no_attempt_of_before(redis_queue):
    async def scene(desk: Desk) -> None:
        messages = desk.queued("Hello")
        async with running(desk.sender()):
            await desk.until_reported(1)
            await desk.until_empty()
        desk.deliver(messages[0], "errored")
        pushed = []

        class Losing(View):
            def returned(self, limit: int):
                found = super().returned(limit)
                desk.queue.clear()
                desk.queue.begin_generation("others made the attempt")
                return found

        @contextmanager
        def losing():
            yield Losing(desk, messages)

        returns = Returns(desk.queue, Settling(str), pushed.extend, losing, desk.clock)
        assert (returns.take_up(), desk.queue.sizes(), pushed) == (0, {}, [])
        desk.queue.clear()
        assert (returns.take_up(), desk.queue.generation()) == (0, None)

    play(scene, redis_queue)
