"""Processes that hold links, over one store and a clock that is moved by hand; what they make durable is in `log`."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

from domain.errors import Unavailable
from domain.events.record import Event
from gateways.channels.contract import Channel, ChannelType
from gateways.channels.log.recorder import Heard
from gateways.connections import held_link
from gateways.connections.held_link import HeldLink
from gateways.connections.holder import Holder
from gateways.connections.lease import MemoryLeases
from gateways.connections.link import LinkType, StateName
from gateways.connections.notes import MemoryNotes
from infra.http.caller import PooledCaller

BEGIN = datetime(2026, 11, 24, 12, tzinfo=UTC)
LEASE_SECONDS = 6.0
GIVE_UP = 60.0


class CountingLeases(MemoryLeases):
    """Knows how often each holder has asked."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.asked: Counter[str] = Counter()

    def take(self, holder: str, channels: Collection[str], seconds: float) -> Mapping[str, int]:
        taken = super().take(holder, channels, seconds)
        self.asked[holder] += 1
        return taken

    async def asked_again(self, holder: str) -> None:
        """It has asked since, more than once, and done whatever it does with what it got."""
        begun = self.asked[holder]
        await until(lambda: self.asked[holder] > begun + 2)


class Processes:
    """`types` makes the link types of a process out of its HTTP client. Use as an asynchronous context manager."""

    def __init__(self, channels: Sequence[Channel], types: Callable[[PooledCaller], Mapping[str, LinkType]]) -> None:
        self.listed = list(channels)
        self._types = types
        self.seconds = 0.0
        self.lease_seconds = LEASE_SECONDS
        self.leases = CountingLeases(self.clock)
        self.notes = MemoryNotes(self.clock)
        self.log: list[tuple[str, str, dict[str, Any]]] = []
        """(organization, event's type, its data)"""
        self.log_is_away = False
        self.told: list[Heard] = []
        """What the channel log was told."""
        self.showed: list[tuple[str, StateName, str]] = []
        """(channel, state, text): all that links said of themselves, however soon they said something else."""
        self._ids = count(1)
        self._running: dict[str, tuple[asyncio.Event, asyncio.Task[None], PooledCaller]] = {}
        self.holders: dict[str, Holder] = {}

    async def __aenter__(self) -> "Processes":
        show = HeldLink.show

        def noting(held: HeldLink, state: StateName, text: str) -> None:
            self.showed.append((held.channel.uuid, state, text))
            show(held, state, text)

        self._patch = patch.object(HeldLink, "show", noting)
        self._patch.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            for name in list(self._running):
                await self.stop(name)
        finally:
            self._patch.stop()

    # ---- what a holder needs -------------------------------------------------------------------------------------------------

    def channels(self) -> list[Channel]:
        return self.listed

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds)

    async def append(self, org: str, kind: str, actor: str, events: Sequence[Event]) -> None:
        await asyncio.sleep(0)
        if self.log_is_away:
            raise Unavailable("Neither the log nor the spool.")
        self.log += [(org, each["type"], each["data"]) for each in events]

    def heard(self, channel: Channel, type: ChannelType, heard: Heard) -> None:
        assert type.code == channel.type
        self.told.append(heard)

    # ---- processes -----------------------------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        http = PooledCaller(frozenset({"127.0.0.1"}))
        holder = Holder(
            self, self._types(http), self.leases, self.notes, self, name=name, now=self.now,
            new_id=lambda: f"id {next(self._ids)}", clock=self.clock, lease_seconds=self.lease_seconds, round_seconds=0.01, recorder=self,
        )  # fmt: skip
        stop = asyncio.Event()
        self.holders[name] = holder
        self._running[name] = stop, asyncio.create_task(holder.run(stop)), http

    async def stop(self, name: str) -> None:
        stop, task, http = self._running.pop(name)
        stop.set()
        await task
        await http.close()

    async def kill(self, name: str) -> None:
        """Its connections break, its leases stay."""
        _, task, http = self._running.pop(name)
        del self.holders[name]
        task.cancel()
        await asyncio.wait((task,))
        await http.close()

    def leases_last(self) -> bool:
        """Whether every holder renewed what it holds since the clock was moved."""
        return all(until >= self.seconds + self.lease_seconds - 0.01 for _, until in self.leases._held.values())

    # ---- what came of it -----------------------------------------------------------------------------------------------------

    def data(self, name: str) -> list[dict[str, Any]]:
        return [data for _, kind, data in self.log if kind == name]

    def texts(self) -> list[str]:
        return [each["text"] for each in self.data("message_received")]

    def state(self, channel: str) -> dict[str, Any]:
        return dict(self.notes.shown().get(channel, {}))

    async def has_shown(self, channel: str, state: str, text: str) -> None:
        """For states that pass: the link said so, now or before."""
        await until(
            lambda: any(each[:2] == (channel, state) and text in each[2] for each in self.showed), lambda: self.showed
        )

    async def shown(self, channel: str, state: str, text: str = "") -> None:
        """For states that last: it is what an operator sees now."""
        await until(
            lambda: self.state(channel).get("state") == state and text in self.state(channel)["text"],
            lambda: self.state(channel),
        )


async def until(
    condition: Callable[[], object], tell: Callable[[], object] = lambda: "", seconds: float = GIVE_UP
) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"It did not come to it: {tell()}") from None


def quick_reconnects(monkeypatch) -> None:
    monkeypatch.setattr(held_link, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(held_link, "LONGEST_PAUSE", 0.05)
