"""Handles of an app of X, held by processes on a clock that is moved by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from gateways.channels.contract import Channel
from gateways.channels.media_addresses import MediaAddresses
from gateways.connections.x.inbox import Inbox
from gateways.connections.x.lines import Delivered
from gateways.connections.x.link import app_of, x_links
from tests.fakes.x import APP, FakeX
from tests.gateways.connections.processes import Processes, until

HANDLE = "22222222-2222-4222-8222-222222222222"
OTHER = "33333333-3333-4333-8333-333333333333"


class Scene:
    def __init__(self, x: FakeX) -> None:
        self.x = x
        self.pauses: list[float] = []
        self.last: dict[str, str] = {}
        """What the read models know: the id of the last message by channel."""
        self.processes: Processes

    def handle(self, uuid: str = HANDLE, id: str = "900", token: str = "user-token", **settings: Any) -> Channel:
        config = {"bearer_token": APP, "handle_id": id, "access_token": token, "api_url": self.x.url} | settings
        return Channel(uuid, f"org {id}", "TWT", f"@{id}", schemes=("twitterid",), config=config)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(min(seconds, 0.01))

    async def connected(self, *, settled: bool = True) -> None:
        """All handles are subscribed and hear the stream; `settled`: and have what was said before."""
        await until(lambda: self.x.is_heard)
        for channel in self.processes.listed:
            await self.processes.shown(channel.uuid, "connected")
            handle = channel.config["handle_id"]
            await until(
                lambda handle=handle: self.x._is_subscribed("oauth.revoke", handle), lambda: self.x.subscriptions
            )

        links = [link for holder in self.processes.holders.values() for link in holder._links.values()]
        await until(lambda: not settled or all(each.link.unsettled_since() is None for each in links))

    async def heard(self, *texts: str) -> None:
        """All these, in this order, and nothing else."""
        await until(lambda: len(self.processes.texts()) >= len(texts), self.processes.texts)
        found = self.processes.texts()
        assert found == list(texts), found

    async def noted(self) -> None:
        """The connection has lasted so long that its gaps are X's business no more, and that is noted."""
        for _ in range(12):
            await self.time_passes(3)
        now = self.processes.now().isoformat()
        await until(lambda: (self.note() or "") > now[:17] or self.note() == now, self.note)

    async def noted_or_not(self, seconds: int) -> None:
        for _ in range(seconds // 3):
            await self.time_passes(3)

    def note(self) -> str | None:
        return self.processes.notes.read(app_of(self.processes.listed[0]), "x:heard")

    async def time_passes(self, seconds: float) -> None:
        """Less than a lease at once."""
        self.processes.seconds += seconds
        signs = self.signs
        await until(lambda: self.signs > signs + 1 and self.processes.leases_last())

    @property
    def signs(self) -> int:
        return int(self.processes.state(self.processes.listed[0].uuid).get("counts", {}).get("signs_of_life", 0))


def heard_live(monkeypatch: pytest.MonkeyPatch) -> list[Delivered]:
    """What streams brought to inboxes, whatever became of it there."""
    heard: list[Delivered] = []
    hear = Inbox.hear

    def noting(inbox: Inbox, delivered: Delivered) -> None:
        hear(inbox, delivered)
        heard.append(delivered)

    monkeypatch.setattr(Inbox, "hear", noting)
    return heard


@contextlib.asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    x = FakeX()
    await x.start()
    place = Scene(x)
    media = MediaAddresses("https://evenkeel.example")
    types = lambda http: {"TWT": x_links(http, http, lambda channel: place.last.get(channel.uuid), media, place.pause)}  # noqa: E731
    async with Processes([place.handle(**settings)], types) as processes:
        place.processes = processes
        x.time = lambda: processes.now().timestamp()
        yield place
    await x.stop()


def tell(story: Callable[[Scene], Awaitable[None]], **settings: Any) -> None:
    async def told() -> None:
        async with scene(**settings) as place:
            await story(place)

    asyncio.run(asyncio.wait_for(told(), 300))
