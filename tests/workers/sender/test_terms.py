"""The terms of a channel, from the log to the queue: pauses, quiet hours, expiry, rates that change."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from domain.ports.fair_queue import ChannelTerms
from tests.fakes.aggregator import Answer
from tests.workers.sender import test_sending
from tests.workers.sender.desk import CHANNEL, ORG, OTHER_CHANNEL, Desk, Wire, running
from workers.sender.sender import SenderLimits

pytestmark = pytest.mark.redis

play = test_sending.play
LIMITS = SenderLimits(lease_seconds=1.0, claim_seconds=0.25)  # terms are looked at every 50 ms


def texts(desk: Desk) -> list[str]:
    return desk.aggregator.fields("text")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Senders look for stale messages all the time."""
    monkeypatch.setattr("workers.sender.upkeep.STALE_SECONDS", 0.05)


# ---- pausing ----------------------------------------------------------------------------------------------------------------------


def test_a_paused_channel_sends_nothing_until_it_is_resumed_and_others_go_on(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.add_channel(OTHER_CHANNEL, ORG)
        desk.change_channel(paused=True)
        desk.queued("Waits", "Waits too")
        desk.queued("Goes", channel={"uuid": OTHER_CHANNEL})

        async with running(desk.sender(limits=LIMITS)):
            await desk.until_reported(1)
            await asyncio.sleep(0.3)
            assert texts(desk) == ["Goes"]
            desk.change_channel(paused=False)
            await desk.until_reported(3)

        assert texts(desk) == ["Goes", "Waits", "Waits too"]

    play(scene, redis_queue)


def test_a_channel_paused_in_the_midst_of_sending_stops_at_once_and_goes_on_in_order(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.add_channel(max_concurrent=1)
        desk.queued(*(str(number) for number in range(40)), urn="tel:+1")

        async with running(desk.sender(limits=LIMITS)):
            await desk.aggregator.until(5)
            desk.change_channel(paused=True)
            sent = len(desk.aggregator.book)
            await asyncio.sleep(0.3)
            assert len(desk.aggregator.book) <= sent + 1  # what was on its way
            desk.change_channel(paused=False)
            await desk.until_reported(40)

        assert texts(desk) == [str(number) for number in range(40)]

    play(scene, redis_queue)


def test_a_pause_outlives_the_senders_and_the_loss_of_the_queue(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.change_channel(paused=True)
        desk.queued("Waits")
        async with running(desk.sender(limits=LIMITS)):
            await desk.until_queued({ORG: {CHANNEL: 1}})
            desk.queue.clear()
            await desk.until_queued({ORG: {CHANNEL: 1}})
        async with running(desk.sender("sender-2", limits=LIMITS)):
            await asyncio.sleep(0.5)
            await desk.until_queued({ORG: {CHANNEL: 1}})
            assert texts(desk) == []
            desk.change_channel(paused=False)
            await desk.until_reported(1)

    play(scene, redis_queue)


def test_what_changed_while_no_sender_was_there_holds_when_one_comes(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.change_channel(paused=True)
        desk.queued("Waits")
        async with running(desk.sender(limits=LIMITS)):
            await desk.until_queued({ORG: {CHANNEL: 1}})
        desk.change_channel(paused=False)

        async with running(desk.sender(limits=LIMITS)):
            await desk.until_reported(1)

    play(scene, redis_queue)


def test_terms_that_do_not_reach_the_queue_are_told_again(redis_queue):
    async def scene(desk: Desk) -> None:
        wire = Wire(desk.queue)
        desk.change_channel(paused=True)
        desk.queued("Waits")

        async with running(desk.sender(queue=wire, limits=LIMITS)):
            await desk.until_queued({ORG: {CHANNEL: 1}})
            wire.fail("set_terms")
            desk.change_channel(paused=False)
            await asyncio.sleep(0.3)
            wire.mend()
            await desk.until_reported(1)

    play(scene, redis_queue)


def test_what_a_feeder_told_that_slept_through_its_claim_does_not_stay(redis_queue, monkeypatch):
    monkeypatch.setattr("workers.sender.feeder.TOLD_ANEW_SECONDS", 0.3)

    async def scene(desk: Desk) -> None:
        async with running(desk.sender(limits=LIMITS)):
            desk.queued("Goes")
            await desk.until_reported(1)
            desk.queue.set_terms(
                ORG, {CHANNEL: ChannelTerms(paused=True)}, int(desk.clock().timestamp() * 1e6)
            )  # long since resumed
            desk.queued("Goes too")
            await desk.until_reported(2)

    play(scene, redis_queue)


def test_messages_of_a_channel_that_was_removed_while_paused_fail(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.change_channel(paused=True)
        desk.queued("For nobody")

        async with running(desk.sender(limits=LIMITS)):
            await desk.until_queued({ORG: {CHANNEL: 1}})
            del desk.known[CHANNEL]
            while not (reports := desk.events("message_sent")):
                desk.clock.ahead += timedelta(seconds=1)
                await asyncio.sleep(0.02)

        assert reports[0]["data"]["failed_reason"] == "channel_removed"

    play(scene, redis_queue)


# ---- rates that change --------------------------------------------------------------------------------------------------------------


def test_a_new_rate_holds_for_what_waits_already(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.add_channel(tps=0.001)
        desk.queued(*(str(number) for number in range(30)))

        async with running(desk.sender(limits=LIMITS)):
            await desk.until_reported(1)
            await asyncio.sleep(0.3)
            assert len(texts(desk)) == 1
            desk.add_channel()
            await desk.until_reported(30)

    play(scene, redis_queue)


# ---- quiet hours --------------------------------------------------------------------------------------------------------------------


def at_hour(desk: Desk, hour: int) -> None:
    """Put the clock forward to this hour of the day in UTC."""
    now = desk.clock()
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    desk.clock.ahead += (then if then > now else then + timedelta(days=1)) - now


def test_in_quiet_hours_replies_go_and_bulk_waits_for_their_end(redis_queue):
    async def scene(desk: Desk) -> None:
        at_hour(desk, 22)
        desk.add_channel(quiet_hours="21:00-07:00")
        desk.queued("Bulk")
        desk.queued("Reply", priority="high")

        async with running(desk.sender(limits=LIMITS)):
            await desk.until_reported(1)
            await asyncio.sleep(0.2)
            assert texts(desk) == ["Reply"]
            at_hour(desk, 6)
            await asyncio.sleep(0.2)
            assert texts(desk) == ["Reply"]
            at_hour(desk, 7)
            await desk.until_reported(2)

    play(scene, redis_queue)


def test_what_still_waits_when_the_quiet_begins_is_put_off(redis_queue):
    async def scene(desk: Desk) -> None:
        at_hour(desk, 20)
        desk.add_channel(quiet_hours="21:00-07:00", tps=0.001)
        desk.queued(*(str(number) for number in range(20)), urn="tel:+1")

        async with running(desk.sender(limits=LIMITS)):
            await desk.until_reported(1)
            at_hour(desk, 21)
            await asyncio.sleep(0.5)
            assert texts(desk) == ["0"]
            desk.add_channel(quiet_hours="21:00-07:00")
            at_hour(desk, 7)
            await desk.until_reported(20)

        assert texts(desk) == [str(number) for number in range(20)]

    play(scene, redis_queue)


def test_quiet_hours_that_are_lifted_let_go_what_they_held(redis_queue):
    async def scene(desk: Desk) -> None:
        at_hour(desk, 22)
        desk.change_channel(quiet_hours="21:00-07:00")
        desk.queued("Bulk")

        async with running(desk.sender(limits=LIMITS)):
            await asyncio.sleep(0.3)
            assert texts(desk) == []
            desk.change_channel(quiet_hours="")
            await desk.until_reported(1)

    play(scene, redis_queue)


@pytest.mark.parametrize(
    ("workspace", "contact", "goes"),
    [("UTC", "", False), ("Asia/Tokyo", "", True), ("UTC", "Asia/Tokyo", True), ("Asia/Tokyo", "UTC", False)],
    ids=["night here", "day there", "day at the contact's", "night at the contact's"],
)
def test_quiet_is_by_the_contact_s_clock_or_else_the_workspace_s(redis_queue, workspace, contact, goes):
    async def scene(desk: Desk) -> None:
        at_hour(desk, 3)  # noon in Tokyo
        desk.change_channel(quiet_hours="21:00-07:00", timezone=workspace)
        desk.queued("Bulk", **({"timezone": contact} if contact else {}))
        desk.queued("Reply", priority="high")

        async with running(desk.sender(limits=LIMITS)):
            await desk.until_reported(2 if goes else 1)
            await asyncio.sleep(0.1)

        assert sorted(texts(desk)) == (["Bulk", "Reply"] if goes else ["Reply"])

    play(scene, redis_queue)


def test_quiet_hours_hold_for_a_queue_that_was_lost(redis_queue):
    async def scene(desk: Desk) -> None:
        at_hour(desk, 22)
        desk.add_channel(quiet_hours="21:00-07:00")
        desk.queued("Bulk")

        async with running(desk.sender(limits=LIMITS)):
            await desk.until_queued({ORG: {CHANNEL: 1}})
            desk.queue.clear()
            await desk.until_queued({ORG: {CHANNEL: 1}})
            await asyncio.sleep(0.2)
            assert texts(desk) == []
            at_hour(desk, 7)
            await desk.until_reported(1)

    play(scene, redis_queue)


# ---- expiry -------------------------------------------------------------------------------------------------------------------------


def test_a_message_that_waited_longer_than_its_channel_allows_is_not_sent(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.add_channel(expire_minutes=30)
        desk.queued("Old")
        desk.clock.ahead = timedelta(minutes=31)
        desk.queued("New")

        async with running(desk.sender()):
            reports = await desk.until_reported(2)

        assert texts(desk) == ["New"]
        assert {report["failed_reason"] for report in reports if report["status"] == "failed"} == {"too_old"}
        assert "30 minutes" in next(report["error"]["text"] for report in reports if "error" in report)

    play(scene, redis_queue)


@pytest.mark.parametrize("held", ["paused", "throttled"])
def test_messages_expire_on_a_channel_that_sends_nothing_too(redis_queue, impatient, held):
    async def scene(desk: Desk) -> None:
        desk.add_channel(expire_minutes=30)
        desk.change_channel(paused=held == "paused")
        if held == "throttled":
            desk.queue.throttle(ORG, CHANNEL, int((datetime.now(UTC) + timedelta(hours=5)).timestamp() * 1e6), 0)
        desk.queued("Old", "Old", urn="tel:+1")

        async with running(desk.sender(limits=LIMITS)):
            await asyncio.sleep(0.3)
            assert not desk.events("message_sent")
            desk.clock.ahead = timedelta(minutes=31)
            desk.queued("New")
            reports = await desk.until_reported(2)
            await desk.until_queued({ORG: {CHANNEL: 1}})

        assert {report["failed_reason"] for report in reports} == {"too_old"}
        assert texts(desk) == []

    play(scene, redis_queue)


# ---- dates in Retry-After -------------------------------------------------------------------------------------------------------------


def test_a_rest_until_a_date_is_kept(redis_queue):
    def busy(desk: Desk, posted: object) -> Answer:
        until = desk.clock() + timedelta(seconds=120)
        return Answer(429, headers={"Retry-After": until.strftime("%a, %d %b %Y %H:%M:%S GMT")})

    async def scene(desk: Desk) -> None:
        desk.aggregator.behaviour = partial(busy, desk)
        desk.queued("Hello")

        sender = desk.sender()
        async with running(sender):
            while not sender.throttled:
                await asyncio.sleep(0.005)
            desk.aggregator.behaviour = lambda posted: Answer()
            desk.clock.ahead = timedelta(seconds=30)
            await asyncio.sleep(0.3)
            assert len(desk.aggregator.book) == 1
            desk.clock.ahead = timedelta(seconds=125)
            [report] = await desk.until_reported(1)

        assert (report["status"], report["error_count"]) == ("wired", 0)

    play(scene, redis_queue)
