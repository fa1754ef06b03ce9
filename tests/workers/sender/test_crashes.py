"""A sender killed at any step: nothing is lost, and only a kill between an aggregator's answer and the note repeats a message."""

import asyncio
from typing import Any

import pytest

from infra.clock import now_micros
from infra.http.caller import PooledCaller
from tests.workers.sender.desk import PATIENCE, Desk, Wire, running
from tests.workers.sender.test_sending import play
from workers.sender.sender import SenderLimits

pytestmark = pytest.mark.redis

MESSAGES = 40


class Doomed:
    """A sender whose wires are all cut at once."""

    def __init__(self, desk: Desk, name: str = "sender-1") -> None:
        self.log, self.queue, self.cursor = Wire(desk.log), Wire(desk.queue), Wire(desk.cursor)
        self.http = Wire(PooledCaller(frozenset({"127.0.0.1"})))
        self.dead = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._tell = lambda: loop.call_soon_threadsafe(self.dead.set)
        self.sender = desk.sender(
            name, log=self.log, queue=self.queue, cursor=self.cursor, http=self.http, limits=LIMITS
        )

    def die(self) -> None:
        for wire in (self.log, self.queue, self.cursor, self.http):
            wire.is_cut = True
        self._tell()

    async def live_and_die(self) -> None:
        async with running(self.sender):
            await asyncio.wait_for(self.dead.wait(), PATIENCE)


LIMITS = SenderLimits(
    in_flight=16, unsettled=16, lease_seconds=0.4, claim_seconds=0.3
)  # what a kill may repeat is unsettled


async def finish(desk: Desk, name: str) -> None:
    """Another sender does what is left."""
    async with running(desk.sender(name, limits=LIMITS)):
        async with asyncio.timeout(PATIENCE):
            while len(desk.statuses()) < MESSAGES or desk.queue.sizes():
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("successor", ["sender-1", "sender-2"], ids=["restarted", "another"])
@pytest.mark.parametrize(
    ("wire", "cut", "most_repeated"),
    [
        ("queue", lambda wire, die: wire.cut_after("push", die), 0),
        ("cursor", lambda wire, die: wire.cut_before("save", die), 0),
        ("cursor", lambda wire, die: wire.cut_after("save", die), 0),
        ("queue", lambda wire, die: wire.cut_after("begin_generation", die), 0),
        ("queue", lambda wire, die: wire.cut_after("take", die), 0),
        ("queue", lambda wire, die: wire.cut_before("note_outcomes", die), LIMITS.unsettled),
        ("queue", lambda wire, die: wire.cut_after("note_outcomes", die), LIMITS.unsettled),
        ("log", lambda wire, die: wire.cut_before("append", die), LIMITS.unsettled),
        ("log", lambda wire, die: wire.cut_after("append", die), LIMITS.unsettled),
        ("queue", lambda wire, die: wire.cut_before("done", die), LIMITS.unsettled),
        ("queue", lambda wire, die: wire.cut_after("done", die), LIMITS.unsettled),
    ],
    ids=[
        "pushed, not begun", "filled, not saved", "saved, not begun", "filled", "taken", "answered, not noted",
        "noted", "not appended", "appended", "appended, not done", "done",
    ],
)  # fmt: skip
def test_a_killed_sender_loses_nothing(redis_queue, wire, cut, most_repeated, successor):
    async def scene(desk: Desk) -> None:
        messages = desk.queued(*(f"Message {number}" for number in range(MESSAGES)))
        doomed = Doomed(desk)
        cut(getattr(doomed, wire), doomed.die)

        await doomed.live_and_die()
        await finish(desk, successor)

        sent = desk.aggregator.counted("id")
        assert set(sent) == {str(message["id"]) for message in messages}
        assert sum(sent.values()) - MESSAGES <= most_repeated
        assert max(sent.values()) <= 2
        assert all(set(statuses) == {"wired"} for statuses in desk.statuses().values())

    play(scene, redis_queue)


def test_what_was_noted_is_appended_under_the_same_ids_and_not_sent_again(redis_queue):
    async def scene(desk: Desk) -> None:
        desk.queued("Once")
        doomed = Doomed(desk)
        doomed.log.cut_after("append", doomed.die)
        await doomed.live_and_die()
        [appended] = desk.events("message_sent")

        async with running(desk.sender("sender-1")):
            await desk.until_empty()

        assert desk.aggregator.fields("text") == ["Once"]
        assert {event["id"] for event in desk.events("message_sent")} == {appended["id"]}

    play(scene, redis_queue)


def test_what_a_dead_sender_had_taken_is_taken_up_within_its_lease_in_the_contacts_order(redis_queue):
    async def scene(desk: Desk) -> None:
        for number in range(6):
            desk.queued(str(number), urn="tel:+1")
        doomed = Doomed(desk)
        doomed.queue.cut_after("take", doomed.die)
        await doomed.live_and_die()
        assert not desk.aggregator.book

        async with running(desk.sender("sender-2")):
            await desk.until_reported(6)

        assert desk.aggregator.fields("text") == ["0", "1", "2", "3", "4", "5"]

    play(scene, redis_queue)


def test_an_error_noted_before_the_kill_is_tried_again_in_five_minutes_and_not_at_once(redis_queue):
    from datetime import timedelta

    from tests.fakes.aggregator import Answer

    async def scene(desk: Desk) -> None:
        desk.queued("Hello")
        doomed = Doomed(desk)
        doomed.log.cut_before("append", doomed.die)
        await doomed.live_and_die()

        async with running(desk.sender("sender-1")):
            [report] = await desk.until_reported(1)
            await asyncio.sleep(0.3)
            assert len(desk.aggregator.book) == 1
            desk.clock.ahead = timedelta(minutes=5, seconds=2)
            again = (await desk.until_reported(2))[1]

        assert (report["status"], report["error_count"]) == ("errored", 1)
        assert (again["status"], again["error_count"]) == ("errored", 2)

    play(scene, redis_queue, lambda posted: Answer(500))


def test_outcomes_are_noted_while_an_append_waits(redis_queue):
    """Else a death during an outage of the log would repeat everything that was sent in it."""

    async def scene(desk: Desk) -> None:
        wire = Wire(desk.log)
        wire.fail("append")
        first = desk.queued("First")
        async with running(desk.sender("sender-1", log=wire)):
            await desk.aggregator.until(1)
            await until_noted(desk, first)
            later = desk.queued("Second", "Third")
            await desk.aggregator.until(3)
            await until_noted(desk, first + later)
            wire.mend()
            await desk.until_reported(3)

    play(scene, redis_queue)


async def until_noted(desk: Desk, messages: list[dict[str, Any]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while {each.id for each in desk.queue.noted("sender-1", now_micros())} != {each["uuid"] for each in messages}:
            await asyncio.sleep(0.02)
