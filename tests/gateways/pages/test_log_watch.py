"""Who opens the log's page, at whatever moment, sees what passes by from then on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest
from starlette.requests import Request

from domain.events.record import Record
from gateways.pages import log_watch
from gateways.pages.log_watch import LogWatch
from gateways.pages.passing_records import PassingRecords
from gateways.pages.status import StatusBoard
from infra.event_log.memory import MemoryEventLog

ORG = "7b5ae1dc-6bcb-4a3d-9a43-1a0d0b3dd7c1"


class Page:
    """A browser's. `frames` are read once its body is sent."""

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        self.frames = frames

    async def sees(self) -> list[str]:
        """The types of events of the next records."""
        while True:
            frame = await anext(self.frames)
            if frame.startswith(b"data: "):
                records = orjson.loads(frame.removeprefix(b"data: "))["records"]
                if records:
                    return [name for record in records for name in record["events"]]

    async def close(self) -> None:
        await self.frames.aclose()  # type: ignore[attr-defined]


class Watched:
    def __init__(self) -> None:
        self.log = MemoryEventLog(1)
        self.watch = LogWatch(StatusBoard(dict), PassingRecords(self.log))

    def append(self, name: str) -> None:
        event = {"type": name, "version": 1, "id": "1", "data": {}}
        self.log.append([Record(ORG, "fact", (event,), 1_000_000, "door:EX")])

    async def asked_for(self) -> Page:
        """The page has asked, and its answer has not begun yet."""
        response: Any = await self.watch._events(Request({"type": "http"}))
        return Page(response.body_iterator)


def story(tell: Callable[[Watched], Awaitable[None]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_watch, "EVERY", 0.01)

    async def told() -> None:
        await asyncio.wait_for(tell(Watched()), 60)

    asyncio.run(told())


def test_what_passes_by_before_an_answer_begins_is_seen_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(at: Watched) -> None:
        early = await at.asked_for()
        at.append("message_received")
        assert await early.sees() == ["message_received"]

        late = await at.asked_for()
        at.append("timer_fired")
        assert await early.sees() == ["timer_fired"]

        assert await late.sees() == ["message_received", "timer_fired"]

    story(tell, monkeypatch)


def test_one_who_comes_while_the_last_leaves_is_not_left_without_a_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    async def tell(at: Watched) -> None:
        last = await at.asked_for()
        at.append("message_received")
        await last.sees()
        watching = at.watch._task
        assert watching is not None

        again = await at.asked_for()
        await last.close()
        await watching
        at.append("timer_fired")

        assert "timer_fired" in await again.sees()

    story(tell, monkeypatch)
