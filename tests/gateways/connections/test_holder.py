"""Holders run links, take over, hand over and tell what they hold."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from domain.errors import Unavailable
from gateways.channels.contract import Channel
from gateways.connections.holder import Holder
from gateways.connections.link import LinkLost, LinkTools, LinkType
from gateways.connections.notes import MemoryNotes
from tests.gateways.connections.processes import CountingLeases, quick_reconnects

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Line:
    """A link that says what happens to it."""

    def __init__(self, channel: Channel, tools: LinkTools, told: list[str], fails: list[Exception]) -> None:
        self._tools, self._told, self._fails = tools, told, fails
        self._name = f"{channel.uuid}#{tools.fence}"

    async def run(self, stop: asyncio.Event) -> None:
        if self._fails:
            raise self._fails[-1]
        self._tools.show("connected", "Here.")
        self._told.append(f"{self._name} on")
        try:
            await stop.wait()
            self._told.append(f"{self._name} took leave")
        except asyncio.CancelledError:
            self._told.append(f"{self._name} dropped")
            raise


def lease_of(channel: Channel) -> str:
    return channel.config.get("shares") or channel.uuid


class Installation:
    """Two processes, or one, over one store, with a clock that is moved by hand."""

    def __init__(self, *uuids: str) -> None:
        self.seconds = 0.0
        self.listed = [Channel(uuid, "org", "XX", "1") for uuid in uuids] + [Channel("other", "org", "YY", "2")]
        self.leases = CountingLeases(lambda: self.seconds)
        self.notes = MemoryNotes(lambda: self.seconds)
        self.told: list[str] = []
        self.fails: list[Exception] = []
        self.tasks: list[tuple[asyncio.Event, asyncio.Task[None]]] = []

    def channels(self) -> list[Channel]:
        return self.listed

    def line(self, channel: Channel, tools: LinkTools) -> Line:
        return Line(channel, tools, self.told, self.fails)

    def start(self, name: str, leases: object = None) -> Holder:
        holder = Holder(
            self,
            {"XX": LinkType(self.line, wants=lambda channel: channel.config.get("link") != "no", lease_of=lease_of)},
            leases or self.leases,
            self.notes,
            None,
            name=name,
            now=lambda: NOW,
            new_id=str,
            clock=lambda: self.seconds,
            round_seconds=0.001,
        )
        stop = asyncio.Event()
        self.tasks.append((stop, asyncio.create_task(holder.run(stop))))
        return holder

    async def end(self) -> None:
        for stop, task in self.tasks:
            stop.set()
            await task


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


async def _end_of(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait((task,))


def test_it_holds_what_needs_a_link_and_shows_it():
    async def story() -> None:
        place = Installation("a", "b")
        holder = place.start("one")
        await _until(lambda: len(place.notes.shown()) == 2 and place.notes.shown()["b"]["state"] == "connected")

        assert holder.held == holder.connected == 2
        assert place.notes.shown()["a"] == {
            "channel": "a", "organization": "org", "type": "XX", "state": "connected", "since": NOW.isoformat(),
            "text": "Here.", "fence": 1, "counts": {}, "holder": "one",
        }  # fmt: skip
        await place.end()
        assert sorted(place.told[2:]) == ["a#1 took leave", "b#1 took leave"]
        assert place.leases.holders(["a", "b"]) == {}

    asyncio.run(story())


def test_another_takes_over_when_the_holder_dies():
    async def story() -> None:
        place = Installation("a")
        place.start("one")
        await _until(lambda: place.told == ["a#1 on"])
        await _end_of(place.tasks.pop()[1])
        place.start("two")
        await _until(lambda: place.told == ["a#1 on", "a#1 dropped"])
        await place.leases.asked_again("two")
        assert place.told == ["a#1 on", "a#1 dropped"]

        place.seconds = 9.0

        await _until(lambda: place.told[2:] == ["a#2 on"])
        await place.end()

    asyncio.run(story())


def test_one_that_stops_hands_over_at_once():
    async def story() -> None:
        place = Installation("a")
        place.start("one")
        await _until(lambda: place.told == ["a#1 on"])
        place.start("two")
        stop, task = place.tasks.pop(0)
        stop.set()
        await task

        await _until(lambda: place.told[1:] == ["a#1 took leave", "a#2 on"])
        await place.end()

    asyncio.run(story())


def test_who_cannot_renew_drops_its_links_before_the_lease_ends():
    class Away:
        away, refused = False, 0

        def take(self, *arguments):
            if self.away:
                self.refused += 1
                raise Unavailable("Redis can't be reached.")
            return place.leases.take(*arguments)

        def release(self, *arguments):
            raise Unavailable("Redis can't be reached.")

    place = Installation("a")

    async def story() -> None:
        leases = Away()
        place.start("one", leases)
        await _until(lambda: place.told == ["a#1 on"])
        leases.away = True
        await _until(lambda: leases.refused > 2)
        assert place.told == ["a#1 on"]

        place.seconds = 5.0

        await _until(lambda: place.told == ["a#1 on", "a#1 dropped"])
        assert "a" in place.leases.holders(["a"])
        await place.end()

    asyncio.run(story())


def test_changed_settings_start_the_link_anew_and_a_removed_channel_ends_it():
    async def story() -> None:
        place = Installation("a")
        place.start("one")
        await _until(lambda: place.told == ["a#1 on"])

        place.listed = [Channel("a", "org", "XX", "1", config={"port": 2})]
        await _until(lambda: place.told[1:] == ["a#1 took leave", "a#2 on"])

        place.listed = []
        await _until(lambda: place.told[3:] == ["a#2 took leave"])
        await place.end()

    asyncio.run(story())


def test_a_lost_link_is_shown_and_tried_again(monkeypatch):
    quick_reconnects(monkeypatch)

    async def story() -> None:
        place = Installation("a")
        place.fails = [LinkLost("They hung up.")]
        place.start("one")
        await _until(lambda: place.notes.shown().get("a", {}).get("state") == "failed")
        assert place.notes.shown()["a"]["text"] == "They hung up."

        place.fails.clear()
        await _until(lambda: place.told == ["a#1 on"])
        await place.end()

    asyncio.run(story())


def test_a_final_refusal_is_not_tried_again():
    async def story() -> None:
        place = Installation("a")
        place.fails = [LinkLost("The password is wrong.", final=True)]
        holder = place.start("one")
        await _until(lambda: place.notes.shown().get("a", {}).get("state") == "failed")
        held = holder._links["a"]

        assert held._lost("The password is wrong.", final=True) == 3600.0
        assert [round(held._lost("They hung up.") + 0.5) for _ in range(12)][-1] in range(30, 61)
        await place.end()

    asyncio.run(story())


def test_channels_that_share_a_lease_are_held_by_one_process_and_a_removed_one_leaves_it_to_the_others():
    async def story() -> None:
        place = Installation()
        app = {"shares": "app"}
        place.listed = [Channel(uuid, "org", "XX", uuid, config=app) for uuid in ("a", "b")]
        holders = [place.start("one"), place.start("two")]
        await _until(lambda: len(place.told) == 2)
        assert sorted(place.told) == ["a#1 on", "b#1 on"]
        assert sorted(each.held for each in holders) == [0, 2]

        place.listed = [Channel("b", "org", "XX", "b", config=app)]
        await _until(lambda: place.told[2:] == ["a#1 took leave"])
        for name in ("one", "two"):
            await place.leases.asked_again(name)

        assert place.told[3:] == [] and list(place.leases.holders(["app"])) == ["app"]
        await place.end()
        assert place.leases.holders(["app"]) == {}

    asyncio.run(story())


def test_a_channel_that_wants_no_link_gets_none_until_its_settings_say_so():
    async def story() -> None:
        place = Installation()
        place.listed = [Channel("a", "org", "XX", "1", config={"link": "no"})]
        holder = place.start("one")
        await place.leases.asked_again("one")
        assert holder.held == 0 and place.leases.holders(["a"]) == {}

        place.listed = [Channel("a", "org", "XX", "1")]
        await _until(lambda: place.told == ["a#1 on"])
        await place.end()

    asyncio.run(story())
