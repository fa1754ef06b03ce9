"""Who goes first: a contact's messages in order, organizations in turns, a channel within its limits."""

import asyncio
from time import monotonic

import pytest

from tests.fakes.aggregator import Answer, Posted
from tests.workers.sender.desk import CHANNEL, ORG, OTHER_CHANNEL, OTHER_ORG, UNHURRIED, Desk, running
from tests.workers.sender.test_sending import play
from workers.sender.sender import SenderLimits

pytestmark = pytest.mark.redis


def test_messages_to_one_contact_leave_in_order_however_the_aggregator_dawdles(redis_queue):
    def dawdle(posted: Posted) -> Answer:
        return Answer(wait=(int(posted.form["id"]) * 7 % 5) / 200)

    async def scene(desk: Desk) -> None:
        urns = [f"tel:+1{number}" for number in range(5)]
        for number in range(60):
            desk.queued(str(number), urn=urns[number % 5])

        async with running(desk.sender("sender-1", limits=UNHURRIED), desk.sender("sender-2", limits=UNHURRIED)):
            await desk.until_reported(60)

        for urn in urns:
            said = [int(each.form["text"]) for each in desk.aggregator.book if "tel:" + each.form["to"] == urn]
            assert said == sorted(said) and len(said) == 12

    play(scene, redis_queue, dawdle)


def test_a_single_message_goes_out_soon_however_much_another_organization_has_waiting(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.add_channel(OTHER_CHANNEL, OTHER_ORG)
        desk.decide(*(desk.message("Bulk") for _ in range(20_000)))
        limits = SenderLimits(in_flight=48, per_channel=48)

        async with running(desk.sender(limits=limits)):
            await desk.aggregator.until(500)
            quiet = desk.message("Quiet", channel={"uuid": OTHER_CHANNEL, "name": ""})
            desk.decide(quiet, org=OTHER_ORG)
            while OTHER_ORG not in desk.queue.sizes():
                await asyncio.sleep(0.001)
            queued_at = len(desk.aggregator.book)
            goes_on.set()
            while "Quiet" not in (texts := [each.form["text"] for each in desk.aggregator.book]):
                await asyncio.sleep(0.001)

        assert texts.index("Quiet") - queued_at <= 100  # what was under way, and what was taken in the same look

    async def stand_still_until_it_is_queued(posted: Posted) -> Answer:
        if int(posted.form["id"]) > 500:
            await goes_on.wait()
        return Answer()

    goes_on = asyncio.Event()
    play(scene, redis_queue, stand_still_until_it_is_queued)


def test_replies_go_before_bulk_of_the_same_organization(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued(*("Bulk" for _ in range(200)))
        desk.queued("Reply", priority="high")

        async with running(desk.sender(limits=SenderLimits(in_flight=10))):
            await desk.until_reported(201)

        assert desk.aggregator.fields("text").index("Reply") < 10

    play(scene, redis_queue)


def test_a_channel_keeps_to_its_rate(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.add_channel(tps=20)
        desk.queued(*(str(number) for number in range(30)))

        async with running(desk.sender()):
            begun = monotonic()
            await desk.until_reported(30)
            elapsed = monotonic() - begun

        assert elapsed > 1.1  # 30 at 20 per second, the first few at once

    play(scene, redis_queue)


def test_a_channel_that_allows_two_at_once_gets_two_and_leaves_room_for_others(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.add_channel(max_concurrent=2)
        desk.queued(*(str(number) for number in range(12)))

        async with running(desk.sender()):
            await desk.until_reported(12)

        assert desk.aggregator.most_at_once == 2

    async def with_another(posted: Posted) -> Answer:
        """Answers when there are two, and waits a little for a third."""
        here.append(posted)
        while len(here) % 2:
            await asyncio.sleep(0.001)
        return Answer(wait=0.02)

    here: list[Posted] = []
    play(scene, redis_queue, with_another)


def test_a_stuck_aggregator_does_not_hold_up_another_channel(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.add_channel(OTHER_CHANNEL, ORG)
        desk.queued(*("stuck" for _ in range(100)), channel={"uuid": CHANNEL})
        desk.queued(*("brisk" for _ in range(100)), channel={"uuid": OTHER_CHANNEL})
        limits = SenderLimits(in_flight=30, per_channel=10)
        sender = desk.sender(limits=limits)

        async with running(sender):
            while len(desk.events("message_sent")) < 100:
                await asyncio.sleep(0.01)
            release.set()

        assert desk.aggregator.counted("text")["brisk"] == 100

    async def wait(posted: Posted) -> Answer:
        if posted.form["text"] == "stuck":
            await release.wait()
        return Answer()

    release = asyncio.Event()
    play(scene, redis_queue, wait)
