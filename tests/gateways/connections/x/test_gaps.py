"""Gaps of a second, four minutes and twenty: X tells short ones again by itself, what was missed in longer ones is asked for."""

import asyncio

import pytest

from tests.gateways.connections.processes import LEASE_SECONDS, until
from tests.gateways.connections.x.scene import HANDLE, Scene, heard_live, tell

FOR_LONG = 100_000
GAPS = pytest.mark.parametrize(("gap", "minutes"), [(1, "1"), (4 * 60, "5"), (20 * 60, "5")])


def _speak(place: Scene, gap: int, texts: list[str]) -> None:
    """Spread over the gap."""
    for text in texts:
        place.x.say(text)
        place.processes.seconds += gap / len(texts)


@GAPS
def test_the_next_holder_hears_what_came_between_and_nothing_twice(gap: int, minutes: str):
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.x.say("before")
        await place.heard("before")
        await place.noted()
        asked = len(place.x.asked)

        await place.processes.kill("one")
        await until(lambda: not place.x.is_heard)
        texts = [f"between {number}" for number in range(250)]
        _speak(place, gap, texts)
        place.processes.seconds += LEASE_SECONDS if gap < LEASE_SECONDS else 0
        place.processes.start("two")
        place.x.say("after")

        await place.heard("before", *texts, "after")
        assert place.x.connected[-1]["backfill_minutes"] == minutes
        assert (len(place.x.asked) > asked) == (gap > 5 * 60)
        await until(lambda: place.processes.state(HANDLE)["holder"] == "two")
        assert place.x.most_at_once == 1

    tell(story)


@GAPS
def test_a_holder_that_lives_hears_what_came_while_x_was_away(gap: int, minutes: str):
    async def story(place: Scene) -> None:
        place.processes.lease_seconds = 100_000
        place.processes.start("one")
        await place.connected()
        await place.time_passes(40)
        place.x.say("before")
        await place.heard("before")
        asked = len(place.x.asked)

        await place.x.stop()
        texts = [f"between {number}" for number in range(250)]
        _speak(place, gap, texts)
        await place.processes.shown(HANDLE, "failed")
        await place.x.start()

        await place.heard("before", *texts)
        assert place.x.connected[-1]["backfill_minutes"] == minutes
        assert (len(place.x.asked) > asked) == (gap > 5 * 60)

    tell(story)


def test_while_a_gap_is_filled_what_is_said_live_waits_for_its_turn(monkeypatch):
    heard = heard_live(monkeypatch)

    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.x.say("before")
        await place.heard("before")
        await place.noted()
        await place.processes.kill("one")
        _speak(place, 20 * 60, ["missed"])
        reset = str(int(place.x.time()) + 30)
        place.x.event_refusals = [(429, {}, {"x-rate-limit-reset": reset})] * FOR_LONG
        place.processes.start("two")
        await place.processes.shown(HANDLE, "connected", "X asks to wait 30 seconds. Then it tells what was missed.")
        place.x.say("live")
        await until(lambda: len(heard) == 2)
        await asyncio.sleep(0.05)
        assert place.processes.texts() == ["before"]

        place.x.event_refusals = []
        await place.heard("before", "missed", "live")
        assert 30 in place.pauses

    tell(story)


def test_one_that_dies_while_it_fills_a_gap_leaves_the_gap_to_the_next():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.x.say("before")
        await place.heard("before")
        await place.noted()
        await place.processes.kill("one")
        _speak(place, 20 * 60, [f"missed {number}" for number in range(10)])
        place.x.event_refusals = [(503, {}, {})] * FOR_LONG
        place.processes.start("two")
        await place.connected(settled=False)
        place.x.say("live")
        await place.noted_or_not(60)

        await place.processes.kill("two")
        place.processes.seconds += LEASE_SECONDS
        place.x.event_refusals = []
        place.processes.start("three")

        await place.heard("before", *[f"missed {number}" for number in range(10)], "live")

    tell(story)


def test_one_that_dies_before_x_told_again_what_was_missed_leaves_the_gap_to_the_next():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        await place.noted()
        await place.processes.kill("one")
        _speak(place, 4 * 60, ["missed"])
        place.x.loses = True  # it is slow
        place.processes.start("two")
        await place.connected()
        await place.noted_or_not(24)
        await place.processes.kill("two")

        place.processes.seconds += LEASE_SECONDS
        place.x.loses = False
        place.processes.start("three")

        await place.heard("missed")
        assert place.x.connected[-1]["backfill_minutes"] == "5"

    tell(story)


def test_when_redis_lost_the_notes_the_read_models_know_where_to_begin():
    async def story(place: Scene) -> None:
        place.x.say("long ago", heard=False)
        place.processes.seconds += 86_400
        place.last[HANDLE] = place.x.say("known", heard=False)
        place.processes.seconds += 3 * 3600
        place.x.say("missed", heard=False)
        place.processes.start("one")
        await until(lambda: "missed" in place.processes.texts(), place.processes.texts)
        assert place.processes.texts() in (["missed"], ["known", "missed"]), "one minute before the last known"

    tell(story)


def test_a_new_handle_hears_what_was_said_since_it_was_added():
    async def story(place: Scene) -> None:
        place.x.say("before it was added", heard=False)
        place.processes.seconds += 7200
        place.processes.listed = [place.handle()]
        object.__setattr__(place.processes.listed[0], "created_on", place.processes.now())
        place.processes.seconds += 120
        place.x.say("before it was subscribed", heard=False)
        place.processes.start("one")
        await place.heard("before it was subscribed")

    tell(story)


def test_a_handle_that_joins_a_stream_asks_for_what_was_said_before():
    async def story(place: Scene) -> None:
        place.processes.start("one")
        await place.connected()
        place.x.say("a")
        await place.heard("a")

        place.x.loses = True
        place.processes.listed = [place.handle(max_length=100)]
        place.x.say("while it was started anew")
        await place.heard("a", "while it was started anew")

    tell(story)
