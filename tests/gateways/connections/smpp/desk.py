"""A channel of type SMP bound to a message centre of ours: what a sender sees of it, and what became durable."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from domain.errors import Unavailable
from domain.events.record import Event
from domain.ports.http_caller import Call
from gateways.channels.catalogue import channel_type
from gateways.channels.contract import Channel, HttpResponse, OutgoingMessage, SendOptions, SendOutcome
from gateways.channels.log.recorder import Heard
from gateways.connections import held_link
from gateways.connections.held_link import HeldLink
from gateways.connections.link import LinkTools
from gateways.connections.link_caller import LinkCaller
from gateways.connections.notes import MemoryNotes
from gateways.connections.smpp.link import smpp_links
from tests.fakes.smsc import Smsc, Whims

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CONFIG = {"host": "127.0.0.1", "system_id": "us", "password": "secret", "window": 10}


class Desk:
    def __init__(self, smsc: Smsc, settings: dict[str, Any]) -> None:
        self.smsc = smsc
        self.channel = Channel(
            "chan", "org", "SMP", "12345", country="RW", config=CONFIG | {"port": smsc.port} | settings
        )
        self.notes = MemoryNotes()
        self.facts: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.may_send: list[bool] = []
        self.log_is_away = False
        self.append_delay: asyncio.Event | None = None
        self.appending = 0
        """How often something was to be made durable."""
        self.heard: list[Heard] = []
        self.time = NOW
        self.seconds = 120.0
        """For which a sender waits."""
        self._ids = count(1)
        self._fences = count(1)
        self.held = self.another_holder()
        self.caller = LinkCaller(None, lambda channel: self.held.link if channel == "chan" else None)

    def now(self) -> datetime:
        return self.time

    def another_holder(self) -> HeldLink:
        fence = next(self._fences)
        held = HeldLink(self.channel, fence, lambda: NOW, asyncio.get_running_loop().time)
        tools = LinkTools(
            heard=self.heard.append,
            append=self._append, notes=self.notes, now=self.now, new_id=lambda: f"id {next(self._ids)}", show=held.show, change=None,
            fence=fence, may_send=self.may_send.append,
        )  # fmt: skip
        held.start(smpp_links(frozenset({"127.0.0.1"}))(self.channel, tools))
        return held

    async def _append(self, kind: str, events: Sequence[Event]) -> None:
        self.appending += 1
        if self.append_delay is not None:
            await self.append_delay.wait()
        if self.log_is_away:
            raise Unavailable("Neither the log nor the spool.")
        (self.facts if kind == "fact" else self.reports).extend({"type": e["type"], **e["data"]} for e in events)

    async def send(self, number: int, text: str, *, parts_done: tuple[str, ...] = ()) -> SendOutcome:
        """As the sender does it."""
        message = OutgoingMessage(number, f"message-{number}", "tel:+250788123123", text)
        plan = channel_type("SMP").plan_send(self.channel, message, SendOptions(now=NOW, parts_done=parts_done))
        try:
            request = next(plan)
            while True:
                reply = await self.caller.call(
                    Call(request.method, request.url, body=request.body, timeout=self.seconds)
                )
                request = plan.send(HttpResponse(reply.status, dict(reply.headers), reply.body))
        except StopIteration as end:
            return end.value

    async def send_all(self, texts: Sequence[str]) -> list[SendOutcome]:
        return list(await asyncio.gather(*(self.send(number, text) for number, text in enumerate(texts, 1))))


@contextlib.asynccontextmanager
async def desk(whims: Whims | None = None, **settings: Any) -> AsyncIterator[Desk]:
    smsc = Smsc(whims or Whims())
    await smsc.start()
    opened = Desk(smsc, settings)
    try:
        yield opened
    finally:
        await opened.held.end()
        await smsc.stop()


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


def quick_reconnects(monkeypatch) -> None:
    monkeypatch.setattr(held_link, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(held_link, "LONGEST_PAUSE", 0.05)
