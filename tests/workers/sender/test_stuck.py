"""Attempts that don't end by themselves: an aggregator that hangs, a channel type that goes round in circles."""

import asyncio
from datetime import timedelta
from time import monotonic

import pytest

from gateways.channels.contract import Channel, HttpRequest
from tests.fakes.aggregator import Answer, Posted
from tests.workers.sender.desk import CHANNEL, ORG, Desk, running
from tests.workers.sender.test_long_messages import PARTS, TEXT, on_twiml
from tests.workers.sender.test_sending import play
from workers.sender.attempt import MESSAGE_SECONDS

pytestmark = pytest.mark.redis


def test_an_attempt_that_takes_too_long_is_an_error_and_what_got_through_is_known(redis_queue, monkeypatch):
    monkeypatch.setattr("workers.sender.attempt.CALL_SECONDS", 2 * MESSAGE_SECONDS)
    monkeypatch.setattr("workers.sender.attempt.monotonic", lambda: monotonic() + ahead[0])
    ahead = [0.0]
    texts: list[str] = []

    async def hang_at_the_second_part(posted: Posted) -> Answer:
        texts.append(posted.form["Body"])
        if len(texts) == 1:
            ahead[0] = MESSAGE_SECONDS - 3.0  # the first part took nearly all the time there is
        if len(texts) == 2:
            await asyncio.Event().wait()
        return Answer(201, b'{"sid": "SM%d"}' % len(texts))

    async def scene(desk: Desk) -> None:
        on_twiml(desk)
        desk.queued(TEXT, urn="tel:+12065550123")
        async with running(desk.sender()):
            [first] = await desk.until_reported(1)
            desk.clock.ahead = timedelta(minutes=5, seconds=1)
            second = (await desk.until_reported(2))[1]

        assert (first["status"], first["external_ids"]) == ("errored", ["SM1"])
        assert second["status"] == "wired"

    play(scene, redis_queue, hang_at_the_second_part)
    assert texts == [PARTS[0], PARTS[1], *PARTS[1:]]


def test_a_channel_type_that_goes_round_in_circles_is_ended(redis_queue):
    class Circling:
        def secrets(self, config):
            return ()

        def plan_send(self, channel: Channel, message, options):
            while True:
                yield HttpRequest("GET", channel.config["send_url"])

    async def scene(desk: Desk) -> None:
        sender = desk.sender()
        sender._attempts._type_of = lambda channel: Circling()
        desk.known[CHANNEL] = Channel(CHANNEL, ORG, "XX", "1", config={"send_url": desk.aggregator.url + "/again"})
        desk.queued("Hello")
        async with running(sender):
            [report] = await desk.until_reported(1)

        assert (report["status"], report["failed_reason"]) == ("failed", "internal_error")
        assert len(desk.aggregator.book) == 200

    play(scene, redis_queue)
