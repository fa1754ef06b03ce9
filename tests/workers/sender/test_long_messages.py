"""Long messages in parts: one outcome, whichever part fails and however; no part is sent twice."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest

from gateways.channels.contract import Channel
from tests.fakes.aggregator import Answer, Posted
from tests.workers.sender.desk import CHANNEL, ORG, Desk, running
from tests.workers.sender.test_sending import play

pytestmark = pytest.mark.redis

TEXT = "one two 3 four five 6"
PARTS = ["one two", "3 four", "five 6"]


class Twiml:
    """An aggregator that gives each part an id; `answer` may give another answer to the nth request (from 1)."""

    def __init__(self, answer: Callable[[int], Answer | None]) -> None:
        self.texts: list[str] = []
        self._answer = answer

    def __call__(self, posted: Posted) -> Answer:
        self.texts.append(posted.form["Body"])
        nth = len(self.texts)
        return self._answer(nth) or Answer(201, orjson.dumps({"sid": f"SM{nth}"}))


def on_twiml(desk: Desk) -> None:
    config = {"base_url": desk.aggregator.url, "account_sid": "AC1", "auth_token": "secret", "max_length": 10}
    desk.known[CHANNEL] = Channel(CHANNEL, ORG, "TW", "+12065550100", config=config)


def sent_over(redis_queue, twiml: Twiml, story) -> None:
    async def scene(desk: Desk) -> None:
        on_twiml(desk)
        desk.queued(TEXT, urn="tel:+12065550123")
        await story(desk)

    play(scene, redis_queue, twiml)


def test_all_ids_of_the_parts_are_in_the_one_outcome(redis_queue):
    async def story(desk: Desk) -> None:
        async with running(desk.sender()):
            [report] = await desk.until_reported(1)
            await desk.until_empty()

        assert (report["status"], report["external_ids"]) == ("wired", ["SM1", "SM2", "SM3"])

    twiml = Twiml(lambda nth: None)
    sent_over(redis_queue, twiml, story)
    assert twiml.texts == PARTS


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_an_error_at_any_part_is_tried_again_from_that_part(redis_queue, broken):
    async def story(desk: Desk) -> None:
        async with running(desk.sender()):
            [first] = await desk.until_reported(1)
            desk.clock.ahead = timedelta(minutes=5, seconds=1)
            second = (await desk.until_reported(2))[1]

        assert (first["status"], len(first["external_ids"])) == ("errored", broken - 1)
        assert (second["status"], len(second["external_ids"]), second["error_count"]) == ("wired", 3, 1)

    twiml = Twiml(lambda nth: Answer(503) if nth == broken else None)
    sent_over(redis_queue, twiml, story)
    assert twiml.texts == [*PARTS[: broken - 1], PARTS[broken - 1], *PARTS[broken - 1 :]]


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_a_refusal_of_any_part_fails_the_message_and_names_what_got_through(redis_queue, broken):
    async def story(desk: Desk) -> None:
        async with running(desk.sender()):
            [report] = await desk.until_reported(1)
            await desk.until_empty()

        assert (report["status"], report["failed_reason"]) == ("failed", "rejected_with_reason")
        assert report["external_ids"] == ["SM1", "SM2"][: broken - 1]

    refusal = Answer(400, orjson.dumps({"code": 21211, "message": "Invalid number"}))
    sent_over(redis_queue, Twiml(lambda nth: refusal if nth == broken else None), story)


def test_a_rest_asked_for_between_parts_is_kept_and_counts_as_no_error(redis_queue):
    async def story(desk: Desk) -> None:
        sender = desk.sender()
        async with running(sender):
            while not sender.throttled:
                await asyncio.sleep(0.005)
            assert not desk.events("message_sent")
            desk.clock.ahead = timedelta(seconds=61)
            [report] = await desk.until_reported(1)

        assert (report["status"], report["error_count"], len(report["external_ids"])) == ("wired", 0, 3)

    twiml = Twiml(lambda nth: Answer(429, headers={"Retry-After": "60"}) if nth == 2 else None)
    sent_over(redis_queue, twiml, story)
    assert twiml.texts == ["one two", "3 four", "3 four", "five 6"]


def test_a_later_message_to_the_contact_waits_for_all_parts(redis_queue):
    async def story(desk: Desk) -> None:
        desk.queued("After", urn="tel:+12065550123")
        async with running(desk.sender()):
            await desk.until_reported(2)

    twiml = Twiml(lambda nth: None)
    sent_over(redis_queue, twiml, story)
    assert twiml.texts == [*PARTS, "After"]
