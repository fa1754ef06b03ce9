"""What was decided after a channel was paused is not sent, though the sender hears of pauses by another way."""

from collections.abc import Mapping

import pytest

from domain.events.partitioning import partition_of
from domain.events.record import Record
from infra.ids import uuid7
from tests.workers.sender.desk import CHANNEL, ORG, OTHER_CHANNEL, Desk, running
from tests.workers.sender.test_sending import play

pytestmark = pytest.mark.redis


def test_a_message_that_was_decided_after_a_pause_waits_though_the_sender_hears_late_of_it(redis_queue):
    async def scene(desk: Desk) -> None:
        asked: list[Mapping[int, int]] = []

        def hear_late(positions: Mapping[int, int]) -> None:
            asked.append(positions)
            desk.change_channel(paused=True)

        desk.add_channel(OTHER_CHANNEL, ORG)
        event = {"type": "channel_paused", "version": 1, "id": uuid7(), "data": {"channel": CHANNEL}}
        async with running(desk.sender(catch_up=hear_late)):
            desk.queued("Before")
            await desk.until_reported(1)
            [paused] = desk.log._add([Record(ORG, "configuration", (event,), 1, "decider")])
            desk.queued("Waits")
            desk.queued("Goes", channel={"uuid": OTHER_CHANNEL})
            await desk.until_reported(2)
            await desk.until_queued({ORG: {CHANNEL: 1}})

        assert desk.aggregator.fields("text") == ["Before", "Goes"]
        assert asked == [{partition_of(ORG, 2): paused.offset}]

    play(scene, redis_queue)
